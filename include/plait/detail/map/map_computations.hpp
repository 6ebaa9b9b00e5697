// SPDX-License-Identifier: MIT
// One thread at a time computes the value of a key, outside every lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_mark.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// The keys whose values are being computed. Few, as a rule: they are in a list. Whoever waits for another
// thread's computation is in a list, too, so that threads that would wait for each other, or one for itself,
// are told so instead.
template <class K>
class map_computations {
  struct computation;
  struct waiting;

 public:
  map_computations() noexcept = default;
  map_computations(const map_computations&) = delete;
  map_computations& operator=(const map_computations&) = delete;

  // As long as it lives, no other thread has the turn of this key, which outlives it.
  template <class Equal>
  class turn {
   public:
    // Waits for it. Throws std::logic_error if it would wait for ever, and what Equal throws.
    turn(map_computations& all, std::uint64_t hash, const K& key, const Equal& equal)
        : all_(all), mine_{hash, &key, thread_mark::mine(), nullptr} {
      waiting waits{mine_.by, nullptr, nullptr};
      const at_end_of_scope leave([&]() noexcept { all_.remove_waiting(waits); });
      const auto try_once = [&] {
        return all_.begin_or_wait(mine_, waits, equal) ? attempt::done : attempt::blocked;
      };
      if (try_once() != attempt::done) all_.ended_.wait(try_once, {});
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { all_.end(mine_); }

   private:
    map_computations& all_;
    computation mine_;
  };

 private:
  struct computation {
    std::uint64_t hash;
    const K* key;
    const thread_mark* by;
    computation* next;
  };
  struct waiting {
    const thread_mark* thread;
    const computation* what;  // null if it has ended
    waiting* next;
    bool is_listed = false;
  };

  // Begins `mine` if nobody else computes that key; otherwise lists what it waits for.
  template <class Equal>
  bool begin_or_wait(computation& mine, waiting& waits, const Equal& equal) {
    const std::lock_guard guard(lock_);
    const computation* other = computing_;
    while (other != nullptr && !(other->hash == mine.hash && equal(*other->key, *mine.key)))
      other = other->next;
    if (other == nullptr) {
      mine.next = std::exchange(computing_, &mine);
      return true;
    }
    if (is_held_up_by(*other, mine.by))
      throw std::logic_error(
          "plait::hash_map::get_or_insert_with: the function that computes the value of a key asks for the "
          "value of "
          "the same key, by itself or through another thread that waits for it");
    waits.what = other;
    if (!waits.is_listed) {
      waits.next = std::exchange(waiting_, &waits);
      waits.is_listed = true;
    }
    return false;
  }

  // Whether that computation waits for one of the thread's, directly or through others.
  bool is_held_up_by(const computation& that, const thread_mark* thread) const noexcept {
    const computation* next = &that;
    while (next != nullptr && next->by != thread) {
      const waiting* each = waiting_;
      while (each != nullptr && each->thread != next->by) each = each->next;
      next = each != nullptr ? each->what : nullptr;
    }
    return next != nullptr;
  }

  void remove_waiting(waiting& waits) noexcept {
    if (!waits.is_listed) return;
    const std::lock_guard guard(lock_);
    waiting** at = &waiting_;
    while (*at != &waits) at = &(*at)->next;
    *at = waits.next;
  }

  void end(computation& mine) noexcept {
    {
      const std::lock_guard guard(lock_);
      computation** at = &computing_;
      while (*at != &mine) at = &(*at)->next;
      *at = mine.next;
      for (waiting* each = waiting_; each != nullptr; each = each->next)
        if (each->what == &mine) each->what = nullptr;
    }
    ended_.notify_all();  // whoever waits has looked at the list under the lock, before or after this change
  }

  sync::mutex lock_;                  // guards the lists
  computation* computing_ = nullptr;  // each lives in the turn that it belongs to
  waiting* waiting_ = nullptr;
  event_count ended_;
};

}  // namespace PLAIT_NAMESPACE::detail
