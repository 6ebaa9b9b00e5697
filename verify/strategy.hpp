// SPDX-License-Identifier: MIT
// Who decides. Whatever is open in an execution is asked as one question at a time, with numbered answers
// of which 0 is always the plain one: go on with this thread, read the newest value, nothing spurious. The
// list of the answers given is the execution: the same answers make it happen again.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allocation.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

using answer = std::uint8_t;

// What an answer other than 0 costs a depth-first search, which explores only what it can afford.
// An early time-out is paid for as a preemption.
enum class cost : std::uint8_t { nothing, preemption, early_timeout, stale_load, spurious };

class strategy {
 public:
  virtual ~strategy() = default;

  // Prepares the next execution; false when there is none left.
  virtual bool next() = 0;

  // Both return an answer below the number of answers, which is at least 2.
  virtual answer choose(unsigned answers, cost price) = 0;
  virtual answer choose_thread(std::span<const std::uint8_t> threads, cost price) = 0;

  // The thread waits actively: others should run first.
  virtual void yielded(unsigned /*thread*/) noexcept {}
};

// Every execution with at most so many preemptions and stale loads, one after the other.
class depth_first final : public strategy {
 public:
  depth_first(unsigned preemptions, unsigned stale_loads) : allowed_{preemptions, stale_loads} {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;
  bool complete() const noexcept { return complete_; }
  bool wanted_more_preemptions() const noexcept { return wanted_more_; }

 private:
  struct question {
    answer given;
    answer last;
    cost price;
  };
  struct budget {
    unsigned preemptions;
    unsigned stale_loads;
  };

  unsigned* purse(cost price) noexcept;

  budget allowed_;
  budget left_{};
  list<question> path_;
  std::size_t depth_ = 0;
  bool started_ = false;
  bool complete_ = false;
  bool wanted_more_ = false;
};

// Any answer, all equally likely, except that the plain one is given more often where nothing else would
// ever happen otherwise.
class random_walk final : public strategy {
 public:
  random_walk(std::uint64_t seed, std::uint64_t executions) : random_(seed), left_(executions) {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;

 private:
  std::mt19937_64 random_;
  std::uint64_t left_;
};

// Random priorities, changed at `depth - 1` random moments: finds a bug that needs `depth` events in a
// certain order with probability at least 1 / (threads * steps^(depth - 1)) in each execution.
// (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of
// Finding Bugs, ASPLOS 2010.)
class priorities final : public strategy {
 public:
  priorities(unsigned depth, std::uint64_t seed, std::uint64_t executions)
      : random_(seed), left_(executions), changes_(depth == 0 ? 0 : depth - 1) {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;
  void yielded(unsigned thread) noexcept override { priority_[thread] = --lowest_; }

 private:
  std::mt19937_64 random_;
  std::uint64_t left_;
  list<std::uint64_t> changes_;  // the steps at which the running thread falls behind all others
  std::array<std::int64_t, max_threads> priority_{};
  std::int64_t lowest_ = 0;
  std::uint64_t step_ = 0;
  std::uint64_t longest_ = 32;
};

// The answers of a token, then 0.
class replay final : public strategy {
 public:
  explicit replay(list<answer> answers) : answers_(std::move(answers)) {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;

 private:
  list<answer> answers_;
  std::size_t depth_ = 0;
  bool done_ = false;
};

// "5*0,1,12*0,2": five times 0, once 1 ... Zeros at the end are left out.
std::string to_token(const list<answer>& answers);
// Throws std::invalid_argument if it is no token.
list<answer> from_token(std::string_view token);

}  // namespace verify::detail
