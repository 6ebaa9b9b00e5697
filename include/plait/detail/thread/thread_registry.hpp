// SPDX-License-Identifier: MIT
// Small dense numbers for threads, so that what each thread owns can be kept in an array.
//
// A thread gets the smallest free number when it first asks, and keeps it until it has run the destructors of
// its thread_local objects. A destructor that runs after that and asks again gets a number again, which is
// given back in the next round of destructors: POSIX promises four rounds. If four are not enough, the number
// stays taken. In a child of fork(), the numbers of the parent's other threads stay taken too.
//
// What one owner of a number does happens before what its next owner does, so that a plain variable for each
// number has one writer at any time and loses no write (see index_pool).
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/index_pool.hpp>

namespace PLAIT_NAMESPACE::detail {

using thread_id = std::uint32_t;

// What a thread must do before it gives its id back, such as to forget a pointer that it has cached for that
// id. Lives in the thread's own sync::per_thread() state.
struct exit_hook {
  void (*run)() noexcept = nullptr;
  exit_hook* next = nullptr;
  bool armed = false;
};

class [[gnu::visibility("default")]] thread_registry {
 public:
  // The calling thread's id. Throws only when it has none yet: std::bad_alloc or std::system_error.
  static thread_id this_thread() {
    const identity& mine = sync::per_thread<identity>();
    if (mine.id == nobody) [[unlikely]]
      sync::rarely<&enrol>();
    return mine.id;
  }

  // Whether the calling thread is inside enrol() or leave(). Code that interrupts these, a signal handler or
  // operator new, must not ask for the id.
  static bool is_at_work() noexcept { return sync::per_thread<identity>().is_at_work; }

  // Arms `hook`, to run once before the calling thread gives its id back. A hook may arm itself or others
  // again: the id is given back when all have run and none is armed.
  static void before_release(exit_hook& hook) {
    this_thread();
    if (hook.armed) return;
    identity& mine = sync::per_thread<identity>();
    hook.armed = true;
    hook.next = std::exchange(mine.hooks, &hook);
  }

 private:
  static constexpr thread_id nobody = std::numeric_limits<thread_id>::max();

  struct identity {
    thread_id id = nobody;
    exit_hook* hooks = nullptr;
    bool is_at_work = false;
  };

  // Sets is_at_work for its lifetime.
  class at_work {
   public:
    explicit at_work(identity& mine) noexcept : mine_(mine) {
      mine_.is_at_work = true;
      sync::signal_fence();
    }
    ~at_work() {
      sync::signal_fence();
      mine_.is_at_work = false;
    }
    at_work(const at_work&) = delete;
    at_work& operator=(const at_work&) = delete;

   private:
    identity& mine_;
  };

  using ids = index_pool<thread_registry>;

  static void enrol() {
    identity& mine = sync::per_thread<identity>();
    const at_work now(mine);
    sync::at_thread_exit<&leave>();
    mine.id = ids::take();
  }

  static void leave() noexcept {
    identity& mine = sync::per_thread<identity>();
    if (mine.id == nobody) return;  // take() threw
    const at_work now(mine);
    while (mine.hooks != nullptr) {
      exit_hook& hook = *std::exchange(mine.hooks, mine.hooks->next);
      hook.armed = false;
      hook.run();
    }
    ids::give_back(std::exchange(mine.id, nobody));
  }
};

}  // namespace PLAIT_NAMESPACE::detail
