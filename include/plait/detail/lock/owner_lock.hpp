// SPDX-License-Identifier: MIT
// A lock that one thread takes all the time, and other threads seldom.
#pragma once

#include <cstdint>

#include <plait/detail/lock/rest.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/deadline.hpp>

namespace PLAIT_NAMESPACE::detail {

// As long as the lock is biased, its owner enters by a store and a load. Another thread, a visitor, takes the
// mutex, ends the bias, executes a fence in every thread, and waits until the owner is out. From then on the
// owner takes the mutex as well. After owner_turns of these without a visitor the fence has paid for itself,
// and the owner makes the lock biased again.
//
//   owner:     inside_ = true;   light_fence();          biased_?   then it is in
//   visitor:   biased_ = false;  process_wide_fence();   inside_?   then it waits
//
// At least one of them sees what the other has stored. There is one owner at a time, and what one has done
// happens before what the next one does.
//
// Edges:  left   inside_   release in unlock_as_owner, lock_as_owner -> acquire in lock   the owner's changes
class owner_lock {
 public:
  owner_lock() noexcept = default;
  owner_lock(const owner_lock&) = delete;
  owner_lock& operator=(const owner_lock&) = delete;

  void lock_as_owner() {
    inside_.store(true, sync::relaxed);  // relaxed: the fence
    sync::light_fence();
    // relaxed: only an owner sets it, after a visitor, whose changes it has seen by the mutex
    if (biased_.load(sync::relaxed)) [[likely]]
      return;
    inside_.store(false, sync::release);  // release left
    mutex_.lock();
  }

  void unlock_as_owner() {
    // relaxed: this thread wrote it
    if (inside_.load(sync::relaxed)) [[likely]]
      return inside_.store(false, sync::release);  // release left
    if (++turns_ == owner_turns) {
      turns_ = 0;
      biased_.store(true, sync::relaxed);  // relaxed: visitors look at it with the mutex
    }
    mutex_.unlock();
  }

  // By a visitor.
  void lock() {
    mutex_.lock();
    turns_ = 0;
    if (!biased_.load(sync::relaxed)) return;  // relaxed: the mutex
    biased_.store(false, sync::relaxed);       // relaxed: the fence
    sync::process_wide_fence();
    for (int round = 0; inside_.load(sync::acquire); ++round) rest(round, deadline::never());  // acquire left
  }
  void unlock() { mutex_.unlock(); }

  // Whether nobody holds it, where no other thread can take it meanwhile.
  bool is_free() noexcept {
    return !inside_.load(sync::relaxed) && sync::is_free(mutex_);  // relaxed: as above
  }

 private:
  static constexpr std::uint32_t owner_turns = static_cast<std::uint32_t>(sync::sized(1024, 1));

  sync::mutex mutex_;
  // The owner is in, or about to look whether it may. Written by owners only.
  sync::atomic<bool> inside_{false};
  sync::atomic<bool> biased_{true};  // written with the mutex
  std::uint32_t turns_ = 0;          // guarded by mutex_: the owner's, since the last visitor
};

// The lock, held by its owner for as long as this lives.
class owner_guard {
 public:
  explicit owner_guard(owner_lock& of) : lock_(of) { lock_.lock_as_owner(); }
  ~owner_guard() { lock_.unlock_as_owner(); }
  owner_guard(const owner_guard&) = delete;
  owner_guard& operator=(const owner_guard&) = delete;

 private:
  owner_lock& lock_;
};

}  // namespace PLAIT_NAMESPACE::detail
