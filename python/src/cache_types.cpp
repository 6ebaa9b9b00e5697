// SPDX-License-Identifier: MIT
// The table under ExpiringCache: all but loading, which plait/caching.py does.
//
// Keys and values are copied and compared under locks of the cache, which runs no Python code. They are
// dropped, and on_evict is called, when no lock is held.
#include <chrono>
#include <cmath>

#include <plait/expiring_cache.hpp>

#include "arguments.hpp"
#include "key.hpp"
#include "map_types.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

using seconds = std::chrono::duration<double>;
using cache_type = plait::expiring_cache<shared_object, shared_object, key_hash, key_equal>;

// Where pop(), if this thread is in the middle of one, wants what it removes.
thread_local reference* popped = nullptr;

struct cache_table {
  cache_table(const plait::cache_options& options, PyObject* on_evict)
      : on_evict(reference::to(on_evict)), entries(options) {
    entries.on_removal(
        [this](const shared_object& key, const shared_object& value, plait::removal_cause cause) {
          reference* const wanted = std::exchange(popped, nullptr);  // what runs now may remove others
          if (wanted != nullptr && cause == plait::removal_cause::removed) *wanted = reference::to(value.get());
          tell(key.get(), value.get(), cause);
          forget(key.get());
          popped = wanted;
        });
  }

  // The value of a key, which is removed: a new reference. Null: there was none, or an exception is set.
  PyObject* pop(PyObject* key) {
    reference value;
    popped = &value;
    const bool was_there = entries.remove(key);
    popped = nullptr;
    if (was_there && !value) PyErr_NoMemory();  // then nobody is told of what leaves
    return value.release();
  }

  void forget(PyObject* key) {
    if (is_plain(key) || entries.contains(key)) return;
    if (const reference lost = keys.forget(key)) entries.remove(lost.get());
    // It was put just then: store() says what becomes of it.
    if (!entries.contains(key)) return;
    if (const reference kept(keys.make(key)); !kept) PyErr_Clear();
  }

  void tell(PyObject* key, PyObject* value, plait::removal_cause cause) const {
    constexpr const char* names[] = {"evicted", "expired", "replaced", "removed", "cleared"};
    if (!on_evict) return;
    PyObject *type, *error, *trace;  // a call that has failed already still removes what it removes
    PyErr_Fetch(&type, &error, &trace);
    const reference result(
        PyObject_CallFunction(on_evict.get(), "OOs", key, value, names[static_cast<std::size_t>(cause)]));
    if (!result) PyErr_WriteUnraisable(on_evict.get());
    PyErr_Restore(type, error, trace);
  }

  canonical_keys keys;
  reference on_evict;
  cache_type entries;
};

using table = holder_of<cache_table>;

// Seconds, or None: false if it is neither; then an exception is set.
bool parse_lifetime(PyObject* given, plait::entry_lifetime& lifetime) {
  if (given == Py_None) {
    lifetime = plait::never_expires;
    return true;
  }
  const double length = PyFloat_AsDouble(given);
  if (length == -1 && PyErr_Occurred() != nullptr) return false;
  if (std::isnan(length)) {
    PyErr_SetString(PyExc_ValueError,
                    "ttl is not a number; give seconds, or None for entries that never expire");
    return false;
  }
  lifetime = seconds(length);
  return true;
}

// The value of a key: a new reference. Null: there is none, or an exception is set.
PyObject* look_up(cache_table& in, PyObject* object) {
  const auto value_of = [&in](PyObject* key) -> PyObject* {
    std::optional<shared_object> found = in.entries.get(key);
    return found ? found->release() : nullptr;
  };
  if (is_plain(object)) [[likely]]
    return value_of(object);
  const reference canonical(in.keys.find(object));
  // A key that is unknown counts as a miss, too.
  if (!canonical && PyErr_Occurred() != nullptr) return nullptr;
  return value_of(canonical ? canonical.get() : object);
}

PyObject* table_get(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<2> names{"get", {"key", "default"}, 1};
  std::array<PyObject*, 2> values{};
  if (count == 1 && keywords == nullptr) [[likely]] {
    values[0] = given[0];
  } else if (!names.parse(given, count, keywords, values)) {
    return nullptr;
  }
  return guarded([&]() -> PyObject* {
    PyObject* const found = look_up(table::in(self), values[0]);
    if (found != nullptr || PyErr_Occurred() != nullptr) return found;
    return Py_NewRef(values[1] != nullptr ? values[1] : Py_None);
  });
}

PyObject* table_subscript(PyObject* self, PyObject* object) {
  return guarded([&]() -> PyObject* {
    PyObject* const found = look_up(table::in(self), object);
    if (found == nullptr && PyErr_Occurred() == nullptr) PyErr_SetObject(PyExc_KeyError, object);
    return found;
  });
}

bool store(PyObject* self, PyObject* object, PyObject* value, PyObject* ttl, bool only_if_absent, bool& kept) {
  cache_table& in = table::in(self);
  plait::entry_lifetime lifetime = plait::never_expires;
  if (ttl != nullptr && !parse_lifetime(ttl, lifetime)) return false;
  for (;;) {
    const reference canonical(in.keys.make(object));
    if (!canonical) return false;
    shared_object key(canonical.get()), held(value);
    if (only_if_absent) {
      kept = ttl != nullptr ? in.entries.add(std::move(key), std::move(held), lifetime)
                            : in.entries.add(std::move(key), std::move(held));
    } else {
      kept = ttl != nullptr ? in.entries.put(std::move(key), std::move(held), lifetime)
                            : in.entries.put(std::move(key), std::move(held));
    }
    if (!kept || is_plain(object)) return true;
    // Another thread may have removed the entry before, and have forgotten the key since: nobody would find
    // this one. If it forgets the key from now on, it sees that there is an entry again.
    const reference found(in.keys.find(object));
    if (!found && PyErr_Occurred() != nullptr) return false;
    if (found.get() == canonical.get() || !in.entries.contains(canonical.get())) return true;
    in.entries.remove(canonical.get());
  }
}

template <bool OnlyIfAbsent>
PyObject* table_put(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<3> names{OnlyIfAbsent ? "add" : "put", {"key", "value", "ttl"}, 2};
  std::array<PyObject*, 3> values{};
  if (!names.parse(given, count, keywords, values)) return nullptr;
  return guarded([&]() -> PyObject* {
    bool kept = false;
    if (!store(self, values[0], values[1], values[2], OnlyIfAbsent, kept)) return nullptr;
    return PyBool_FromLong(kept);
  });
}

PyObject* table_pop(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<2> names{"pop", {"key", "default"}, 1};
  std::array<PyObject*, 2> values{};
  if (!names.parse(given, count, keywords, values)) return nullptr;
  return guarded([&]() -> PyObject* {
    cache_table& in = table::in(self);
    const reference canonical(in.keys.find(values[0]));
    PyObject* const found = canonical ? in.pop(canonical.get()) : nullptr;
    if (found != nullptr || PyErr_Occurred() != nullptr) return found;
    if (values[1] == nullptr) PyErr_SetObject(PyExc_KeyError, values[0]);
    return Py_XNewRef(values[1]);
  });
}

PyObject* table_discard(PyObject* self, PyObject* object) {
  return guarded([&]() -> PyObject* {
    cache_table& in = table::in(self);
    const reference canonical(in.keys.find(object));
    if (!canonical) return PyErr_Occurred() != nullptr ? nullptr : Py_NewRef(Py_False);
    return PyBool_FromLong(in.entries.remove(canonical.get()));
  });
}

int table_assign(PyObject* self, PyObject* object, PyObject* value) {
  if (value != nullptr) {
    bool kept = false;
    const reference done(guarded([&]() -> PyObject* {
      return store(self, object, value, nullptr, false, kept) ? Py_NewRef(Py_None) : nullptr;
    }));
    return done ? 0 : -1;
  }
  const reference was_there(table_discard(self, object));
  if (!was_there) return -1;
  if (was_there.get() == Py_True) return 0;
  PyErr_SetObject(PyExc_KeyError, object);
  return -1;
}

int table_contains(PyObject* self, PyObject* object) {
  const cache_table& in = table::in(self);
  const reference canonical(in.keys.find(object));
  if (!canonical) return PyErr_Occurred() != nullptr ? -1 : 0;
  return in.entries.contains(canonical.get()) ? 1 : 0;
}

PyObject* table_time_left(PyObject* self, PyObject* object) {
  return guarded([&]() -> PyObject* {
    const cache_table& in = table::in(self);
    const reference canonical(in.keys.find(object));
    if (!canonical && PyErr_Occurred() != nullptr) return nullptr;
    const auto left = canonical ? in.entries.time_to_live(canonical.get()) : std::nullopt;
    if (!left) {
      PyErr_SetObject(PyExc_KeyError, object);
      return nullptr;
    }
    return PyFloat_FromDouble(left->is_endless() ? Py_HUGE_VAL : seconds(left->length()).count());
  });
}

PyObject* table_clear(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    table::in(self).entries.clear();
    Py_RETURN_NONE;
  });
}

PyObject* table_statistics(PyObject* self, PyObject*) {
  return guarded([&] {
    const plait::cache_statistics seen = table::in(self).entries.statistics();
    const auto number = [](std::uint64_t of) { return static_cast<unsigned long long>(of); };
    return Py_BuildValue("{sKsKsKsKsd}", "hits", number(seen.hits), "misses", number(seen.misses), "evictions",
                         number(seen.evictions), "expirations", number(seen.expirations), "hit_ratio",
                         seen.hit_ratio());
  });
}

PyObject* table_maxsize(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(table::in(self).entries.capacity());
}

Py_ssize_t table_length(PyObject* self) {
  return static_cast<Py_ssize_t>(table::in(self).entries.size());
}

PyObject* table_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"maxsize", "ttl", "on_evict", nullptr};
  long long maxsize = 0;
  PyObject *ttl = Py_None, *on_evict = Py_None;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "L|O$O:ExpiringCache", const_cast<char**>(names),
                                  &maxsize, &ttl, &on_evict) == 0)
    return nullptr;
  plait::entry_lifetime lifetime = plait::never_expires;
  if (!parse_lifetime(ttl, lifetime)) return nullptr;
  if (maxsize < 1 || maxsize > (1LL << 32)) {
    PyErr_Format(PyExc_ValueError, "maxsize is %lld; a cache holds 1 to 2**32 entries", maxsize);
    return nullptr;
  }
  if (on_evict != Py_None && PyCallable_Check(on_evict) == 0) {
    PyErr_Format(PyExc_TypeError, "on_evict is called with key, value and reason; %R cannot be called",
                 on_evict);
    return nullptr;
  }
  const plait::cache_options options{.capacity = static_cast<std::uint64_t>(maxsize), .time_to_live = lifetime};
  return table::make(type, options, on_evict != Py_None ? on_evict : nullptr);
}

int table_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(table::in(self).on_evict.get());
  return 0;
}

PyMethodDef table_methods[] = {
    {"get", as_method(table_get), fast,
     "get($self, key, default=None)\n--\n\nThe value of a key, or the default if there is none. Atomic."},
    {"put", as_method(table_put<false>), fast,
     "put($self, key, value, ttl=<unrepresentable>)\n--\n\n"
     "Keeps a value, for ttl seconds (None: for ever) instead of the cache's.\n\n"
     "Returns whether it is there: not if ttl is 0 or less, or other keys are worth more. Atomic."},
    {"add", as_method(table_put<true>), fast,
     "add($self, key, value, ttl=<unrepresentable>)\n--\n\nAs put(), unless the key has a value. Atomic."},
    {"pop", as_method(table_pop), fast,
     "pop($self, key, default=<unrepresentable>)\n--\n\n"
     "Removes a key and returns its value; without one the default, or KeyError. Atomic."},
    {"discard", table_discard, METH_O,
     "discard($self, key, /)\n--\n\nRemoves a key, and says whether it was there. Atomic."},
    {"time_left", table_time_left, METH_O,
     "time_left($self, key, /)\n--\n\nHow many seconds a key has left; inf: no end. Raises KeyError."},
    {"clear", table_clear, METH_NOARGS, "clear($self)\n--\n\nRemoves all that is there when it begins."},
    {"statistics", table_statistics, METH_NOARGS,
     "statistics($self)\n--\n\nA dict: hits, misses, evictions, expirations, hit_ratio."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "For annotations: ExpiringCache[str, int]."},
    {},
};

PyGetSetDef table_attributes[] = {
    {"maxsize", table_maxsize, nullptr, "How many entries it holds at most.", nullptr},
    {},
};

PyType_Slot table_slots[] = {
    {Py_tp_doc, const_cast<char*>("The table under ExpiringCache.")},
    {Py_tp_new, slot(table_new)},
    {Py_tp_dealloc, slot(table::destroy)},
    {Py_tp_traverse, slot(table_traverse)},
    {Py_mp_length, slot(table_length)},
    {Py_mp_subscript, slot(table_subscript)},
    {Py_mp_ass_subscript, slot(table_assign)},
    {Py_sq_contains, slot(table_contains)},
    {Py_tp_getset, table_attributes},
    {Py_tp_methods, table_methods},
    {0, nullptr},
};

}  // namespace

bool add_cache_types(PyObject* module) {
  const PyType_Spec spec{"plait._core.CacheTable", sizeof(table), 0, usual_flags, table_slots};
  return static_cast<bool>(reference(add_type(module, spec)));
}

}  // namespace plait_python
