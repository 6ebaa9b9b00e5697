// SPDX-License-Identifier: MIT
// Threads and who runs next. What they do to memory is in operations.cpp.
#include "execution.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <functional>
#include <utility>

#include "seam.hpp"

namespace verify::detail {

execution::execution() = default;
execution::~execution() = default;

void execution::run(const rules& rules, strategy& chooser, trace* record, thread_body body, void* argument) {
  rules_ = rules;
  chooser_ = &chooser;
  trace_ = record;
  memory_.reset();
  blocks_.reset(rules.fail_allocation);
  own_memory_.reset(0);
  own_objects_.clear();
  freed_.clear();
  answers_.clear();
  failure_.clear();
  thread_count_ = running_ = steps_ = undisturbed_ = 0;
  spurious_left_ = rules.spurious_events;
  forced_timeout_ = cut_short_ = false;
  step_ = {};
  moment_ = 0;
  now_ = 1'000'000'000;
  sync::has_process_wide_fence = true;
  ++executions_;

  execution* const outer = std::exchange(current_, this);
  const std::terminate_handler before = std::set_terminate([] {
    if (current_ == nullptr) std::abort();
    current_->fail("std::terminate was called");
  });
  spawn(body, argument);
  host_.switch_to(*threads_[0].runs_on);
  std::set_terminate(before);
  current_ = outer;

  if (failure_.empty() && !cut_short_ && rules_.frozen_thread < 0 && blocks_.live_blocks() != 0)
    if (const unsigned leaked = leaked_blocks(); leaked != 0)
      failure_ = "memory leak: " + std::to_string(leaked) + " of " + std::to_string(blocks_.allocations()) +
                 " allocations were never freed";
}

unsigned execution::spawn(thread_body body, void* argument) {
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
  record.state = thread_state::ready;
  record.body = body;
  record.argument = argument;
  record.runs_on->start(&execution::run_thread, this);
  if (made != running_) {
    memory_.tick(running_);
    memory_.order_threads(running_, made);
  }
  memory_.tick(made);
  step_.everything();
  return made;
}

void execution::run_thread(void* argument) {
  execution& self = *static_cast<execution*>(argument);
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

void execution::finish_thread() {
  thread_record& own = threads_[running_];
  while (!own.exit_hooks.empty()) {
    const exit_hook hook = own.exit_hooks.back();
    own.exit_hooks.pop_back();
    hook();
  }
  own.state = thread_state::finished;
  for (unsigned i = 0; i != thread_count_; ++i) {
    thread_record& other = threads_[i];
    if (other.state != thread_state::joining) continue;
    other.joins &= ~(thread_set{1} << running_);
    if (other.joins == 0) other.state = thread_state::ready;
  }
  const unsigned next = pick_next(false);
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

void execution::add_exit_hook(exit_hook hook) {
  list<exit_hook>& hooks = threads_[running_].exit_hooks;
  if (std::ranges::find(hooks, hook) == hooks.end()) hooks.push_back(hook);
}

void* execution::object_of(unsigned thread, const void* key, std::size_t size, std::size_t alignment,
                           void (*construct)(void*)) {
  view& own = memory_.view_of(running_);
  for (const own_object_record& each : own_objects_) {
    if (each.key != key || each.thread != thread) continue;
    own.join(each.constructed);  // as the guard of a static variable does
    return each.object;
  }
  if (thread == nobody) step_.everything();
  void* const made = own_memory_.allocate(size, alignment);
  const undisturbed alone(*this);
  construct(made);
  memory_.tick(running_);
  own_objects_.push_back({key, thread, made, size, own});
  return made;
}

void execution::fail(std::string_view what, const site* where) {
  {
    const untracked own;
    failure_ = "T" + std::to_string(running_) + ": " + std::string(what);
    if (where != nullptr) {
      const std::string file = where->file_name();
      failure_ += " (" + file.substr(file.find_last_of('/') + 1) + ':' + std::to_string(where->line()) + ')';
    }
  }
  leave();
}

void execution::leave() {
  threads_[running_].runs_on->switch_to(host_);
  std::abort();  // nobody comes back to an execution that was left
}

answer execution::ask(unsigned answers, cost price) {
  const answer given = chooser_->choose(std::min(answers, 255u), price);
  answers_.push_back(given);
  return given;
}

bool execution::happens_for_no_reason() {
  if (spurious_left_ == 0 || ask(2, cost::spurious) == 0) return false;
  --spurious_left_;
  return true;
}

bool execution::can_run(unsigned thread) const noexcept {
  return threads_[thread].state == thread_state::ready && !is_frozen(thread);
}

thread_set execution::ready_threads() const noexcept {
  thread_set ready = 0;
  for (unsigned i = 0; i != thread_count_; ++i) ready |= thread_set{can_run(i)} << i;
  return ready;
}

thread_set execution::timed_sleepers() const noexcept {
  thread_set timed = 0;
  for (unsigned i = 0; i != thread_count_; ++i)
    timed |= thread_set{threads_[i].state == thread_state::sleeping && threads_[i].deadline != no_deadline &&
                        !is_frozen(i)}
             << i;
  return timed;
}

void execution::time_out(unsigned thread) noexcept {
  thread_record& sleeper = threads_[thread];
  now_ = std::max(now_, sleeper.deadline);
  sleeper.state = thread_state::ready;
  sleeper.timed_out = true;
}

bool execution::is_let_pass(unsigned thread) const noexcept {
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((threads_[i].lets_pass >> thread & 1) != 0) return true;
  return false;
}

unsigned execution::pick_timeout(thread_set sleepers) {
  unsigned earliest = nobody;
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((sleepers >> i & 1) != 0 && (earliest == nobody || threads_[i].deadline < threads_[earliest].deadline))
      earliest = i;
  time_out(earliest);
  return earliest;
}

unsigned execution::pick_next(bool can_stay) {
  chooser_->stepped(running_, std::exchange(step_, {}));
  // The running thread has made its step: nobody waits for it to make one any more.
  const thread_set self = thread_set{1} << running_;
  for (unsigned i = 0; i != thread_count_; ++i) threads_[i].lets_pass &= ~self;
  const thread_set ready = ready_threads();
  const thread_set timed = timed_sleepers();
  thread_set eligible = 0;
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((ready >> i & 1) != 0 && (threads_[i].lets_pass & ready) == 0) eligible |= thread_set{1} << i;
  if (eligible == 0) eligible = ready;

  if (timed != 0) {
    if (eligible == 0 || (eligible == self && threads_[running_].idle >= idle_limit)) {
      // Nobody else can do anything: time passes.
      if (!rules_.deadlines_may_help)
        fail("lost wake-up: nothing but a deadline can go on;" + waiting_threads());
      forced_timeout_ = true;
      threads_[running_].idle = 0;
      return pick_timeout(timed);
    }
    if (ask(2, cost::early_timeout) != 0) return pick_timeout(timed);
  }

  // The running thread first, then the others in turn, so that answer 0 is fair to those that step aside.
  std::array<std::uint8_t, max_threads> choices{};
  unsigned count = 0;
  const bool stays = can_stay && (eligible & self) != 0;
  if (stays) choices[count++] = static_cast<std::uint8_t>(running_);
  const auto add_choices = [&](unsigned begin, unsigned end) {
    for (unsigned i = begin; i != end; ++i)
      if ((eligible >> i & 1) != 0) choices[count++] = static_cast<std::uint8_t>(i);
  };
  add_choices(running_ + 1, thread_count_);
  add_choices(0, running_);
  if (count == 0) return wake_watcher();
  if ((eligible & ~chooser_->asleep()) == 0) {
    cut_short_ = true;
    leave();
  }
  if (count == 1) return choices[0];
  const answer given =
      chooser_->choose_thread({choices.data(), count}, stays ? cost::preemption : cost::nothing);
  answers_.push_back(given);
  return choices[given];
}

// Nobody can go on: whoever waits for that can.
unsigned execution::wake_watcher() noexcept {
  for (unsigned i = 0; i != thread_count_; ++i) {
    if (threads_[i].state != thread_state::watching || is_frozen(i)) continue;
    threads_[i].state = thread_state::ready;
    return i;
  }
  return nobody;
}

void execution::switch_to(unsigned thread) {
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

void execution::point(const site& where) {
  if (++steps_ > rules_.max_steps)
    fail("no end after " + std::to_string(rules_.max_steps) +
             " steps: the threads keep each other from making progress",
         &where);
  // Whoever was only just given its turn, at its start or after a wait, keeps it: to give that turn to another
  // would have been a preemption fewer. Unless there is one who could not have it before this moment.
  if (undisturbed_ == 0 && thread_count_ > 1 && (step_.has_begun() || is_let_pass(running_))) {
    threads_[running_].where = where;
    switch_to(pick_next(true));
  }
  make_step();
}

void execution::make_step() noexcept {
  thread_record& own = threads_[running_];
  ++own.steps;
  ++moment_;
  step_.begin();
  if (own.call_begun == 0) {
    own.call_begun = moment_;
    step_.begin_call();
  }
}

execution::call_times execution::end_call() noexcept {
  thread_record& own = threads_[running_];
  const std::uint64_t end = ++moment_;
  if (own.call_begun == 0) {  // not one step: it may stand anywhere
    own.call_begun = end;
    step_.begin_call();
  }
  step_.end_call();
  return {own.call_begun, end};
}

void execution::block(thread_state why, const site& where) {
  thread_record& own = threads_[running_];
  own.state = why;
  own.where = where;
  own.timed_out = false;
  own.idle = 0;
  switch_to(pick_next(false));
}

void execution::let_others_pass() {
  thread_record& own = threads_[running_];
  step_.everything();
  ++own.idle;
  own.lets_pass = ready_threads() & ~(thread_set{1} << running_);
  chooser_->yielded(running_);
}

void execution::step_aside(std::string_view what, const site& where) {
  now_ += 1000;
  if (undisturbed_ != 0) return;
  if (trace_ != nullptr) record(std::string(what), where);
  let_others_pass();
  point(where);
  step_ = {};
}

void execution::join(thread_set threads, const site& where) {
  thread_record& own = threads_[running_];
  own.joins = 0;
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((threads >> i & 1) != 0 && threads_[i].state != thread_state::finished) own.joins |= thread_set{1} << i;
  if (own.joins != 0) block(thread_state::joining, where);
  for (unsigned i = 0; i != thread_count_; ++i)
    if ((threads >> i & 1) != 0) memory_.order_threads(i, running_);
}

void execution::wait_for_standstill(const site& where) {
  block(thread_state::watching, where);
  step_.everything();
}

std::string execution::waiting_threads() const {
  std::string waiting;
  for (unsigned i = 0; i != thread_count_; ++i) {
    const thread_record& each = threads_[i];
    if (each.state != thread_state::sleeping && each.state != thread_state::locking) continue;
    const std::string file = each.where.file_name();
    waiting += (waiting.empty() ? " T" : ", T") + std::to_string(i) +
               (each.state == thread_state::locking ? " waits for a mutex at " : " sleeps at ") +
               file.substr(file.find_last_of('/') + 1) + ':' + std::to_string(each.where.line());
  }
  return waiting;
}

// Nobody can go on. Empty if that is as it should be: all have ended, but for a frozen thread and those
// that wait for its end.
std::string execution::standstill() const {
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

void* execution::allocate(std::size_t size, std::size_t alignment) {
  if (rules_.fail_allocation != 0) step_.everything();
  return blocks_.allocate(size, alignment);
}

void execution::deallocate(void* memory) {
  arena::block* const block = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
  if (block == nullptr) fail("delete of an address that new did not return");
  if (block->freed) fail("double free");
  const auto* const begin = static_cast<const std::byte*>(memory);
  const auto* const end = begin + block->size;
  const vector_clock& known = memory_.view_of(running_).clock;
  for (std::uint32_t i = 0; i != memory_.locations(); ++i) {
    const location& each = memory_.at(i);
    const auto* const object = static_cast<const std::byte*>(each.object);
    if (std::less<>()(object, begin) || !std::less<>()(object, end)) continue;
    if (const unsigned other = known.first_unknown(each.last_access); other != nobody)
      fail("freed, although nothing orders the use of #" + std::to_string(each.number) + " by T" +
           std::to_string(other) + " before it");
  }
  step_.everything();
  blocks_.mark_freed(*block);
  freed_.push_back({begin, end});
}

// Blocks that are alive and that no object for the whole process or thread leads to. As leak checkers do, it
// takes whatever looks like the address of a block for a pointer to it.
unsigned execution::leaked_blocks() {
  struct range {
    const std::byte* begin;
    std::size_t size;
  };
  list<range> reached;
  for (const own_object_record& each : own_objects_)
    reached.push_back({static_cast<std::byte*>(each.object), each.size});
  const auto reach = [&](std::uint64_t address) {
    if (!blocks_.owns(reinterpret_cast<const void*>(address))) return;
    if (arena::block* const found = blocks_.find(address); found != nullptr && !found->freed) {
      blocks_.mark_freed(*found);
      reached.push_back({reinterpret_cast<const std::byte*>(found + 1), found->size});
    }
  };
  for (std::size_t i = 0; i != reached.size() && blocks_.live_blocks() != 0; ++i) {
    const range here = reached[i];
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= here.size; at += sizeof(std::uint64_t)) {
      std::uint64_t address;
      std::memcpy(&address, here.begin + at, sizeof address);
      reach(address);
    }
    // Atomics keep their values elsewhere.
    for (std::uint32_t number = 0; number != memory_.locations(); ++number) {
      const location& each = memory_.at(number);
      const auto* const object = static_cast<const std::byte*>(each.object);
      if (!std::less<>()(object, here.begin) && std::less<>()(object, here.begin + here.size))
        reach(each.newest().bits[0]);
    }
  }
  return blocks_.live_blocks();
}

}  // namespace verify::detail
