// SPDX-License-Identifier: MIT
// Numbers that many threads add to: AtomicInt and StripedCounter.
#include "count_types.hpp"

#include <atomic>
#include <cstdint>

#include <plait/counter.hpp>

#include "arguments.hpp"
#include "types.hpp"

namespace plait_python {

bool to_int64(PyObject* number, std::int64_t& value) {
  const reference index(PyNumber_Index(number));
  if (!index) return false;
  value = PyLong_AsLongLong(index.get());
  return value != -1 || PyErr_Occurred() == nullptr;
}

namespace {

using number = holder_of<std::atomic<std::int64_t>>;
using striped = holder_of<plait::counter>;

// The one argument of a method; if it is not given, `value` stays.
bool parse_number(const signature<1>& names, PyObject* const* given, Py_ssize_t count, PyObject* keywords,
                  std::int64_t& value) {
  if (count == 1 && keywords == nullptr) return to_int64(given[0], value);
  std::array<PyObject*, 1> values{};
  return names.parse(given, count, keywords, values) && (values[0] == nullptr || to_int64(values[0], value));
}

// The sum; false: OverflowError is set, and nothing has changed.
bool add(PyObject* self, std::int64_t n, std::int64_t& sum) {
  std::atomic<std::int64_t>& value = number::in(self);
  std::int64_t now = value.load();
  do {
    if (__builtin_add_overflow(now, n, &sum)) {
      PyErr_SetString(PyExc_OverflowError, "an AtomicInt holds -2**63 to 2**63 - 1");
      return false;
    }
  } while (!value.compare_exchange_weak(now, sum));
  return true;
}

template <int Sign>
PyObject* number_add(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<1> names{Sign > 0 ? "add" : "sub", {"n"}};
  std::int64_t n = 1, sum = 0;
  if (!parse_number(names, given, count, keywords, n)) return nullptr;
  if (Sign < 0 && __builtin_sub_overflow(std::int64_t{0}, n, &n)) {
    PyErr_SetString(PyExc_OverflowError, "an AtomicInt holds -2**63 to 2**63 - 1");
    return nullptr;
  }
  return add(self, n, sum) ? PyLong_FromLongLong(sum) : nullptr;
}

PyObject* number_in_place_add(PyObject* self, PyObject* n) {
  std::int64_t value = 0, sum = 0;
  return to_int64(n, value) && add(self, value, sum) ? Py_NewRef(self) : nullptr;
}

PyObject* number_in_place_subtract(PyObject* self, PyObject* n) {
  const reference negative(PyNumber_Negative(n));
  return negative ? number_in_place_add(self, negative.get()) : nullptr;
}

PyObject* number_get(PyObject* self, PyObject*) {
  return PyLong_FromLongLong(number::in(self).load());
}
PyObject* number_as_int(PyObject* self) {
  return number_get(self, nullptr);
}

PyObject* number_set(PyObject* self, PyObject* value) {
  std::int64_t next = 0;
  if (!to_int64(value, next)) return nullptr;
  number::in(self).store(next);
  Py_RETURN_NONE;
}

PyObject* number_exchange(PyObject* self, PyObject* value) {
  std::int64_t next = 0;
  return to_int64(value, next) ? PyLong_FromLongLong(number::in(self).exchange(next)) : nullptr;
}

PyObject* number_compare_exchange(PyObject* self, PyObject* const* given, Py_ssize_t count,
                                  PyObject* keywords) {
  static constexpr signature<2> names{"compare_exchange", {"expected", "value"}, 2};
  std::array<PyObject*, 2> values{};
  std::int64_t expected = 0, next = 0;
  if (!names.parse(given, count, keywords, values) || !to_int64(values[0], expected) ||
      !to_int64(values[1], next))
    return nullptr;
  return PyBool_FromLong(number::in(self).compare_exchange_strong(expected, next));
}

PyObject* number_repr(PyObject* self) {
  return PyUnicode_FromFormat("AtomicInt(%lld)", static_cast<long long>(number::in(self).load()));
}

PyObject* number_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"value", nullptr};
  PyObject* given = nullptr;
  std::int64_t value = 0;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:AtomicInt", const_cast<char**>(names), &given) ==
          0 ||
      (given != nullptr && !to_int64(given, value)))
    return nullptr;
  return number::make(type, value);
}

PyMethodDef number_methods[] = {
    {"add", as_method(number_add<1>), fast, "add($self, n=1)\n--\n\nAdds n and returns the sum. Atomic."},
    {"sub", as_method(number_add<-1>), fast,
     "sub($self, n=1)\n--\n\nSubtracts n and returns the rest. Atomic."},
    {"get", number_get, METH_NOARGS, "get($self)\n--\n\nThe number. Atomic."},
    {"set", number_set, METH_O, "set($self, value, /)\n--\n\nMakes it another number. Atomic."},
    {"exchange", number_exchange, METH_O,
     "exchange($self, value, /)\n--\n\nMakes it another number and returns the one before. Atomic."},
    {"compare_exchange", as_method(number_compare_exchange), fast,
     "compare_exchange($self, expected, value)\n--\n\n"
     "Makes it `value` if it is `expected`, and says whether. Atomic."},
    {},
};

PyType_Slot number_slots[] = {
    {Py_tp_doc, const_cast<char*>("AtomicInt(value=0)\n--\n\nA number of 64 bits that any thread may change. "
                                  "`n += 1` is atomic too.\nOverflowError leaves it as it was.")},
    {Py_tp_new, slot(number_new)},
    {Py_tp_dealloc, slot(number::destroy)},
    {Py_tp_traverse, slot(number::traverse_type)},
    {Py_tp_repr, slot(number_repr)},
    {Py_nb_int, slot(number_as_int)},
    {Py_nb_index, slot(number_as_int)},
    {Py_nb_inplace_add, slot(number_in_place_add)},
    {Py_nb_inplace_subtract, slot(number_in_place_subtract)},
    {Py_tp_methods, number_methods},
    {0, nullptr},
};

PyObject* striped_add(PyObject* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  static constexpr signature<1> names{"add", {"n"}};
  std::int64_t n = 1;
  if (!parse_number(names, given, count, keywords, n)) return nullptr;
  striped::in(self).add(n);
  Py_RETURN_NONE;
}
PyObject* striped_get(PyObject* self, PyObject*) {
  return PyLong_FromLongLong(striped::in(self).load());
}
PyObject* striped_as_int(PyObject* self) {
  return striped_get(self, nullptr);
}
PyObject* striped_exchange(PyObject* self, PyObject* value) {
  std::int64_t next = 0;
  return to_int64(value, next) ? PyLong_FromLongLong(striped::in(self).exchange(next)) : nullptr;
}
PyObject* striped_repr(PyObject* self) {
  return PyUnicode_FromFormat("StripedCounter(%lld)", static_cast<long long>(striped::in(self).load()));
}
PyObject* striped_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  static const char* const none[] = {nullptr};
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, ":StripedCounter", const_cast<char**>(none)) == 0)
    return nullptr;
  return striped::make(type);
}

PyMethodDef striped_methods[] = {
    {"add", as_method(striped_add), fast,
     "add($self, n=1)\n--\n\nAdds n. Every add counts once; the sum wraps around at 2**63. Atomic."},
    {"get", striped_get, METH_NOARGS,
     "get($self)\n--\n\nThe sum, at the price of a look at each thread's part: all that was added before, and "
     "perhaps\nsome of what is added meanwhile. Never waits."},
    {"exchange", striped_exchange, METH_O,
     "exchange($self, value, /)\n--\n\nMakes the sum another number and returns the one before.\n\n"
     "No add is lost, or counted twice."},
    {},
};

PyType_Slot striped_slots[] = {
    {Py_tp_doc,
     const_cast<char*>("StripedCounter()\n--\n\nA number that many threads add to and few read: each "
                       "adds to a part of its own.")},
    {Py_tp_new, slot(striped_new)},
    {Py_tp_dealloc, slot(striped::destroy)},
    {Py_tp_traverse, slot(striped::traverse_type)},
    {Py_tp_repr, slot(striped_repr)},
    {Py_nb_int, slot(striped_as_int)},
    {Py_nb_index, slot(striped_as_int)},
    {Py_tp_methods, striped_methods},
    {0, nullptr},
};

}  // namespace

bool add_count_types(PyObject* module) {
  const PyType_Spec number_spec{"plait.AtomicInt", sizeof(number), 0, usual_flags, number_slots};
  const PyType_Spec striped_spec{"plait.StripedCounter", sizeof(striped), 0, usual_flags, striped_slots};
  const reference atomic_int(add_type(module, number_spec));
  return atomic_int && reference(add_type(module, striped_spec));
}

}  // namespace plait_python
