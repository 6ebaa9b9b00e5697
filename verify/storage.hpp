// SPDX-License-Identifier: MIT
// Room for an object whose life begins and ends apart from its memory's, under the checker: an access that
// races, or to no object, is a failure.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <verify/execution.hpp>

namespace verify::sync {

template <class T>
class storage {
 public:
  storage() noexcept {}
  ~storage() {
    if (auto* const now = detail::execution::current()) now->end_plain(record_, site::current());
  }
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  template <class... Args>
  void construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    if (auto* const now = detail::execution::current()) {
      now->construct_plain(record_, site::current());
    } else {
      record_.alive_outside = true;
    }
  }
  void destroy(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) {
      now->destroy_plain(record_, where);
    } else {
      record_.alive_outside = false;
    }
    std::destroy_at(std::addressof(value_));
  }

  T* place() noexcept { return std::addressof(value_); }
  void was_written_in_place(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) {
      now->construct_plain(record_, where);
    } else {
      record_.alive_outside = true;
    }
  }

  T& write(site where = site::current()) noexcept {
    if (auto* const now = detail::execution::current()) now->write_plain(record_, where);
    return value_;
  }
  const T& read(site where = site::current()) const noexcept {
    if (auto* const now = detail::execution::current()) now->read_plain(record_, where);
    return value_;
  }

 private:
  union {
    T value_;
  };
  mutable verify::detail::plain_handle record_;
};

}  // namespace verify::sync
