// SPDX-License-Identifier: MIT
// The values that each thread has for each object, found by one access to the thread's table.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/index_pool.hpp>
#include <plait/detail/thread/thread_registry.hpp>

namespace PLAIT_NAMESPACE::detail {

// A thread's value for an object, of any type.
class [[gnu::visibility("default")]] thread_value {
 public:
  thread_value() noexcept = default;
  thread_value(const thread_value&) = delete;
  thread_value& operator=(const thread_value&) = delete;
  virtual ~thread_value() = default;

 private:
  friend class thread_values;

  // Guarded by the lock of thread_values.
  thread_value* previous_ = nullptr;  // in its object's list
  thread_value* next_ = nullptr;
  const void* thread_ = nullptr;  // its thread, by the address of the thread's table; null: it has ended
  std::size_t holders_ = 1;       // its object, and each snapshot or fold that uses it now
};

// The values of one object, a list; and of each thread, a table with an entry for each object's number.
//
//   thread A:  | 0: serial 7, value | 1: none            | 2: serial 3, value |
//   thread B:  | 0: none            | 1: serial 8, value |
//
// An object is identified by its serial, which no other object of the process ever has. So an object with a
// reused number, or at the address of an old one, never finds a value of another object: the entry that an
// object leaves in a thread's table is dead, until the next object with that number overwrites it.
//
// Only its thread uses a table. Everything else is guarded by one lock for the process, which is taken when a
// value is made or released and when all values are visited, and is never held while user code runs. A value
// that has left its list and has no holders is destroyed after the lock has been released.
class [[gnu::visibility("default")]] thread_values {
 public:
  enum class at_exit { drop, keep, fold };
  using folder = std::function<std::unique_ptr<thread_value>(const thread_value&, const thread_value&)>;

  // Throws std::bad_alloc.
  thread_values(at_exit then, folder fold) : then_(then), fold_(std::move(fold)) {
    registry& all = sync::per_process<registry>();
    const std::lock_guard guard(all.lock);
    if (all.objects.size() <= number_.value) all.objects.resize(std::size_t{number_.value} + 1);
    serial_ = ++all.last_serial;
    all.objects[number_.value] = this;
  }
  thread_values(const thread_values&) = delete;
  thread_values& operator=(const thread_values&) = delete;

  // Waits for threads that are releasing their values: once it returns, all are destroyed.
  ~thread_values() {
    registry& all = sync::per_process<registry>();
    unheld gone;
    std::unique_lock guard(all.lock);
    all.objects[number_.value] = nullptr;
    is_closing_ = true;
    // relaxed: the lock guards it, and is taken again after the sleep
    while (const std::uint32_t leaving = leaving_.load(sync::relaxed)) {
      guard.unlock();
      sync::futex_wait(leaving_, leaving, nullptr);
      guard.lock();
    }
    while (first_ != nullptr) gone.release(unlink(*first_));
    if (total_ != nullptr) gone.release(*total_);
  }

  // The calling thread's value, or null.
  thread_value* own() const noexcept {
    const table& mine = sync::per_thread<table>();
    const entry& at = mine.entries[number_.value & mine.mask];
    return at.serial == serial_ ? at.value : nullptr;
  }

  // Makes `made` the calling thread's value, unless the thread has one: the constructor of `made` may have made
  // it. Returns the thread's value. Throws std::bad_alloc, and std::system_error when the system has no
  // thread-exit key left.
  thread_value& adopt(std::unique_ptr<thread_value> made) {
    if (thread_value* const earlier = own()) return *earlier;
    table& mine = sync::per_thread<table>();
    if (mine.rounds < rounds_at_most) thread_registry::before_release(mine.hook);
    make_room(mine);
    thread_value& value = *made;
    {
      const std::lock_guard guard(sync::per_process<registry>().lock);
      value.thread_ = &mine;
      link(value);
    }
    mine.entries[number_.value & mine.mask] = {serial_, made.release()};
    return value;
  }

  // Drops the calling thread's value, if it has one.
  void drop_own() noexcept {
    thread_value* const value = own();
    if (value == nullptr) return;
    table& mine = sync::per_thread<table>();
    mine.entries[number_.value & mine.mask] = {};
    drop(*value);
  }

  // The number of values. A value of an ended thread counts if it was kept, and does not if it was folded.
  std::size_t size() const noexcept {
    const std::lock_guard guard(sync::per_process<registry>().lock);
    return size_;
  }

  // All values at one moment. It keeps them alive: if their threads end meanwhile, its destructor destroys
  // them.
  class snapshot {
   public:
    // With the total of the values that were folded, if wanted. Throws std::bad_alloc.
    snapshot(const thread_values& of, bool with_total) {
      registry& all = sync::per_process<registry>();
      std::unique_lock guard(all.lock);
      while (held_.capacity() <= of.size_) {
        const std::size_t needed = of.size_ + 1;
        guard.unlock();
        held_.reserve(needed);
        guard.lock();
      }
      hold_all(of, with_total);
    }
    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;
    ~snapshot() {
      unheld gone;
      const std::lock_guard guard(sync::per_process<registry>().lock);
      for (thread_value* const each : held_) gone.release(*each);
    }

    auto begin() const noexcept { return held_.begin(); }
    auto end() const noexcept { return held_.end(); }

   private:
    void hold_all(const thread_values& of, bool with_total) noexcept {
      for (thread_value* each = of.first_; each != nullptr; each = each->next_) hold(*each);
      if (with_total && of.total_ != nullptr) hold(*of.total_);
    }
    void hold(thread_value& value) noexcept {
      ++value.holders_;
      held_.push_back(&value);
    }

    std::vector<thread_value*> held_;
  };

 private:
  struct entry {
    std::uint64_t serial;  // of the object; 0: none
    thread_value* value;
  };
  // The table of a thread that has no value yet; never written.
  static constinit inline entry nothing_{0, nullptr};

  struct table {
    entry* entries = &nothing_;  // by objects' numbers: `nothing_`, `first` or allocated
    std::size_t mask = 0;        // one less than there are entries
    std::array<entry, sync::sized(8, 1)> first{};
    exit_hook hook{.run = &leave};
    unsigned rounds = 0;                     // how often the hook has run
    const thread_values* leaving = nullptr;  // the object whose value the hook is releasing
  };
  // As often as POSIX promises to run destructors of keys, because destructors of values may make new ones. A
  // value made after the last round stays until its object is destroyed; it is found in `first`, unless a value
  // with another number has taken its place.
  static constexpr unsigned rounds_at_most = 4;

  struct registry {
    registry() { sync::around_fork<&before_fork, &after_fork, &after_fork_in_child>(); }

    sync::mutex lock;
    std::vector<thread_values*> objects;  // by number
    std::uint64_t last_serial = 0;
  };

  using numbers = index_pool<thread_values>;
  struct own_number {
    own_number() : value(numbers::take()) {}
    own_number(const own_number&) = delete;
    own_number& operator=(const own_number&) = delete;
    ~own_number() { numbers::give_back(value); }

    const std::uint32_t value;
  };

  // Values without holders. It is declared before the lock's guard, so that it destroys them after the lock has
  // been released.
  class unheld {
   public:
    unheld() noexcept = default;
    unheld(const unheld&) = delete;
    unheld& operator=(const unheld&) = delete;
    ~unheld() {
      while (first_ != nullptr) delete std::exchange(first_, first_->next_);
    }

    void release(thread_value& value) noexcept {
      if (--value.holders_ == 0) value.next_ = std::exchange(first_, &value);
    }

   private:
    thread_value* first_ = nullptr;
  };

  void link(thread_value& value) noexcept {
    value.next_ = std::exchange(first_, &value);
    if (value.next_ != nullptr) value.next_->previous_ = &value;
    ++size_;
  }

  thread_value& unlink(thread_value& value) noexcept {
    (value.previous_ != nullptr ? value.previous_->next_ : first_) = value.next_;
    if (value.next_ != nullptr) value.next_->previous_ = value.previous_;
    value.previous_ = value.next_ = nullptr;
    --size_;
    return value;
  }

  // A signal handler may read the table between any two of these steps.
  void make_room(table& mine) {
    if (mine.entries == &nothing_) {
      mine.entries = mine.first.data();
      sync::signal_fence();
      mine.mask = mine.first.size() - 1;
    }
    if (number_.value <= mine.mask || mine.rounds == rounds_at_most) return;
    const std::size_t size = std::bit_ceil(number_.value + std::size_t{1});
    auto grown = std::make_unique<entry[]>(size);
    std::copy_n(mine.entries, mine.mask + 1, grown.get());
    const std::unique_ptr<entry[]> before(mine.entries != mine.first.data() ? mine.entries : nullptr);
    mine.entries = grown.release();
    sync::signal_fence();
    mine.mask = size - 1;
    sync::signal_fence();
  }

  // The thread ends. Values that its destructors ask for from here on are made anew, and released in another
  // round.
  static void leave() noexcept {
    table& mine = sync::per_thread<table>();
    ++mine.rounds;
    const std::size_t size = std::exchange(mine.mask, 0) + 1;
    sync::signal_fence();
    const entry* entries = std::exchange(mine.entries, &nothing_);
    sync::signal_fence();
    const auto first = std::exchange(mine.first, {});
    const std::unique_ptr<const entry[]> allocated(size > first.size() ? entries : nullptr);
    if (allocated == nullptr) entries = first.data();
    for (std::uint32_t number = 0; number != size; ++number)
      if (entries[number].serial != 0) let_go(mine, number, entries[number]);
  }

  static void let_go(table& mine, std::uint32_t number, const entry& at) noexcept {
    registry& all = sync::per_process<registry>();
    thread_values* of = nullptr;
    {
      const std::lock_guard guard(all.lock);
      of = all.objects[number];
      if (of == nullptr || of->serial_ != at.serial) return;  // the object has gone, and the value with it
      of->count_leaving(+1);
      mine.leaving = of;
    }
    of->end(*at.value);
    const std::lock_guard guard(all.lock);
    mine.leaving = nullptr;
    of->count_leaving(-1);
    if (of->is_closing_) sync::futex_wake(of->leaving_, sync::every_sleeper);
  }

  void count_leaving(std::int32_t change) noexcept {
    // relaxed, twice: the lock guards it
    leaving_.store(leaving_.load(sync::relaxed) + static_cast<std::uint32_t>(change), sync::relaxed);
  }

  void end(thread_value& value) noexcept {
    switch (then_) {
      case at_exit::drop:
        return drop(value);
      case at_exit::keep:
        return keep(value);
      case at_exit::fold:
        return fold(value);
    }
  }

  void drop(thread_value& value) noexcept {
    unheld gone;
    const std::lock_guard guard(sync::per_process<registry>().lock);
    gone.release(unlink(value));
  }

  static void keep(thread_value& value) noexcept {
    const std::lock_guard guard(sync::per_process<registry>().lock);
    value.thread_ = nullptr;
  }

  // A total is never changed but replaced, in one step with the removal of the value that it now contains: so a
  // snapshot finds the value in exactly one of the two, and the user's fold runs without the lock. If another
  // thread has replaced the total meanwhile, the fold is repeated.
  void fold(thread_value& value) noexcept {
    for (bool is_folded = false; !is_folded;) {
      thread_value* const total = hold_total_or_become_it(value);
      if (total == nullptr) return;
      std::unique_ptr<thread_value> sum;
      try {
        sum = fold_(*total, value);
      } catch (...) {
        keep(value);  // so that it is not lost
        is_folded = true;
      }
      unheld gone;
      const std::lock_guard guard(sync::per_process<registry>().lock);
      if (sum != nullptr && total_ == total) {
        gone.release(*std::exchange(total_, sum.release()));
        gone.release(unlink(value));
        is_folded = true;
      }
      gone.release(*total);
    }
  }

  thread_value* hold_total_or_become_it(thread_value& value) noexcept {
    const std::lock_guard guard(sync::per_process<registry>().lock);
    if (total_ != nullptr) {
      ++total_->holders_;
      return total_;
    }
    total_ = &unlink(value);
    return nullptr;
  }

  static void before_fork() { sync::per_process<registry>().lock.lock(); }
  static void after_fork() { sync::per_process<registry>().lock.unlock(); }

  // The other threads do not exist here. Their values are unlinked and not destroyed, because a thread may have
  // been changing its own.
  static void after_fork_in_child() {
    registry& all = sync::per_process<registry>();
    const table& mine = sync::per_thread<table>();
    for (thread_values* const object : all.objects) {
      if (object == nullptr) continue;
      object->leaving_.store(mine.leaving == object ? 1 : 0, sync::relaxed);  // relaxed: the lock guards it
      for (thread_value* each = object->first_; each != nullptr;) {
        thread_value& value = *std::exchange(each, each->next_);
        if (value.thread_ != nullptr && value.thread_ != &mine) object->unlink(value);
      }
    }
    all.lock.unlock();
  }

  const own_number number_;  // the first member, so that it is given back last
  std::uint64_t serial_ = 0;

  const at_exit then_;
  const folder fold_;

  // Guarded by the lock.
  thread_value* first_ = nullptr;           // the list of all values, the youngest first
  thread_value* total_ = nullptr;           // the total of folded values, on no list; null: none was folded
  std::size_t size_ = 0;                    // of the list
  bool is_closing_ = false;                 // the destructor waits until leaving_ is 0
  sync::atomic<std::uint32_t> leaving_{0};  // threads that are releasing their values; a futex word
};

}  // namespace PLAIT_NAMESPACE::detail
