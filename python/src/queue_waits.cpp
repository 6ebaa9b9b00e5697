// SPDX-License-Identifier: MIT
// What a put, a get or a join() does when its first attempt has not succeeded.
//
// A waiter uses up a wake and takes its item only later, once it is attached. So whoever has taken one, or
// leaves by an exception, wakes another waiter if there is still something to do.
#include "arguments.hpp"
#include "detached.hpp"
#include "queue_object.hpp"

namespace plait_python {

namespace {

// Another thread, without the GIL, is in the middle of an operation. It takes nanoseconds, unless that thread
// has lost its processor.
class patience_with_others {
 public:
  void rest() {
    if (++rests_ % rests_per_yield == 0) {
      yield_detached();
    } else {
      plait::detail::sync::pause();
    }
  }

 private:
  static constexpr int rests_per_yield = 32;

  int rests_ = 0;
};

void hand_on_items(item_store& store) {
  store.with([](auto& queue) { hand_on(plait::detail::machinery_of(queue).not_empty(), queue.size() != 0); });
}

void hand_on_room(item_store& store) {
  store.with([](auto& queue) {
    auto& machinery = plait::detail::machinery_of(queue);
    hand_on(machinery.not_full(), machinery.store().has_room());
  });
}

void sleep_for_item(item_store& store, const plait::detail::deadline& until) {
  store.with([&](auto& queue) {
    sleep_detached(plait::detail::machinery_of(queue).not_empty(), until,
                   [&queue]() noexcept { return queue.size() != 0 || queue.is_closed(); });
  });
}

void sleep_for_room(item_store& store, const plait::detail::deadline& until) {
  store.with([&](auto& queue) {
    auto& machinery = plait::detail::machinery_of(queue);
    sleep_detached(machinery.not_full(), until, [&queue, &machinery]() noexcept {
      return machinery.store().has_room() || queue.is_closed();
    });
  });
}

// Takes an item, waiting for one: done, or closed, or failed. `Sleep` and `try_once` are of one side.
template <class TryOnce, class Sleep, class HandOn>
outcome wait_for(queue_object* self, outcome met, const patience& how_long, PyObject* impatient,
                 TryOnce try_once, Sleep sleep, HandOn hand_on) {
  const bool looks_for_signals = state_of(self->object()).in_main_thread();
  item_store& store = *self->store;
  for (patience_with_others others;; met = try_once(store)) {
    switch (met) {
      case outcome::done:
      case outcome::failed:  // the item, or the room, that it was woken for is still there
        hand_on(store);
        return met;
      case outcome::closed:
        return met;
      case outcome::busy:
        others.rest();
        continue;
      case outcome::blocked:
        break;
    }
    if (how_long.is_over()) {
      PyErr_SetNone(impatient);
      return outcome::failed;
    }
    sleep(store, how_long.next_look(looks_for_signals));
    if (PyErr_CheckSignals() < 0) {
      hand_on(store);
      return outcome::failed;
    }
  }
}

// Whether its class is one of the module's own: one that is written in Python has another function there.
bool is_of_module(PyObject* self) noexcept {
  return Py_TYPE(self)->tp_traverse == traverse_queue;
}

// The method by which a class derived from Queue replaces the module's; null without an exception: it does not.
// SimpleQueue's put_nowait() and get_nowait() call no other method, in C as here.
template <class Function>
PyObject* replaced_method(PyObject* self, const char* name, Function modules) {
  PyTypeObject* const type = Py_TYPE(self);
  auto* const simple_queue = reinterpret_cast<PyTypeObject*>(state_of(self).queue_types[1]);
  if (PyType_IsSubtype(type, simple_queue) != 0) return nullptr;
  const reference found(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), name));
  if (!found) return nullptr;
  if (Py_IS_TYPE(found.get(), &PyMethodDescr_Type) != 0 &&
      reinterpret_cast<PyMethodDescrObject*>(found.get())->d_method->ml_meth == as_method(modules))
    return nullptr;
  return PyObject_GetAttrString(self, name);
}

// Calls it with block=False, and with the item, if there is one.
PyObject* call_without_waiting(PyObject* method, PyObject* item) {
  const reference names(Py_BuildValue("(s)", "block"));
  if (!names) return nullptr;
  PyObject* const arguments[] = {item, Py_False};
  return item != nullptr ? PyObject_Vectorcall(method, arguments, 1, names.get())
                         : PyObject_Vectorcall(method, arguments + 1, 0, names.get());
}

constexpr signature<3> put_signature{"put", {"item", "block", "timeout"}, 1};
constexpr signature<2> get_signature{"get", {"block", "timeout"}};

}  // namespace

PyObject* get_waiting(queue_object* self, outcome met, PyObject* block, PyObject* timeout, const taker& take) {
  patience how_long;
  if (met == outcome::failed || !how_long.parse(block, timeout)) return nullptr;
  PyObject* item = nullptr;
  met = wait_for(
      self, met, how_long, state_of(self->object()).empty, [&](item_store& store) { return take(store, item); },
      sleep_for_item, hand_on_items);
  if (met == outcome::done) return item;
  if (met == outcome::failed) return nullptr;
  if (self->is_standard())
    return call_standard(self, "get", block != nullptr ? block : Py_True,
                         timeout != nullptr ? timeout : Py_None);
  PyErr_SetNone(state_of(self->object()).shut_down);
  return nullptr;
}

PyObject* put_waiting(queue_object* self, outcome met, PyObject* item, PyObject* block, PyObject* timeout) {
  patience how_long;
  if (met == outcome::failed || (met != outcome::closed && !how_long.parse(block, timeout))) return nullptr;
  met = wait_for(
      self, met, how_long, state_of(self->object()).full, [item](item_store& store) { return store.put(item); },
      sleep_for_room, hand_on_room);
  if (met == outcome::done) Py_RETURN_NONE;
  if (met == outcome::failed) return nullptr;
  if (self->is_standard())
    return call_standard(self, "put", item, block != nullptr ? block : Py_True,
                         timeout != nullptr ? timeout : Py_None);
  PyErr_SetNone(state_of(self->object()).shut_down);
  return nullptr;
}

PyObject* queue_put(PyObject* object, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  queue_object* const self = queue_of(object);
  std::array<PyObject*, 3> values{};
  if (count == 1 && keywords == nullptr) [[likely]] {
    values[0] = given[0];
  } else {
    if (!put_signature.parse(given, count, keywords, values)) return nullptr;
    // A negative timeout is an error even if nothing has to wait; without a bound, it is not looked at.
    patience checked;
    if (self->store->bound() != 0 && !checked.parse(values[1], values[2])) return nullptr;
  }
  try {
    const outcome met = self->store->put(values[0]);
    if (met == outcome::done) [[likely]]
      Py_RETURN_NONE;
    return put_waiting(self, met, values[0], values[1], values[2]);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* queue_get(PyObject* object, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  queue_object* const self = queue_of(object);
  std::array<PyObject*, 2> values{};
  if (count != 0 || keywords != nullptr) [[unlikely]] {
    patience checked;
    if (!get_signature.parse(given, count, keywords, values) || !checked.parse(values[0], values[1]))
      return nullptr;
  }
  try {
    PyObject* item = nullptr;
    const outcome met = self->store->take(item);
    if (met == outcome::done) [[likely]]
      return item;
    return get_waiting(self, met, values[0], values[1],
                       [](item_store& store, PyObject*& taken) { return store.take(taken); });
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* queue_put_nowait(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  constexpr signature<1> put_nowait_signature{"put_nowait", {"item"}, 1};
  std::array<PyObject*, 1> values{};
  if (!put_nowait_signature.parse(given, count, keywords, values)) return nullptr;
  if (is_of_module(self)) [[likely]]
    return put_now(self, values[0]);
  const reference replaced(replaced_method(self, "put", queue_put));
  if (replaced) return call_without_waiting(replaced.get(), values[0]);
  return PyErr_Occurred() == nullptr ? put_now(self, values[0]) : nullptr;
}

PyObject* queue_get_nowait(PyObject* self, PyObject*) {
  if (is_of_module(self)) [[likely]]
    return get_now(self);
  const reference replaced(replaced_method(self, "get", queue_get));
  if (replaced) return call_without_waiting(replaced.get(), nullptr);
  return PyErr_Occurred() == nullptr ? get_now(self) : nullptr;
}

PyObject* put_now(PyObject* self, PyObject* item) {
  PyObject* const arguments[] = {item, Py_False};
  return queue_put(self, arguments, 2, nullptr);
}

PyObject* get_now(PyObject* self) {
  PyObject* const arguments[] = {Py_False};
  return queue_get(self, arguments, 1, nullptr);
}

PyObject* queue_iterate(PyObject* self) {
  return Py_NewRef(self);
}

// Ends when the queue is shut down and drained.
PyObject* queue_next(PyObject* self) {
  PyObject* const item = queue_get(self, nullptr, 0, nullptr);
  if (item == nullptr && PyErr_ExceptionMatches(state_of(self).shut_down) != 0) PyErr_Clear();
  return item;
}

PyObject* queue_join(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  const bool looks_for_signals = state_of(object).in_main_thread();
  while (!self->is_standard()) {
    bool is_done = false;
    self->store->with([&](auto& queue) {
      is_done = queue.unfinished_tasks() == 0;
      if (is_done) return;
      const auto limits = sleep_until(patience().next_look(looks_for_signals));
      detached([&] { plait::detail::machinery_of(queue).wait_until_done(limits); });
    });
    if (PyErr_CheckSignals() < 0) return nullptr;
    if (is_done && !self->is_standard()) Py_RETURN_NONE;
  }
  return call_standard(self, "join");
}

}  // namespace plait_python
