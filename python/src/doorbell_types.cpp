// SPDX-License-Identifier: MIT
// Doorbell and DoorbellHub: an event loop is told that a queue has an item, or room, or that all is done,
// without a thread that waits.
//
// A doorbell that is armed waits at its queue beside the threads that do. Whoever puts, takes, closes or marks
// done rings it: it is armed no more, and is in its hub's list, and if it is the first one there, the hub's
// descriptor becomes readable. That is one system call for a burst, and no Python code runs. The loop takes the
// list.
#include "doorbell_types.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include <sys/eventfd.h>
#include <unistd.h>

#include <plait/mutex.hpp>

#include "queue_object.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

class doorbell;

// The doorbells of one event loop that have rung. Each has a reference to it, so that whoever rings finds the
// descriptor open.
class doorbell_hub {
 public:
  doorbell_hub(int descriptor, PyObject* ring) noexcept : descriptor_(descriptor), ring_(reference::to(ring)) {}
  doorbell_hub(const doorbell_hub&) = delete;
  doorbell_hub& operator=(const doorbell_hub&) = delete;
  ~doorbell_hub() { ::close(descriptor_); }

  int descriptor() const noexcept { return descriptor_; }
  PyObject* ring() const noexcept { return ring_.get(); }

  void add(doorbell& rung) noexcept;
  void remove(doorbell& rung) noexcept;
  void make_readable() noexcept {
    const std::lock_guard hold(lock_);
    write();
  }

  // A list of their objects; the descriptor is not readable any more. Null: an exception is set. was_readable:
  // the loop has found it so. A child of fork() writes to it, too, and its parent knows nothing of that.
  PyObject* take(bool was_readable);

 private:
  void write() noexcept;
  void read(bool is_sure) noexcept;

  const int descriptor_;
  const reference ring_;  // called instead of writing to the descriptor
  plait::mutex lock_;     // guards what follows; no Python runs under it
  doorbell* first_ = nullptr;
  bool is_readable_ = false;
};

enum class wish : unsigned char { item, room, all_done };
constexpr std::array<std::string_view, 3> wish_names{"item", "room", "all done"};

class doorbell final : plait::detail::registered_waiter {
 public:
  doorbell(reference self, PyObject* hub, PyObject* queue, wish waits_for)
      : self_(std::move(self)), hub_(reference::to(hub)), queue_(reference::to(queue)), waits_for_(waits_for) {}
  ~doorbell() { disarm(); }

  // True: it rings when there is something to do. False: there is now.
  bool arm() {
    if (state_.load() == state::armed) return true;
    disarm();  // it may be in the hub's list
    state_.store(state::armed);
    bool has_entered = false;
    at_event([&](auto& events) {
      has_entered = events.enter_unless(*this, [this]() noexcept { return is_ready(); });
    });
    if (!has_entered) state_.store(state::idle);
    return has_entered;
  }

  void disarm() {
    if (state_.load() == state::armed) {
      bool has_left = false;
      at_event([&](auto& events) { has_left = events.leave(*this); });
      // Otherwise a thread is just ringing it.
      while (!has_left && state_.load() == state::armed) plait::detail::sync::yield();
    }
    if (state_.load() == state::rung) hub().remove(*this);
    state_.store(state::idle);
  }

  bool is_at_standard_queue() const { return queue_of(queue_.get())->is_standard(); }

  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(hub_.get());
    Py_VISIT(queue_.get());
    return 0;
  }

 private:
  friend class doorbell_hub;

  enum class state : unsigned char { idle, armed, rung };

  // It takes nothing itself, so another waiter is to be notified, too.
  bool notified() noexcept override {
    hub().add(*this);
    return true;
  }

  doorbell_hub& hub() const noexcept { return holder_of<doorbell_hub>::in(hub_.get()); }
  item_store& store() const noexcept { return *queue_of(queue_.get())->store; }

  bool is_ready() const noexcept {
    return store().with([this](auto& queue) {
      switch (waits_for_) {
        case wish::item:
          return queue.size() != 0 || queue.is_closed();
        case wish::room:
          return plait::detail::machinery_of(queue).store().has_room() || queue.is_closed();
        default:
          return queue.unfinished_tasks() == 0;
      }
    });
  }

  template <class Use>
  void at_event(Use use) {
    store().with([&](auto& queue) {
      auto& machinery = plait::detail::machinery_of(queue);
      switch (waits_for_) {
        case wish::item:
          return use(machinery.not_empty());
        case wish::room:
          return use(machinery.not_full());
        default:
          return use(machinery.all_done());
      }
    });
  }

  // Weak, to the object whose part this is: a strong one would keep it alive, and its queue, until it rings.
  const reference self_;
  const reference hub_;
  const reference queue_;
  const wish waits_for_;
  std::atomic<state> state_{state::idle};
  // Neighbours in the hub's list, guarded by its lock.
  doorbell* before_ = nullptr;
  doorbell* after_ = nullptr;
};

thread_local ring_by_call* ring_by_call_now = nullptr;

// All under the lock: once it is free, the doorbell may be gone, and the hub with it.
void doorbell_hub::add(doorbell& rung) noexcept {
  const std::lock_guard hold(lock_);
  const bool is_first = first_ == nullptr;
  rung.before_ = nullptr;
  rung.after_ = first_;
  if (first_ != nullptr) first_->before_ = &rung;
  first_ = &rung;
  if (is_first && (ring_by_call_now == nullptr || !ring_by_call_now->takes(rung.hub_.get()))) write();
  rung.state_.store(doorbell::state::rung);
}

// It cannot fail: the number that an eventfd counts never gets near its limit.
void doorbell_hub::write() noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(descriptor_, &one, sizeof one));
  is_readable_ = true;
}
void doorbell_hub::read(bool is_sure) noexcept {
  std::uint64_t number = 0;
  if (std::exchange(is_readable_, false) || is_sure)
    static_cast<void>(!::read(descriptor_, &number, sizeof number));
}

void doorbell_hub::remove(doorbell& rung) noexcept {
  const std::lock_guard hold(lock_);
  if (rung.state_.load() != doorbell::state::rung) return;
  if (rung.after_ != nullptr) rung.after_->before_ = rung.before_;
  (rung.before_ != nullptr ? rung.before_->after_ : first_) = rung.after_;
  rung.state_.store(doorbell::state::idle);
}

// Without the GIL, another thread may just be dropping the last reference to one of them: that is left out.
PyObject* doorbell_hub::take(bool was_readable) {
  reference list(PyList_New(0));
  while (list) {
    reference next;
    {
      const std::lock_guard hold(lock_);
      if (first_ == nullptr) {
        read(was_readable);
        break;
      }
      doorbell& rung = *first_;
      next = reference::to(rung.self_.get());
      first_ = rung.after_;
      if (first_ != nullptr) first_->before_ = nullptr;
      rung.state_.store(doorbell::state::idle);
    }
    const reference alive(referent_of(next.get()));
    if (alive && PyList_Append(list.get(), alive.get()) < 0) return nullptr;
  }
  return list.release();
}

using hub = holder_of<doorbell_hub>;

struct bell_object {
  PyObject_HEAD PyObject* weak_references;
  doorbell* bell;  // null until it is made

  static doorbell& in(PyObject* self) noexcept { return *reinterpret_cast<bell_object*>(self)->bell; }
};

PyObject* hub_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"ring", nullptr};
  PyObject* ring = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "O:DoorbellHub", const_cast<char**>(names), &ring) == 0)
    return nullptr;
  const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) return PyErr_SetFromErrno(PyExc_OSError);
  PyObject* const self = hub::make(type, descriptor, ring);
  if (self == nullptr) ::close(descriptor);
  return self;
}
int hub_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(hub::in(self).ring());
  return 0;
}
PyObject* hub_fileno(PyObject* self, PyObject*) {
  return PyLong_FromLong(hub::in(self).descriptor());
}
PyObject* hub_make_readable(PyObject* self, PyObject*) {
  hub::in(self).make_readable();
  Py_RETURN_NONE;
}
PyObject* hub_take(PyObject* self, PyObject* was_readable) {
  return hub::in(self).take(was_readable == Py_True);
}

PyObject* bell_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"hub", "queue", "wish", nullptr};
  PyObject *hub_object = nullptr, *queue = nullptr;
  const char* wished = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "OOs:Doorbell", const_cast<char**>(names), &hub_object,
                                  &queue, &wished) == 0)
    return nullptr;
  if (Py_TYPE(hub_object)->tp_dealloc != hub::destroy || !is_queue(queue, state_of_type(type))) {
    PyErr_SetString(PyExc_TypeError, "Doorbell() takes a DoorbellHub and a queue of plait");
    return nullptr;
  }
  const auto found = std::ranges::find(wish_names, std::string_view(wished));
  if (found == wish_names.end()) {
    PyErr_Format(PyExc_ValueError, "'%s' is nothing that a doorbell waits for: item, room, all done", wished);
    return nullptr;
  }
  reference self(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  reference weak(PyWeakref_NewRef(self.get(), nullptr));
  if (!weak) return nullptr;
  return guarded([&] {
    reinterpret_cast<bell_object*>(self.get())->bell =
        new doorbell(std::move(weak), hub_object, queue, static_cast<wish>(found - wish_names.begin()));
    return self.release();
  });
}
void bell_deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (reinterpret_cast<bell_object*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  delete reinterpret_cast<bell_object*>(self)->bell;
  type->tp_free(self);
  Py_DECREF(type);
}
// An ordinary Python queue has no place for doorbells: the class that derives from Doorbell asks it otherwise.
PyObject* bell_arm(PyObject* self, PyObject*) {
  if (bell_object::in(self).is_at_standard_queue()) return PyObject_CallMethod(self, "arm_standard", nullptr);
  return PyBool_FromLong(bell_object::in(self).arm());
}
PyObject* bell_disarm(PyObject* self, PyObject*) {
  bell_object::in(self).disarm();
  if (bell_object::in(self).is_at_standard_queue())
    return PyObject_CallMethod(self, "disarm_standard", nullptr);
  Py_RETURN_NONE;
}
int bell_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  const doorbell* const bell = reinterpret_cast<bell_object*>(self)->bell;
  return bell != nullptr ? bell->traverse(visit, arg) : 0;
}

PyMethodDef hub_methods[] = {
    {"take", hub_take, METH_O,
     "take($self, was_readable, /)\n--\n\nThe doorbells that have rung since the last call. was_readable: "
     "fileno() was."},
    {"fileno", hub_fileno, METH_NOARGS, "fileno($self)\n--\n\nReadable when there is something to take."},
    {"make_readable", hub_make_readable, METH_NOARGS, "make_readable($self)\n--\n\nfileno() is."},
    {},
};
PyMethodDef bell_methods[] = {
    {"arm", bell_arm, METH_NOARGS,
     "arm($self)\n--\n\nTrue: it rings when the queue has what is wished, or is shut down. False: it is so "
     "now."},
    {"disarm", bell_disarm, METH_NOARGS, "disarm($self)\n--\n\nIt does not ring any more."},
    {},
};
PyMemberDef bell_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(bell_object, weak_references), Py_READONLY, nullptr},
    {},
};
PyType_Slot hub_slots[] = {
    {Py_tp_doc, const_cast<char*>("The doorbells of one event loop.")},
    {Py_tp_new, slot(hub_new)},
    {Py_tp_dealloc, slot(hub::destroy)},
    {Py_tp_traverse, slot(hub_traverse)},
    {Py_tp_methods, hub_methods},
    {0, nullptr},
};
PyType_Slot bell_slots[] = {
    {Py_tp_doc, const_cast<char*>("Rings in an event loop when a queue has an item, or room, or all is done.")},
    {Py_tp_new, slot(bell_new)},
    {Py_tp_dealloc, slot(bell_deallocate)},
    {Py_tp_traverse, slot(bell_traverse)},
    {Py_tp_methods, bell_methods},
    {Py_tp_members, bell_members},
    {0, nullptr},
};

}  // namespace

bool add_doorbell_types(PyObject* module) {
  // No class derives from a hub: that is how Doorbell() knows one.
  constexpr unsigned hub_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
  const PyType_Spec hub_spec{"plait._core.DoorbellHub", sizeof(hub), 0, hub_flags, hub_slots};
  const PyType_Spec bell_spec{"plait._core.Doorbell", sizeof(bell_object), 0, usual_flags, bell_slots};
  const reference hub_type(add_type(module, hub_spec));
  return hub_type && reference(add_type(module, bell_spec));
}

ring_by_call::ring_by_call() noexcept : now_(ring_by_call_now), outer_(std::exchange(now_, this)) {}
ring_by_call::~ring_by_call() {
  now_ = outer_;
}

bool ring_by_call::takes(PyObject* hub) noexcept {
  if (hub_) return false;
  hub_ = reference::to(hub);
  return true;
}

void ring_by_call::call_hubs() {
  while (hub_) {  // the call may ring others
    const reference rung(hub_.release());
    PyObject *type, *error, *trace;  // what the operation has come to stays
    PyErr_Fetch(&type, &error, &trace);
    auto& in = hub::in(rung.get());
    if (!reference(PyObject_CallNoArgs(in.ring()))) {
      PyErr_WriteUnraisable(in.ring());
      in.make_readable();
    }
    PyErr_Restore(type, error, trace);
  }
}

}  // namespace plait_python
