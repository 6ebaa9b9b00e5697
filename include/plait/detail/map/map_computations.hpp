// SPDX-License-Identifier: MIT
// One thread at a time computes the value of a key, outside every lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_mark.hpp>
#include <plait/detail/thread/thread_waits.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// The keys whose values are being computed. Few, as a rule: they are in a list. Whoever waits for another
// thread's computation is in a list, too, so that threads that would wait for each other, or one for itself,
// are told so instead.
template <class K>
class map_computations {
  struct computation;
  using waits = thread_waits<computation>;

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
      typename waits::waiting wait{.thread = mine_.thread};
      bool is_listed = false;
      const at_end_of_scope leave([&]() noexcept {
        if (is_listed) all_.stop_waiting(wait);
      });
      const auto try_once = [&] {
        return all_.begin_or_wait(mine_, wait, is_listed, equal) ? attempt::done : attempt::blocked;
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
    const thread_mark* thread;
    computation* next;

    const thread_mark* by() const noexcept { return thread; }  // it is over when nobody can see it any more
  };

  // Begins `mine` if nobody else computes that key; otherwise lists what it waits for.
  template <class Equal>
  bool begin_or_wait(computation& mine, typename waits::waiting& wait, bool& is_listed, const Equal& equal) {
    const std::lock_guard guard(lock_);
    const computation* other = computing_;
    while (other != nullptr && !(other->hash == mine.hash && equal(*other->key, *mine.key)))
      other = other->next;
    if (other == nullptr) {
      mine.next = std::exchange(computing_, &mine);
      return true;
    }
    if (waits_.is_held_up_by(*other, mine.thread))
      throw std::logic_error(
          "plait::hash_map::get_or_insert_with: the function that computes the value of a key asks for the "
          "value of the same key, by itself or through another thread that waits for it");
    wait.what = other;
    if (!std::exchange(is_listed, true)) waits_.add(wait);
    return false;
  }

  void stop_waiting(typename waits::waiting& wait) noexcept {
    const std::lock_guard guard(lock_);
    waits_.remove(wait);
  }

  void end(computation& mine) noexcept {
    {
      const std::lock_guard guard(lock_);
      computation** at = &computing_;
      while (*at != &mine) at = &(*at)->next;
      *at = mine.next;
      waits_.forget(mine);
    }
    ended_.notify_all();  // whoever waits has looked at the list under the lock, before or after this change
  }

  sync::mutex lock_;                  // guards the lists
  computation* computing_ = nullptr;  // each lives in the turn that it belongs to
  waits waits_;
  event_count ended_;
};

}  // namespace PLAIT_NAMESPACE::detail
