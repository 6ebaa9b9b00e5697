// SPDX-License-Identifier: MIT
// Vector clocks: the happens-before order of one execution. Sets of threads.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace verify::detail {

// The most threads of a scenario, its body included: a clock has an entry for each, and fills one vector
// register.
inline constexpr unsigned max_threads = 8;

using thread_set = std::uint32_t;  // bit t: thread t

// The threads of a set, in the order of their numbers.
class threads_in {
 public:
  explicit threads_in(thread_set all) noexcept : all_(all) {}

  struct iterator {
    thread_set left;

    unsigned operator*() const noexcept { return static_cast<unsigned>(std::countr_zero(left)); }
    iterator& operator++() noexcept {
      left &= left - 1;
      return *this;
    }
    bool operator==(const iterator&) const = default;
  };
  iterator begin() const noexcept { return {all_}; }
  iterator end() const noexcept { return {0}; }

 private:
  thread_set all_;
};

// Counts the steps of one thread. 0 comes before everything, and nothing comes after last_stamp.
using stamp = std::int16_t;
inline constexpr stamp last_stamp = std::numeric_limits<stamp>::max();

// Entry t: the latest step of thread t that happens before the clock's owner.
class vector_clock {
 public:
  // After everything.
  static vector_clock last() noexcept {
    vector_clock made;
    made.stamps_ += last_stamp;
    return made;
  }

  stamp operator[](unsigned thread) const noexcept { return stamps_[thread]; }
  // Stays at last_stamp: an execution that gets there has failed (memory::is_out_of_stamps).
  stamp tick(unsigned thread) noexcept {
    const stamp before = stamps_[thread];
    const auto now = static_cast<stamp>(before + (before != last_stamp));
    set(thread, now);
    return now;
  }
  // In a register and stored as a whole: a vector that is loaded soon after one of its entries was stored waits
  // until that store has left the processor.
  void set(unsigned thread, stamp when) noexcept {
    const all_stamps entry = lanes == static_cast<stamp>(thread);
    stamps_ = (stamps_ & ~entry) | ((all_stamps{} + when) & entry);
  }

  void join(const vector_clock& other) noexcept { stamps_ = stamps_ > other.stamps_ ? stamps_ : other.stamps_; }

  bool is_empty() const noexcept { return *this == vector_clock(); }
  bool operator==(const vector_clock& other) const noexcept { return !any(stamps_ != other.stamps_); }

  // The threads whose entries are not 0.
  thread_set threads() const noexcept {
    using flags = signed char __attribute__((vector_size(max_threads)));
    const auto bytes = std::bit_cast<std::uint64_t>(__builtin_convertvector(stamps_ != 0, flags));
    // Bit t of byte t, and their sum in the highest byte.
    return static_cast<thread_set>((bytes & 0x8040201008040201) * 0x0101010101010101 >> 56);
  }

  // Whether some entry is at least that of the other clock.
  bool reaches_any_of(const vector_clock& other) const noexcept { return any(stamps_ >= other.stamps_); }

  // The first thread with a step in `other` that is not in this clock; max_threads if there is none.
  unsigned first_unknown(const vector_clock& other) const noexcept {
    if (!any(other.stamps_ > stamps_)) return max_threads;
    unsigned thread = 0;
    while (other.stamps_[thread] <= stamps_[thread]) ++thread;
    return thread;
  }

 private:
  // A vector of GCC and Clang: what is written once is done for all entries at once.
  using all_stamps = stamp __attribute__((vector_size(max_threads * sizeof(stamp))));

  static constexpr all_stamps lanes = {0, 1, 2, 3, 4, 5, 6, 7};

  static bool any(all_stamps found) noexcept {
    using two_halves = std::uint64_t __attribute__((vector_size(sizeof(all_stamps))));
    const auto halves = std::bit_cast<two_halves>(found);
    return (halves[0] | halves[1]) != 0;
  }

  all_stamps stamps_{};
};

// What a release hands to an acquire.
struct view {
  vector_clock clock;   // the steps that happen before it
  vector_clock fences;  // the seq_cst fences among them, as operations of the order S
  vector_clock strong;  // the seq_cst operations that strongly happen before it: S has to keep their order

  void join(const view& other) noexcept {
    clock.join(other.clock);
    fences.join(other.fences);
    strong.join(other.strong);
  }
};

}  // namespace verify::detail
