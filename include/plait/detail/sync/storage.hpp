// SPDX-License-Identifier: MIT
// Part of the seam: plain data that threads hand to each other.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace plait::detail::sync {

// Room for one T that several threads hand to each other, every hand-over being ordered by some atomic.
// The checker reports a hand-over that is not.
template <class T>
class storage {
 public:
  storage() noexcept {}
  ~storage() {}
  storage(const storage&) = delete;
  storage& operator=(const storage&) = delete;

  template <class... Args>
  void construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
  }
  void destroy() noexcept { std::destroy_at(std::addressof(value_)); }

  // Where a T without a constructor to run is written before anybody but the writer knows of it; then say so.
  T* place() noexcept { return std::addressof(value_); }
  void was_written_in_place() noexcept {}

  T& write() noexcept { return value_; }
  const T& read() const noexcept { return value_; }

 private:
  // Alive between construct() and destroy(); whose turn it is, the owner's atomics say.
  union {
    T value_;
  };
};

}  // namespace plait::detail::sync
