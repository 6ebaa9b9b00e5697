// SPDX-License-Identifier: MIT
// A number whose moves sometimes take long, so that the operations of other threads often come in the middle of
// one.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace stress {

class slow_item {
 public:
  slow_item(int value) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor): where an int goes in
  slow_item(const slow_item& other) noexcept : value_(other.value_) { hesitate(); }
  slow_item(slow_item&& other) noexcept : value_(other.value_) { hesitate(); }
  slow_item& operator=(const slow_item& other) noexcept {
    hesitate();
    value_ = other.value_;
    return *this;
  }
  slow_item& operator=(slow_item&& other) noexcept { return *this = other; }
  ~slow_item() = default;

  operator int() const noexcept { return value_; }  // NOLINT(google-explicit-constructor): or comes out

 private:
  // One move in eight lasts up to a microsecond, one in 64 lets another thread run.
  static void hesitate() noexcept {
    thread_local std::uint32_t random = 2463534242;
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    if (random % 8 != 0) return;
    if (random / 8 % 8 == 0) return std::this_thread::yield();
    for (std::uint32_t turns = random / 64 % 1024; turns != 0; --turns)
      std::atomic_signal_fence(std::memory_order_seq_cst);  // so that the loop stays
  }

  int value_;
};

}  // namespace stress
