// SPDX-License-Identifier: MIT
// Keys that count how many of them there are, for tests of what a table holds.
#pragma once

#include <atomic>
#include <cstddef>

namespace held_keys {

inline std::atomic<int> held = 0;
inline std::atomic<int> most = 0;  // since somebody set it

class key {
 public:
  explicit key(int number) : number_(number) { begin(); }
  key(const key& other) : number_(other.number_) { begin(); }
  key& operator=(const key&) = delete;
  ~key() { --held; }

  int number() const { return number_; }
  friend bool operator==(const key& left, const key& right) { return left.number_ == right.number_; }

 private:
  static void begin() {
    const int now = ++held;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
  }

  int number_;
};

struct hash {
  std::size_t operator()(const key& of) const { return static_cast<std::size_t>(of.number()); }
};

}  // namespace held_keys
