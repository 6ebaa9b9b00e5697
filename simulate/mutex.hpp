// SPDX-License-Identifier: MIT
// A mutex on simulated processors, as glibc's: a word that is exchanged, and a futex for those who find it
// taken.
#pragma once

#include <cstdint>
#include <mutex>

#include <simulate/futex.hpp>

namespace simulate {

class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() noexcept {
    if (try_lock()) return;
    while (word_.exchange(taken_and_waited_for) != is_free)
      sync::futex_wait(word_, taken_and_waited_for, nullptr);
  }
  bool try_lock() noexcept {
    std::uint32_t expected = is_free;
    return word_.compare_exchange_strong(expected, taken);
  }
  void unlock() noexcept {
    if (word_.exchange(is_free) == taken_and_waited_for) sync::futex_wake(word_, 1);
  }

 private:
  static constexpr std::uint32_t is_free = 0, taken = 1, taken_and_waited_for = 2;

  atomic<std::uint32_t> word_{is_free};
  std::uint32_t unused_[sizeof(std::mutex) / sizeof(std::uint32_t) - 1] = {};  // as large as the native one
};

}  // namespace simulate
