// SPDX-License-Identifier: MIT
// CheckedLock and CheckedRLock: plait::checked for Python's threads.
#include <array>
#include <new>
#include <string>
#include <utility>

#include "lock_types.hpp"
#include "module_state.hpp"
#include "types.hpp"

namespace plait_python {

bool attached_mutex::lock_within(const patience& how_long) {
  if (mutex_.try_lock()) return true;
  const int taken = acquire_detached(how_long, state_->in_main_thread(), [this](auto until) noexcept {
    return mutex_.try_lock_until(until, plait::until_signal());
  });
  if (taken < 0) throw exception_is_set();
  return taken == 1;
}

void attached_mutex::reset_after_fork(bool is_held) {
  mutex_.~mutex();
  new (&mutex_) plait::mutex();
  if (is_held) mutex_.lock();
}

namespace {

struct checked_object {
  PyObject_HEAD PyObject* weak_references;
  checked_lock* lock;

  static checked_lock& in(PyObject* self) noexcept { return *reinterpret_cast<checked_object*>(self)->lock; }
};

bool is_mine(const checked_lock& lock) noexcept {
  return lock.owner.load() == PyThread_get_thread_ident();
}

bool take(checked_lock& lock, const patience& how_long) {
  if (!how_long.may_wait) return lock.lock.try_lock();
  if (how_long.until) return lock.lock.try_lock_until(*how_long.until);
  lock.lock.lock();
  return true;
}

PyObject* checked_acquire(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  patience how_long;
  if (!parse_acquire(given, count, keywords, how_long)) return nullptr;
  checked_lock& lock = checked_object::in(self);
  if (lock.locks_again && is_mine(lock)) {
    ++lock.depth;
    Py_RETURN_TRUE;
  }
  return guarded([&]() -> PyObject* {
    try {
      if (!take(lock, how_long)) Py_RETURN_FALSE;
    } catch (const exception_is_set&) {
      return nullptr;
    }
    lock.owner.store(PyThread_get_thread_ident());
    lock.depth = 1;
    Py_RETURN_TRUE;
  });
}

// False: RuntimeError is set.
bool check_owner(const checked_lock& lock) {
  if (is_mine(lock)) return true;
  PyErr_Format(PyExc_RuntimeError, "release() of %s by a thread that does not hold it",
               lock.name.empty() ? "a checked lock" : lock.name.c_str());
  return false;
}

// Returns how often it was taken.
std::size_t give_back(checked_lock& lock) noexcept {
  const std::size_t depth = std::exchange(lock.depth, 0);
  lock.owner.store(PYTHREAD_INVALID_THREAD_ID);
  lock.lock.unlock();
  return depth;
}

PyObject* checked_release(PyObject* self, PyObject*) {
  checked_lock& lock = checked_object::in(self);
  if (!check_owner(lock)) return nullptr;
  if (lock.depth > 1) {
    --lock.depth;
  } else {
    give_back(lock);
  }
  Py_RETURN_NONE;
}

PyObject* checked_enter(PyObject* self, PyObject*) {
  return checked_acquire(self, nullptr, 0, nullptr);
}
PyObject* checked_exit(PyObject* self, PyObject* const*, Py_ssize_t) {
  return checked_release(self, nullptr);
}
PyObject* checked_locked(PyObject* self, PyObject*) {
  return PyBool_FromLong(checked_object::in(self).owner.load() != PYTHREAD_INVALID_THREAD_ID);
}

// What threading.Condition uses of a lock that may be taken again.
PyObject* checked_release_all(PyObject* self, PyObject*) {
  checked_lock& lock = checked_object::in(self);
  return check_owner(lock) ? PyLong_FromSize_t(give_back(lock)) : nullptr;
}
PyObject* checked_acquire_again(PyObject* self, PyObject* depth) {
  const std::size_t times = PyLong_AsSize_t(depth);
  if (PyErr_Occurred() != nullptr) return nullptr;
  const reference taken(checked_acquire(self, nullptr, 0, nullptr));
  if (!taken) return nullptr;
  checked_object::in(self).depth = times;
  Py_RETURN_NONE;
}
PyObject* checked_is_mine(PyObject* self, PyObject*) {
  return PyBool_FromLong(is_mine(checked_object::in(self)));
}

PyObject* checked_name(PyObject* self, void*) {
  const std::string& name = checked_object::in(self).name;
  return name.empty() ? Py_NewRef(Py_None) : PyUnicode_FromString(name.c_str());
}

template <bool IsRecursive>
PyObject* checked_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"name", nullptr};
  const char* name = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, IsRecursive ? "|z:CheckedRLock" : "|z:CheckedLock",
                                  const_cast<char**>(names), &name) == 0)
    return nullptr;
  PyObject* const self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  module_state& state = state_of(self);
  try {
    reinterpret_cast<checked_object*>(self)->lock =
        new checked_lock(name != nullptr ? name : "", IsRecursive, state);
  } catch (const std::bad_alloc&) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  state.checked_locks->add(checked_object::in(self));
#if PY_VERSION_HEX >= 0x030E0000
  PyUnstable_Object_EnableDeferredRefcount(self);
#endif
  return self;
}

void checked_deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (reinterpret_cast<checked_object*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  if (checked_lock* const lock = reinterpret_cast<checked_object*>(self)->lock) {
    live_list<checked_lock>::remove(*lock);
    // A thread that holds it has its address: then it stays.
    if (is_mine(*lock)) give_back(*lock);
    if (lock->owner.load() == PYTHREAD_INVALID_THREAD_ID) delete lock;
  }
  type->tp_free(self);
  Py_DECREF(type);
}

int checked_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return 0;
}

const std::array common_methods = {
    PyMethodDef{"acquire", as_method(checked_acquire), fast,
                "acquire($self, blocking=True, timeout=-1)\n--\n\n"
                "Takes the lock, and says whether: False if it is not to be had without waiting\n"
                "(blocking=False) or in `timeout` seconds, which is not checked. Otherwise an order that\n"
                "can deadlock is reported before it waits. Waits without the GIL; a signal handler that\n"
                "raises ends the wait. LockOrderError: as report_lock_order() says. Atomic."},
    PyMethodDef{"release", checked_release, METH_NOARGS,
                "release($self)\n--\n\n"
                "Gives the lock back. RuntimeError: the calling thread does not hold it. Never waits. Atomic."},
    PyMethodDef{"locked", checked_locked, METH_NOARGS,
                "locked($self)\n--\n\nWhether some thread holds it. Never waits. Atomic."},
    PyMethodDef{"__enter__", checked_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nacquire()."},
    PyMethodDef{"__exit__", as_method(checked_exit), METH_FASTCALL,
                "__exit__($self, kind, error, trace, /)\n--\n\nrelease()."},
    PyMethodDef{"_is_owned", checked_is_mine, METH_NOARGS,
                "_is_owned($self)\n--\n\nWhether the calling thread holds it. For threading.Condition."},
};
const std::array recursive_methods = {
    PyMethodDef{
        "_release_save", checked_release_all, METH_NOARGS,
        "_release_save($self)\n--\n\nGives it back however often it was taken. For threading.Condition."},
    PyMethodDef{"_acquire_restore", checked_acquire_again, METH_O,
                "_acquire_restore($self, depth, /)\n--\n\nThe reverse. For threading.Condition."},
};
auto lock_methods = table_of(common_methods);
auto recursive_lock_methods = table_of(common_methods, recursive_methods);

PyMemberDef checked_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(checked_object, weak_references), Py_READONLY, nullptr},
    {},
};
PyGetSetDef checked_attributes[] = {
    {"name", checked_name, nullptr, "The name of its class; None: it is a class of its own.", nullptr},
    {},
};

#define PLAIT_CHECKED_DOC                                                                                     \
  "A class is a name: what is seen of one lock holds for all of that name. Without one, a lock is a class "   \
  "of\n"                                                                                                      \
  "its own. When threads are seen to take locks in orders that can deadlock, the first time is reported, "    \
  "with\n"                                                                                                    \
  "the stacks of both: see report_lock_order(). Only the thread that took it may release it. In a child of\n" \
  "fork(), one that another thread held stays locked."

PyType_Slot lock_slots[] = {
    {Py_tp_doc,
     const_cast<char*>(
         "CheckedLock(name=None)\n--\n\nA threading.Lock whose order is checked.\n\n" PLAIT_CHECKED_DOC)},
    {Py_tp_new, slot(checked_new<false>)},
    {Py_tp_dealloc, slot(checked_deallocate)},
    {Py_tp_traverse, slot(checked_traverse)},
    {Py_tp_methods, lock_methods.data()},
    {Py_tp_members, checked_members},
    {Py_tp_getset, checked_attributes},
    {0, nullptr},
};
PyType_Slot recursive_lock_slots[] = {
    {Py_tp_doc,
     const_cast<char*>(
         "CheckedRLock(name=None)\n--\n\nA threading.RLock whose order is checked.\n\n" PLAIT_CHECKED_DOC)},
    {Py_tp_new, slot(checked_new<true>)},
    {Py_tp_dealloc, slot(checked_deallocate)},
    {Py_tp_traverse, slot(checked_traverse)},
    {Py_tp_methods, recursive_lock_methods.data()},
    {Py_tp_members, checked_members},
    {Py_tp_getset, checked_attributes},
    {0, nullptr},
};

}  // namespace

checked_lock::checked_lock(std::string name_of_class, bool is_recursive, const module_state& state)
    : name(std::move(name_of_class)), locks_again(is_recursive) {
  lock.underlying().is_used_in(state);
}

void checked_lock::reset_after_fork() {
  lock.underlying().reset_after_fork(owner.load() != PYTHREAD_INVALID_THREAD_ID);
}

bool add_checked_lock_types(PyObject* module) {
  const PyType_Spec lock_spec{"plait.CheckedLock", sizeof(checked_object), 0, usual_flags, lock_slots};
  const PyType_Spec recursive_spec{"plait.CheckedRLock", sizeof(checked_object), 0, usual_flags,
                                   recursive_lock_slots};
  return reference(add_type(module, lock_spec)) && reference(add_type(module, recursive_spec));
}

}  // namespace plait_python
