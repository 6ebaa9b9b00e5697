// SPDX-License-Identifier: MIT
// Counts of many threads: a small table for each thread, and a common one for all that does not fit.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/count/counting_table.hpp>
#include <plait/detail/count/space_saving.hpp>
#include <plait/detail/lock/owner_lock.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_slots.hpp>

namespace PLAIT_NAMESPACE::detail {

// Each thread adds to a table of its own, under a lock that costs next to nothing except when somebody reads.
// A table that is full is poured into the common one and starts again empty: so hot keys are counted where
// nobody else writes, and a rare key is held once, and not once for each thread.
//
//   thread 0   [at most own_keys] --+
//   thread 1   [at most own_keys] --+-- pour --> common   [every key once]
//   thread 2   [at most own_keys] --+
//
// As long as nothing has been poured, one thread's table may grow beyond own_keys instead: it is the large one.
// It becomes the common table as it is, without a copy, as soon as another table is to be poured. So a program
// with one thread that counts never pours, and yet no key is held by two tables of unbounded size.
//
// Keys of the common table stay where they are until erase() or clear(). A reader keeps these two away, and
// nobody else: it holds the common lock only for the moments in which it copies some counts.
//
// With a bound on the number of keys, the common table is a summary (space_saving.hpp), whose keys leave when a
// thread pours. Then nothing grows to a large table, and who reads all keys copies them.
//
// Lock order: reading_, the common table's, one thread's. No thread holds the locks of two threads' tables.
template <class Key, class Equal>
class two_level_counts {
 public:
  using table = counting_table<Key>;
  using hash_type = typename table::hash_type;

  explicit two_level_counts(const Equal& equal) : equal_(equal) {}

  // With a bound on the keys of the common table. Throws std::invalid_argument if that is 0.
  two_level_counts(std::size_t max_keys, const Equal& equal)
      : summary_(std::make_unique<space_saving<Key>>(max_keys)), own_keys_(own_keys(max_keys)), equal_(equal) {}

  const Equal& equal() const noexcept { return equal_; }
  bool is_bounded() const noexcept { return summary_ != nullptr; }
  std::size_t max_keys() const noexcept { return summary_->max_keys(); }  // if it is bounded

 private:
  template <class Lock>
  struct locked_table;
  using own_table = locked_table<owner_lock>;
  using visitor_guard = std::lock_guard<owner_lock>;

 public:
  // The calling thread's table, locked for one add or more.
  class writer {
   public:
    explicit writer(two_level_counts& in) : in_(in), own_(in.tables_.mine()), guard_(own_.lock) {}

    // Adds n to the count of `key`. If an allocation, `equal` or a constructor of Key throws, no count has
    // changed.
    template <class K>
    void add(hash_type hash, K&& key, std::uint64_t n) {
      while (!own_.counts.add(hash, std::forward<K>(key), n, in_.equal_)) [[unlikely]]
        sync::rarely<&two_level_counts::make_room>(&in_, &own_);
    }

    void prefetch_slot(hash_type hash) const noexcept { own_.counts.prefetch_slot(hash); }
    void prefetch_entry(hash_type hash) const noexcept { own_.counts.prefetch_entry(hash); }

   private:
    two_level_counts& in_;
    own_table& own_;
    owner_guard guard_;
  };

  // At least `least`, at most least + error; without a bound, the error is 0.
  struct estimate {
    std::uint64_t least = 0;
    std::uint64_t error = 0;
  };
  template <class K>
  estimate count(hash_type hash, const K& key) const {
    estimate sum;
    const std::lock_guard looking(common_.lock);
    if (is_bounded()) sum.error = summary_->error(common_.counts.number_of_key(hash, key, equal_));
    for_each_table([&](const table& each) { sum.least += each.count(hash, key, equal_); });
    return sum;
  }

  std::uint64_t total() const {
    const std::lock_guard looking(common_.lock);
    std::uint64_t sum = is_bounded() ? summary_->total_left() : 0;
    for_each_table([&](const table& each) { sum += each.total(); });
    return sum;
  }

  bool empty() const {
    bool none = true;
    const std::lock_guard looking(common_.lock);
    for_each_table([&](const table& each) { none = none && each.size() == 0; });
    return none;
  }

  // The common table, for as long as the call to read() that passed it. With a bound, a copy.
  class contents {
   public:
    explicit contents(const two_level_counts& of) : common_(of.common_) {
      table trimmed;  // destroyed when the lock is free again
      const std::lock_guard looking(common_.lock);
      if (of.is_bounded()) {
        of.summary_->trim(common_.counts, trimmed);
        summary_ = of.summary_->copy(common_.counts);
      } else {
        entries_ = common_.counts.entry_count();
      }
      size_ = common_.counts.size();
    }

    std::size_t size() const noexcept { return size_; }
    const space_saving<Key>::summary& summary() const noexcept { return summary_; }

    // Calls visit(const Key&, least, error) for each key, in the order in which the common table got them.
    // Neither the lock nor the table is held meanwhile: threads go on adding and pouring.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
      for (const auto& [key, least, error] : summary_.keys) visit(key, least, error);
      for (std::size_t from = 0; from < entries_; from += table::block_entries) {
        typename table::copied_block seen;
        {
          const std::lock_guard looking(common_.lock);
          seen = common_.counts.copy_block(from, entries_);
        }
        for (std::size_t i = 0; i != seen.size; ++i) visit(*seen.keys[i], seen.counts[i], 0);
      }
    }

   private:
    locked_table<sync::mutex>& common_;
    std::size_t size_;
    std::size_t entries_ = 0;             // what is poured meanwhile comes after these; with a bound, none
    space_saving<Key>::summary summary_;  // without a bound, empty
  };

  // Pours all tables into the common one and returns use(contents). Until then keys stay where they are.
  template <class Use>
  auto read(Use&& use) const {
    const std::lock_guard reading(reading_);
    tables_.for_each([this](own_table& own) {
      table poured;  // destroyed when the locks are free again
      table trimmed;
      const std::lock_guard pouring(common_.lock);
      if (is_bounded()) summary_->make_room(common_.counts, trimmed);
      pour<visitor_guard>(own, poured);
    });
    return use(contents(*this));
  }

  // Adds what another one knows; both have a bound. hash(key) is what it is to be found by.
  template <class Hash>
  void merge(const space_saving<Key>::summary& other, const Hash& hash) {
    table trimmed;
    const std::lock_guard pouring(common_.lock);
    summary_->make_room(common_.counts, trimmed);
    summary_->merge(common_.counts, other, hash, equal_);
  }

  // Only without a bound: what a summary has forgotten of a key cannot be erased.
  template <class K>
  bool erase(hash_type hash, const K& key) {
    bool found = false;
    for_each_in_turn([&](table& from, table& replaced) { found |= from.erase(hash, key, equal_, replaced); });
    return found;
  }

  void clear() {
    for_each_in_turn([this](table& from, table& dropped) {
      std::swap(from, dropped);
      if (is_bounded() && &from == &common_.counts) summary_->forget();
    });
  }

 private:
  // With a bound, a thread's table holds about as many keys as the common one: at least 768, because each pour
  // takes a lock that all share, and at most 49 152.
  static constexpr std::size_t own_keys(std::size_t keys) noexcept {
    return table::most_keys(std::bit_floor(std::clamp(keys, fewest_own_keys, most_own_keys) / 3 * 4));
  }
  static constexpr std::size_t fewest_own_keys = table::most_keys(sync::sized(std::size_t{1} << 10, 4));
  static constexpr std::size_t most_own_keys = table::most_keys(sync::sized(std::size_t{1} << 16, 4));

  // The calling thread's table, which is full and locked, gets room. It is locked again even if this throws.
  void make_room(own_table* own) {
    if (own->counts.room() < own_keys_) return own->counts.grow();
    own->lock.unlock_as_owner();
    const std::unique_ptr<owner_lock, relocking> locked_again(&own->lock);
    pour_or_grow(*own);
  }
  struct relocking {
    void operator()(owner_lock* lock) const { lock->lock_as_owner(); }
  };

  void pour_or_grow(own_table& own) {
    table poured;
    table trimmed;
    {
      const std::lock_guard pouring(common_.lock);
      if (is_bounded()) {
        summary_->make_room(common_.counts, trimmed);
      } else if (large_ == nullptr ? common_.counts.entry_count() == 0 : large_ == &own) {
        const owner_guard guard(own.lock);
        if (own.counts.is_full()) own.counts.grow();
        large_ = &own;
        return;
      }
      pour<owner_guard>(own, poured);
    }
    poured.forget();  // calls Key's destructor
    const owner_guard guard(own.lock);
    if (own.counts.room() == 0) std::swap(own.counts, poured);  // its memory serves again
  }

  // Leaves `from` empty, and what it was in `poured`, for the caller to destroy. The common lock is held.
  template <class Guard>
  void pour(own_table& from, table& poured) const {
    if (own_table* const large = std::exchange(large_, nullptr)) collect<visitor_guard>(*large, poured);
    collect<Guard>(from, poured);
  }

  template <class Guard>
  void collect(own_table& from, table& poured) const {
    const Guard guard(from.lock);
    common_.counts.pour(from.counts, equal_);
    std::swap(from.counts, poured);
  }

  // Calls visit(table) for the common table and for each thread's, which is locked meanwhile. The caller holds
  // the common lock throughout, so that no count moves there and is seen twice.
  template <class Visitor>
  void for_each_table(Visitor&& visit) const {
    visit(common_.counts);
    tables_.for_each([&](own_table& own) {
      const std::lock_guard guard(own.lock);
      visit(own.counts);
    });
  }

  // Calls change(table, rest) for one table after the other. What it moves to `rest`, an empty table, is
  // destroyed when that table's lock is free again. In this order, because counts move from the threads' tables
  // to the common one, and never back.
  template <class Change>
  void for_each_in_turn(Change&& change) {
    const auto change_one = [&](auto& each) {
      table rest;
      const std::lock_guard guard(each.lock);
      change(each.counts, rest);
    };
    const std::lock_guard reading(reading_);
    tables_.for_each(change_one);
    change_one(common_);
  }

  template <class Lock>
  struct alignas(contention_free_distance) locked_table {
    locked_table() = default;
    ~locked_table() {
      if (is_free(lock)) return;
      // In the child of a fork, a table that another thread was changing is in an unknown state: it is never
      // destroyed.
      alignas(table) std::byte left_alone[sizeof(table)];
      std::construct_at(reinterpret_cast<table*>(left_alone), std::move(counts));
    }

    Lock lock;
    table counts;  // guarded by lock
  };
  static bool is_free(sync::mutex& lock) noexcept { return sync::is_free(lock); }
  static bool is_free(owner_lock& lock) noexcept { return lock.is_free(); }

  mutable locked_table<sync::mutex> common_;
  const std::unique_ptr<space_saving<Key>> summary_;  // null without a bound; guarded by the common lock
  const std::size_t own_keys_ = most_own_keys;  // how many keys a thread's table holds before it is poured
  thread_slots<own_table> tables_;
  // Guarded by the common lock. The table that may hold more than own_keys_; then the common one has no
  // entries.
  mutable own_table* large_ = nullptr;
  mutable sync::mutex reading_;  // whoever holds it knows that no key of the common table moves or goes
  [[no_unique_address]] Equal equal_;
};

}  // namespace PLAIT_NAMESPACE::detail
