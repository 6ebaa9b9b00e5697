// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "crash.hpp"
#include "picture.hpp"

namespace verify {
namespace {

using detail::execution;
using detail::strategy;

// Shared, so that the fibers and the memory of one execution serve the next.
execution& shared_execution() {
  static execution shared;
  return shared;
}

void run_body(void* what) {
  (*static_cast<const body*>(what))();
}

detail::rules rules_of(const options& how) {
  detail::rules made;
  made.max_steps = how.max_steps;
  made.spurious_events = how.spurious_events;
  made.reused_addresses = how.reused_addresses;
  made.processors = how.processors;
  made.deadlines_may_help = how.deadlines_may_help;
  return made;
}

void run_once(const body& what, const detail::rules& rules, strategy& chooser, detail::trace* record) {
  shared_execution().run(rules, chooser, record, &run_body, const_cast<body*>(&what));
}

// Runs the answers again, now with a trace; true if it fails again.
bool run_again(const body& what, const detail::rules& rules, const detail::list<detail::answer>& answers,
               detail::trace* record) {
  detail::replay again(answers);
  again.next();
  run_once(what, rules, again, record);
  return !shared_execution().failure().empty();
}

// Replaces answers by the plain one wherever the execution still fails, so that the trace shows only what the
// failure needs.
detail::list<detail::answer> simplified(const body& what, const detail::rules& rules,
                                        detail::list<detail::answer> answers) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i != answers.size(); ++i) {
      if (answers[i] == 0) continue;
      detail::list<detail::answer> plainer = answers;
      plainer[i] = 0;
      if (!run_again(what, rules, plainer, nullptr)) continue;
      answers = shared_execution().answers();
      while (!answers.empty() && answers.back() == 0) answers.pop_back();
      changed = changed || plainer.size() > answers.size() ||
                std::ranges::count(answers, 0) > std::ranges::count(plainer, 0);
      if (i >= answers.size()) break;
    }
  }
  return answers;
}

// Draws the first failure into the file that VERIFY_HTML names.
void draw(const report& found) {
  static bool drawn = false;
  const char* const file = std::getenv("VERIFY_HTML");
  if (file == nullptr || found.passed() || std::exchange(drawn, true)) return;
  if (!(std::ofstream(file) << to_html(found, "A failing execution")).flush())
    std::cerr << "verify: cannot write the picture to " << file << '\n';
}

[[noreturn]] void end_by_crash(const report& found, int signal, std::optional<detail::quiet_errors>& quiet) {
  quiet.reset();
  draw(found);
  std::cout.flush();
  std::cerr << found << std::flush;
  detail::die_of(signal);
}

// Also ends the process, if the failure was a crash: what it has done to memory is not known.
void describe_failure(report& into, const body& what, const detail::rules& rules) {
  const int crash = shared_execution().crash_signal();
  std::optional<detail::quiet_errors> quiet;
  if (crash != 0) quiet.emplace();
  const detail::list<detail::answer> answers =
      simplified(what, rules, detail::list<detail::answer>(shared_execution().answers()));
  detail::trace steps;
  run_again(what, rules, answers, &steps);
  into.failure = shared_execution().failure();
  if (into.failure.empty())
    into.failure = "fails, but not when it is run again: the body depends on chance or on what was before";
  into.events = steps.events();
  into.trace = to_string(into.events);
  into.token = to_token(answers);
  if (crash != 0) end_by_crash(into, crash, quiet);
}

class time_limit {
 public:
  explicit time_limit(double seconds) : seconds_(seconds) {}

  // Reads the clock only now and then, because most executions take less time than a read.
  bool is_over(std::uint64_t executions) const {
    if (seconds_ == std::numeric_limits<double>::infinity() || executions % 64 != 0) return false;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count() >= seconds_;
  }

 private:
  double seconds_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// False if an execution failed. `executions` counts those of the strategy.
bool explore_with(strategy& chooser, std::uint64_t limit, const time_limit& time, const body& what,
                  const detail::rules& rules, report& into, std::uint64_t& executions) {
  execution& run = shared_execution();
  for (std::uint64_t i = 0; chooser.next() && i != limit && !time.is_over(i); ++i) {
    run_once(what, rules, chooser, nullptr);
    if (run.was_cut_short()) {
      ++into.cut_short;
      continue;
    }
    ++executions;
    ++into.executions;
    into.longest = std::max(into.longest, run.steps());
    into.forced_timeouts += run.had_forced_timeout();
    if (!run.failure().empty()) {
      describe_failure(into, what, rules);
      return false;
    }
    if (chooser.has_diverged()) {
      into.failure =
          "the body is not the same each time: it depends on chance, on time, or on what was left from before";
      return false;
    }
  }
  return true;
}

constexpr std::uint64_t part_for_preemptions_alone = 8;  // of the executions of a depth-first search

struct preemption_search {
  bool failed = false;
  bool complete = false;
  int complete_preemptions = -1;
};

// Depth-first, with 0, 1, 2 ... preemptions. Takes what it needs from `left`.
preemption_search search_by_preemptions(const body& what, const options& how, unsigned stale_loads,
                                        const detail::rules& rules, const time_limit& time, report& into,
                                        std::uint64_t& left) {
  preemption_search done;
  for (unsigned preemptions = how.preemptions == unbounded ? unbounded : 0;
       preemptions <= how.preemptions && left != 0 && !done.complete; ++preemptions) {
    const std::uint64_t before = into.executions + into.cut_short;
    detail::depth_first search(preemptions, stale_loads, how.reduced);
    done.failed = !explore_with(search, left, time, what, rules, into, into.depth_first);
    left -= std::min(left, into.executions + into.cut_short - before);
    if (done.failed || !search.complete()) break;
    done.complete_preemptions = static_cast<int>(search.wanted_more_preemptions() ? preemptions : unbounded);
    done.complete = preemptions == how.preemptions || !search.wanted_more_preemptions();
  }
  return done;
}

report explore_under(const body& what, const options& how, const detail::rules& rules) {
  const detail::crash_catcher crashes;
  report result;
  result.preemptions = how.preemptions;
  result.stale_loads = how.stale_loads;
  result.spurious_events = how.spurious_events;
  result.reused_addresses = how.reused_addresses;
  const time_limit half(how.seconds / 2), whole(how.seconds);
  detail::random_walk walk(how.seed, how.random);
  if (!explore_with(walk, how.random, half, what, rules, result, result.random)) return result;
  detail::priorities ranked(how.priority_depth, how.seed, how.priorities);
  if (!explore_with(ranked, how.priorities, half, what, rules, result, result.priorities)) return result;
  // Few preemptions first: a failure with one is found before the search with two begins. And a part of the
  // executions for preemptions alone, because a bug that needs many of them seldom needs anything else: beside
  // old values, all executions may be used up by those with one preemption.
  std::uint64_t left = how.depth_first;
  if (how.stale_loads != 0 || rules.spurious_events != 0 || rules.reused_addresses != 0) {
    detail::rules plain = rules;
    plain.spurious_events = plain.reused_addresses = 0;
    std::uint64_t part = left / part_for_preemptions_alone;
    left -= part;
    const preemption_search alone = search_by_preemptions(what, how, 0, plain, whole, result, part);
    if (alone.failed) return result;
    result.plain_preemptions = alone.complete_preemptions;
    left += part;
  }
  const preemption_search all = search_by_preemptions(what, how, how.stale_loads, rules, whole, result, left);
  result.complete_preemptions = all.complete_preemptions;
  result.complete = all.complete;
  result.plain_preemptions = std::max(result.plain_preemptions, result.complete_preemptions);
  return result;
}

// The report of several searches, of which `last` is the one that may have failed.
void add_up(report& sum, report last) {
  last.executions += sum.executions;
  last.random += sum.random;
  last.priorities += sum.priorities;
  last.depth_first += sum.depth_first;
  last.cut_short += sum.cut_short;
  last.forced_timeouts += sum.forced_timeouts;
  last.longest = std::max(last.longest, sum.longest);
  last.complete = last.complete && sum.complete;
  if (sum.executions != 0) {
    last.complete_preemptions = std::min(last.complete_preemptions, sum.complete_preemptions);
    last.plain_preemptions = std::min(last.plain_preemptions, sum.plain_preemptions);
  }
  sum = std::move(last);
}

// A strategy whose limit is 0 stays off.
options scaled(options how) {
  if (const char* const seconds = std::getenv("VERIFY_SECONDS")) how.seconds = std::strtod(seconds, nullptr);
  const char* const effort = std::getenv("VERIFY_EFFORT");
  if (effort == nullptr) return how;
  if (std::string_view(effort) == "deep") {
    if (how.depth_first != 0) how.depth_first = UINT64_MAX;
    if (how.priorities != 0) how.priorities = std::max<std::uint64_t>(how.priorities, 100'000);
  } else {
    const std::uint64_t factor = std::max(1ul, std::strtoul(effort, nullptr, 10));
    how.depth_first *= factor;
    how.priorities *= factor;
    how.random *= factor;
  }
  return how;
}

}  // namespace

report explore(const body& what, const options& how) {
  if (const char* const token = std::getenv("VERIFY_REPLAY")) return replay(what, token, how);
  report found = explore_under(what, how.scaled ? scaled(how) : how, rules_of(how));
  if (how.scaled) draw(found);
  return found;
}

report replay(const body& what, std::string_view token, const options& how) {
  report result;
  detail::trace steps;
  detail::replay again(detail::from_token(token));
  again.next();
  const detail::crash_catcher crashes;
  run_once(what, rules_of(how), again, &steps);
  result.failure = shared_execution().failure();
  if (!again.has_fitted())
    result.failure = "the token does not fit: it is of another scenario, or the code has changed since" +
                     (result.failure.empty() ? "" : "; with what fits of it: " + result.failure);
  result.events = steps.events();
  result.trace = to_string(result.events);
  result.token = token;
  result.executions = 1;
  std::optional<detail::quiet_errors> quiet;
  if (const int crash = shared_execution().crash_signal(); crash != 0) end_by_crash(result, crash, quiet);
  draw(result);
  return result;
}

report freeze(const body& what, unsigned thread, const options& how) {
  const detail::crash_catcher crashes;
  // Freezes at as many points as the thread makes steps in the longest of some executions.
  const detail::rules free = rules_of(how);
  unsigned steps = 0;
  detail::random_walk measure(how.seed, 200);
  while (measure.next()) {
    run_once(what, free, measure, nullptr);
    steps = std::max(steps, shared_execution().steps_of(thread));
  }
  // The points share the random executions, because the depth-first search of each is small.
  options one_point = how;
  for (std::uint64_t* const each : {&one_point.random, &one_point.priorities})
    *each = std::min(*each, std::max<std::uint64_t>(100, *each / (steps + 1)));
  report result;
  result.complete = true;
  for (unsigned after = 0; after <= steps && result.passed(); ++after) {
    detail::rules rules = free;
    rules.frozen_thread = static_cast<int>(thread);
    rules.frozen_after = after;
    report one = explore_under(what, one_point, rules);
    add_up(result, std::move(one));
  }
  return result;
}

report fail_allocations(const body& what, const options& how) {
  report result;
  result.complete = true;
  for (unsigned which = 1; result.passed(); ++which) {
    detail::rules rules = rules_of(how);
    rules.fail_allocation = which;
    report one = explore_under(what, how, rules);
    add_up(result, std::move(one));
    if (shared_execution().allocations() < which) break;
  }
  return result;
}

namespace {

// "2 preemptions", "any number of old values"
std::string up_to(unsigned bound, const char* one, const char* many) {
  if (bound == unbounded) return std::string("any number of ") + many;
  return std::to_string(bound) + ' ' + (bound == 1 ? one : many);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const report& result) {
  out << result.executions << (result.executions == 1 ? " execution" : " executions") << ", the longest of "
      << result.longest << " steps";
  if (result.complete_preemptions >= 0)
    out << ", complete up to "
        << up_to(static_cast<unsigned>(result.complete_preemptions), "preemption", "preemptions") << ", "
        << up_to(result.stale_loads, "old value", "old values") << ", "
        << up_to(result.spurious_events, "spurious event", "spurious events") << ", "
        << up_to(result.reused_addresses, "reused address", "reused addresses");
  if (result.plain_preemptions > result.complete_preemptions)
    out << (result.complete_preemptions >= 0 ? ", and up to " : ", complete up to ")
        << up_to(static_cast<unsigned>(result.plain_preemptions), "preemption", "preemptions") << " alone";
  if (result.forced_timeouts != 0)
    out << ", " << result.forced_timeouts << " of them went on by a deadline alone";
  if (result.executions != 0 && result.longest == 0)
    out << "\nwarning: not one step behind the seam: the checker sees nothing of what this scenario does\n";
  if (!result.passed())
    out << '\n'
        << result.trace << "failure: " << result.failure << "\nagain: VERIFY_REPLAY='" << result.token << "'\n";
  return out;
}

void check(bool condition, std::string_view promise, site where) {
  if (!condition) detail::execution::current()->fail(promise, &where);
}

}  // namespace verify
