// SPDX-License-Identifier: MIT
// The objects Queue, LifoQueue, PriorityQueue and SimpleQueue.
//
// An object begins as a native queue. If its class overrides a hook (_init, _qsize, _put, _get), or somebody
// touches what only Python's queue has (mutex, not_empty, queue, ...), it becomes a standard one for the rest
// of its life: its store is closed, its items lie in the attributes that Python's queue has, and every method
// calls the function of that name in plait/_standard.py. The fast path needs no branch for this, because it
// finds the store closed. Whoever does so asks is_standard(), which waits until the change is over.
#pragma once

#include <atomic>
#include <functional>

#include "detached.hpp"
#include "item_store.hpp"
#include "module_state.hpp"
#include "python.hpp"

namespace plait_python {

enum class life : unsigned char { native, changing, standard };

struct queue_object {
  PyObject_HEAD PyObject* weak_references;
  PyObject* dictionary;
  item_store* store;  // set from tp_new on
  std::atomic<life> now;
  std::atomic<bool> is_sized;  // by __init__
  long long maxsize;           // as given; no more than 0: none
  // The list of all queues, and the neighbours there.
  live_list<queue_object>* list;
  queue_object* previous;
  queue_object* next;

  PyObject* object() noexcept { return reinterpret_cast<PyObject*>(this); }
  bool is_standard() const {
    life seen;
    while ((seen = now.load()) == life::changing) yield_detached();
    return seen == life::standard;
  }
};

inline queue_object* queue_of(PyObject* self) noexcept {
  return reinterpret_cast<queue_object*>(self);
}

// Whether it is one of these objects, or of a class that derives from theirs.
bool is_queue(PyObject* object, const module_state& state) noexcept;

// Calls a function of plait/_standard.py with the queue and the arguments, of which a null one is left out.
PyObject* call_standard(queue_object* self, const char* function, PyObject* first = nullptr,
                        PyObject* second = nullptr, PyObject* third = nullptr, PyObject* fourth = nullptr);

// Makes the queue a standard one, with all that it holds. False: an exception is set.
bool become_standard(queue_object* self);
// The same for one that was just made, whose class overrides hooks. `maxsize` is what __init__ was given.
bool begin_as_standard(queue_object* self, PyObject* maxsize);
bool overrides_hooks(queue_object* self);

// Creation and destruction.
PyObject* new_queue(PyTypeObject* type, order order);
int init_queue(PyObject* self, PyObject* arguments, PyObject* keywords);
int init_priority_queue(PyObject* self, PyObject* arguments, PyObject* keywords);
int init_simple_queue(PyObject* self, PyObject* arguments, PyObject* keywords);
int traverse_queue(PyObject* self, visitproc visit, void* arg);
int clear_queue(PyObject* self);
void deallocate_queue(PyObject* self);

// Waiting. `met` is what the first attempt came to. What `take` takes is returned; one that fails takes
// nothing.
using taker = std::function<outcome(item_store&, PyObject*&)>;
PyObject* get_waiting(queue_object* self, outcome met, PyObject* block, PyObject* timeout, const taker& take);
PyObject* put_waiting(queue_object* self, outcome met, PyObject* item, PyObject* block, PyObject* timeout);

// put() and get() with block=False, whatever a class derived from this one replaces.
PyObject* put_now(PyObject* self, PyObject* item);
PyObject* get_now(PyObject* self);

// Methods.
PyObject* queue_put(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_get(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_put_nowait(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_get_nowait(PyObject* self, PyObject* unused);
PyObject* queue_try_put(PyObject* self, PyObject* const* given, Py_ssize_t count);
PyObject* queue_try_get(PyObject* self, PyObject* not_yet);
PyObject* queue_aget(PyObject* self, PyObject* unused);
PyObject* queue_aput(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_iterate(PyObject* self);
PyObject* queue_next(PyObject* self);
PyObject* queue_join(PyObject* self, PyObject* unused);
PyObject* queue_task_done(PyObject* self, PyObject* unused);
PyObject* queue_shutdown(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_close(PyObject* self, PyObject* unused);
PyObject* queue_qsize(PyObject* self, PyObject* unused);
PyObject* queue_empty(PyObject* self, PyObject* unused);
PyObject* queue_full(PyObject* self, PyObject* unused);
PyObject* queue_get_many(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_put_many(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords);
PyObject* queue_drain(PyObject* self, PyObject* unused);
PyObject* queue_clear(PyObject* self, PyObject* unused);
PyObject* queue_snapshot(PyObject* self, PyObject* unused);
PyObject* queue_peek(PyObject* self, PyObject* unused);
PyObject* queue_is_standard(PyObject* self, PyObject* unused);

// The types. False: an exception is set.
bool add_queue_types(PyObject* module, module_state& state);
bool add_store_view_type(PyObject* module, module_state& state);
bool add_await_type(PyObject* module, module_state& state);

// While the module still has the type of what aget() returns.
void free_spare_await(module_state& state) noexcept;

}  // namespace plait_python
