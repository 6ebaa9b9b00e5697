// SPDX-License-Identifier: MIT
// Where threads record which locks they hold for reading, each on a cache line of its own.
#pragma once

#include <array>
#include <cstddef>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_registry.hpp>
#include <plait/detail/thread/thread_slots.hpp>

namespace PLAIT_NAMESPACE::detail {

// A few slots for each thread id, for all locks of the process. Only the owner of the id writes them. A slot
// holds the address of a lock, or null. They stay when the thread ends, empty, for the next owner of the id. A
// child of fork() empties those of threads that it does not have.
class [[gnu::visibility("default")]] reader_slots {
 public:
  using slot = sync::atomic<const void*>;

  // The calling thread's first slot, if it holds `lock`, and else null. Null is what a free slot holds.
  static slot* first(const void* lock) noexcept {
    row* const own = sync::per_thread<attached>().own;
    // relaxed: this thread wrote it
    return own != nullptr && own->slots[0].load(sync::relaxed) == lock ? own->slots.data() : nullptr;
  }

  // Any slot of the calling thread that holds `lock`; null if there is none.
  [[gnu::noinline]] static slot* find(const void* lock) noexcept {
    row* const own = sync::per_thread<attached>().own;
    if (own == nullptr) return nullptr;
    for (slot& each : own->slots)
      if (each.load(sync::relaxed) == lock) return &each;  // relaxed: as above
    return nullptr;
  }

  // Gives the calling thread its slots. False if that is impossible now: there is no memory, or operator new
  // calls this while the thread is getting them.
  static bool attach() noexcept {
    attached& mine = sync::per_thread<attached>();
    if (mine.own != nullptr) return true;
    if (mine.is_attaching || thread_registry::is_at_work()) return false;
    mine.is_attaching = true;
    try {
      thread_registry::before_release(mine.hook);
      row& made = rows().mine();
      sync::around_fork<nullptr, nullptr, &forget_others>();
      mine.own = &made;
    } catch (...) {
      mine.own = nullptr;  // the next attempt tries again
    }
    mine.is_attaching = false;
    return mine.own != nullptr;
  }

  // Whether any thread has `lock` in a slot, looking with `look`(slot).
  template <class Look>
  static bool any(const void* lock, Look look) noexcept {
    bool found = false;
    rows().for_each([&](const row& each) {
      for (const slot& one : each.slots) found |= look(one) == lock;
    });
    return found;
  }

 private:
  struct alignas(cache_line) row {
    std::array<slot, sync::sized(7, 1)> slots{};  // free ones are null
  };
  struct attached {
    exit_hook hook{.run = &detach};
    row* own = nullptr;  // this thread's, once it has asked for them
    bool is_attaching = false;
  };

  static thread_slots<row>& rows() noexcept { return sync::per_process<thread_slots<row>>(); }
  static void detach() noexcept { sync::per_thread<attached>().own = nullptr; }

  // In a child of fork(): the other threads are not there, and new locks may have the addresses of theirs.
  static void forget_others() noexcept {
    const row* const own = sync::per_thread<attached>().own;
    rows().for_each([&](row& each) {
      if (&each == own) return;
      for (slot& one : each.slots) one.store(nullptr, sync::relaxed);  // relaxed: there is one thread
    });
  }
};

}  // namespace PLAIT_NAMESPACE::detail
