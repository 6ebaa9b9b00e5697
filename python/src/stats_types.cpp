// SPDX-License-Identifier: MIT
// StatsDict: a dictionary that knows how often each key was read and written.
//
// Keys and values are copied and compared under locks of the map, which runs no Python code; they are dropped
// when no lock is held. Keys that are not plain stay in the dictionary of canonical ones for as long as the
// map lives.
#include <plait/stats_map.hpp>

#include "arguments.hpp"
#include "count_types.hpp"
#include "key.hpp"
#include "map_types.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

struct counted_dict {
  canonical_keys keys;  // outlives the values, whose keys use them
  plait::stats_map<key, shared_object, plait::access_statistics::exact_gets, key_hash, key_equal> values;
};

using dict = holder_of<counted_dict>;

// Calls use(key) with the key to look for; null: there is no such key. Returns null if an exception is set.
template <class Use>
PyObject* with_key(PyObject* self, PyObject* object, Use use) {
  return guarded([&]() -> PyObject* {
    if (is_plain(object)) [[likely]]
      return use(object);
    const reference canonical(dict::in(self).keys.find(object));
    if (!canonical && PyErr_Occurred() != nullptr) return nullptr;
    return use(canonical ? canonical.get() : object);  // found by nobody, it counts as a miss
  });
}

PyObject* find(PyObject* self, PyObject* key) {
  std::optional<shared_object> found = dict::in(self).values.find(key);
  return found ? found->release() : nullptr;
}

PyObject* dict_get(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<2> names{"get", {"key", "default"}, 1};
  std::array<PyObject*, 2> values{};
  if (count == 1 && keywords == nullptr) [[likely]] {
    values[0] = given[0];
  } else if (!names.parse(given, count, keywords, values)) {
    return nullptr;
  }
  return with_key(self, values[0], [&](PyObject* key) {
    PyObject* const found = find(self, key);
    return found != nullptr ? found : Py_NewRef(values[1] != nullptr ? values[1] : Py_None);
  });
}

PyObject* dict_subscript(PyObject* self, PyObject* object) {
  return with_key(self, object, [&](PyObject* key) {
    PyObject* const found = find(self, key);
    if (found == nullptr) PyErr_SetObject(PyExc_KeyError, object);
    return found;
  });
}

int dict_assign(PyObject* self, PyObject* object, PyObject* value) {
  const reference done(guarded([&]() -> PyObject* {
    counted_dict& in = dict::in(self);
    if (value != nullptr) {
      const reference canonical(in.keys.make(object));
      if (!canonical) return nullptr;
      in.values.insert_or_assign(key(canonical.get()), shared_object(value));
      return Py_NewRef(Py_None);
    }
    const reference canonical(in.keys.find(object));
    if (canonical && in.values.erase(canonical.get())) return Py_NewRef(Py_None);
    if (PyErr_Occurred() == nullptr) PyErr_SetObject(PyExc_KeyError, object);
    return nullptr;
  }));
  return done ? 0 : -1;
}

int dict_contains(PyObject* self, PyObject* object) {
  const reference found(with_key(
      self, object, [&](PyObject* key) { return PyBool_FromLong(dict::in(self).values.contains(key)); }));
  return found ? static_cast<int>(found.get() == Py_True) : -1;
}

// The value that is there, or else the given one, which is put in: in one step.
PyObject* dict_setdefault(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<2> names{"setdefault", {"key", "default"}, 1};
  std::array<PyObject*, 2> values{};
  if (!names.parse(given, count, keywords, values)) return nullptr;
  return guarded([&]() -> PyObject* {
    counted_dict& in = dict::in(self);
    const reference canonical(in.keys.make(values[0]));
    if (!canonical) return nullptr;
    PyObject* const otherwise = values[1] != nullptr ? values[1] : Py_None;
    for (;;) {
      if (PyObject* const found = find(self, canonical.get())) return found;
      if (in.values.insert(key(canonical.get()), shared_object(otherwise))) return Py_NewRef(otherwise);
    }
  });
}

PyObject* dict_stats(PyObject* self, PyObject*) {
  const plait::access_totals seen = dict::in(self).values.stats();
  const auto number = [](std::int64_t of) { return static_cast<long long>(of); };
  return Py_BuildValue("{sLsLsLsLsL}", "hits", number(seen.hits), "misses", number(seen.misses), "inserts",
                       number(seen.inserts), "updates", number(seen.updates), "erases", number(seen.erases));
}

PyObject* dict_accesses(PyObject* self, PyObject* object) {
  return with_key(self, object, [&](PyObject* key) -> PyObject* {
    const std::optional<plait::key_accesses> seen = dict::in(self).values.accesses(key);
    if (seen)
      return Py_BuildValue("(KK)", static_cast<unsigned long long>(seen->gets),
                           static_cast<unsigned long long>(seen->puts));
    PyErr_SetObject(PyExc_KeyError, object);
    return nullptr;
  });
}

template <bool Read>
PyObject* dict_ranked(PyObject* self, PyObject* n) {
  std::int64_t most = 0;
  if (!to_int64(n, most)) return nullptr;
  return guarded([&]() -> PyObject* {
    const auto wanted = static_cast<std::size_t>(std::max(most, std::int64_t{0}));
    const auto& values = dict::in(self).values;
    const auto ranked = Read ? values.most_read(wanted) : values.most_written(wanted);
    reference list(PyList_New(0));
    for (const auto& [each, times] : ranked) {
      const reference pair(Py_BuildValue("(OK)", each.get(), static_cast<unsigned long long>(times)));
      if (!list || !pair || PyList_Append(list.get(), pair.get()) < 0) return nullptr;
    }
    return list.release();
  });
}

PyObject* dict_reset(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    dict::in(self).values.reset_stats();
    Py_RETURN_NONE;
  });
}

Py_ssize_t dict_length(PyObject* self) {
  return static_cast<Py_ssize_t>(dict::in(self).values.size());
}

PyObject* dict_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const none[] = {nullptr};
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, ":StatsDict", const_cast<char**>(none)) == 0)
    return nullptr;
  return dict::make(type);
}

int dict_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return dict::in(self).keys.traverse(visit, arg);
}

PyMethodDef dict_methods_of_stats[] = {
    {"get", as_method(dict_get), fast,
     "get($self, key, default=None)\n--\n\nThe value of a key, or the default. Counts a hit or a miss. "
     "Atomic."},
    {"setdefault", as_method(dict_setdefault), fast,
     "setdefault($self, key, default=None)\n--\n\nThe value of a key, which becomes the default if there is "
     "none. "
     "Atomic."},
    {"stats", dict_stats, METH_NOARGS, "stats($self)\n--\n\nA dict: hits, misses, inserts, updates, erases."},
    {"accesses", dict_accesses, METH_O,
     "accesses($self, key, /)\n--\n\nHow often a key was found and put: (gets, puts). Raises KeyError; counts "
     "nothing."},
    {"most_read", dict_ranked<true>, METH_O,
     "most_read($self, n, /)\n--\n\nThe n pairs (key, gets) that were found most often."},
    {"most_written", dict_ranked<false>, METH_O,
     "most_written($self, n, /)\n--\n\nThe n pairs (key, puts) that were put most often."},
    {"reset_stats", dict_reset, METH_NOARGS, "reset_stats($self)\n--\n\nSets all counts to 0. The keys stay."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations: StatsDict[str, int]."},
    {},
};

PyType_Slot dict_slots_of_stats[] = {
    {Py_tp_doc, const_cast<char*>(
                    "StatsDict()\n--\n\nA dictionary for many threads that knows how often each key was "
                    "found and put.\nMethods never wait; those of one key are atomic, and others look at "
                    "one key after another.\nKeys are compared as in KeyedCounter. A cycle of references that "
                    "leads through its values is not\nfound by the garbage collector.")},
    {Py_tp_new, slot(dict_new)},
    {Py_tp_dealloc, slot(dict::destroy)},
    {Py_tp_traverse, slot(dict_traverse)},
    {Py_mp_length, slot(dict_length)},
    {Py_mp_subscript, slot(dict_subscript)},
    {Py_mp_ass_subscript, slot(dict_assign)},
    {Py_sq_contains, slot(dict_contains)},
    {Py_tp_methods, dict_methods_of_stats},
    {0, nullptr},
};

}  // namespace

bool add_stats_types(PyObject* module) {
  const PyType_Spec spec{"plait.StatsDict", sizeof(dict), 0, usual_flags, dict_slots_of_stats};
  return static_cast<bool>(reference(add_type(module, spec)));
}

}  // namespace plait_python
