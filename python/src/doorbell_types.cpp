// SPDX-License-Identifier: MIT Doorbell and DoorbellHub: an event loop is told that a queue has an item, or
// room, without a thread that waits.
//
// A doorbell that is armed waits at its queue beside the threads that do. Whoever puts, takes or closes rings
// it: it is armed no more, and is in its hub's list, and if it is the first one there, the hub's descriptor
// becomes readable. That is one system call for a burst, and no Python code runs. The loop takes the list.
#include "doorbell_types.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>

#include <unistd.h>

#include <plait/mutex.hpp>

#include "queue_object.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

class doorbell;

// The doorbells of one event loop that have rung.
class doorbell_hub {
 public:
  explicit doorbell_hub(int descriptor) noexcept : descriptor_(descriptor) {}

  void add(doorbell& rung) noexcept;
  void remove(doorbell& rung) noexcept;

  // A list of their objects. Null: an exception is set.
  PyObject* take();

 private:
  const int descriptor_;
  plait::mutex lock_;  // no Python runs under it
  doorbell* first_ = nullptr;
};

class doorbell final : plait::detail::registered_waiter {
 public:
  doorbell(PyObject* self, PyObject* hub, PyObject* queue, bool waits_for_room)
      : self_(self), hub_(reference::to(hub)), queue_(reference::to(queue)), waits_for_room_(waits_for_room) {}
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
      const bool can_go_on =
          waits_for_room_ ? plait::detail::machinery_of(queue).store().has_room() : queue.size() != 0;
      return can_go_on || queue.is_closed();
    });
  }

  template <class Use>
  void at_event(Use use) {
    store().with([&](auto& queue) {
      auto& machinery = plait::detail::machinery_of(queue);
      if (waits_for_room_) {
        use(machinery.not_full());
      } else {
        use(machinery.not_empty());
      }
    });
  }

  PyObject* const self_;  // whose part this is
  const reference hub_;
  const reference queue_;
  const bool waits_for_room_;
  std::atomic<state> state_{state::idle};
  // Neighbours in the hub's list, guarded by its lock.
  doorbell* before_ = nullptr;
  doorbell* after_ = nullptr;
};

void doorbell_hub::add(doorbell& rung) noexcept {
  bool is_first = false;
  {
    const std::lock_guard hold(lock_);
    is_first = first_ == nullptr;
    rung.before_ = nullptr;
    rung.after_ = first_;
    if (first_ != nullptr) first_->before_ = &rung;
    first_ = &rung;
    rung.state_.store(doorbell::state::rung);
  }
  const std::uint64_t one = 1;
  // It cannot fail: the number that an eventfd counts never gets near its limit.
  if (is_first) static_cast<void>(!::write(descriptor_, &one, sizeof one));
}

void doorbell_hub::remove(doorbell& rung) noexcept {
  const std::lock_guard hold(lock_);
  if (rung.state_.load() != doorbell::state::rung) return;
  if (rung.after_ != nullptr) rung.after_->before_ = rung.before_;
  (rung.before_ != nullptr ? rung.before_->after_ : first_) = rung.after_;
  rung.state_.store(doorbell::state::idle);
}

PyObject* doorbell_hub::take() {
  reference list(PyList_New(0));
  while (list) {
    PyObject* next = nullptr;
    {
      const std::lock_guard hold(lock_);
      if (first_ == nullptr) break;
      doorbell& rung = *first_;
      next = Py_NewRef(rung.self_);
      first_ = rung.after_;
      if (first_ != nullptr) first_->before_ = nullptr;
      rung.state_.store(doorbell::state::idle);
    }
    const reference owned(next);
    if (PyList_Append(list.get(), next) < 0) return nullptr;
  }
  return list.release();
}

using hub = holder_of<doorbell_hub>;
using bell = holder_of<doorbell>;

PyObject* hub_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"descriptor", nullptr};
  int descriptor = -1;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "i:DoorbellHub", const_cast<char**>(names),
                                  &descriptor) == 0)
    return nullptr;
  return hub::make(type, descriptor);
}
PyObject* hub_take(PyObject* self, PyObject*) {
  return hub::in(self).take();
}

PyObject* bell_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"hub", "queue", "for_room", nullptr};
  PyObject *hub_object = nullptr, *queue = nullptr;
  int for_room = 0;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "OOp:Doorbell", const_cast<char**>(names), &hub_object,
                                  &queue, &for_room) == 0)
    return nullptr;
  if (Py_TYPE(hub_object)->tp_dealloc != hub::destroy || !is_queue(queue, state_of_type(type))) {
    PyErr_SetString(PyExc_TypeError, "Doorbell() takes a DoorbellHub and a queue of plait");
    return nullptr;
  }
  PyObject* const self = type->tp_alloc(type, 0);
  if (self != nullptr) new (&bell::in(self)) doorbell(self, hub_object, queue, for_room != 0);
  return self;
}
PyObject* bell_arm(PyObject* self, PyObject*) {
  return PyBool_FromLong(bell::in(self).arm());
}
PyObject* bell_disarm(PyObject* self, PyObject*) {
  bell::in(self).disarm();
  Py_RETURN_NONE;
}
int bell_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return bell::in(self).traverse(visit, arg);
}

PyMethodDef hub_methods[] = {
    {"take", hub_take, METH_NOARGS, "take($self)\n--\n\nThe doorbells that have rung since the last call."},
    {},
};
PyMethodDef bell_methods[] = {
    {"arm", bell_arm, METH_NOARGS,
     "arm($self)\n--\n\nTrue: it rings when the queue has an item, or room, or is shut down. False: it is so "
     "now."},
    {"disarm", bell_disarm, METH_NOARGS, "disarm($self)\n--\n\nIt does not ring any more."},
    {},
};
PyType_Slot hub_slots[] = {
    {Py_tp_doc, const_cast<char*>("The doorbells of one event loop.")},
    {Py_tp_new, slot(hub_new)},
    {Py_tp_dealloc, slot(hub::destroy)},
    {Py_tp_traverse, slot(hub::traverse_type)},
    {Py_tp_methods, hub_methods},
    {0, nullptr},
};
PyType_Slot bell_slots[] = {
    {Py_tp_doc, const_cast<char*>("Rings in an event loop when a queue has an item, or room.")},
    {Py_tp_new, slot(bell_new)},
    {Py_tp_dealloc, slot(bell::destroy)},
    {Py_tp_traverse, slot(bell_traverse)},
    {Py_tp_methods, bell_methods},
    {0, nullptr},
};

}  // namespace

bool add_doorbell_types(PyObject* module) {
  // No class derives from a hub: that is how Doorbell() knows one.
  constexpr unsigned hub_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
  const PyType_Spec hub_spec{"plait._core.DoorbellHub", sizeof(hub), 0, hub_flags, hub_slots};
  const PyType_Spec bell_spec{"plait._core.Doorbell", sizeof(bell), 0, usual_flags, bell_slots};
  const reference hub_type(add_type(module, hub_spec));
  return hub_type && reference(add_type(module, bell_spec));
}

}  // namespace plait_python
