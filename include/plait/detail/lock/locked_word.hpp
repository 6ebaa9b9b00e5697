// SPDX-License-Identifier: MIT
// A word whose lowest bit is a lock, and whose other bits are the owner's.
#pragma once

#include <cstdint>
#include <functional>

#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// A lock that shares its word with what the owner keeps beside it: counts, flags, a version. Taking the lock
// may change the owner's bits in the same step, and so may releasing it. They may also change without the
// lock, by try_change(), while somebody holds it: so the holder never stores the word, it adds to it.
//
//   bits 63 .. 1   the owner's
//   bit 0          locked: somebody holds the lock
//
// A thread that finds the lock taken waits at an event count. The holder that releases the lock wakes one; that
// one releases it in turn, and so no waiter is forgotten.
//
// Edges:  guarded   word_   seq_cst in unlock, try_change -> acquire in try_lock: what the lock protects, and
//                           what was done before a change without it
//         claimed   word_   seq_cst: releases, changes and looks at the word are one sequence, so that
//                           event_count's two cases hold, and so that the owner's bits of two words can be
//                           compared. Taking the lock need not be part of it: whoever takes it releases it
class locked_word {
 public:
  using bits = std::uint64_t;
  static constexpr bits locked = 1;

  locked_word() noexcept = default;
  locked_word(const locked_word&) = delete;
  locked_word& operator=(const locked_word&) = delete;

  bits look() const noexcept { return word_.load(sync::seq_cst); }  // seq_cst claimed

  // For the holder's own bits, for a guess that try_change() will decide on, or after the last call.
  bits peek() const noexcept { return word_.load(sync::relaxed); }  // relaxed: see above

  // Takes the lock if it is free; the owner's bits become those of change(found). `found` is then the word
  // before, and otherwise one that says locked.
  template <class Change = std::identity>
  bool try_lock(bits& found, Change change = {}) noexcept {
    found = look();
    while ((found & locked) == 0) {
      if (word_.compare_exchange_weak(found, change(found) | locked, sync::acquire,  // acquire guarded
                                      sync::relaxed))  // relaxed: it says locked, or is tried again
        return true;
    }
    return false;
  }

  // Waits until it has taken the lock.
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

  // Changes the owner's bits whoever holds the lock. False if the word is not `found`; then it says what it is.
  // May fail for no reason.
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
  event_count released_;  // who waits for the lock
};

}  // namespace PLAIT_NAMESPACE::detail
