// SPDX-License-Identifier: MIT
// The types of plait.queue: their methods and attributes.
#include "arguments.hpp"
#include "queue_object.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

// What `read` says of the store of a native queue; for a standard one, what `otherwise` does. Without the GIL a
// queue may become a standard one during `read`, which then has met a store that is being emptied.
template <class Read, class Otherwise>
PyObject* while_native(const queue_object* self, Read read, Otherwise otherwise) {
  if (!self->is_standard()) {
    reference seen(read(*self->store));
    if (!self->is_standard()) return seen.release();
  }
  return otherwise();
}

}  // namespace

PyObject* queue_task_done(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  if (!self->is_standard() && self->store->task_done()) Py_RETURN_NONE;
  // A queue that has just become a standard one counts there.
  if (self->is_standard()) return call_standard(self, "task_done");
  PyErr_SetString(PyExc_ValueError, "task_done() called too many times");
  return nullptr;
}

PyObject* queue_shutdown(PyObject* object, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  constexpr signature<1> shutdown_signature{"shutdown", {"immediate"}};
  queue_object* const self = queue_of(object);
  std::array<PyObject*, 1> values{};
  if (!shutdown_signature.parse(given, count, keywords, values)) return nullptr;
  const int immediate = values[0] != nullptr ? PyObject_IsTrue(values[0]) : 0;
  if (immediate < 0) return nullptr;
  if (self->is_standard()) return call_standard(self, "shutdown", immediate != 0 ? Py_True : Py_False);
  self->store->close();
  // Whoever is just making it a standard one may have found it open.
  if (self->is_standard()) return call_standard(self, "shutdown", immediate != 0 ? Py_True : Py_False);
  if (immediate == 0) Py_RETURN_NONE;
  const reference dropped(queue_clear(object, nullptr));
  if (!dropped) return nullptr;
  Py_RETURN_NONE;
}

PyObject* queue_close(PyObject* object, PyObject*) {
  return queue_shutdown(object, nullptr, 0, nullptr);
}

PyObject* queue_is_standard(PyObject* object, PyObject*) {
  return PyBool_FromLong(queue_of(object)->is_standard());
}

PyObject* queue_qsize(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  return while_native(
      self, [](item_store& store) { return PyLong_FromSize_t(store.size()); },
      [self] { return call_standard(self, "qsize"); });
}

PyObject* queue_empty(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  return while_native(
      self, [](item_store& store) { return PyBool_FromLong(store.size() == 0); },
      [self] { return call_standard(self, "empty"); });
}

PyObject* queue_full(PyObject* object, PyObject*) {
  queue_object* const self = queue_of(object);
  return while_native(
      self,
      [](item_store& store) { return PyBool_FromLong(store.bound() != 0 && store.size() >= store.bound()); },
      [self] { return call_standard(self, "full"); });
}

namespace {

// Attributes of Python's queue that only a standard one has: `name` is their name.
PyObject* get_standard_attribute(PyObject* object, void* name) {
  queue_object* const self = queue_of(object);
  if (!become_standard(self)) return nullptr;
  const reference names(PyObject_GenericGetDict(object, nullptr));
  if (!names) return nullptr;
  const auto* const key = static_cast<const char*>(name);
  if (PyObject* const value = PyMapping_GetItemString(names.get(), key)) return value;
  if (PyErr_ExceptionMatches(PyExc_KeyError) != 0) PyErr_SetString(PyExc_AttributeError, key);
  return nullptr;
}

int set_standard_attribute(PyObject* object, PyObject* value, void* name) {
  if (!become_standard(queue_of(object))) return -1;
  const reference names(PyObject_GenericGetDict(object, nullptr));
  if (!names) return -1;
  const auto* const key = static_cast<const char*>(name);
  return value != nullptr ? PyMapping_SetItemString(names.get(), key, value)
                          : PyMapping_DelItemString(names.get(), key);
}

// Those that a native one has as well: reading them changes nothing.
PyObject* get_maxsize(PyObject* object, void* name) {
  queue_object* const self = queue_of(object);
  return self->is_standard() ? get_standard_attribute(object, name) : PyLong_FromLongLong(self->maxsize);
}
PyObject* get_unfinished_tasks(PyObject* object, void* name) {
  return while_native(
      queue_of(object), [](item_store& store) { return PyLong_FromSize_t(store.unfinished_tasks()); },
      [object, name] { return get_standard_attribute(object, name); });
}
PyObject* get_is_shutdown(PyObject* object, void* name) {
  return while_native(
      queue_of(object), [](item_store& store) { return PyBool_FromLong(store.is_closed()); },
      [object, name] { return get_standard_attribute(object, name); });
}

PyGetSetDef attribute(const char* name, getter get, const char* doc) {
  return {name, get, set_standard_attribute, doc, const_cast<char*>(name)};
}

constexpr const char* standard_doc =
    "An attribute of Python's queue. Touching it makes this object an ordinary Python queue, as slow as that.";

PyGetSetDef queue_attributes[] = {
    attribute("maxsize", get_maxsize,
              "The bound; 0 or less: none. Setting it makes this object an ordinary Python queue."),
    attribute("unfinished_tasks", get_unfinished_tasks, "Items put and not yet marked done."),
    attribute("is_shutdown", get_is_shutdown, "Whether shutdown() was called."),
    attribute("mutex", get_standard_attribute, standard_doc),
    attribute("not_empty", get_standard_attribute, standard_doc),
    attribute("not_full", get_standard_attribute, standard_doc),
    attribute("all_tasks_done", get_standard_attribute, standard_doc),
    attribute("queue", get_standard_attribute, standard_doc),
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {},
};

PyGetSetDef simple_queue_attributes[] = {
    {"is_shutdown", get_is_shutdown, nullptr, "Whether shutdown() was called.",
     const_cast<char*>("is_shutdown")},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {},
};

PyMemberDef queue_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(queue_object, weak_references), Py_READONLY, nullptr},
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(queue_object, dictionary), Py_READONLY, nullptr},
    {},
};

// What every queue has.
const std::array item_methods = {
    PyMethodDef{"put", as_method(queue_put), fast,
                "put($self, item, block=True, timeout=None)\n--\n\n"
                "Puts an item, and waits for room if there is none.\n\n"
                "Raises Full if there is no room without waiting (block=False) or in time,\n"
                "ShutDown after shutdown(). Atomic."},
    PyMethodDef{"get", as_method(queue_get), fast,
                "get($self, block=True, timeout=None)\n--\n\n"
                "Takes the next item, and waits for one if there is none.\n\n"
                "Raises Empty if there is none without waiting (block=False) or in time,\n"
                "ShutDown after shutdown() once the queue is empty. Atomic."},
    PyMethodDef{"put_nowait", as_method(queue_put_nowait), fast,
                "put_nowait($self, item)\n--\n\nput(item, block=False)."},
    PyMethodDef{"get_nowait", queue_get_nowait, METH_NOARGS, "get_nowait($self)\n--\n\nget(block=False)."},
    PyMethodDef{"qsize", queue_qsize, METH_NOARGS,
                "qsize($self)\n--\n\n"
                "How many items there are; other threads may change that at once. Never waits."},
    PyMethodDef{"empty", queue_empty, METH_NOARGS, "empty($self)\n--\n\nWhether qsize() is 0. Never waits."},
    PyMethodDef{"shutdown", as_method(queue_shutdown), fast,
                "shutdown($self, immediate=False)\n--\n\n"
                "From now on put() raises ShutDown, and get() does once the queue is empty.\n\n"
                "immediate: the items left are dropped and marked done. Never waits."},
    PyMethodDef{"close", queue_close, METH_NOARGS, "close($self)\n--\n\nshutdown()."},
    PyMethodDef{"get_many", as_method(queue_get_many), fast,
                "get_many($self, max_items, block=True, timeout=None)\n--\n\n"
                "Takes 1 to max_items items, and waits for the first one only.\n\n"
                "Returns a list, in the order in which get() would have given them. Raises as get()."},
    PyMethodDef{"put_many", as_method(queue_put_many), fast,
                "put_many($self, iterable, block=True, timeout=None)\n--\n\n"
                "Puts all items in order, and waits for room as often as needed.\n\n"
                "Items that find room together stay neighbours. Full and ShutDown carry the number\n"
                "of items that went in as their argument."},
    PyMethodDef{
        "drain", queue_drain, METH_NOARGS,
        "drain($self)\n--\n\nTakes all items there are, as a list: empty if there are none. Never waits."},
    PyMethodDef{"peek", queue_peek, METH_NOARGS,
                "peek($self)\n--\n\n"
                "The item that get() would take, which stays. Raises Empty; never waits. O(qsize())."},
    PyMethodDef{"clear", queue_clear, METH_NOARGS,
                "clear($self)\n--\n\n"
                "Drops the items there are, marks them done, and returns how many. Never waits."},
    PyMethodDef{"snapshot", queue_snapshot, METH_NOARGS,
                "snapshot($self)\n--\n\n"
                "A list of the items there are, as they lie, which stay. Never waits; without the GIL, all\n"
                "other threads do, for as long as it takes."},
    PyMethodDef{"aget", queue_aget, METH_NOARGS,
                "aget($self)\n--\n\nget() for a task: takes the next item, and waits for one.\n\n"
                "Raises ShutDown as get(). Cancelling it loses no item. Atomic."},
    PyMethodDef{"aput", as_method(queue_aput), fast,
                "aput($self, item)\n--\n\nput() for a task: puts an item, and waits for room.\n\n"
                "Raises ShutDown as put(). The item of one that is cancelled is not put. Atomic."},
    PyMethodDef{"_try_put", as_method(queue_try_put), METH_FASTCALL,
                "_try_put($self, item, not_yet, /)\n--\n\nput_nowait(item), or not_yet if there is no room."},
    PyMethodDef{"_try_get", queue_try_get, METH_O,
                "_try_get($self, not_yet, /)\n--\n\nget_nowait(), or not_yet if there is no item."},
    PyMethodDef{"_is_standard", queue_is_standard, METH_NOARGS,
                "_is_standard($self)\n--\n\nWhether this object has become an ordinary Python queue."},
    PyMethodDef{"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations: Queue[int]."},
};

const std::array task_methods = {
    PyMethodDef{"full", queue_full, METH_NOARGS, "full($self)\n--\n\nWhether there is no room. Never waits."},
    PyMethodDef{
        "task_done", queue_task_done, METH_NOARGS,
        "task_done($self)\n--\n\n"
        "Marks one item that was taken as done. Never waits. ValueError: more often than items were put."},
    PyMethodDef{"join", queue_join, METH_NOARGS,
                "join($self)\n--\n\nWaits until every item put has been marked done. shutdown() alone does not "
                "end it."},
};

auto queue_methods = table_of(item_methods, task_methods);
auto simple_queue_methods = table_of(item_methods);

template <order Order>
PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  return new_queue(type, Order);
}

// Queue has all; LifoQueue and PriorityQueue derive from it, and only make another store.
PyType_Slot queue_slots[] = {
    {Py_tp_doc, const_cast<char*>("Queue(maxsize=0)\n--\n\nA queue for threads: first in, first out. "
                                  "Methods that wait let other threads run,\nand Ctrl-C ends them. "
                                  "Every method may be called by any thread; each is atomic.")},
    {Py_tp_new, slot(make<order::first_in_first_out>)},
    {Py_tp_init, slot(init_queue)},
    {Py_tp_dealloc, slot(deallocate_queue)},
    {Py_tp_traverse, slot(traverse_queue)},
    {Py_tp_clear, slot(clear_queue)},
    {Py_tp_iter, slot(queue_iterate)},
    {Py_tp_iternext, slot(queue_next)},
    {Py_tp_methods, queue_methods.data()},
    {Py_tp_members, queue_members},
    {Py_tp_getset, queue_attributes},
    {0, nullptr},
};
PyType_Slot lifo_slots[] = {
    {Py_tp_doc, const_cast<char*>("A Queue whose newest item comes out first.")},
    {Py_tp_new, slot(make<order::last_in_first_out>)},
    {Py_tp_traverse, slot(traverse_queue)},
    {Py_tp_clear, slot(clear_queue)},
    {0, nullptr},
};
PyType_Slot priority_slots[] = {
    {Py_tp_doc,
     const_cast<char*>("PriorityQueue(maxsize=0, *, stable=False)\n--\n\n"
                       "A Queue whose smallest item comes out first. Items are compared by <, under a "
                       "lock of the queue:\nusing the queue from __lt__ raises RuntimeError.\n\n"
                       "stable: of items of which none is smaller, the one that was put first comes out "
                       "first. Such a queue\nhas no mutex, and nothing else that only Python's queue has.")},
    {Py_tp_new, slot(make<order::smallest_first>)},
    {Py_tp_init, slot(init_priority_queue)},
    {Py_tp_traverse, slot(traverse_queue)},
    {Py_tp_clear, slot(clear_queue)},
    {0, nullptr},
};
PyType_Slot simple_slots[] = {
    {Py_tp_doc, const_cast<char*>("SimpleQueue()\n--\n\nAn unbounded queue without task_done() and join().")},
    {Py_tp_new, slot(make<order::first_in_first_out>)},
    {Py_tp_init, slot(init_simple_queue)},
    {Py_tp_dealloc, slot(deallocate_queue)},
    {Py_tp_traverse, slot(traverse_queue)},
    {Py_tp_clear, slot(clear_queue)},
    {Py_tp_iter, slot(queue_iterate)},
    {Py_tp_iternext, slot(queue_next)},
    {Py_tp_methods, simple_queue_methods.data()},
    {Py_tp_members, queue_members},
    {Py_tp_getset, simple_queue_attributes},
    {0, nullptr},
};

PyType_Spec specification(const char* name, PyType_Slot* slots) {
  return {name, static_cast<int>(sizeof(queue_object)), 0, usual_flags, slots};
}

// The hooks are Python functions, so that a class may call or replace any of them.
bool add_hooks(PyObject* type, order order, module_state& state) {
  constexpr std::array providers{"FirstInFirstOut", "LastInFirstOut", "SmallestFirst"};
  const auto which = static_cast<std::size_t>(order);
  const reference provider(PyObject_GetAttrString(state.standard, providers[which]));
  if (!provider) return false;
  for (std::size_t at = 0; at != hook_names.size(); ++at) {
    PyObject* const hook = PyObject_GetAttrString(provider.get(), hook_names[at]);
    if (hook == nullptr) return false;
    state.hooks[which][at] = hook;
    if (PyObject_SetAttrString(type, hook_names[at], hook) < 0) return false;
  }
  return true;
}

}  // namespace

bool add_queue_types(PyObject* module, module_state& state) {
  const reference queue(add_type(module, specification("plait.queue.Queue", queue_slots), nullptr));
  if (!queue) return false;
  const reference lifo(add_type(module, specification("plait.queue.LifoQueue", lifo_slots), queue.get()));
  if (!lifo) return false;
  const reference priority(
      add_type(module, specification("plait.queue.PriorityQueue", priority_slots), queue.get()));
  if (!priority) return false;
  const reference simple(add_type(module, specification("plait.queue.SimpleQueue", simple_slots), nullptr));
  if (!simple) return false;
  state.queue_types = {Py_NewRef(queue.get()), Py_NewRef(simple.get())};
  return add_hooks(queue.get(), order::first_in_first_out, state) &&
         add_hooks(lifo.get(), order::last_in_first_out, state) &&
         add_hooks(priority.get(), order::smallest_first, state);
}

}  // namespace plait_python
