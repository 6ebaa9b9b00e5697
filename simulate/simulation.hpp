// SPDX-License-Identifier: MIT
// Threads on simulated processors, one on each. Every thread has a clock of its own, which its steps move on by
// what they cost; the thread whose clock is earliest makes the next step. All run on one thread of the
// operating system, so memory is sequentially consistent and a run is the same each time.
//
// A step is what a thread does through the seam: everything else takes no time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include <simulate/caches.hpp>

#include <verify/fiber.hpp>

namespace simulate {

// Every thread sleeps, and nobody will wake one.
class deadlock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class simulation {
 public:
  // From 1 to 64 cores, which structures see from the beginning, before there is a thread. Of threads whose
  // clocks show the same, chance decides which runs: by the seed.
  simulation(const costs& prices, unsigned cores, std::uint64_t seed = 1);
  ~simulation();
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;

  // The one there is, or null.
  static simulation* current() noexcept { return current_; }
  // The same, if the caller is one of its threads: what is done outside of them takes no time.
  static simulation* running() noexcept {
    return current_ != nullptr && current_->running_ != nullptr ? current_ : nullptr;
  }

  // A thread on a core of its own. They begin together.
  void add(std::function<void()> body);

  // Returns when all threads have ended. Throws deadlock, or the first exception that left a thread.
  void run();

  // Of the calling thread.
  duration now() const noexcept { return running_->clock; }
  const traffic& done() noexcept { return caches_.of(running_->core); }

  // What follows is the seam's.

  unsigned cores() const noexcept { return cores_; }

  // Steps of the calling thread. Each returns when it is this thread's turn and the step has been paid for, so
  // that the caller may read and write the memory.
  void load(const volatile void* address);
  void store(const volatile void* address);
  void modify(const volatile void* address);
  void load_range(const void* first, std::size_t bytes);
  void store_range(const void* first, std::size_t bytes);
  void fence();
  void process_wide_fence();
  void prefetch(const void* address, bool to_write);
  void pause() { pass(prices_.pause); }
  void yield() { pass(prices_.yield); }
  void read_clock() { pass(prices_.clock_read); }
  void call_system();

  // Time passes. Then it is this thread's turn.
  void pass(duration time);

  // Sleeps until woken at one of these addresses, or until `deadline`: then false. Called right after
  // call_system(): no other thread runs before a wake finds this one asleep.
  bool sleep(std::span<const void* const> addresses, duration deadline);
  void wake(const void* address, int count);

  // An object of the calling thread, which the first call with this key constructs.
  void* own(const void* key, std::size_t bytes, void (*construct)(void* memory));
  // Called when the calling thread ends.
  void at_thread_exit(void (*hook)() noexcept);

 private:
  static constexpr duration never = duration::max();

  struct thread {
    unsigned core = 0;
    std::function<void()> body;
    verify::detail::fiber stack;
    duration clock{};
    std::uint64_t turn = 0;  // of the entry in turns_ that counts; the others are old
    bool has_ended = false;

    // The times at which the last stores reach the cache.
    std::vector<duration> stores;
    std::size_t next_store = 0;
    duration last_store{};

    std::vector<const void*> sleeps_at;
    bool was_woken = false;

    struct own_object {
      const void* key;
      std::unique_ptr<std::max_align_t[]> memory;
    };
    std::vector<own_object> own_objects;
    std::vector<void (*)() noexcept> exit_hooks;
  };

  struct turn {
    duration time;
    std::uint64_t chance;
    std::uint64_t number;
    thread* whose;
    bool operator>(const turn& other) const noexcept {
      return time != other.time ? time > other.time : chance > other.chance;
    }
  };

  static void enter(void* own);
  void end_thread() noexcept;
  void await_turn();
  void await_line(std::uintptr_t address);
  void queue_up(thread& which);
  thread* take_next() noexcept;
  void switch_from(verify::detail::context& here) noexcept;
  duration stored_at(duration arrives);
  void drain_stores() noexcept;

  static inline simulation* current_ = nullptr;

  const costs prices_;
  const unsigned cores_;
  caches caches_;
  std::mt19937_64 chance_;
  std::vector<std::unique_ptr<thread>> threads_;
  std::priority_queue<turn, std::vector<turn>, std::greater<>> turns_;
  std::uint64_t turns_made_ = 0;
  thread* running_ = nullptr;
  unsigned alive_ = 0;
  std::exception_ptr failure_;
  verify::detail::host_context host_;
};

}  // namespace simulate
