// SPDX-License-Identifier: MIT
// Throws at the n-th copy, move, hash, comparison or allocation, for every n.
//
//   using keyed_counter_faults = faults::test;
//
//   TEST_F(keyed_counter_faults, an_add_that_throws_changes_nothing) {
//     inject([](faults::trial& trial) {
//       plait::keyed_counter<faults::fragile, faults::hash> counter;
//       const faults::fragile key(1);
//       const bool added = trial.returns([&] { counter.add(key); });  // meets at most one fault
//       EXPECT_EQ(counter.total(), added ? 1 : 0);
//     });
//   }
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/allocations.hpp"
#include "support/sanitizer.hpp"

namespace faults {

struct injected : std::exception {
  const char* what() const noexcept override { return "an injected fault"; }
};

// If not 0: the operation of this thread on a `basic_fragile` that many from now on throws.
inline thread_local std::size_t until_throw = 0;

// In each operation that may throw.
inline void point() {
  if (until_throw != 0 && --until_throw == 0) throw injected();
}

// A number whose every operation may throw, except its destructor and, if MovesSafely, its move. Counts the
// living objects, and fails the test if one is destroyed twice or used afterwards.
template <bool MovesSafely>
class basic_fragile {
 public:
  explicit basic_fragile(int value) : value_(value) {
    point();
    ++alive;
  }
  basic_fragile(const basic_fragile& other) : value_(other.value()) {
    point();
    ++alive;
  }
  basic_fragile(basic_fragile&& other) noexcept(MovesSafely) : value_(other.value()) {
    if constexpr (!MovesSafely) point();
    other.value_ = moved_from;
    ++alive;
  }
  basic_fragile& operator=(const basic_fragile& other) {
    point();
    value_ = other.value();
    return *this;
  }
  basic_fragile& operator=(basic_fragile&& other) noexcept(MovesSafely) {
    if constexpr (!MovesSafely) point();
    value_ = std::exchange(other.value_, moved_from);
    return *this;
  }
  ~basic_fragile() {
    if (self_ != this) ADD_FAILURE() << "destroyed twice, or never constructed";
    self_ = nullptr;
    --alive;
  }

  int value() const {
    if (self_ != this) ADD_FAILURE() << "used after its end";
    return value_;
  }

  friend bool operator==(const basic_fragile& left, const basic_fragile& right) {
    point();
    return left.value() == right.value();
  }
  friend std::strong_ordering operator<=>(const basic_fragile& left, const basic_fragile& right) {
    point();
    return left.value() <=> right.value();
  }

  static constexpr int moved_from = -1;
  static inline std::atomic<int> alive = 0;

 private:
  int value_;
  const basic_fragile* self_ = this;
};

using fragile = basic_fragile<false>;
using fragile_to_copy = basic_fragile<true>;

struct hash {
  template <bool MovesSafely>
  std::size_t operator()(const basic_fragile<MovesSafely>& of) const {
    point();
    return std::hash<int>()(of.value());
  }
};

// One run of a test's body, in which the n-th operation of the given kind fails.
class trial {
 public:
  enum class kind { value, allocation };

  // n = 0: none fails.
  trial(kind what, std::size_t n) : what_(what), left_(n) {}

  // Whether `operation` returns; if it does not, it threw the fault.
  template <class Operation>
  bool returns(Operation&& operation) {
    std::size_t& countdown = countdown_of(what_);
    countdown = left_;
    bool returned = false;
    try {
      operation();
      returned = true;
    } catch (const injected&) {        // NOLINT(bugprone-empty-catch): returned is false
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): as well
    }
    left_ = std::exchange(countdown, 0);
    has_thrown_ = has_thrown_ || !returned;
    return returned;
  }

  bool has_thrown() const noexcept { return has_thrown_; }

 private:
  static std::size_t& countdown_of(kind what) noexcept {
#if PLAIT_COUNTS_ALLOCATIONS
    return what == kind::value ? until_throw : allocations::until_failure;
#else
    static thread_local std::size_t none = 0;
    return what == kind::value ? until_throw : none;
#endif
  }

  kind what_;
  std::size_t left_;
  bool has_thrown_ = false;
};

// A test that injects faults and reports how many, on standard output and as a property of the test.
class test : public testing::Test {
 protected:
  // Runs body(trial) without a fault, then with the first, the second, ... of each kind, until no fault occurs.
  // With a sanitizer only with each seventh of those after the fiftieth, which are in loops. A run must not
  // leave memory allocated, except the first, for what the process keeps for good.
  template <class Body>
  void inject(Body body) {
    run(body, {trial::kind::value, 0});
    for (const trial::kind what : {trial::kind::value, trial::kind::allocation}) {
      for (std::size_t n = 1; !HasFailure(); n += under_sanitizer && n > 50 ? 7 : 1) {
        SCOPED_TRACE((what == trial::kind::value ? "value, fault " : "allocation, fault ") + std::to_string(n));
        const int alive = fragile::alive + fragile_to_copy::alive;
        const std::ptrdiff_t bytes = bytes_held();
        const bool has_thrown = run(body, {what, n});
        EXPECT_EQ(fragile::alive + fragile_to_copy::alive, alive);
        EXPECT_EQ(bytes_held(), bytes);
        if (!has_thrown) break;
        ++injected_;
      }
    }
  }

  void TearDown() override {
    // Where no allocation can be made to fail, a test of nothing else has nothing to inject.
    EXPECT_TRUE(injected_ > 0 || !PLAIT_COUNTS_ALLOCATIONS) << "this test injects nothing";
    RecordProperty("faults", static_cast<int>(injected_));
    std::cout << "faults injected: " << injected_ << '\n';
  }

 private:
  template <class Body>
  static bool run(Body& body, trial with) {
    body(with);
    return with.has_thrown();
  }

  static std::ptrdiff_t bytes_held() noexcept {
#if PLAIT_COUNTS_ALLOCATIONS
    return allocations::bytes_held_by_all;
#else
    return 0;
#endif
  }

  std::size_t injected_ = 0;
};

}  // namespace faults
