// SPDX-License-Identifier: MIT
// Small dense numbers for threads, so that what each thread owns can stand in an array.
//
// A thread gets the smallest free number when it first asks, and keeps it until it has run the
// destructors of its thread_local objects. A destructor that runs later still and asks again gets a
// number again, and that is given back in the next round: POSIX promises four. If all four are not
// enough, the number stays taken; nothing else happens. So does the number of a thread that a fork()
// left behind: its copy does not exist in the child.
//
// Everything written under a number happens before everything done under it by its next owner, so that
// a plain variable for each number has one writer at any time and loses nothing (see index_pool).
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/index_pool.hpp>

namespace PLAIT_NAMESPACE::detail {

using thread_id = std::uint32_t;

// What a thread must undo before it gives its id back: forget a pointer it has cached under that id, say.
// Lives in the thread's own sync::per_thread() state.
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

  // Whether the calling thread is getting its id just now, or giving it back. Code that runs in the middle of
  // that, a signal handler or operator new, must not ask for the id.
  static bool is_at_work() noexcept { return sync::per_thread<identity>().is_at_work; }

  // Has `hook` run once before the calling thread gives its id back. A hook may arm itself or others
  // again: all have run, and none is armed, when the id goes.
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

  // Says so as long as it lives.
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
