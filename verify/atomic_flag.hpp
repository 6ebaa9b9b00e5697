// SPDX-License-Identifier: MIT
// std::atomic_flag under the checker.
#pragma once

#include <verify/atomic.hpp>

namespace verify {

class atomic_flag {
 public:
  constexpr atomic_flag() noexcept = default;
  atomic_flag(const atomic_flag&) = delete;
  atomic_flag& operator=(const atomic_flag&) = delete;

  bool test(memory_order order = memory_order::seq_cst, site where = site::current()) const noexcept {
    return is_set_.load(order, where);
  }
  bool test_and_set(memory_order order = memory_order::seq_cst, site where = site::current()) noexcept {
    return is_set_.exchange(true, order, where);
  }
  void clear(memory_order order = memory_order::seq_cst, site where = site::current()) noexcept {
    is_set_.store(false, order, where);
  }

  void wait(bool old, memory_order order = memory_order::seq_cst, site where = site::current()) const noexcept {
    is_set_.wait(old, order, where);
  }
  void notify_one(site where = site::current()) noexcept { is_set_.notify_one(where); }
  void notify_all(site where = site::current()) noexcept { is_set_.notify_all(where); }

 private:
  atomic<bool> is_set_{false};
};

}  // namespace verify
