// SPDX-License-Identifier: MIT
// Plain data under the checker: every access is checked for races.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <verify/execution.hpp>
#include <verify/value_word.hpp>

namespace verify {

// A T that threads share without synchronizing by it. It can be used as the T: outside of the checker, code
// says `template <class T> using plain = T;`. read() and write() say in addition where they are called; a
// struct is read and written as a whole.
template <class T>
class plain {
 public:
  plain(T value = T(), site where = site::current()) : value_(std::move(value)) {
    if (auto* const now = detail::execution::current()) {
      now->begin_plain(record_, where);
    } else {
      record_.alive_outside = true;
    }
  }
  ~plain() {
    if (auto* const now = detail::execution::current()) now->end_plain(record_, site::current());
  }
  plain(const plain& other, site where = site::current()) : plain(other.read(where), where) {}
  [[gnu::always_inline]] plain& operator=(const plain& other) {
    const site where = detail::called_here();
    write(other.read(where), where);
    return *this;
  }

  T read(site where = site::current()) const {
    if (auto* const now = detail::execution::current()) now->read_plain(record_, where);
    show();
    return value_;
  }
  void write(T value, site where = site::current()) {
    if (auto* const now = detail::execution::current()) now->write_plain(record_, where);
    value_ = std::move(value);
    show();
  }
  // Moves the value out, which is a write.
  T take(site where = site::current()) {
    if (auto* const now = detail::execution::current()) now->write_plain(record_, where);
    return std::move(value_);
  }

  [[gnu::always_inline]] operator T() const& { return read(detail::called_here()); }
  [[gnu::always_inline]] operator T() && { return take(detail::called_here()); }
  [[gnu::always_inline]] plain& operator=(T value) {
    write(std::move(value), detail::called_here());
    return *this;
  }
  [[gnu::always_inline]] T operator->() const
    requires std::is_pointer_v<T>
  {
    return read(detail::called_here());
  }

  // A read and a write.
  [[gnu::always_inline]] plain& operator++()
    requires requires(T value) { ++value; }
  {
    return change([](T& value) { ++value; }, detail::called_here());
  }
  [[gnu::always_inline]] plain& operator--()
    requires requires(T value) { --value; }
  {
    return change([](T& value) { --value; }, detail::called_here());
  }
  [[gnu::always_inline]] T operator++(int)
    requires requires(T value) { ++value; }
  {
    const T before = value_;
    change([](T& value) { ++value; }, detail::called_here());
    return before;
  }
  [[gnu::always_inline]] T operator--(int)
    requires requires(T value) { --value; }
  {
    const T before = value_;
    change([](T& value) { --value; }, detail::called_here());
    return before;
  }
  template <class Other>
    requires requires(T& value, const Other& other) { value += other; }
  [[gnu::always_inline]] plain& operator+=(const Other& other) {
    return change([&](T& value) { value += other; }, detail::called_here());
  }
  template <class Other>
    requires requires(T& value, const Other& other) { value -= other; }
  [[gnu::always_inline]] plain& operator-=(const Other& other) {
    return change([&](T& value) { value -= other; }, detail::called_here());
  }

 private:
  template <class Change>
  plain& change(Change how, const site& where) {
    if (auto* const now = detail::execution::current()) {
      now->read_plain(record_, where);
      show();
      now->write_plain(record_, where);
    }
    how(value_);
    show();
    return *this;
  }
  // The value that the access has read or written, in the trace.
  void show() const {
    if constexpr (std::is_arithmetic_v<T>) {
      auto* const now = detail::execution::current();
      if (now == nullptr || !now->is_traced()) return;
      const detail::untracked own;
      now->show_value(std::to_string(value_));
    }
  }

  mutable detail::plain_handle record_;  // first: its address is the object's
  T value_;
};

}  // namespace verify
