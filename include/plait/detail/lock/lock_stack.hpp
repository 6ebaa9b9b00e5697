// SPDX-License-Identifier: MIT
// The locks that the calling thread holds, and a hash that tells one such list from another.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_registry.hpp>

namespace PLAIT_NAMESPACE::detail {

// What was declared about the order of a lock.
enum class lock_rule : std::uint8_t {
  none,
  rank,  // it is taken under locks of lower ranks alone
  key,   // it is taken under those locks of its class alone whose keys are lower
  leaf,  // nothing is taken under it
};

// What the checks know about a lock: a part of the lock. Made before main() begins, if it is static.
struct lock_identity {
  const char* name = nullptr;  // of its class; null: it is a class of its own
  lock_rule rule = lock_rule::none;
  bool is_in_graph = false;               // guarded by the graph's lock
  std::int64_t place = 0;                 // its rank or key
  sync::atomic<std::uint64_t> number{0};  // of its class; 0: not needed yet
};

// A stack, of the locks in the order in which they were taken. It belongs to its thread alone.
//
// Beside each lock is a hash of the classes' numbers up to it, which are never used again. So one comparison of
// hashes says whether this very nesting has been checked before.
class [[gnu::visibility("default")]] lock_stack {
 public:
  struct entry {
    lock_identity* lock;
    std::uint64_t number;
    std::uint64_t hash;
    bool is_shared;
  };

  static lock_stack& mine() noexcept { return sync::per_thread<lock_stack>(); }

  bool is_empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  const entry* begin() const noexcept { return entries_; }
  const entry* end() const noexcept { return entries_ + size_; }

  // Of this list with a lock of class `number` at its end.
  std::uint64_t hash_with(const lock_identity& lock, std::uint64_t number) const noexcept {
    return mixed(size_ != 0 ? entries_[size_ - 1].hash : 0, lock, number);
  }

  // A place for the next lock, just before that is taken: whatever is pushed meanwhile takes the place away,
  // unless it is kept. at_exit() is called when the thread ends. Throws std::bad_alloc, and what the registry
  // throws when the thread has no id yet.
  void make_room(void (*at_exit)() noexcept) {
    if (size_ == capacity_) [[unlikely]]
      sync::rarely<&lock_stack::get_room>(this, at_exit);
  }
  void push(lock_identity& lock, std::uint64_t number, bool is_shared) noexcept {
    entries_[size_] = {&lock, number, hash_with(lock, number), is_shared};
    ++size_;
  }

  // While it lives, the place that was made is not given to locks that are taken before the one it is for.
  class kept_place {
   public:
    explicit kept_place(lock_stack& of) noexcept : of_(of) { --of_.capacity_; }
    kept_place(const kept_place&) = delete;
    kept_place& operator=(const kept_place&) = delete;
    ~kept_place() { ++of_.capacity_; }

   private:
    lock_stack& of_;
  };

  // False if it is not there.
  bool remove(const lock_identity& lock) noexcept {
    if (size_ == 0 || entries_[size_ - 1].lock != &lock) [[unlikely]]
      return sync::rarely<&lock_stack::remove_within>(this, &lock);
    --size_;
    return true;
  }

  bool contains(const lock_identity& lock) const noexcept {
    return std::any_of(begin(), end(), [&](const entry& each) { return each.lock == &lock; });
  }

  // What was held, and the room for it.
  class contents {
   public:
    const entry* begin() const noexcept { return more_ != nullptr ? more_.get() : first_.data(); }
    const entry* end() const noexcept { return begin() + size_; }

   private:
    friend lock_stack;
    std::array<entry, sync::sized(8, 2)> first_;
    std::unique_ptr<entry[]> more_;
    std::size_t size_;
  };
  // For at_exit(), whose reports may run code that locks: nothing is held afterwards. Whoever locks later still
  // has a place made again.
  contents take_out() noexcept {
    contents all{};
    all.first_ = first_;
    if (entries_ != first_.data()) all.more_.reset(entries_);
    all.size_ = size_;
    entries_ = nullptr;
    size_ = places_ = capacity_ = 0;
    has_ended = true;
    return all;
  }

  // The thread is at work on a check or a report: what that locks, for memory or in a callback, is not checked.
  bool is_checking = false;

  // The thread has told what it holds at its end, and forgotten it.
  bool has_ended = false;

  // Names the thread as long as the process lives; 0 until it is first asked for.
  std::uint64_t serial = 0;

 private:
  // What is in order among locks with keys need not be so among others of their class.
  static std::uint64_t mixed(std::uint64_t hash, const lock_identity& lock, std::uint64_t number) noexcept {
    const std::uint64_t has_key = lock.rule == lock_rule::key ? 1 : 0;
    hash = (hash ^ number ^ has_key << 63) * 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 29);
  }

  void get_room(void (*at_exit)() noexcept) {
    hook_.run = at_exit;
    thread_registry::before_release(hook_);
    if (entries_ == nullptr) {
      entries_ = first_.data();
      places_ = capacity_ = first_.size();
      return;
    }
    auto grown = std::make_unique<entry[]>(2 * places_);
    std::copy_n(entries_, size_, grown.get());
    if (entries_ != first_.data()) delete[] entries_;
    entries_ = grown.release();
    capacity_ += places_;
    places_ *= 2;
  }

  bool remove_within(const lock_identity* lock) noexcept {
    std::size_t at = size_;
    while (at != 0 && entries_[at - 1].lock != lock) --at;
    if (at == 0) return false;
    --size_;
    for (std::size_t i = at - 1; i != size_; ++i) {
      entries_[i] = entries_[i + 1];
      entries_[i].hash = mixed(i != 0 ? entries_[i - 1].hash : 0, *entries_[i].lock, entries_[i].number);
    }
    return true;
  }

  entry* entries_ = nullptr;  // first_ or allocated
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // but those that are kept
  std::size_t places_ = 0;    // all
  std::array<entry, sync::sized(8, 2)> first_{};
  exit_hook hook_;
};

}  // namespace PLAIT_NAMESPACE::detail
