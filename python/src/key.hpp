// SPDX-License-Identifier: MIT
// A Python object as a key of plait's structures, which compare keys under their locks.
//
// No Python code may run there: it could use the same structure, or let another thread run. Comparing two
// str, bytes or int objects runs none. Any other key is replaced by an equal one that a dictionary of the
// structure holds, and is then the same as another only if it is the same object.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "python.hpp"

namespace plait_python {

// Compares equal without running Python code; exactly these types, not classes derived from them.
inline bool is_plain(PyObject* object) noexcept {
  return PyUnicode_CheckExact(object) || PyLong_CheckExact(object) || PyBytes_CheckExact(object);
}

// An object that is plain, with a reference to it, or canonical, to which the dictionary has one: a garbage
// collection need not look at keys then.
class key {
 public:
  explicit key(PyObject* object) noexcept : object_(object) { count(1); }
  key(const key& other) noexcept : object_(other.object_) { count(1); }
  key(key&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  key& operator=(key other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~key() { count(-1); }

  PyObject* get() const noexcept { return object_; }

 private:
  void count(int change) noexcept {
    if (object_ == nullptr || !is_plain(object_)) return;
    if (change > 0) {
      Py_INCREF(object_);
    } else {
      Py_DECREF(object_);
    }
  }

  PyObject* object_;
};

// A reference that is copied with its object: a value, or a key of a structure that may drop it at any time.
class shared_object {
 public:
  explicit shared_object(PyObject* object) noexcept : object_(Py_NewRef(object)) {}
  shared_object(const shared_object& other) noexcept : object_(Py_XNewRef(other.object_)) {}
  shared_object(shared_object&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  shared_object& operator=(shared_object other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~shared_object() { Py_XDECREF(object_); }

  PyObject* get() const noexcept { return object_; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }

 private:
  PyObject* object_;
};

inline PyObject* object_of(PyObject* object) noexcept {
  return object;
}
template <class Holder>
PyObject* object_of(const Holder& of) noexcept {
  return of.get();
}

// A text knows its hash once it was asked for it, by any thread.
inline Py_hash_t text_hash(PyObject* text) noexcept {
  const Py_hash_t known = __atomic_load_n(&reinterpret_cast<PyASCIIObject*>(text)->hash, __ATOMIC_RELAXED);
  return known != -1 ? known : PyObject_Hash(text);
}

struct key_hash {
  using is_transparent = void;

  template <class Key>
  std::size_t operator()(const Key& of) const noexcept {
    PyObject* const object = object_of(of);
    if (PyUnicode_CheckExact(object)) return static_cast<std::size_t>(text_hash(object));
    return is_plain(object) ? static_cast<std::size_t>(PyObject_Hash(object))
                            : reinterpret_cast<std::size_t>(object) / alignof(std::max_align_t);
  }
};

struct key_equal {
  using is_transparent = void;

  template <class First, class Second>
  bool operator()(const First& first, const Second& second) const noexcept {
    PyObject* const one = object_of(first);
    PyObject* const other = object_of(second);
    if (one == other) return true;
    if (Py_TYPE(one) != Py_TYPE(other) || !is_plain(one)) return false;
    if (PyUnicode_CheckExact(one)) return same_text(one, other);
    if (PyBytes_CheckExact(one))
      return PyBytes_GET_SIZE(one) == PyBytes_GET_SIZE(other) &&
             std::memcmp(PyBytes_AS_STRING(one), PyBytes_AS_STRING(other),
                         static_cast<std::size_t>(PyBytes_GET_SIZE(one))) == 0;
    return PyObject_RichCompareBool(one, other, Py_EQ) == 1;
  }

 private:
  static bool same_text(PyObject* one, PyObject* other) noexcept {
    const Py_ssize_t length = PyUnicode_GET_LENGTH(one);
    const auto kind = PyUnicode_KIND(one);
    return length == PyUnicode_GET_LENGTH(other) && kind == PyUnicode_KIND(other) &&
           std::memcmp(PyUnicode_DATA(one), PyUnicode_DATA(other),
                       static_cast<std::size_t>(length) * static_cast<std::size_t>(kind)) == 0;
  }
};

// The keys of one structure that are not plain: a dictionary in which each stands for those equal to it.
class canonical_keys {
 public:
  canonical_keys() : others_(PyDict_New()) {
    if (!others_) throw std::bad_alloc();
  }

  // The key to be used for this one: a new reference. Null: an exception is set.
  PyObject* make(PyObject* object) {
    return is_plain(object) ? Py_NewRef(object) : dict_item_or(others_.get(), object, object);
  }

  // The same for a look, which adds nothing. Null without an exception: no such key was made.
  PyObject* find(PyObject* object) const {
    return is_plain(object) ? Py_NewRef(object) : dict_item(others_.get(), object);
  }

  // It is not used any more. Another key, equal to it, may have taken its place: that stays. The dictionary
  // takes out whatever is equal, and comparing keys runs Python, so what came out is looked at, and put back.
  // Returns a key that has lost its place to a third one in between, or null: what is held under it is found
  // no more.
  reference forget(PyObject* canonical) {
    if (is_plain(canonical)) return reference();
    PyObject *type, *error, *trace;  // a call that has failed already still forgets
    PyErr_Fetch(&type, &error, &trace);
    reference lost;
    if (reference(dict_item(others_.get(), canonical)).get() == canonical) {
      PyObject* const nothing = others_.get();  // a dictionary is no key
      reference taken(PyObject_CallMethod(others_.get(), "pop", "OO", canonical, nothing));
      if (taken && taken.get() != canonical && taken.get() != nothing) {
        const reference known(make(taken.get()));
        if (known.get() != taken.get()) lost = std::move(taken);
      }
    }
    PyErr_Restore(type, error, trace);
    return lost;
  }
  void clear() { PyDict_Clear(others_.get()); }

  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(others_.get());
    return 0;
  }

 private:
  reference others_;
};

}  // namespace plait_python
