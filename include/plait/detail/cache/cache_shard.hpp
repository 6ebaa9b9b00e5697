// SPDX-License-Identifier: MIT
// A part of a cache: the keys whose hashes have some bits in common, under one lock, and the loads of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/cache/cache_time.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/entry_terms.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/load_flight.hpp>
#include <plait/detail/cache/shard_entries.hpp>
#include <plait/detail/cache/shard_lock.hpp>
#include <plait/detail/cache/sweeper_alarm.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>
#include <plait/put_options.hpp>
#include <plait/removal_cause.hpp>

namespace PLAIT_NAMESPACE::detail {

// When put() stores.
enum class put_when { always, absent, present };

// Keys and values are read without this shard's lock. Whatever changes them holds the lock: so between two
// accesses of its holder nothing changes. What is taken out is in `gone`. `Time` is a cache_time.
template <class K, class V, class Allocator>
class alignas(contention_free_distance) cache_shard {
  using entries = shard_entries<K, V, Allocator>;

 public:
  using slot = typename entries::slot;
  using removed = typename entries::removed;
  using flight = load_flight<K, V>;

  static constexpr bool is_read_unlocked = entries::is_read_unlocked;
  static constexpr std::size_t everything = entries::everything;

  cache_shard(std::uint64_t capacity, std::size_t number, sweeper_alarm& alarm, const Allocator& allocator)
      : entries_(capacity, number, alarm, allocator) {}

  // -- without the lock: see shard_entries --

  template <bool ComparesWords, class Matches, class Use>
  bool read_words(std::uint64_t hash, Matches matches, Use use) const {
    return entries_.template read_words<ComparesWords>(hash, matches, use);
  }
  template <class Matches, class Use>
  bool read_object(std::uint64_t hash, Matches matches, Use use) const {
    return entries_.read_object(hash, matches, use);
  }
  template <class Matches>
  entry_stamp find(std::uint64_t hash, Matches matches) const {
    return entries_.find(hash, matches);
  }
  void prefetch(std::uint64_t hash) const noexcept { entries_.prefetch(hash); }
  void count_hit(std::uint64_t hash, entry_number entry) noexcept { entries_.count_hit(hash, entry); }

  // -- with the lock: one key --

  // What find() says.
  template <class Matches>
  entry_stamp find_locked(std::uint64_t hash, Matches matches) const {
    const std::lock_guard guard(lock_);
    return entries_.find_unchanged(hash, matches);
  }

  // Puts the value in, or in the place of another one. False if `when` is against that, or if it is not
  // kept: it expires at once, or the policy does not want it.
  template <class Matches, class L, class M, class Time>
  bool put(put_when when, std::uint64_t hash, Matches matches, L&& key, M&& value, const entry_terms& terms,
           const Time& time, removed& gone) {
    entries_.prefetch(hash);
    const std::lock_guard guard(lock_);
    entries_.prefetch_to_put(hash);
    return put_locked(when, hash, matches, std::forward<L>(key), std::forward<M>(value), terms, time, gone);
  }

  // False if there is none that is alive.
  template <class Matches, class Time>
  bool remove(std::uint64_t hash, Matches matches, const Time& time, removed& gone) {
    const std::lock_guard guard(lock_);
    const cache_tick now = time.read().tick();
    entries_.prepare(now, gone);
    flights_.outdate(hash);
    const entry_stamp found = entries_.find_alive(hash, matches, now, gone);
    if (!found.exists()) return false;
    entries_.remove(found.number(), gone, removal_cause::removed);
    return true;
  }

  // Gives an entry that is alive another deadline, and removes it if that is over; false if there is none.
  template <class Matches, class Time>
  bool set_deadline(std::uint64_t hash, Matches matches, entry_lifetime lives, const Time& time,
                    removed& gone) {
    const std::lock_guard guard(lock_);
    const cache_moment moment = time.read();
    entries_.prepare(moment.tick(), gone);
    const entry_stamp found = entries_.find_alive(hash, matches, moment.tick(), gone);
    if (!found.exists()) return false;
    if (!entries_.set_deadline(hash, found, moment, moment.deadline(lives), time, gone)) flights_.outdate(hash);
    return true;
  }

  // An entry that is alive was asked for, and ends later if it would end because nobody does.
  template <class Matches, class Time>
  void prolong(std::uint64_t hash, Matches matches, const Time& time) {
    const std::lock_guard guard(lock_);
    const cache_moment moment = time.read();
    const entry_stamp found = entries_.find_unchanged(hash, matches);
    if (found.exists()) entries_.prolong(hash, found, moment, time);
  }

  // Eviction passes over an entry that is alive from now on; false if there is none.
  template <class Matches, class Time>
  bool pin(std::uint64_t hash, Matches matches, const Time& time, removed& gone) {
    const std::lock_guard guard(lock_);
    const entry_stamp found = entries_.find_alive(hash, matches, time.read().tick(), gone);
    if (found.exists()) entries_.pin(found.number());
    return found.exists();
  }
  // And not any more; false if there is none, or it was not pinned.
  template <class Matches, class Time>
  bool unpin(std::uint64_t hash, Matches matches, const Time& time, removed& gone) {
    const std::lock_guard guard(lock_);
    const entry_stamp found = entries_.find_alive(hash, matches, time.read().tick(), gone);
    return found.exists() && entries_.unpin(found.number());
  }

  // -- with the lock: loading --

  // The value that is being loaded for the key by somebody: the caller uses that flight from now on. Or a new
  // flight that is the caller's, who is to end() it. Nothing if the key is there.
  template <class Matches, class Time>
  flight* join(std::uint64_t hash, Matches matches, const K& key, std::span<const cache_tag> tags,
               const Time& time, bool& is_mine) {
    const std::lock_guard guard(lock_);
    const entry_stamp found = entries_.find_unchanged(hash, matches);
    if (found.deadline() > time.read().tick()) return nullptr;
    flight* joined = flights_.find(hash, matches);
    if (joined != nullptr && !joined->has_begun()) {
      joined->outdate();  // it may never begin, or only when this thread is done
      joined = nullptr;
    }
    is_mine = joined == nullptr;
    if (is_mine) {
      joined = add_flight(hash, key, tags);
      joined->begin();
    } else {
      joined->use();
    }
    return joined;
  }
  // A flight of the caller's that has not begun, for a key that is there with that stamp; nothing if it has
  // another one, or somebody loads it.
  template <class Matches>
  flight* join_to_refresh(std::uint64_t hash, Matches matches, const K& key, std::span<const cache_tag> tags,
                          entry_stamp old) {
    const std::lock_guard guard(lock_);
    if (entries_.find_unchanged(hash, matches) != old || flights_.find(hash, matches) != nullptr)
      return nullptr;
    return add_flight(hash, key, tags);
  }
  template <class Matches>
  bool is_loading(std::uint64_t hash, Matches matches) const {
    const std::lock_guard guard(lock_);
    return flights_.find(hash, matches) != nullptr;
  }
  // The calling thread is going to load; false if that would be for nothing.
  bool begin(flight& own) noexcept {
    const std::lock_guard guard(lock_);
    if (own.is_outdated()) return false;
    own.begin();
    return true;
  }
  // The flight is over, and its value is put in unless the key was changed meanwhile. If that throws, or is not
  // wanted, there is nothing but the end.
  template <class Matches, class Time>
  void end(flight& over, Matches matches, const V& value, const entry_terms& terms, const Time& time,
           removed& gone) {
    const std::lock_guard guard(lock_);
    const at_end_of_scope leave([&]() noexcept { flights_.remove(over); });
    if (!over.is_outdated())
      put_locked(put_when::always, over.hash(), matches, over.key(), value, terms, time, gone);
  }
  void end(flight& over) noexcept {
    const std::lock_guard guard(lock_);
    flights_.remove(over);
  }

  // -- with the lock: all keys --

  // Removes entries with numbers from `first` on, which it moves on; false at the end. What is being loaded is
  // older than that.
  bool clear_some(entry_number& first, removed& gone) noexcept {
    const std::lock_guard guard(lock_);
    flights_.outdate_all();
    return entries_.visit_some(
        first, [&](entry_number number) { entries_.remove(number, gone, removal_cause::cleared); });
  }
  // The same for those that are alive and for which goes(const K&, const V&) is true. Adds how many to `count`.
  template <class Goes, class Time>
  bool remove_some_if(entry_number& first, Goes& goes, const Time& time, std::size_t& count, removed& gone) {
    const std::lock_guard guard(lock_);
    flights_.outdate_all();
    const cache_tick now = time.read().tick();
    return entries_.visit_some(first, [&](entry_number number) {
      bool is_over = false, is_gone = false;
      entries_.read(number, [&](const slot& at) {
        const auto& value = at.value();
        is_over = value.stamp.deadline() <= now;
        is_gone = !is_over && static_cast<bool>(std::invoke(goes, at.key(), value.value));
      });
      if (is_over) entries_.remove_expired(number, gone);
      if (is_gone) entries_.remove(number, gone, removal_cause::removed), ++count;
    });
  }

  // The same for up to `most` entries with that tag, where nothing says those that are there now; lowers it.
  template <class Time>
  bool remove_some(cache_tag tag, std::optional<std::size_t>& most, const Time& time, std::size_t& count,
                   removed& gone) noexcept {
    const std::lock_guard guard(lock_);
    flights_.outdate(tag);
    if (!most) most = entries_.count(tag);
    const std::size_t seen = entries_.remove_some(tag, *most, time.read().tick(), count, gone);
    *most -= seen;
    return seen != 0 && *most != 0;
  }

  // Has room for what capacity() says, which others may change until the lock is held. Removes some of what is
  // too much, and returns whether there is more of it.
  template <class Capacity>
  bool set_capacity(Capacity capacity, removed& gone) noexcept {
    const std::lock_guard guard(lock_);
    return !entries_.set_capacity(capacity(), gone);
  }

  struct copied_entry {
    K key;
    V value;
    entry_lifetime left;       // if nobody asks for it
    entry_lifetime most_left;  // however often somebody does
  };
  // All that are alive, those first that would leave first.
  template <class Time>
  std::vector<copied_entry> copy_all(const Time& time) const {
    const std::lock_guard guard(lock_);
    const cache_moment now = time.read();
    std::vector<copied_entry> all;
    all.reserve(entries_.content().size);
    entries_.for_each_from_cold([&](const slot& at) {
      const auto& value = at.value();
      if (value.stamp.deadline() > now.tick())
        all.push_back({at.key(), value.value, now.left_until(value.stamp.deadline()),
                       now.left_until(entries_.end_of(value.stamp))});
    });
    return all;
  }

  // Adds what has left by itself.
  void add_to(cache_statistics& sum) const noexcept {
    const std::lock_guard guard(lock_);
    entries_.add_to(sum);
  }

  // Removes all that has expired, and returns when the next one may end. If one comes in that ends sooner, the
  // alarm rings.
  template <class Time>
  cache_tick expire_and_watch(const Time& time, removed& gone) {
    const std::lock_guard guard(lock_);
    entries_.prepare(time.read().tick(), gone, everything);
    return entries_.next_due();
  }
  // Removes up to so many of those that have expired, and returns what is left.
  template <class Time>
  shard_content expire(const Time& time, std::size_t most, removed& gone) {
    const std::lock_guard guard(lock_);
    entries_.prepare(time.read().tick(), gone, most);
    return entries_.content();
  }

 private:
  template <class Matches, class L, class M, class Time>
  [[gnu::always_inline]] bool put_locked(put_when when, std::uint64_t hash, Matches matches, L&& key, M&& value,
                                         const entry_terms& terms, const Time& time, removed& gone) {
    const cache_moment now = time.read();
    entries_.prepare(now.tick(), gone);
    const entry_stamp old = entries_.find_alive(hash, matches, now.tick(), gone);
    if (when == (old.exists() ? put_when::absent : put_when::present)) return false;
    flights_.outdate(hash);
    return entries_.put(old, hash, std::forward<L>(key), std::forward<M>(value), terms, now, time, gone);
  }

  flight* add_flight(std::uint64_t hash, const K& key, std::span<const cache_tag> tags) {
    auto* const added = new flight(hash, key, tags);
    flights_.add(*added);
    return added;
  }

  entries entries_;  // begins with what everybody reads
  mutable shard_lock lock_;
  load_flights<K, V> flights_;
};

}  // namespace PLAIT_NAMESPACE::detail
