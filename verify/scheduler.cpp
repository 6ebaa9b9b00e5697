// SPDX-License-Identifier: MIT
#include "scheduler.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <utility>

#include "crash.hpp"
#include "source_lines.hpp"

namespace verify::detail {

void scheduler::run_threads(const rules& rules, strategy& chooser, trace* record, thread_body body,
                            void* argument) {
  rules_ = rules;
  chooser_ = &chooser;
  trace_ = record;
  answers_.clear();
  failure_.clear();
  thread_count_ = running_ = steps_ = undisturbed_ = 0;
  ready_ = timed_ = polite_ = 0;
  spurious_left_ = rules.spurious_events;
  forced_timeout_ = cut_short_ = stack_overflow_ = false;
  crash_signal_ = 0;
  step_ = {};
  standstills_ = 0;
  now_ = 1'000'000'000;
  spawn(body, argument);
  host_.switch_to(*threads_[0].runs_on);
  if (crash_signal_ == 0) return;
  const untracked own;
  failure_ =
      "T" + std::to_string(running_) + ": " +
      (stack_overflow_ ? "stack overflow: a thread of a scenario has 256 KiB" : name_of_crash(crash_signal_));
}

unsigned scheduler::spawn(thread_body body, void* argument) {
  if (thread_count_ == max_threads) fail("too many threads: a scenario has room for 8, its body included");
  const unsigned made = thread_count_++;
  thread_record& record = threads_[made];
  std::unique_ptr<fiber> runs_on = std::move(record.runs_on);
  list<exit_hook> hooks = std::move(record.exit_hooks);
  hooks.clear();
  record = {};
  record.exit_hooks = std::move(hooks);
  {
    const untracked own;
    record.runs_on = runs_on ? std::move(runs_on) : std::make_unique<fiber>();
  }
  set_state(made, thread_state::ready);
  record.body = body;
  record.argument = argument;
  record.runs_on->start(&scheduler::run_thread, this);
  step_.everything();
  return made;
}

void scheduler::run_thread(void* argument) {
  scheduler& self = *static_cast<scheduler*>(argument);
  const thread_record& own = self.threads_[self.running_];
  try {
    own.body(own.argument);
  } catch (const std::exception& error) {
    self.fail(std::string("an exception left the thread: ") + error.what());
  } catch (...) {
    self.fail("an exception left the thread");
  }
  self.finish_thread();
}

void scheduler::finish_thread() {
  thread_record& own = threads_[running_];
  while (!own.exit_hooks.empty()) {
    const exit_hook hook = own.exit_hooks.back();
    own.exit_hooks.pop_back();
    hook();
  }
  set_state(running_, thread_state::finished);
  for (unsigned i = 0; i != thread_count_; ++i) {
    thread_record& other = threads_[i];
    if (other.state != thread_state::joining) continue;
    other.joins &= ~(thread_set{1} << running_);
    if (other.joins == 0) set_state(i, thread_state::ready);
  }
  const unsigned next = pick_next();
  if (next == nobody) {
    {
      const untracked checker;
      failure_ = standstill();
    }
    own.runs_on->finish(host_);
  } else {
    running_ = next;
    own.runs_on->finish(*threads_[next].runs_on);
  }
}

void scheduler::add_exit_hook(exit_hook hook) {
  list<exit_hook>& hooks = threads_[running_].exit_hooks;
  if (std::ranges::find(hooks, hook) == hooks.end()) hooks.push_back(hook);
}

void scheduler::fail(std::string_view what, const site* where) {
  {
    const untracked own;
    failure_ = "T" + std::to_string(running_) + ": " + std::string(what);
    if (where != nullptr) {
      const std::string place = place_in_words(*where, threads_[running_].return_address);
      if (!place.empty()) failure_ += " (" + place + ')';
    }
  }
  leave();
}

void scheduler::crash(int signal, const void* address) noexcept {
  crash_signal_ = signal;
  stack_overflow_ = address != nullptr && threads_[running_].runs_on->guards(address);
  untracked::forget();
  leave();
}

void scheduler::leave() {
  threads_[running_].runs_on->switch_to(host_);
  std::abort();  // an abandoned execution is never resumed
}

answer scheduler::ask(unsigned answers, cost price) {
  const answer given = chooser_->choose(std::min(answers, 255u), price);
  answers_.push_back(given);
  return given;
}

bool scheduler::happens_for_no_reason() {
  if (spurious_left_ == 0 || ask(2, cost::spurious) == 0) return false;
  --spurious_left_;
  return true;
}

void scheduler::set_state(unsigned thread, thread_state to) noexcept {
  thread_record& record = threads_[thread];
  const thread_set self = thread_set{1} << thread;
  record.state = to;
  ready_ = to == thread_state::ready ? ready_ | self : ready_ & ~self;
  timed_ = to == thread_state::sleeping && record.deadline != no_deadline ? timed_ | self : timed_ & ~self;
}

thread_set scheduler::frozen_threads() const noexcept {
  if (rules_.frozen_thread < 0) return 0;
  const auto thread = static_cast<unsigned>(rules_.frozen_thread);
  return thread < thread_count_ && is_frozen(thread) ? thread_set{1} << thread : 0;
}

void scheduler::time_out(unsigned thread) noexcept {
  thread_record& sleeper = threads_[thread];
  now_ = std::max(now_, sleeper.deadline);
  set_state(thread, thread_state::ready);
  sleeper.timed_out = true;
}

bool scheduler::is_let_pass(unsigned thread) const noexcept {
  for (const unsigned i : threads_in(polite_))
    if ((threads_[i].lets_pass >> thread & 1) != 0) return true;
  return false;
}

unsigned scheduler::pick_timeout(thread_set sleepers, unsigned late) {
  for (;; --late) {
    unsigned earliest = nobody;
    for (const unsigned i : threads_in(sleepers))
      if (earliest == nobody || threads_[i].deadline < threads_[earliest].deadline) earliest = i;
    if (late == 0) {
      time_out(earliest);
      return earliest;
    }
    sleepers &= ~(thread_set{1} << earliest);
  }
}

// The running thread has made its step, so threads that stepped aside for it may run again.
scheduler::candidates scheduler::find_candidates() noexcept {
  const thread_set frozen = frozen_threads();
  const thread_set ready = ready_ & ~frozen;
  thread_set eligible = ready;
  for (const unsigned i : threads_in(polite_)) {
    const thread_set polite = thread_set{1} << i;
    thread_set& lets_pass = threads_[i].lets_pass;
    lets_pass &= ~(thread_set{1} << running_);
    if (lets_pass == 0) polite_ &= ~polite;
    if ((lets_pass & ready) != 0) eligible &= ~polite;
  }
  return {eligible == 0 ? ready : eligible, timed_ & ~frozen};
}

unsigned scheduler::pick_next() {
  const thread_set asleep = chooser_->stepped(running_, step_);
  step_ = {};
  const auto [eligible, timed] = find_candidates();
  const thread_set self = thread_set{1} << running_;
  if (timed != 0) {
    const auto sleepers = static_cast<unsigned>(std::popcount(timed));
    if (eligible == 0 || (eligible == self && threads_[running_].idle >= idle_limit)) {
      // No thread can continue otherwise: time passes.
      if (!rules_.deadlines_may_help)
        fail("lost wake-up: nothing but a deadline can go on;" + waiting_threads());
      forced_timeout_ = true;
      threads_[running_].idle = 0;
      return pick_timeout(timed, sleepers > 1 ? ask(sleepers, cost::early_timeout) : 0);
    }
    if (const answer nth = ask(1 + sleepers, cost::early_timeout); nth != 0)
      return pick_timeout(timed, nth - 1u);
  }

  if (eligible == 0) return wake_watcher();
  if ((eligible & ~asleep) == 0) {
    cut_short_ = true;
    leave();
  }
  const auto first = static_cast<unsigned>(std::countr_zero(eligible));
  if (eligible == thread_set{1} << first) return first;
  // The running thread first, then the others in turn, so that answer 0 is fair when threads step aside.
  std::array<std::uint8_t, max_threads> choices{};
  unsigned count = 0;
  const bool stays = (eligible & self) != 0;
  if (stays) choices[count++] = static_cast<std::uint8_t>(running_);
  const thread_set before = self - 1;
  for (const thread_set part : {eligible & ~(before | self), eligible & before})
    for (const unsigned i : threads_in(part)) choices[count++] = static_cast<std::uint8_t>(i);
  const answer given =
      chooser_->choose_thread({choices.data(), count}, stays ? cost::preemption : cost::nothing);
  answers_.push_back(given);
  return choices[given];
}

// No thread can continue: wakes the one that waits for a standstill.
unsigned scheduler::wake_watcher() noexcept {
  for (unsigned i = 0; i != thread_count_; ++i) {
    if (threads_[i].state != thread_state::watching || is_frozen(i)) continue;
    set_state(i, thread_state::ready);
    return i;
  }
  return nobody;
}

void scheduler::switch_to(unsigned thread) {
  if (thread == nobody) {
    {
      const untracked own;
      failure_ = standstill();
    }
    leave();
  }
  if (thread == running_) return;
  context& from = *threads_[running_].runs_on;
  running_ = thread;
  from.switch_to(*threads_[thread].runs_on);
}

void scheduler::point(const site& where) {
  if (++steps_ > rules_.max_steps)
    fail("no end after " + std::to_string(rules_.max_steps) +
             " steps: the threads keep each other from making progress",
         &where);
  // A thread that has just been given its turn, at its start or after a wait, keeps it for its first step:
  // giving the turn to another thread instead costs no preemption, and is searched already. The exception is a
  // thread that could not run until this moment.
  if (undisturbed_ == 0 && thread_count_ > 1 && (step_.has_begun() || is_let_pass(running_))) {
    threads_[running_].where = where;
    if (const unsigned next = pick_next(); next != running_) switch_to(next);
  }
  make_step();
}

void scheduler::make_step() noexcept {
  ++threads_[running_].steps;
  step_.begin();
}

void scheduler::block(thread_state why, const site& where) {
  thread_record& own = threads_[running_];
  set_state(running_, why);
  own.where = where;
  own.timed_out = false;
  own.idle = 0;
  switch_to(pick_next());
}

void scheduler::let_others_pass() {
  thread_record& own = threads_[running_];
  step_.everything();
  ++own.idle;
  if (thread_count_ > 1 && ask(2, cost::impatience) != 0) return;
  const thread_set self = thread_set{1} << running_;
  own.lets_pass = ready_ & ~(frozen_threads() | self);
  polite_ = own.lets_pass != 0 ? polite_ | self : polite_ & ~self;
  chooser_->yielded(running_);
}

void scheduler::step_aside(std::string_view what, const site& where) {
  now_ += 1000;
  if (undisturbed_ != 0) return;
  record({what}, where);
  let_others_pass();
  point(where);
  step_ = {};
}

void scheduler::join(thread_set threads, const site& where) {
  thread_record& own = threads_[running_];
  own.joins = 0;
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((threads >> i & 1) != 0 && threads_[i].state != thread_state::finished) own.joins |= thread_set{1} << i;
  if (own.joins != 0) block(thread_state::joining, where);
}

// Builds the text itself, so that no allocation of the scenario depends on whether a trace is recorded.
void scheduler::record(std::initializer_list<std::string_view> what, const site& where) {
  if (trace_ == nullptr) return;
  const untracked own;
  std::string text;
  for (const std::string_view part : what) text += part;
  trace_->add(running_, std::move(text), where, threads_[running_].return_address);
}

// "queue.hpp:12". A return address is looked up only for a trace, because that takes long.
std::string scheduler::place_in_words(const site& where, const void* return_address) const {
  trace_event event{0, {}, where.file_name(), where.line()};
  if (event.line == 0 && trace_ != nullptr) {
    const source_place found = places_of_calls({&return_address, 1}).front();
    event.file = found.file;
    event.line = found.line;
  }
  return place_of(event);
}

void scheduler::wait_for_standstill(const site& where) {
  block(thread_state::watching, where);
  ++standstills_;
  step_.everything();
}

std::string scheduler::waiting_threads() const {
  std::string waiting;
  for (unsigned i = 0; i != thread_count_; ++i) {
    const thread_record& each = threads_[i];
    if (each.state != thread_state::sleeping && each.state != thread_state::locking) continue;
    waiting += (waiting.empty() ? " T" : ", T") + std::to_string(i) +
               (each.state == thread_state::locking ? " waits for a mutex at " : " sleeps at ") +
               place_in_words(each.where, each.return_address);
  }
  return waiting;
}

// Describes a standstill. Empty if it is no failure: all threads have ended, except a frozen one and those that
// wait for its end.
std::string scheduler::standstill() const {
  const bool frozen = rules_.frozen_thread >= 0;
  const std::string waiting = waiting_threads();
  if (!waiting.empty() && frozen)
    return "not lock-free: with T" + std::to_string(rules_.frozen_thread) + " stopped," + waiting;
  if (!waiting.empty()) return "lost wake-up or deadlock:" + waiting;
  for (unsigned i = 0; i != thread_count_; ++i)
    if (!frozen && threads_[i].state == thread_state::joining)
      return "deadlock: threads wait for each other's end";
  return {};
}

}  // namespace verify::detail
