// SPDX-License-Identifier: MIT
// How often each key was seen: KeyedCounter, and the dictionary under Counter.
#include <plait/keyed_counter.hpp>

#include "arguments.hpp"
#include "count_types.hpp"
#include "key.hpp"
#include "python_lock.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

struct keyed_counts {
  keyed_counts() = default;
  explicit keyed_counts(std::size_t most) : counts({.max_keys = most}), max_keys(most) {}

  canonical_keys keys;  // outlives the counts, which use them
  plait::keyed_counter<key, key_hash, key_equal> counts;
  const std::size_t max_keys = 0;  // 0: any number
};

using keyed = holder_of<keyed_counts>;

constexpr signature<2> inc_signature{"inc", {"key", "n"}, 1};

// Only what is exact can be taken back. False: an exception is set.
bool may_add(const keyed_counts& to, PyObject* object, std::int64_t n) {
  if (to.max_keys == 0) return true;
  if (n < 0) {
    PyErr_Format(
        PyExc_ValueError,
        "inc() by %lld: a KeyedCounter with max_keys cannot take counts back; make it without max_keys",
        static_cast<long long>(n));
    return false;
  }
  // The dictionary of canonical keys has no bound.
  if (is_plain(object)) return true;
  PyErr_Format(
      PyExc_TypeError,
      "a KeyedCounter with max_keys takes keys that are exactly str, bytes or int, not %.200s; make one "
      "of those of it, or the counter without max_keys",
      Py_TYPE(object)->tp_name);
  return false;
}

bool add(keyed_counts& to, PyObject* object, std::int64_t n) {
  if (!may_add(to, object, n)) return false;
  if (is_plain(object)) [[likely]] {
    to.counts.add(object, n);
    return true;
  }
  const reference canonical(to.keys.make(object));
  if (canonical) to.counts.add(canonical.get(), n);
  return static_cast<bool>(canonical);
}

PyObject* keyed_inc(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  std::array<PyObject*, 2> values{};
  std::int64_t n = 1;
  if (count == 1 && keywords == nullptr) [[likely]] {
    values[0] = given[0];
  } else if (!inc_signature.parse(given, count, keywords, values) ||
             (values[1] != nullptr && !to_int64(values[1], n))) {
    return nullptr;
  }
  return guarded([&]() -> PyObject* {
    if (!add(keyed::in(self), values[0], n)) return nullptr;
    Py_RETURN_NONE;
  });
}

PyObject* keyed_update(PyObject* self, PyObject* iterable) {
  const reference iterator(PyObject_GetIter(iterable));
  if (!iterator) return nullptr;
  return guarded([&]() -> PyObject* {
    while (const reference next{PyIter_Next(iterator.get())})
      if (!add(keyed::in(self), next.get(), 1)) return nullptr;
    if (PyErr_Occurred() != nullptr) return nullptr;
    Py_RETURN_NONE;
  });
}

// Calls show(estimate), which makes the result, with what is known of a key.
template <class Show>
PyObject* with_estimate(PyObject* self, PyObject* object, Show show) {
  return guarded([&]() -> PyObject* {
    const reference canonical(keyed::in(self).keys.find(object));
    if (!canonical) return PyErr_Occurred() != nullptr ? nullptr : show(plait::count_estimate{});
    return show(keyed::in(self).counts.estimate(canonical.get()));
  });
}

PyObject* keyed_count(PyObject* self, PyObject* object) {
  return with_estimate(self, object,
                       [](const plait::count_estimate& of) { return PyLong_FromLongLong(of.count); });
}

PyObject* keyed_estimate(PyObject* self, PyObject* object) {
  return with_estimate(self, object, [](const plait::count_estimate& of) {
    return Py_BuildValue("(LL)", static_cast<long long>(of.count), static_cast<long long>(of.error));
  });
}

PyObject* keyed_total(PyObject* self, PyObject*) {
  return guarded([&] { return PyLong_FromLongLong(keyed::in(self).counts.total()); });
}

PyObject* tuple_of(const std::pair<key, std::int64_t>& each) {
  return Py_BuildValue("(OL)", each.first.get(), static_cast<long long>(each.second));
}
PyObject* tuple_of(const std::pair<key, plait::count_estimate>& each) {
  return Py_BuildValue("(OLL)", each.first.get(), static_cast<long long>(each.second.count),
                       static_cast<long long>(each.second.error));
}

template <class Count>
PyObject* list_of(const std::vector<std::pair<key, Count>>& counts) {
  reference list(PyList_New(static_cast<Py_ssize_t>(counts.size())));
  if (!list) return nullptr;
  Py_ssize_t at = 0;
  for (const auto& each : counts) {
    PyObject* const tuple = tuple_of(each);
    if (tuple == nullptr) return nullptr;
    PyList_SET_ITEM(list.get(), at++, tuple);
  }
  return list.release();
}

// The argument n: how many keys are wanted. None: all. False: an exception is set.
bool parse_wanted(const signature<1>& names, PyObject* const* given, Py_ssize_t count, PyObject* keywords,
                  std::size_t& wanted) {
  std::array<PyObject*, 1> values{};
  std::int64_t most = INT64_MAX;
  if (!names.parse(given, count, keywords, values) ||
      (values[0] != nullptr && values[0] != Py_None && !to_int64(values[0], most)))
    return false;
  wanted = static_cast<std::size_t>(std::max(most, std::int64_t{0}));
  return true;
}

PyObject* keyed_most_common(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<1> names{"most_common", {"n"}};
  std::size_t wanted = 0;
  if (!parse_wanted(names, given, count, keywords, wanted)) return nullptr;
  return guarded([&] { return list_of(keyed::in(self).counts.most_common(wanted)); });
}

PyObject* keyed_most_common_estimates(PyObject* self, PyObject* const* given, Py_ssize_t count,
                                      PyObject* keywords) {
  static constexpr signature<1> names{"most_common_estimates", {"n"}};
  std::size_t wanted = 0;
  if (!parse_wanted(names, given, count, keywords, wanted)) return nullptr;
  return guarded([&] { return list_of(keyed::in(self).counts.most_common_estimates(wanted)); });
}

PyObject* keyed_snapshot(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    reference result(PyDict_New());
    if (!result) return nullptr;
    for (const auto& [each, count] : keyed::in(self).counts.snapshot()) {
      const reference number(PyLong_FromLongLong(count));
      if (!number || PyDict_SetItem(result.get(), each.get(), number.get()) < 0) return nullptr;
    }
    return result.release();
  });
}

// Keys that are not plain stay in the dictionary of canonical ones: another thread may just be counting one.
PyObject* keyed_discard(PyObject* self, PyObject* object) {
  if (keyed::in(self).max_keys != 0) {
    PyErr_SetString(
        PyExc_ValueError,
        "discard() from a KeyedCounter with max_keys, which does not know exact counts; clear() it, or "
        "make it without max_keys");
    return nullptr;
  }
  return guarded([&]() -> PyObject* {
    const reference canonical(keyed::in(self).keys.find(object));
    if (!canonical) return PyErr_Occurred() != nullptr ? nullptr : Py_NewRef(Py_False);
    return PyBool_FromLong(keyed::in(self).counts.erase(canonical.get()));
  });
}

PyObject* keyed_clear(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    keyed::in(self).counts.clear();
    Py_RETURN_NONE;
  });
}

Py_ssize_t keyed_length(PyObject* self) {
  try {
    return static_cast<Py_ssize_t>(keyed::in(self).counts.size());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return -1;
  }
}

PyObject* keyed_repr(PyObject* self) {
  const reference counts(keyed_snapshot(self, nullptr));
  if (!counts) return nullptr;
  const std::size_t most = keyed::in(self).max_keys;
  return most == 0 ? PyUnicode_FromFormat("KeyedCounter(%R)", counts.get())
                   : PyUnicode_FromFormat("KeyedCounter(%R, max_keys=%zu)", counts.get(), most);
}

PyObject* keyed_max_keys(PyObject* self, void*) {
  const std::size_t most = keyed::in(self).max_keys;
  return most == 0 ? Py_NewRef(Py_None) : PyLong_FromSize_t(most);
}

PyObject* keyed_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"iterable", "max_keys", nullptr};
  PyObject *iterable = nullptr, *bound = Py_None;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O$O:KeyedCounter", const_cast<char**>(names),
                                  &iterable, &bound) == 0)
    return nullptr;
  std::int64_t most = 0;
  if (bound != Py_None) {
    if (!to_int64(bound, most)) return nullptr;
    if (most < 1) {
      PyErr_Format(PyExc_ValueError,
                   "max_keys is %lld; give how many keys are kept at most, 1 or more, or None for all",
                   static_cast<long long>(most));
      return nullptr;
    }
  }
  reference self(bound == Py_None ? keyed::make(type) : keyed::make(type, static_cast<std::size_t>(most)));
  if (self && iterable != nullptr && !reference(keyed_update(self.get(), iterable))) return nullptr;
  return self.release();
}

int keyed_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return keyed::in(self).keys.traverse(visit, arg);
}

int keyed_drop(PyObject* self) {
  keyed::in(self).counts.clear();
  keyed::in(self).keys.clear();
  return 0;
}

PyMethodDef keyed_methods[] = {
    {"inc", as_method(keyed_inc), fast,
     "inc($self, key, n=1)\n--\n\nAdds n to the count of a key. ValueError: less than 0, with max_keys. "
     "Atomic."},
    {"update", keyed_update, METH_O,
     "update($self, iterable, /)\n--\n\nAdds 1 to the count of each element. Atomic for each of them."},
    {"count", keyed_count, METH_O,
     "count($self, key, /)\n--\n\nHow often a key was counted; 0 if never. With max_keys: at most so often. "
     "Atomic."},
    {"estimate", keyed_estimate, METH_O,
     "estimate($self, key, /)\n--\n\n"
     "The pair (count, error): a key was counted at most `count` times, and at least `count - error`.\n\n"
     "Without max_keys the error is 0. Atomic."},
    {"total", keyed_total, METH_NOARGS, "total($self)\n--\n\nThe sum of all counts."},
    {"most_common", as_method(keyed_most_common), fast,
     "most_common($self, n=None)\n--\n\nThe n pairs (key, count) with the highest counts, or all, highest "
     "first."},
    {"most_common_estimates", as_method(keyed_most_common_estimates), fast,
     "most_common_estimates($self, n=None)\n--\n\n"
     "The same, as triples (key, count, error) of what estimate() says."},
    {"snapshot", keyed_snapshot, METH_NOARGS, "snapshot($self)\n--\n\nA dict of all counts."},
    {"discard", keyed_discard, METH_O,
     "discard($self, key, /)\n--\n\nDrops a key and its count, and says whether it was there. ValueError: with "
     "max_keys."},
    {"clear", keyed_clear, METH_NOARGS,
     "clear($self)\n--\n\nDrops all keys. What is counted meanwhile may stay."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations: KeyedCounter[str]."},
    {},
};

PyGetSetDef keyed_attributes[] = {
    {"max_keys", keyed_max_keys, nullptr, "How many keys are kept at most; None: all.", nullptr},
    {},
};

PyType_Slot keyed_slots[] = {
    {Py_tp_doc,
     const_cast<char*>(
         "KeyedCounter(iterable=(), *, max_keys=None)\n--\n\nHow often each key was seen, counted by "
         "any number of threads: each counts in a table of its own.\nMethods never wait, and lose no count. "
         "What looks at all keys does so one by one.\nKeys that are exactly str, bytes "
         "or int are compared by value, and all others as by a dict; but a\nkey of the first kind is "
         "never equal to one of the second, so that 1 and 1.0 are two keys.\n\n"
         "max_keys: memory does not grow with the number of different keys, which are exactly str, "
         "bytes or int.\nA count is then never too low, and too high by at most total() / max_keys: "
         "estimate() says by how much.\nEvery key that was counted more often than that is among "
         "those kept.")},
    {Py_tp_new, slot(keyed_new)},
    {Py_tp_dealloc, slot(keyed::destroy)},
    {Py_tp_traverse, slot(keyed_traverse)},
    {Py_tp_clear, slot(keyed_drop)},
    {Py_tp_repr, slot(keyed_repr)},
    {Py_mp_length, slot(keyed_length)},
    {Py_mp_subscript, slot(keyed_count)},
    {Py_tp_getset, keyed_attributes},
    {Py_tp_methods, keyed_methods},
    {0, nullptr},
};

// -- the dictionary under Counter --

// One lock for all: adding takes nanoseconds, and a lock in each would be one more field, which a class that
// derives from dict twice cannot have. It is held while `__hash__`, `__eq__` and `__add__` of keys and counts
// run.
python_lock& increment_lock() {
  static python_lock lock;
  return lock;
}

// The new count: a new reference. Null: an exception is set, and nothing has changed.
PyObject* dict_add(PyObject* self, PyObject* key, PyObject* n) {
  const reference before(dict_item(self, key));
  if (!before && PyErr_Occurred() != nullptr) return nullptr;
  reference sum = before ? reference(PyNumber_Add(before.get(), n)) : reference::to(n);
  return sum && PyDict_SetItem(self, key, sum.get()) == 0 ? sum.release() : nullptr;
}

PyObject* dict_inc(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  std::array<PyObject*, 2> values{};
  if (!inc_signature.parse(given, count, keywords, values)) return nullptr;
  const reference n = values[1] != nullptr ? reference::to(values[1]) : reference(PyLong_FromLong(1));
  if (!n) return nullptr;
  if (!increment_lock().lock()) {
    PyErr_SetString(PyExc_RuntimeError, "inc() of a Counter was called while a key or count was compared");
    return nullptr;
  }
  PyObject* const sum = dict_add(self, values[0], n.get());
  increment_lock().unlock();
  return sum;
}

PyMethodDef dict_methods[] = {
    {"inc", as_method(dict_inc), fast,
     "inc($self, key, n=1)\n--\n\n"
     "Adds n to the count of a key and returns the sum. Atomic with regard to other inc() calls."},
    {},
};

PyType_Slot dict_slots[] = {
    {Py_tp_doc, const_cast<char*>("A dict with an inc() that loses nothing. Counter derives from it.")},
    {Py_tp_methods, dict_methods},
    {0, nullptr},
};

}  // namespace

void reset_counters_after_fork() {
  increment_lock().reset_after_fork();
}

bool add_keyed_types(PyObject* module) {
  const PyType_Spec keyed_spec{"plait.KeyedCounter", sizeof(keyed), 0, usual_flags, keyed_slots};
  const PyType_Spec dict_spec{"plait._core.CountingDict", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                              dict_slots};
  const reference counter(add_type(module, keyed_spec));
  return counter && reference(add_type(module, dict_spec, reinterpret_cast<PyObject*>(&PyDict_Type)));
}

}  // namespace plait_python
