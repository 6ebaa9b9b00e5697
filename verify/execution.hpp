// SPDX-License-Identifier: MIT
// One execution of a scenario: its threads, its memory, and the point before each visible operation at
// which another thread may go on instead. The names in seam.hpp are thin layers over this class.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include "allocation.hpp"
#include "fiber.hpp"
#include "footprint.hpp"
#include "memory.hpp"
#include "orders.hpp"
#include "strategy.hpp"
#include "trace.hpp"

namespace verify::detail {

// How one execution differs from the next, apart from the answers of the strategy.
struct rules {
  unsigned max_steps = 5000;
  unsigned spurious_events = 1;    // wake-ups and failures for no reason, in one execution
  unsigned processors = 1;         // what processor_count() says
  bool deadlines_may_help = true;  // false: it is a failure if only a deadline can go on
  unsigned fail_allocation = 0;    // the n-th allocation throws; 0: none does
  int frozen_thread = -1;          // is never run again ...
  unsigned frozen_after = 0;       // ... after so many steps of its own
};

// What an atomic remembers of its construction, and of where its values are kept since its first use: valid
// in one execution only.
struct handle {
  location* at = nullptr;
  std::uint64_t execution = 0;
  unsigned constructor = 0;
  stamp constructed = 0;
};

// The history of a plain object, for the detection of races.
struct plain_history {
  std::uint64_t execution = 0;
  bool alive = false;
  bool alive_outside = false;  // constructed before any execution, and there again for each
  unsigned writer = 0;
  stamp written = 0;
  vector_clock reads;
};

using time_stamp = std::int64_t;  // nanoseconds of the virtual clock
inline constexpr time_stamp no_deadline = INT64_MAX;

class execution {
 public:
  using thread_body = void (*)(void*);
  using exit_hook = void (*)() noexcept;

  execution();
  ~execution();

  // The execution that the caller is inside of; null outside of all.
  static execution* current() noexcept { return current_; }
  static arena& blocks() noexcept { return blocks_; }

  // Runs body(argument) as thread 0, to its end or to the first failure.
  void run(const rules& rules, strategy& chooser, trace* record, thread_body body, void* argument);

  // What went wrong; empty if nothing did.
  const std::string& failure() const noexcept { return failure_; }
  const list<answer>& answers() const noexcept { return answers_; }
  unsigned steps() const noexcept { return steps_; }
  unsigned steps_of(unsigned thread) const noexcept { return threads_[thread].steps; }
  bool was_cut_short() const noexcept { return cut_short_; }
  bool had_forced_timeout() const noexcept { return forced_timeout_; }
  unsigned allocations() const noexcept { return blocks_.allocations(); }

  // -- everything below is called from inside a scenario --

  [[noreturn]] void fail(std::string_view what, const site* where = nullptr);

  // Threads.
  unsigned spawn(thread_body body, void* argument);
  void join(thread_set threads, const site& where);
  // Until no other thread can go on, not even by a deadline.
  void wait_for_standstill(const site& where);
  void add_exit_hook(exit_hook hook);
  // The object for a key, made at first use and never destroyed: this thread's own, or one for all.
  void* own_object(const void* key, std::size_t size, std::size_t alignment, void (*construct)(void*)) {
    return object_of(running_, key, size, alignment, construct);
  }
  void* shared_object(const void* key, std::size_t size, std::size_t alignment, void (*construct)(void*)) {
    return object_of(nobody, key, size, alignment, construct);
  }

  // Atomics.
  handle begin_atomic() noexcept;
  location& resolve(handle& known, const void* object, const word& bits);
  word load(location& from, order o, const site& where);
  void store(location& to, const word& bits, order o, const site& where);
  // A read-modify-write in two halves with nothing in between: the value to change, then its successor.
  word begin_modify(location& at, const site& where);
  void end_modify(location& at, const word& bits, order o, const site& where);
  // True: exchanged. False: `expected` is the value found instead.
  bool compare_exchange(location& at, word& expected, const word& desired, order success, order failure,
                        bool may_fail_spuriously, const site& where);
  void fence(order o, const site& where);
  void process_wide_fence(const site& where);

  // Plain data.
  void construct_plain(plain_history& of, const site& where);
  void destroy_plain(plain_history& of, const site& where);
  void write_plain(plain_history& of, const site& where);
  void read_plain(plain_history& of, const site& where);

  // Waiting, until any of the places is woken. sleep() is false when the deadline ended it.
  struct sleeping_place {
    location& at;
    word expected;
  };
  bool sleep(std::span<const sleeping_place> places, time_stamp deadline, const site& where);
  void wake(location& at, int count, const site& where);
  void lock(location& mutex, const site& where);
  bool try_lock(location& mutex, const site& where);
  void unlock(location& mutex, const site& where);
  void step_aside(std::string_view what, const site& where);
  // That looking takes time is not held to be a step that others depend on: a deadline is many looks away.
  time_stamp now() noexcept {
    step_.read(&now_);
    return now_ += 1000;
  }
  unsigned processors() const noexcept { return rules_.processors; }

  // While one of these lives, no other thread runs unless this one has to wait.
  class undisturbed {
   public:
    explicit undisturbed(execution& in) noexcept : in_(in) { ++in_.undisturbed_; }
    ~undisturbed() { --in_.undisturbed_; }
    undisturbed(const undisturbed&) = delete;
    undisturbed& operator=(const undisturbed&) = delete;

   private:
    execution& in_;
  };
  void point(const site& where);

  // A call of a history begins with the next step, or ends with this one. Both return the moment: moments
  // pass with steps and ends of calls.
  void begin_call() noexcept { threads_[running_].call_begun = 0; }
  struct call_times {
    std::uint64_t begin;
    std::uint64_t end;
  };
  call_times end_call() noexcept;

  // What other threads do may depend on what this one does now, in a way that the checker cannot see.
  void depends_on_everything() noexcept { step_.everything(); }

  void* allocate(std::size_t size, std::size_t alignment);
  void deallocate(void* memory);

 private:
  enum class thread_state : std::uint8_t { unused, ready, sleeping, locking, joining, watching, finished };

  struct thread_record {
    thread_state state = thread_state::unused;
    bool timed_out = false;    // how its sleep ended
    thread_set lets_pass = 0;  // stepped aside until each of these has made a step
    thread_set joins = 0;      // waits for the end of these
    unsigned idle = 0;         // reads and pauses in a row that told it nothing new
    unsigned steps = 0;
    std::uint64_t call_begun = 1;  // the moment of the first step of a call; 0: there was none yet
    list<const location*> waits_for;
    time_stamp deadline = no_deadline;
    site where;
    thread_body body = nullptr;
    void* argument = nullptr;
    list<exit_hook> exit_hooks;
    std::unique_ptr<fiber> runs_on;
  };
  struct own_object_record {
    const void* key;
    unsigned thread;
    void* object;
    std::size_t size;
    view constructed;
  };

  struct freed_memory {
    const std::byte* begin;
    const std::byte* end;
  };

  static constexpr unsigned idle_limit = 12;
  static constexpr unsigned nobody = max_threads;

  void* object_of(unsigned thread, const void* key, std::size_t size, std::size_t alignment,
                  void (*construct)(void*));

  static void run_thread(void* argument);
  void finish_thread();
  [[noreturn]] void leave();
  void make_step() noexcept;

  bool can_run(unsigned thread) const noexcept;
  bool is_frozen(unsigned thread) const noexcept {
    return static_cast<int>(thread) == rules_.frozen_thread && threads_[thread].steps >= rules_.frozen_after;
  }
  answer ask(unsigned answers, cost price);
  bool happens_for_no_reason();
  thread_set ready_threads() const noexcept;
  thread_set timed_sleepers() const noexcept;
  bool is_let_pass(unsigned thread) const noexcept;  // has somebody stepped aside for it?
  void time_out(unsigned thread) noexcept;
  // The thread to go on, nobody if there is none.
  unsigned pick_next(bool can_stay);
  unsigned pick_timeout(thread_set sleepers);
  void switch_to(unsigned thread);
  void block(thread_state why, const site& where);
  void let_others_pass();
  unsigned wake_watcher() noexcept;
  std::string waiting_threads() const;
  std::string standstill() const;
  unsigned leaked_blocks();

  std::uint32_t choose_value(location& from, std::uint32_t oldest);
  void note_read(location& from, std::uint32_t index);
  void note_footprint(const location& from, std::uint32_t index, order o);
  void enter(location& at, const site& where);
  void check_usable(const location& at, const site& where);
  bool waits_for(unsigned thread, const location& place) const noexcept {
    const list<const location*>& places = threads_[thread].waits_for;
    return std::find(places.begin(), places.end(), &place) != places.end();
  }
  void check_plain(const plain_history& of, bool writes, std::string_view what, const site& where);
  void adopt_plain(plain_history& of) const noexcept;
  void check_not_freed(const void* object, const site& where);
  void record(std::string_view what, const location& at, const word& bits, const site& where,
              std::string_view remark = {});
  void record(std::string what, const site& where);

  static inline execution* current_ = nullptr;
  static inline arena blocks_;
  static inline std::uint64_t executions_ = 0;

  rules rules_;
  strategy* chooser_ = nullptr;
  trace* trace_ = nullptr;
  memory memory_;
  host_context host_;
  std::array<thread_record, max_threads> threads_;
  unsigned thread_count_ = 0;
  unsigned running_ = 0;
  unsigned steps_ = 0;
  unsigned undisturbed_ = 0;
  unsigned spurious_left_ = 0;
  bool forced_timeout_ = false;
  bool cut_short_ = false;  // left in the middle, for the strategy had seen the rest
  footprint step_;          // of the thread that runs, since its last scheduling point
  std::uint64_t moment_ = 0;
  time_stamp now_ = 0;
  list<answer> answers_;
  list<own_object_record> own_objects_;
  arena own_memory_;
  list<freed_memory> freed_;
  std::string failure_;
};

}  // namespace verify::detail
