// SPDX-License-Identifier: MIT
// RWLock: a lock that many threads may hold to read, or one to write.
//
// Each thread remembers which locks it holds, and how often: so it may take again what it has, and what would
// deadlock, or give back what it has not, is an exception.
#include <cstddef>
#include <new>
#include <vector>

#include "lock_types.hpp"
#include "module_state.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

enum class side : unsigned char { reading, writing };

// What the calling thread holds of a lock.
struct hold {
  const rw_lock* lock;
  std::size_t reads;
  std::size_t writes;
};

std::vector<hold>& my_holds() noexcept {
  static thread_local std::vector<hold> holds;
  return holds;
}

hold* my_hold(const rw_lock& lock) noexcept {
  for (hold& each : my_holds())
    if (each.lock == &lock) return &each;
  return nullptr;
}

void forget(hold& mine) noexcept {
  mine = my_holds().back();
  my_holds().pop_back();
}

struct rw_object {
  PyObject_HEAD PyObject* weak_references;
  rw_lock* lock;

  static rw_lock& in(PyObject* self) noexcept { return *reinterpret_cast<rw_object*>(self)->lock; }
};

// A lock as one that is read, or written.
struct side_object {
  PyObject_HEAD PyObject* weak_references;
  PyObject* of;
  side how;
};

side_object* side_of(PyObject* self) noexcept {
  return reinterpret_cast<side_object*>(self);
}

// 1: taken, 0: not in time, -1: an exception is set.
int take(rw_lock& lock, side how, const patience& how_long, bool looks_for_signals) {
  if (hold* const mine = my_hold(lock)) {
    if (how == side::reading) {
      ++mine->reads;
      return 1;
    }
    if (mine->writes != 0) {
      ++mine->writes;
      return 1;
    }
    PyErr_SetString(PyExc_RuntimeError,
                    "this thread reads under the RWLock already, and would wait for itself: "
                    "release read() before write(), or take write() from the beginning");
    return -1;
  }
  try {
    my_holds().reserve(my_holds().size() + 1);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return -1;
  }
  plait::shared_mutex& mutex = *lock.mutex;
  int taken = 1;
  if (how == side::reading ? !mutex.try_lock_shared() : !mutex.try_lock()) {
    if (how_long.is_over()) return 0;
    taken = how == side::reading
                ? acquire_detached(how_long, looks_for_signals,
                                   [&](auto until) noexcept {
                                     return mutex.try_lock_shared_until(until, plait::until_signal());
                                   })
                : acquire_detached(how_long, looks_for_signals, [&](auto until) noexcept {
                    return mutex.try_lock_until(until, plait::until_signal());
                  });
  }
  if (taken != 1) return taken;
  if (how == side::writing) lock.is_written.store(true);
  my_holds().push_back({&lock, how == side::reading ? 1u : 0u, how == side::writing ? 1u : 0u});
  return 1;
}

bool give_back(rw_lock& lock, side how) {
  hold* const mine = my_hold(lock);
  if (mine == nullptr || (how == side::reading ? mine->reads : mine->writes) == 0) {
    PyErr_Format(PyExc_RuntimeError, "release() of %s() by a thread that does not hold it",
                 how == side::reading ? "read" : "write");
    return false;
  }
  --(how == side::reading ? mine->reads : mine->writes);
  if (how == side::writing && mine->writes == 0) {
    lock.is_written.store(false);
    if (mine->reads != 0) {
      lock.mutex->unlock_and_lock_shared();
    } else {
      forget(*mine);
      lock.mutex->unlock();
    }
  } else if (mine->reads == 0 && mine->writes == 0) {
    forget(*mine);
    lock.mutex->unlock_shared();
  }
  return true;
}

PyObject* side_acquire(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  patience how_long;
  if (!parse_acquire(given, count, keywords, how_long)) return nullptr;
  const int taken =
      take(rw_object::in(side_of(self)->of), side_of(self)->how, how_long, state_of(self).in_main_thread());
  return taken < 0 ? nullptr : PyBool_FromLong(taken);
}

PyObject* side_release(PyObject* self, PyObject*) {
  if (!give_back(rw_object::in(side_of(self)->of), side_of(self)->how)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* side_enter(PyObject* self, PyObject*) {
  return side_acquire(self, nullptr, 0, nullptr);
}

PyObject* side_exit(PyObject* self, PyObject* const*, Py_ssize_t) {
  return side_release(self, nullptr);
}

void side_deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (side_of(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  Py_XDECREF(side_of(self)->of);
  type->tp_free(self);
  Py_DECREF(type);
}

// A lock of a class that is written in Python may keep its sides, and is then freed by a collection.
int side_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(side_of(self)->of);
  return 0;
}

PyObject* make_side(PyObject* lock, side how) {
  auto* const type = reinterpret_cast<PyTypeObject*>(state_of(lock).lock_side_type);
  PyObject* const self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  side_of(self)->of = Py_NewRef(lock);
  side_of(self)->how = how;
  return self;
}

PyObject* rw_read(PyObject* self, PyObject*) {
  return make_side(self, side::reading);
}
PyObject* rw_write(PyObject* self, PyObject*) {
  return make_side(self, side::writing);
}

PyObject* rw_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const none[] = {nullptr};
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, ":RWLock", const_cast<char**>(none)) == 0)
    return nullptr;
  PyObject* const self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  try {
    reinterpret_cast<rw_object*>(self)->lock = new rw_lock();
  } catch (const std::bad_alloc&) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  state_of(self).rw_locks->add(rw_object::in(self));
#if PY_VERSION_HEX >= 0x030E0000
  PyUnstable_Object_EnableDeferredRefcount(self);
#endif
  return self;
}

void rw_deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (reinterpret_cast<rw_object*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  if (rw_lock* const lock = reinterpret_cast<rw_object*>(self)->lock) {
    live_list<rw_lock>::remove(*lock);
    // A thread may hold it still, and knows it by its address: then it stays, so that no other lock gets that.
    if (lock->mutex->try_lock()) {
      delete lock->mutex;
      delete lock;
    }
  }
  type->tp_free(self);
  Py_DECREF(type);
}

int rw_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return 0;
}

PyMethodDef side_methods[] = {
    {"acquire", as_method(side_acquire), fast,
     "acquire($self, blocking=True, timeout=-1)\n--\n\n"
     "Takes the lock, and says whether: False if it is not to be had without waiting\n"
     "(blocking=False) or in `timeout` seconds. Waits without the GIL; a signal handler that\n"
     "raises ends the wait. A thread that holds the lock may take it again, but one that\n"
     "only reads cannot write: RuntimeError. Atomic."},
    {"release", side_release, METH_NOARGS,
     "release($self)\n--\n\n"
     "Gives the lock back. RuntimeError: the calling thread does not hold it so. Never waits. Atomic."},
    {"__enter__", side_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nacquire()."},
    {"__exit__", as_method(side_exit), METH_FASTCALL,
     "__exit__($self, kind, error, trace, /)\n--\n\nrelease()."},
    {},
};

PyMemberDef side_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(side_object, weak_references), Py_READONLY, nullptr},
    {},
};

PyType_Slot side_slots[] = {
    {Py_tp_doc, const_cast<char*>("An RWLock as one that is read, or as one that is written.")},
    {Py_tp_dealloc, slot(side_deallocate)},
    {Py_tp_traverse, slot(side_traverse)},
    {Py_tp_methods, side_methods},
    {Py_tp_members, side_members},
    {0, nullptr},
};

PyMethodDef rw_methods[] = {
    {"read", rw_read, METH_NOARGS,
     "read($self)\n--\n\nThe lock for readers: with lock.read(): ..., or its acquire() and release()."},
    {"write", rw_write, METH_NOARGS,
     "write($self)\n--\n\nThe lock for a writer: with lock.write(): ..., or its acquire() and release()."},
    {},
};

PyMemberDef rw_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(rw_object, weak_references), Py_READONLY, nullptr},
    {},
};

PyType_Slot rw_slots[] = {
    {Py_tp_doc,
     const_cast<char*>("RWLock()\n--\n\n"
                       "A lock that many threads may hold to read, or one to write. A writer that waits keeps "
                       "new readers out.\nA thread may take it again as often as it likes, and read while it "
                       "writes; it belongs to threads,\nnot to tasks. In a child of fork() nobody reads but "
                       "the thread that has forked; one that another\nthread wrote under stays locked.")},
    {Py_tp_new, slot(rw_new)},
    {Py_tp_dealloc, slot(rw_deallocate)},
    {Py_tp_traverse, slot(rw_traverse)},
    {Py_tp_methods, rw_methods},
    {Py_tp_members, rw_members},
    {0, nullptr},
};

}  // namespace

// What other threads held or waited for is in the mutex, and in memory of these threads that has its address.
void rw_lock::reset_after_fork() {
  const hold* const mine = my_hold(*this);
  const bool i_only_read = mine != nullptr && mine->writes == 0;
  if (i_only_read) mutex->unlock_shared();
  if (!is_written.load() && mutex->try_lock()) {
    mutex->unlock();
  } else if (auto* const unused = new (std::nothrow) plait::shared_mutex()) {
    mutex = unused;  // the other one stays, as in rw_deallocate()
    if (is_written.load()) mutex->lock();
  }
  if (i_only_read) mutex->lock_shared();
}

bool add_rw_lock_types(PyObject* module, module_state& state) {
  const PyType_Spec side_spec{"plait._core.LockSide", sizeof(side_object), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                              side_slots};
  const PyType_Spec rw_spec{"plait.RWLock", sizeof(rw_object), 0, usual_flags, rw_slots};
  state.lock_side_type = add_type(module, side_spec);
  return state.lock_side_type != nullptr && reference(add_type(module, rw_spec));
}

}  // namespace plait_python
