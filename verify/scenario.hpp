// SPDX-License-Identifier: MIT
// Scenarios, and what can be done with them: explore their executions, replay one, freeze a thread at each of
// its steps, make allocations fail, weaken memory orders.
//
//   verify::report found = verify::explore([] {
//     plait::bounded_queue<int> queue(1);
//     std::optional<int> got;
//     verify::threads([&] { queue.push(7); },
//                     [&] { got = queue.pop(); });
//     verify::check(got == 7, "the item arrives");
//   });
//
// The body is one execution from beginning to end, and is run many times: it must construct everything that it
// uses, and be deterministic. It is thread 0; the functions given to threads() are threads 1, 2 ...
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <verify/execution.hpp>
#include <verify/plain.hpp>
#include <verify/thread.hpp>

namespace verify {

using body = std::function<void()>;

inline constexpr unsigned unbounded = 1'000'000;

struct options {
  // How many executions each strategy may take. Depth-first search ends by itself when it has explored
  // everything within the bounds that follow.
  std::uint64_t depth_first = 200'000;
  std::uint64_t priorities = 2'000;
  std::uint64_t random = 2'000;
  double seconds = std::numeric_limits<double>::infinity();  // for all; a search cut off is not complete

  unsigned preemptions = 2;       // depth-first: switches away from a thread that could go on
  unsigned stale_loads = 2;       // depth-first: loads that do not return the newest value
  unsigned spurious_events = 1;   // spurious wake-ups and compare-exchange failures, in an execution
  unsigned reused_addresses = 1;  // allocations that get the memory of a freed object, in an execution
  unsigned priority_depth = 20;   // priorities: fewer moments than that at which a thread falls behind
  std::uint64_t seed = 1;

  unsigned max_steps = 5000;
  unsigned processors = 1;
  bool deadlines_may_help = true;  // false: it is a failure if only a deadline can end a wait
  bool scaled = true;              // by VERIFY_EFFORT
  bool reduced = true;             // depth-first: leave out what repeats another execution in another order
};

// A body with a name and the options it needs.
struct scenario {
  std::string name;
  verify::body body;
  options how = {};
};

struct report {
  std::string failure;              // empty: every execution was fine
  std::string trace;                // of the failing execution, one line a step
  std::string token;                // replays it
  std::vector<trace_event> events;  // the trace, for pictures (picture.hpp)
  std::uint64_t executions = 0;     // by all strategies:
  std::uint64_t random = 0;
  std::uint64_t priorities = 0;
  std::uint64_t depth_first = 0;
  std::uint64_t cut_short = 0;    // begun by the depth-first search, and abandoned: they repeat another
  bool complete = false;          // depth-first search explored all executions within its bounds,
  int complete_preemptions = -1;  // or, at least, those with so many preemptions; unbounded: with any number
  int plain_preemptions = -1;     // the same, of those without old values, spurious events and reused addresses
  unsigned preemptions = 0;       // the bounds, which say what "complete" is worth
  unsigned stale_loads = 0;
  unsigned spurious_events = 0;
  unsigned reused_addresses = 0;
  std::uint64_t forced_timeouts = 0;  // executions in which only a deadline could end a wait
  unsigned longest = 0;               // steps

  bool passed() const noexcept { return failure.empty(); }
  explicit operator bool() const noexcept { return passed(); }
};

std::ostream& operator<<(std::ostream& out, const report& result);

// Runs the body until it fails or the options are used up. If the environment has VERIFY_REPLAY, that one
// execution is run instead; if it has VERIFY_EFFORT=n, n times as many are; if it has VERIFY_EFFORT=deep, the
// depth-first search ends only when it is complete, and 100,000 executions have random priorities. If it has
// VERIFY_SECONDS=s, each search ends after that time, of which random priorities have no more than half. If it
// has VERIFY_HTML=FILE, the first failure of the program is drawn there (picture.hpp). A crash inside of a
// scenario is reported on standard error, and then ends the process.
report explore(const body& what, const options& how = {});
report replay(const body& what, std::string_view token, const options& how = {});

// Stops thread `thread` for ever after 0, 1, 2 ... of its steps, and checks that the others still finish. They
// do if what they call is lock-free.
report freeze(const body& what, unsigned thread, const options& how = {});

// Makes the first, second, third ... allocation fail, in one search each, until there is none left.
report fail_allocations(const body& what, const options& how = {});

// -- inside a scenario --

// Fails the execution.
void check(bool condition, std::string_view promise = "check failed", site where = site::current());

// Runs the functions as concurrent threads, and returns when all have ended.
template <class... Functions>
void threads(Functions&&... functions);

// The same, for threads that may wait for what no thread will do. When none can continue, not even by a
// deadline, it calls let_out(), which can check that they wait rightly and must release them. What they did
// does not happen before that call.
template <class LetOut, class... Functions>
void threads_until_standstill(LetOut&& let_out, Functions&&... functions);

// The current step of the execution, for histories.
inline unsigned step() {
  return detail::execution::current()->steps();
}

namespace detail {

template <class... Functions>
thread_set start(execution& now, Functions&... functions) {
  thread_set started = 0;
  (..., (started |= thread_set{1} << now.spawn([](void* function) { (*static_cast<Functions*>(function))(); },
                                               const_cast<void*>(static_cast<const void*>(&functions)))));
  return started;
}

}  // namespace detail

template <class... Functions>
void threads(Functions&&... functions) {
  detail::execution& now = *detail::execution::current();
  now.join(detail::start(now, functions...), site::current());
}

template <class LetOut, class... Functions>
void threads_until_standstill(LetOut&& let_out, Functions&&... functions) {
  detail::execution& now = *detail::execution::current();
  const detail::thread_set started = detail::start(now, functions...);
  now.wait_for_standstill(site::current());
  let_out();
  now.join(started, site::current());
}

}  // namespace verify
