// SPDX-License-Identifier: MIT
// The threads of one execution: which one runs, the scheduling point before each visible operation, how threads
// wait for each other, and the virtual clock. What they do to memory is in execution.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

#include "allocation.hpp"
#include "fiber.hpp"
#include "footprint.hpp"
#include "orders.hpp"
#include "strategy.hpp"
#include "trace.hpp"

namespace verify::detail {

// The parameters of an execution, apart from the answers of the strategy.
struct rules {
  unsigned max_steps = 5000;
  unsigned spurious_events = 1;    // spurious wake-ups and failures, in one execution
  unsigned reused_addresses = 1;   // how often new returns what was freed before
  unsigned processors = 1;         // what processor_count() returns
  bool deadlines_may_help = true;  // false: it is a failure if only a deadline can end a wait
  unsigned fail_allocation = 0;    // the n-th allocation throws; 0: none does
  int frozen_thread = -1;          // is never run again ...
  unsigned frozen_after = 0;       // ... after so many steps of its own
};

using time_stamp = std::int64_t;  // nanoseconds of the virtual clock
inline constexpr time_stamp no_deadline = INT64_MAX;

class scheduler {
 public:
  using thread_body = void (*)(void*);
  using exit_hook = void (*)() noexcept;

  scheduler() = default;
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  // What went wrong; empty if nothing did.
  const std::string& failure() const noexcept { return failure_; }
  const list<answer>& answers() const noexcept { return answers_; }
  unsigned steps() const noexcept { return steps_; }
  unsigned steps_of(unsigned thread) const noexcept { return threads_[thread].steps; }
  bool was_cut_short() const noexcept { return cut_short_; }
  bool had_forced_timeout() const noexcept { return forced_timeout_; }
  // The signal of the crash that ended it; 0: none did.
  int crash_signal() const noexcept { return crash_signal_; }

  // -- everything below is called from inside a scenario --

  [[noreturn]] void fail(std::string_view what, const site* where = nullptr);
  // Ends the execution, called by the handler of the signal; `address` is what could not be accessed, if that
  // is known.
  [[noreturn]] void crash(int signal, const void* address) noexcept;

  // Waits until no other thread can continue, not even by a deadline.
  void wait_for_standstill(const site& where);
  void add_exit_hook(exit_hook hook);
  void step_aside(std::string_view what, const site& where);
  // Two reads of the clock depend on each other: the first thread to read has the earlier deadline.
  time_stamp now() noexcept {
    step_.write(&now_);
    return now_ += 1000;
  }
  void pass(time_stamp time) noexcept {
    step_.write(&now_);
    now_ += time;
  }
  unsigned processors() const noexcept { return rules_.processors; }
  unsigned running() const noexcept { return running_; }
  // The running thread's next operations are made by a function that returns there (value_word.hpp).
  void called_from(const void* return_address) noexcept { threads_[running_].return_address = return_address; }

  // During its lifetime, no other thread runs unless this one has to wait.
  class undisturbed {
   public:
    explicit undisturbed(scheduler& in) noexcept : in_(in) { ++in_.undisturbed_; }
    ~undisturbed() { --in_.undisturbed_; }
    undisturbed(const undisturbed&) = delete;
    undisturbed& operator=(const undisturbed&) = delete;

   private:
    scheduler& in_;
  };
  void point(const site& where);

 protected:
  enum class thread_state : std::uint8_t { unused, ready, sleeping, locking, joining, watching, finished };

  struct thread_record {
    thread_state state = thread_state::unused;
    bool timed_out = false;    // how its sleep ended
    thread_set lets_pass = 0;  // it does not run until each of these has made a step
    thread_set joins = 0;      // waits for the end of these
    unsigned idle = 0;         // reads and pauses in a row that gave it no new value
    unsigned steps = 0;
    list<const void*> waits_for;  // the places on which it sleeps
    time_stamp deadline = no_deadline;
    site where;
    const void* return_address = nullptr;  // the place of what it does, where no site says it
    thread_body body = nullptr;
    void* argument = nullptr;
    list<exit_hook> exit_hooks;
    std::unique_ptr<fiber> runs_on;
  };

  // Runs body(argument) as thread 0 until no thread can continue or something has failed.
  void run_threads(const rules& rules, strategy& chooser, trace* record, thread_body body, void* argument);
  unsigned spawn(thread_body body, void* argument);
  // Waits until all of these have ended.
  void join(thread_set threads, const site& where);
  void block(thread_state why, const site& where);
  void set_state(unsigned thread, thread_state to) noexcept;
  void let_others_pass();
  answer ask(unsigned answers, cost price);
  bool happens_for_no_reason();
  bool waits_for(unsigned thread, const void* place) const noexcept {
    const list<const void*>& places = threads_[thread].waits_for;
    return std::find(places.begin(), places.end(), place) != places.end();
  }
  void record(std::initializer_list<std::string_view> what, const site& where);

  std::string place_in_words(const site& where, const void* return_address) const;

  static constexpr unsigned idle_limit = 12;
  static constexpr unsigned nobody = max_threads;

  rules rules_;
  trace* trace_ = nullptr;
  std::array<thread_record, max_threads> threads_;
  unsigned thread_count_ = 0;
  unsigned running_ = 0;
  footprint step_;  // of the running thread, since its last scheduling point
  time_stamp now_ = 0;
  unsigned standstills_ = 0;  // so far
  std::string failure_;

 private:
  // Which threads may make the next step, and which of those that sleep have a deadline.
  struct candidates {
    thread_set eligible;
    thread_set timed;
  };

  static void run_thread(void* argument);
  void finish_thread();
  [[noreturn]] void leave();
  void make_step() noexcept;

  bool is_frozen(unsigned thread) const noexcept {
    return static_cast<int>(thread) == rules_.frozen_thread && threads_[thread].steps >= rules_.frozen_after;
  }
  thread_set frozen_threads() const noexcept;
  bool is_let_pass(unsigned thread) const noexcept;  // whether another thread has stepped aside for it
  void time_out(unsigned thread) noexcept;
  inline candidates find_candidates() noexcept;
  // The thread to run next; `nobody` if none can.
  unsigned pick_next();
  // Ends the sleep of one, while `late` others sleep on whose deadlines are earlier: timers may expire late.
  unsigned pick_timeout(thread_set sleepers, unsigned late);
  void switch_to(unsigned thread);
  unsigned wake_watcher() noexcept;
  std::string waiting_threads() const;
  std::string standstill() const;

  strategy* chooser_ = nullptr;
  host_context host_;
  // What their records say of all threads:
  thread_set ready_ = 0;
  thread_set timed_ = 0;   // sleep with a deadline
  thread_set polite_ = 0;  // let others pass
  unsigned steps_ = 0;
  unsigned undisturbed_ = 0;
  unsigned spurious_left_ = 0;
  bool forced_timeout_ = false;
  int crash_signal_ = 0;
  bool stack_overflow_ = false;
  bool cut_short_ = false;  // abandoned, because the strategy has explored the rest
  list<answer> answers_;
};

}  // namespace verify::detail
