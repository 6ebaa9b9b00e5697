// SPDX-License-Identifier: MIT
// A word whose lowest bit is a lock, and whose other bits the owner defines.
#pragma once

#include <cstdint>
#include <functional>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// A lock that shares its word with data of the owner: counts, flags, a version. Taking or releasing the lock
// may change the owner's bits in the same step. try_change() may also change them while another thread holds
// the lock, so the holder never stores the word but adds to it.
//
//   bits 63 .. 1   the owner's
//   bit 0          locked: a thread holds the lock
//
// A thread that finds the lock taken waits at an event count. Releasing the lock wakes one waiter, which later
// releases the lock itself, so no waiter is forgotten.
//
// Edges:  guarded   word_   seq_cst in unlock, try_change -> acquire in try_lock: what the lock protects, and
//                           what was done before a change without it
//         claimed   word_   seq_cst: releases, changes and looks at the word are one sequence, so that
//                           event_count's two cases hold, and so that the owner's bits of two words can be
//                           compared. Taking the lock need not be part of it, because a release follows
class locked_word {
 public:
  using bits = std::uint64_t;
  static constexpr bits locked = 1;

  locked_word() noexcept = default;
  locked_word(const locked_word&) = delete;
  locked_word& operator=(const locked_word&) = delete;

  bits look() const noexcept { return word_.load(sync::seq_cst); }  // seq_cst claimed

  // For the holder's own bits, for a guess that try_change() will decide on, or after the last call.
  bits peek() const noexcept { return word_.load(sync::relaxed); }  // relaxed: for the uses above

  // Takes the lock if it is free, and sets the owner's bits to those of change(found). `found` is then the word
  // before that; if the lock is not free, a word with the bit `locked`.
  template <class Change = std::identity>
  bool try_lock(bits& found, Change change = {}) noexcept {
    found = look();
    while ((found & locked) == 0) {
      if (word_.compare_exchange_weak(found, change(found) | locked, sync::acquire,  // acquire guarded
                                      sync::relaxed))  // relaxed: fails if locked, or is tried again
        return true;
    }
    return false;
  }

  // Takes the lock, waiting for it if need be.
  template <class Change = std::identity>
  void lock(bits& found, pace look_at = pace_of_items, Change change = {}) noexcept {
    if (!try_lock(found, change)) [[unlikely]]
      wait_and_lock(found, look_at, change);
  }

  // Releases the lock, which the caller holds, and adds to the owner's bits in the same step.
  void unlock(bits added = 0) noexcept {
    word_.fetch_add(added - locked, sync::seq_cst);  // seq_cst guarded, claimed
    released_.notify_one();
  }

  // Changes the owner's bits, whether or not the lock is held. If the word is not `found`, sets `found` to it
  // and returns false. May fail spuriously.
  bool try_change(bits& found, bits changed) noexcept {
    return word_.compare_exchange_weak(found, changed, sync::seq_cst,  // seq_cst claimed, guarded
                                       sync::relaxed);                 // relaxed: tried again
  }

 private:
  template <class Change>
  [[gnu::noinline, gnu::cold]] void wait_and_lock(bits& found, pace look_at, Change change) noexcept {
    released_.wait([&]() noexcept { return try_lock(found, change) ? attempt::done : attempt::blocked; }, {},
                   look_at);
  }

  sync::atomic<bits> word_{0};
  event_count released_;  // threads that wait for the lock
};

}  // namespace PLAIT_NAMESPACE::detail
