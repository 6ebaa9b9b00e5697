// SPDX-License-Identifier: MIT
// One execution of a scenario: its threads, and what they do to memory. The names in seam.hpp are thin layers
// over this class.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "heap.hpp"
#include "memory.hpp"
#include "orders.hpp"
#include "scheduler.hpp"
#include "strategy.hpp"
#include "trace.hpp"

namespace verify::detail {

// What an atomic stores of its construction and, since its first use, of where its values are kept. Valid in
// one execution only.
struct handle {
  location* at = nullptr;
  std::uint64_t execution = 0;
  unsigned constructor = 0;
  stamp constructed = 0;
};

// Who holds a lock: its state, as the value of an atomic.
struct lock_holders {
  std::uint64_t writer = 0;   // the number of the thread that holds it for itself, plus one; 0: none
  std::uint64_t readers = 0;  // bit t: thread t reads
};

// Where the record of a plain object is. Valid in one execution only.
struct plain_handle {
  std::uint64_t execution = 0;
  std::uint32_t number = 0;
  bool alive_outside = false;  // constructed before any execution, and alive in each
};

// Whether the system that the execution sees has membarrier. True at the beginning of each execution.
inline bool has_process_wide_fence = true;

class execution : public scheduler {
 public:
  // The execution that the caller is inside; null outside of any.
  static execution* current() noexcept { return current_; }

  // Runs body(argument) as thread 0, to its end or to the first failure.
  void run(const rules& rules, strategy& chooser, trace* record, thread_body body, void* argument);

  unsigned allocations() const noexcept { return heap_.allocations(); }

  // -- everything below is called from inside a scenario --

  // Threads.
  unsigned spawn(thread_body body, void* argument);
  void join(thread_set threads, const site& where);
  // The object for a key, made at first use and never destroyed: this thread's own, or one for all.
  void* own_object(const void* key, std::size_t size, std::size_t alignment, void (*construct)(void*)) {
    return object_of(running_, key, size, alignment, construct);
  }
  void* shared_object(const void* key, std::size_t size, std::size_t alignment, void (*construct)(void*)) {
    return object_of(nobody, key, size, alignment, construct);
  }

  // Atomics.
  handle begin_atomic(const void* object) noexcept;
  location& resolve(handle& known, const void* object, const word& bits) {
    return known.execution == executions_ && known.at != nullptr ? *known.at
                                                                 : resolve_first(known, object, bits);
  }
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
  void construct_plain(plain_handle& of, const site& where);
  void destroy_plain(plain_handle& of, const site& where);
  // Begins the life of an object together with that of its place; a trace shows it only if it races.
  void begin_plain(plain_handle& of, const site& where);
  // Ends the life of the place, whether or not it holds an object.
  void end_plain(plain_handle& of, const site& where);
  void write_plain(plain_handle& of, const site& where);
  void read_plain(plain_handle& of, const site& where);

  // Waits until any of the places is woken. sleep() returns false if the deadline ended the wait.
  struct sleeping_place {
    location& at;
    word expected;
  };
  bool sleep(std::span<const sleeping_place> places, time_stamp deadline, const site& where);
  void wake(location& at, int count, const site& where);
  void wake_if_there(location& at, int count, const site& where);  // what was there may have been freed
  // Sleeps there until it is woken, whatever the value. No scheduling point comes before it: the caller has
  // given back a lock in this step.
  bool sleep_at(location& at, time_stamp deadline, const site& where);

  // Locks. The value of the atomic begins with the number of the thread that holds it, plus one.
  void lock(location& mutex, const site& where);
  bool try_lock(location& mutex, const site& where);
  void unlock(location& mutex, const site& where);
  bool holds(const location& mutex) const noexcept { return mutex.newest().bits[0] == running_ + 1; }
  // Of a lock that can be shared, whose value is a lock_holders. A reader learns what was done before the last
  // unlock_by_writer(), by the second atomic, and not what other readers did.
  void unlock_by_writer(location& holders, location& written, const site& where);
  void lock_shared(location& holders, location& written, const site& where);
  bool try_lock_shared(location& holders, location& written, const site& where);
  void unlock_shared(location& holders, const site& where);

  // Where a call of a history begins and ends, in the happens-before order.
  struct call_begin {
    vector_clock known;
    stamp own;
    unsigned standstills;
  };
  struct call_end {
    unsigned thread;
    stamp when;
    unsigned standstills;

    bool is_before(const call_begin& other) const noexcept {
      return other.known[thread] >= when || other.standstills > standstills;
    }
  };
  call_begin begin_call() const noexcept;
  call_end end_call(const call_begin& began) noexcept;

  // While one of these lives, the callbacks of a stop request run: each was registered before, and what it uses
  // had been constructed by then, though that is all that the request orders.
  class calling_back {
   public:
    explicit calling_back(execution& in) noexcept : alone_(in), in_(in) { in_.calls_back_ = true; }
    ~calling_back() { in_.calls_back_ = false; }
    calling_back(const calling_back&) = delete;
    calling_back& operator=(const calling_back&) = delete;

   private:
    undisturbed alone_;
    execution& in_;
  };

  // Says that other threads' steps may depend on what this one does now, in a way that the checker cannot see.
  void depends_on_everything() noexcept { step_.everything(); }

  void* allocate(std::size_t size, std::size_t alignment);
  void deallocate(void* memory, const void* return_address);

  // For traces: a name for the objects in a range of memory, and the value that the last step has read or
  // written.
  void name(const void* begin, std::size_t size, std::string_view called);
  bool is_traced() const noexcept { return trace_ != nullptr; }
  void show_value(std::string_view value);

 private:
  void* object_of(unsigned thread, const void* key, std::size_t size, std::size_t alignment,
                  void (*construct)(void*));

  location& resolve_first(handle& known, const void* object, const word& bits);
  std::uint32_t choose_value(location& from, std::uint32_t oldest);
  void note_read(location& from, std::uint32_t index);
  inline void enter(location& at, const site& where);
  inline void check_usable(const location& at, const site& where);
  plain_record& record_of(plain_handle& of);
  void access_plain(plain_record& of, bool writes, std::string_view does, std::string_view what,
                    const site& where);
  [[noreturn]] void fail_race(const plain_record& of, unsigned other, std::string_view what, const site& where);
  [[noreturn]] void fail_use_after_free(const void* object, const site& where);
  inline void check_not_freed(const void* object, const site& where);
  bool fall_asleep(std::span<const sleeping_place> places, time_stamp deadline, const site& where);
  void wake_sleepers(location& at, int count, const site& where);
  void wait_until_free(location& holders, bool of_writers_only, const site& where);
  void share(location& holders, location& written, const site& where);
  void wake_those_who_want(const location& mutex) noexcept;
  using scheduler::record;
  // Records what is done to an atomic; `value` is empty if it tells nothing.
  void record(std::string_view what, const location& at, std::string_view value, const site& where,
              trace::use of = {nullptr});
  // For a trace alone, as are the next two.
  void record_load(std::string_view what, const location& at, std::uint32_t index, order o, const site& where,
                   std::string_view remark = {});
  void record_store(std::string_view what, const location& at, order o, const site& where);
  void record_modify(std::string_view what, const location& at, order o, const site& where);
  // A lock is taken: what the thread reads was written when it was given back.
  void record_lock(std::string_view what, const location& at, const site& where);
  std::string name_of(const void* object);
  std::string other_side(unsigned thread, const void* object, std::size_t size, bool writes_only);

  static inline execution* current_ = nullptr;
  static inline std::uint64_t executions_ = 0;

  memory memory_;
  heap heap_;
  unsigned reuses_left_ = 0;
  bool calls_back_ = false;
};

}  // namespace verify::detail
