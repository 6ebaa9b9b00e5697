// SPDX-License-Identifier: MIT
// Objects that no thread can reach any more, and that are freed when no thread uses them any more.
//
// Each thread keeps what it retires. Once there are batch() objects, it scans all hazard records, once for all
// objects. Those that are not protected are then freed two at a time, with each further object that is retired:
// no call frees many, and garbage does not grow faster than it is freed.
//
//   waiting   retired, not scanned for since: fewer than batch(), plus what a deleter retires
//   free      scanned for, not protected: at most batch(); the next scan waits until there are none
//
// A thread that ends frees what it has retired, and what deleters retire meanwhile. It leaves behind only the
// objects that are protected at that moment; the next thread that scans adopts them. A child of fork() keeps
// the objects of the forking thread and of ended ones; those of its parent's other threads leak there.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

#include <plait/detail/reclaim/hazard_records.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_registry.hpp>

namespace PLAIT_NAMESPACE::detail {

class retired_objects;

// A base of everything that can be retired.
class retired_object {
  friend class retired_objects;

  retired_object* next_ = nullptr;
  const void* address_ = nullptr;                        // as in hazard records
  void (*reclaim_)(retired_object&) noexcept = nullptr;  // destroys it
};

class [[gnu::visibility("default")]] retired_objects {
 public:
  // Calls reclaim(object) once no hazard record holds `address`: in this call, a later one or another thread's.
  static void add(retired_object& object, const void* address,
                  void (*reclaim)(retired_object&) noexcept) noexcept {
    object.address_ = address;
    object.reclaim_ = reclaim;
    own& mine = sync::per_thread<own>();
    mine.waiting.push(object);
    if (!mine.on_exit.armed && !mine.is_reclaiming && !arm(mine)) [[unlikely]]
      return leave_to_others(mine.waiting);
    mine.may_free += frees_per_object;
    if (!mine.is_reclaiming) reclaim_some(mine);
  }

  // How many objects a thread collects before it scans the records. At most half of them can be protected, so
  // every scan finds at least as many objects to free.
  static std::size_t batch() noexcept { return std::max(least_batch, 2 * hazard_records::count()); }

 private:
  static constexpr std::size_t least_batch = sync::sized(64, 2);
  static constexpr std::size_t frees_per_object = 2;

  // An intrusive list, last in, first out.
  class list {
   public:
    bool is_empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }

    void push(retired_object& object) noexcept {
      object.next_ = std::exchange(first_, &object);
      ++size_;
    }
    retired_object& pop() noexcept {
      --size_;
      return *std::exchange(first_, first_->next_);
    }
    void take_all_of(list& other) noexcept {
      while (!other.is_empty()) push(other.pop());
    }

   private:
    retired_object* first_ = nullptr;
    std::size_t size_ = 0;
  };

  // Some of the addresses that hazard records hold: on the stack, because nothing may be allocated here.
  class address_set {
   public:
    bool is_full() const noexcept { return size_ == addresses_.size(); }
    void add(const void* address) noexcept { addresses_[size_++] = address; }
    void clear() noexcept { size_ = 0; }
    void sort() noexcept { std::sort(addresses_.begin(), end(), std::less<>()); }
    bool contains(const void* address) const noexcept {
      return std::binary_search(addresses_.begin(), end(), address, std::less<>());
    }

   private:
    using array = std::array<const void*, 128>;
    array::iterator end() noexcept { return addresses_.begin() + static_cast<std::ptrdiff_t>(size_); }
    array::const_iterator end() const noexcept {
      return addresses_.begin() + static_cast<std::ptrdiff_t>(size_);
    }

    array addresses_;
    std::size_t size_ = 0;
  };

  struct own {
    list waiting;
    list free;
    std::size_t may_free = 0;  // how many of `free` the calls of add() so far allow to free
    bool is_reclaiming = false;
    exit_hook on_exit{.run = &leave};
  };

  // What ended threads have left behind.
  struct remains {
    remains() { sync::around_fork<&before_fork, &after_fork>(); }

    sync::mutex lock;
    list objects;  // guarded by lock
  };
  static remains& left_behind() { return sync::per_process<remains>(); }

  static bool arm(own& mine) noexcept {
    try {
      thread_registry::before_release(mine.on_exit);
      return true;
    } catch (...) {
      return false;  // leave() will not run when the thread ends
    }
  }

  // A deleter that retires other objects finds is_reclaiming set, and leaves them to this call.
  static void reclaim_some(own& mine) noexcept {
    mine.is_reclaiming = true;
    if (mine.free.is_empty() && mine.waiting.size() >= batch()) sort_out(mine);
    for (; mine.may_free != 0 && !mine.free.is_empty(); --mine.may_free) reclaim(mine.free.pop());
    mine.may_free = 0;
    mine.is_reclaiming = false;
  }

  static void reclaim(retired_object& object) noexcept { object.reclaim_(object); }

  // Moves what waits, here and left behind by ended threads, to `free`, except what is protected.
  static void sort_out(own& mine) noexcept {
    {
      const std::lock_guard guard(left_behind().lock);
      mine.waiting.take_all_of(left_behind().objects);
    }
    sync::process_wide_fence();
    list in_use;
    address_set addresses;
    const auto set_aside_what_is_in_use = [&] {
      addresses.sort();
      list rest;
      while (!mine.waiting.is_empty()) {
        retired_object& object = mine.waiting.pop();
        (addresses.contains(object.address_) ? in_use : rest).push(object);
      }
      mine.waiting = rest;
      addresses.clear();
    };
    hazard_records::for_each_protected([&](const void* address) {
      addresses.add(address);
      if (addresses.is_full()) set_aside_what_is_in_use();
    });
    set_aside_what_is_in_use();
    mine.free.take_all_of(mine.waiting);
    mine.waiting = in_use;
  }

  static void leave_to_others(list& objects) noexcept {
    const std::lock_guard guard(left_behind().lock);
    left_behind().objects.take_all_of(objects);
  }

  static void leave() noexcept {
    own& mine = sync::per_thread<own>();
    mine.is_reclaiming = true;
    // Repeated until nothing is free, because deleters may have retired more.
    for (sort_out(mine); !mine.free.is_empty(); sort_out(mine))
      while (!mine.free.is_empty()) reclaim(mine.free.pop());
    leave_to_others(mine.waiting);
    mine.is_reclaiming = false;
  }

  static void before_fork() { left_behind().lock.lock(); }
  static void after_fork() { left_behind().lock.unlock(); }
};

}  // namespace PLAIT_NAMESPACE::detail
