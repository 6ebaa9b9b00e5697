// SPDX-License-Identifier: MIT
// A value of a thread that tells how many of its kind are alive, and a thread to have one.
#pragma once

#include <atomic>
#include <thread>

namespace thread_values {

// Counts the living objects, and remembers which thread destroyed the last one.
struct counted {
  counted() { ++alive; }
  ~counted() {
    --alive;
    destroyed_by = std::this_thread::get_id();
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  int number = 0;
  static inline std::atomic<int> alive = 0;
  static inline std::atomic<std::thread::id> destroyed_by;
};

// Runs `body` in a thread of its own, and returns when that has ended.
template <class Body>
void in_a_thread(Body body) {
  std::thread(body).join();
}

}  // namespace thread_values
