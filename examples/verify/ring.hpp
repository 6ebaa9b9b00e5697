// SPDX-License-Identifier: MIT
// A queue between one thread that pushes and one that pops. One of its memory orders is wrong.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "threading.hpp"

// [ring]
template <class T, std::size_t Capacity>
class ring {
 public:
  ring() {
    threading::name(tail_, "tail");
    threading::name(head_, "head");
    threading::name(slots_, "slots");
  }

  bool try_push(T value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == Capacity) return false;
    slots_[tail % Capacity] = value;
    tail_.store(tail + 1, std::memory_order_relaxed);
    return true;
  }

  std::optional<T> try_pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
    const T value = slots_[head % Capacity];
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

 private:
  std::array<threading::plain<T>, Capacity> slots_{};
  threading::atomic<std::size_t> head_{0};  // pops so far
  threading::atomic<std::size_t> tail_{0};  // pushes so far
};
// [ring]
