// SPDX-License-Identifier: MIT
// Strategies make the choices of an execution. Each choice is a question with numbered answers, of which 0 is
// always the plain one: keep running this thread, read the newest value, nothing spurious. The list of answers
// determines the execution: the same answers repeat it.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allocation.hpp"
#include "footprint.hpp"
#include "vector_clock.hpp"

namespace verify::detail {

using answer = std::uint8_t;

// What an answer other than 0 costs a depth-first search, whose bounds limit the costs of an execution. An
// early time-out counts as a preemption, and so does one before others with earlier deadlines. That a thread
// goes on where it should let others run first is beyond every bound: only random strategies show it.
enum class cost : std::uint8_t { nothing, preemption, early_timeout, stale_load, spurious, reuse, impatience };

class strategy {
 public:
  virtual ~strategy() = default;

  // Prepares the next execution; false when there is none left.
  virtual bool next() = 0;

  // Whether the last execution asked other questions than before for the same answers: the body is then not
  // deterministic.
  virtual bool has_diverged() const noexcept { return false; }

  // Both return an answer below the number of answers, which is at least 2.
  virtual answer choose(unsigned answers, cost price) = 0;
  virtual answer choose_thread(std::span<const std::uint8_t> threads, cost price) = 0;

  // The thread spins: others should run first.
  virtual void yielded(unsigned /*thread*/) noexcept {}

  // The thread has come to the end of a step, that is, to its next scheduling point, a wait or its end. Returns
  // the threads not to choose, because what they would do now has been explored. If there are no others, the
  // execution is abandoned.
  virtual thread_set stepped(unsigned /*thread*/, const footprint& /*made*/) noexcept { return 0; }
};

// Every execution within the bounds on preemptions and stale loads, one after the other, except some that
// differ from another one only in the order of independent steps.
//
// An execution E is left out if a thread was about to make step A and was preempted, and no step that A depends
// on is made before the thread continues. Make A before the preemption instead: the steps in between do not
// depend on A, every load returns the same value, and the preemptions are the same or one fewer. So the result,
// E', is within the same bounds and shows what E shows. E' is explored, or left out in favour of yet another
// execution. That chain is finite and never returns to E, because E' has fewer preemptions than E, or as many
// and precedes E in the order of this search. (This is a sleep set that holds only threads that were preempted.
// Those of the literature also hold threads that were merely not chosen; an execution that they leave out may
// be equivalent only to one outside of the bounds: Coons, Musuvathi, McKinley: Bounded Partial-Order Reduction,
// OOPSLA 2013.)
//
// What A touches is known when it is needed, because E' and all executions that begin like it came first.
class depth_first final : public strategy {
 public:
  // Without `reduced`, no execution is left out.
  depth_first(unsigned preemptions, unsigned stale_loads, bool reduced)
      : allowed_{preemptions, stale_loads}, reduced_(reduced) {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;
  thread_set stepped(unsigned thread, const footprint& made) noexcept override;
  bool has_diverged() const noexcept override { return diverged_ || depth_ < path_.size(); }
  bool complete() const noexcept { return complete_; }
  bool wanted_more_preemptions() const noexcept { return wanted_more_; }

 private:
  struct question {
    answer given;
    answer last;
    cost price;
    footprint stayed;  // of the steps that followed answer 0
  };
  struct budget {
    unsigned preemptions;
    unsigned stale_loads;
  };

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  unsigned* purse(cost price) noexcept;

  budget allowed_;
  bool reduced_;
  budget left_{};
  list<question> path_;
  std::size_t depth_ = 0;
  std::size_t stays_at_ = none;  // the question whether to preempt the current step
  thread_set asleep_ = 0;        // preempted, and no step since depends on what they are about to do
  std::array<footprint, max_threads> about_to_;  // the step of each that is asleep
  bool started_ = false;
  bool diverged_ = false;
  bool complete_ = false;
  bool wanted_more_ = false;
};

// Random answers, all equally likely, except that stale loads, reuse, time-outs, spurious events and impatience
// are rarer.
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

// Random priorities. At fewer than `depth` random moments, the thread that runs falls behind all others: finds
// a bug that needs d <= depth events in a certain order with probability at least
// 1 / (2 * depth * threads * steps^(d - 1)) in each execution.
// (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of
// Finding Bugs, ASPLOS 2010. There the number of moments is the same in each execution.)
//
// A thread that has fallen behind stays behind those that spin, so it may be held up between two of its steps
// until all others sleep or spin. In half of all executions, the one that has been held up for longest goes on
// first, as is needed there, in the others any of them. In another half nothing but the schedule is random: a
// bug that needs many events is seldom found beside old values and spurious events that it does not need.
class priorities final : public strategy {
 public:
  priorities(unsigned depth, std::uint64_t seed, std::uint64_t executions)
      : random_(seed), left_(executions), depth_(depth) {}

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;
  void yielded(unsigned thread) noexcept override { priority_[thread] = --lowest_; }

 private:
  void hold_up(unsigned thread);

  std::mt19937_64 random_;
  std::uint64_t left_;
  unsigned depth_;
  list<std::uint64_t> moments_;  // to come, the next one last: the steps at which a thread falls behind
  std::array<std::int64_t, max_threads> priority_{};
  std::int64_t lowest_ = 0;  // of a thread that spins
  std::int64_t held_up_ = 0;
  bool in_order_ = false;
  bool schedule_alone_ = false;
  std::uint64_t step_ = 0;
  std::uint64_t longest_ = 32;
};

// The answers of a token, then 0.
class replay final : public strategy {
 public:
  explicit replay(list<answer> answers) : answers_(std::move(answers)) {}

  // Whether every answer was possible and asked for.
  bool has_fitted() const noexcept;

  bool next() override;
  answer choose(unsigned answers, cost price) override;
  answer choose_thread(std::span<const std::uint8_t> threads, cost price) override;

 private:
  list<answer> answers_;
  std::size_t depth_ = 0;
  bool impossible_ = false;
  bool done_ = false;
};

// "5*0,1,12*0,2": five times 0, once 1 ... Zeros at the end are left out.
std::string to_token(const list<answer>& answers);
// Throws std::invalid_argument if `token` is not a token.
list<answer> from_token(std::string_view token);

}  // namespace verify::detail
