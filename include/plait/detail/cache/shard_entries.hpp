// SPDX-License-Identifier: MIT
// The entries of a shard: a table, and beside it what knows each of them by its number, in step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/cache/adaptive_tinylfu.hpp>
#include <plait/detail/cache/cache_time.hpp>
#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/entry_index.hpp>
#include <plait/detail/cache/entry_lists.hpp>
#include <plait/detail/cache/entry_numbers.hpp>
#include <plait/detail/cache/entry_pieces.hpp>
#include <plait/detail/cache/entry_slots.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/entry_tags.hpp>
#include <plait/detail/cache/entry_terms.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/hit_counters.hpp>
#include <plait/detail/cache/hit_sample.hpp>
#include <plait/detail/cache/removed_entries.hpp>
#include <plait/detail/cache/short_hash.hpp>
#include <plait/detail/cache/sweeper_alarm.hpp>
#include <plait/detail/cache/timer_wheel.hpp>
#include <plait/detail/cache/window_trials.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>
#include <plait/removal_cause.hpp>

namespace PLAIT_NAMESPACE::detail {

// What there is in a shard.
struct shard_content {
  std::size_t size;
  std::uint64_t weight;
};

// What is in the table has a number, and is known to the policy by it; and to the wheel, if it expires. What
// has expired may still be in all three: nobody is shown it, and it is removed by and by. The wheel may know
// numbers that nobody has, or of earlier entries. `Time` is a cache_time.
template <class K, class V, class Allocator>
class shard_entries {
 public:
  using slots = entry_slots<K, V, Allocator>;
  using slot = typename slots::slot;
  using removed = removed_entries<slot, K, V>;

  static constexpr bool is_read_unlocked = slot::is_read_unlocked;
  static constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

  shard_entries(std::uint64_t capacity, std::size_t number, sweeper_alarm& alarm, const Allocator& allocator)
      : index_({hash_by_number<policy>(policy_), 0}, allocator),
        slots_(entry_pieces(capacity + 1), allocator),
        hits_(entry_pieces(capacity + 1)),
        policy_(capacity, capacity + 1, counted_by_cache(hits_), short_hashes(number, capacity + 1)),
        wheel_(capacity + 1),
        numbers_(entry_pieces(capacity + 1)),
        alarm_(alarm) {}
  shard_entries(const shard_entries&) = delete;
  shard_entries& operator=(const shard_entries&) = delete;
  ~shard_entries() {
    if constexpr (!is_read_unlocked)
      index_.visit_at_end([this](const number_slot& each) noexcept { slots_[each.key()].destroy(); });
  }

  // -- by any thread --

  // Calls use(seen), where seen.value() is a copy of the cached_value, and seen.number its number as the index
  // has it; false if the key is not there.
  template <bool ComparesWords, class Matches, class Use>
  bool read_words(std::uint64_t hash, Matches matches, Use use) const {
    const auto load = [this](const auto& block, std::size_t i) noexcept {
      const entry_number number = block[i].load();
      return numbered_copy<decltype(slots_[number].load())>{slots_[number].load(), number};
    };
    return index_.template read<ComparesWords>(hash, load, matches, use);
  }
  // Calls use(const cached_value&) under a lock that its key shares with few others.
  template <class Matches, class Use>
  bool read_object(std::uint64_t hash, Matches matches, Use use) const {
    return index_.read_slot(hash, of_key(matches),
                            [&](const number_slot& at) { use(std::as_const(slots_[at.key()]).value()); });
  }

  // What is known of a key: it may have expired, or not be there.
  template <class Matches>
  entry_stamp find(std::uint64_t hash, Matches matches) const {
    entry_stamp found;
    if constexpr (is_read_unlocked) {
      read_words<false>(hash, matches, [&](const auto& seen) { found = seen.value().stamp; });
    } else {
      read_object(hash, matches, [&](const auto& value) { found = value.stamp; });
    }
    return found;
  }

  // Asks for the lines in which a hash is looked for.
  void prefetch(std::uint64_t hash) const noexcept { index_.prefetch(hash); }

  // The key of an entry that was found was asked for.
  void count_hit(std::uint64_t hash, entry_number entry) noexcept {
    hits_.add(entry);
    if (window_trials::samples(hash, sample_rate_.load(sync::relaxed))) sample_.add(entry);  // relaxed: a hint
  }

  // -- by the holder of the lock of the shard --

  // What happened since the lock was last held; some of what has expired meanwhile leaves. Where there is no
  // memory for a hit of the sample, it is lost: a hint is no reason to fail.
  void prepare(cache_tick now, removed& gone, std::size_t most = budget) {
    sample_.take([&](entry_number entry) noexcept {
      try {
        policy_.sampled_hit(entry);
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
      }
    });
    const auto deadline_of = [&](entry_number entry) noexcept {
      return policy_.contains(entry) ? this->deadline_of(entry) : entry_stamp::never;
    };
    wheel_.advance(now, most, deadline_of, [&](entry_number entry) noexcept { remove_expired(entry, gone); });
  }

  // A put of that hash comes soon. Asks for what it looks at.
  void prefetch_to_put(std::uint64_t hash) const noexcept {
    policy_.prefetch(hash, [&](std::uint64_t other) noexcept { index_.prefetch(other); });
    slots_.prefetch(numbers_.next());
  }

  // What find() says. Nothing changes meanwhile, so words need not be asked whether they did.
  template <class Matches>
  [[gnu::always_inline]] entry_stamp find_unchanged(std::uint64_t hash, Matches matches) const {
    if constexpr (!is_read_unlocked) {
      return find(hash, matches);
    } else {
      const number_slot* const found = index_.find_alone(hash, of_key(matches));
      return found == nullptr ? entry_stamp() : stamp_of(found->key());
    }
  }

  // What is known of a key that is there, and alive. If its time is over it leaves.
  template <class Matches>
  entry_stamp find_alive(std::uint64_t hash, Matches matches, cache_tick now, removed& gone) {
    const entry_stamp found = find_unchanged(hash, matches);
    if (!found.exists() || found.deadline() > now) return found;
    remove_expired(found.number(), gone);
    return {};
  }

  // Puts the value in, or in the place of the one that is there with the stamp `old`, if that exists. False if
  // it is not kept: it expires at once, or the policy does not want it.
  template <class L, class M, class Time>
  bool put(entry_stamp old, std::uint64_t hash, L&& key, M&& value, const entry_terms& terms,
           cache_moment moment, const Time& time, removed& gone) {
    const cache_tick now = moment.tick(), end = moment.deadline(terms.lives);
    const entry_number number = old.exists() ? old.number() : numbers_.next();
    const entry_stamp stamp = time.stamp(number, moment, end);
    if (stamp.deadline() <= now) {
      if (old.exists()) remove(old.number(), gone, removal_cause::removed);
      return false;
    }
    if (number >= entry_stamp::most_entries) return false;
    make_room_for(stamp);
    const at_end_of_scope leave([this]() noexcept { tags_.forget_prepared(); });
    tags_.prepare(number, terms.tags);
    if (old.exists()) {
      if (!replace(hash, old, stamp, terms, std::forward<M>(value), gone)) return false;
      count_hit(hash, old.number());
      if (terms.is_pinned) policy_.pin(old.number());
    } else if (!insert(hash, std::forward<L>(key), std::forward<M>(value), stamp, terms, gone)) {
      return false;
    }
    file(stamp, end);
    tags_.give_prepared(number);
    return true;
  }

  // Gives an entry that is alive another deadline. False if that is over: then the entry is removed.
  template <class Time>
  bool set_deadline(std::uint64_t hash, entry_stamp old, cache_moment moment, cache_tick end, const Time& time,
                    removed& gone) {
    if (time.stamp(old.number(), moment, end).deadline() <= moment.tick()) {
      remove(old.number(), gone, removal_cause::removed);
      return false;
    }
    redate(hash, old.number(), end, moment, time);
    return true;
  }

  // An entry that is alive was asked for, and ends later if it would end because nobody does.
  template <class Time>
  void prolong(std::uint64_t hash, entry_stamp found, cache_moment moment, const Time& time) {
    if (found.is_prolonged() && found.deadline() > moment.tick())
      redate(hash, found.number(), ends_[found.number()], moment, time);
  }

  void remove(entry_number number, removed& gone, removal_cause cause) noexcept {
    policy_.erase(number);
    take_out(number, gone, cause);
  }
  void remove_expired(entry_number number, removed& gone) noexcept {
    remove(number, gone, removal_cause::expired);
    ++expirations_;
  }

  // False if it is not pinned any more.
  bool unpin(entry_number number) noexcept {
    if (!policy_.is_pinned(number)) return false;
    policy_.unpin(number);
    return true;
  }
  void pin(entry_number number) noexcept { policy_.pin(number); }

  // There is room for so much from now on, and what is too much leaves. At most some of it, so that nobody
  // waits for long: then this is false, and is to be called again.
  bool set_capacity(std::uint64_t capacity, removed& gone) noexcept {
    const auto [size, weight] = content();
    const std::uint64_t next =
        size > most_at_once ? std::max(capacity, weight - weight / size * most_at_once) : capacity;
    policy_.set_capacity(next,
                         [&](entry_number other) noexcept { evict(other, policy_.weight_of(other), gone); });
    tell_sampling_rate();
    return next == capacity;
  }

  // How often the tag was given to what is there.
  std::size_t count(cache_tag tag) const noexcept { return tags_.count(tag); }
  // Removes up to `most` entries with that tag, and some at most, those first that have it the longest. Returns
  // how many those were, and adds to `count` those that were alive.
  std::size_t remove_some(cache_tag tag, std::size_t most, cache_tick now, std::size_t& count,
                          removed& gone) noexcept {
    std::size_t seen = 0;
    for (; seen != std::min<std::size_t>(most, most_at_once); ++seen) {
      const entry_number number = tags_.oldest(tag);
      if (number == entry_tags::nobody) break;
      if (deadline_of(number) <= now) {
        remove_expired(number, gone);
      } else {
        remove(number, gone, removal_cause::removed);
        ++count;
      }
    }
    return seen;
  }

  // Calls visit(number) for some entries with numbers from `first` on, which it moves on; false at the end.
  template <class Visit>
  bool visit_some(entry_number& first, Visit visit) {
    const entry_number last = first + std::min(most_at_once, numbers_.end() - std::min(first, numbers_.end()));
    for (; first < last; ++first)
      if (policy_.contains(first)) visit(first);
    return first < numbers_.end();
  }
  // Calls use(const slot&) for an entry.
  template <class Use>
  void read(entry_number number, Use use) {
    use(std::as_const(slots_[number]));
  }
  // Calls visit(const slot&) for all, those first that would leave first.
  template <class Visit>
  void for_each_from_cold(Visit visit) const {
    policy_.for_each_from_cold([&](entry_number number) { visit(std::as_const(slots_[number])); });
  }

  // When the entry ends, however often it is asked for.
  cache_tick end_of(entry_stamp stamp) const noexcept {
    return stamp.is_prolonged() ? ends_[stamp.number()] : stamp.deadline();
  }

  // When the next entry may end. The alarm rings if one comes in that ends sooner.
  cache_tick next_due() noexcept { return alarm_before_ = wheel_.next_due(); }

  // How much there is, also of what has expired.
  shard_content content() const noexcept { return {size_, policy_.weight()}; }
  // Adds what has left by itself.
  void add_to(cache_statistics& sum) const noexcept {
    sum.evictions += evictions_;
    sum.evicted_weight += evicted_weight_;
    sum.expirations += expirations_;
  }

 private:
  using policy = basic_adaptive_tinylfu<counted_by_cache, short_hashes, small_list_node>;
  using index = entry_index<policy, Allocator>;
  using place = typename index::place;

  // What a reader has seen of a slot. By this number it finds the entry's counter while the slot is still on
  // its way from memory.
  template <class Copy>
  struct numbered_copy : Copy {
    entry_number number;
  };

  // How many entries a call that is about another one looks at, at most.
  static constexpr std::size_t budget = sync::sized(16, 2);
  static constexpr entry_number most_at_once = sync::sized(1000, 2);

  // An entry that is alive gets another end.
  template <class Time>
  void redate(std::uint64_t hash, entry_number number, cache_tick end, cache_moment now, const Time& time) {
    const entry_stamp stamp = time.stamp(number, now, end);
    make_room_for(stamp);
    change(hash, number, [&]([[maybe_unused]] auto& held, slot& at) noexcept {
      if constexpr (is_read_unlocked) {
        held.begin_change();
        at.set_value({at.value().value, stamp});
      } else {
        at.value().stamp = stamp;
      }
    });
    file(stamp, end);
  }

  // Nobody changes an entry meanwhile: see below.
  entry_stamp stamp_of(entry_number number) const noexcept {
    return std::as_const(slots_[number]).value().stamp;
  }
  cache_tick deadline_of(entry_number number) const noexcept { return stamp_of(number).deadline(); }

  template <class Matches>
  auto of_key(Matches& matches) const {
    return [this, &matches](const number_slot& at) { return matches(std::as_const(slots_[at.key()]).key()); };
  }

  // Calls use(chain&, place) for an entry that is there. Its slot, too, changes with its home alone; objects
  // under the lock of that.
  template <class Use>
  void change_place(std::uint64_t hash, entry_number number, Use use) {
    index_.template change_alone<!is_read_unlocked>(
        hash, [number](const number_slot& at) noexcept { return at.key() == number; }, use);
  }
  // Calls use(chain&, slot&).
  template <class Use>
  void change(std::uint64_t hash, entry_number number, Use use) {
    change_place(hash, number, [&](auto& held, const place&) { use(held, slots_[number]); });
  }

  // False if the policy will not have the entry with its new weight: then it is removed.
  template <class M>
  bool replace(std::uint64_t hash, entry_stamp old, entry_stamp stamp, const entry_terms& terms, M&& value,
               removed& gone) {
    cached_value<V> made(std::forward<M>(value), stamp);
    if (terms.weight != policy_.weight_of(old.number()) && !reweigh(old.number(), hash, terms, gone))
      return false;
    change(hash, stamp.number(), [&](auto& held, slot& at) {
      gone.expect_replaced(at.key());
      held.begin_change();
      if constexpr (is_read_unlocked) {
        gone.keep_replaced(at.value().value);
        at.set_value(made);
      } else {
        at.exchange_value(made);
      }
    });
    if constexpr (!is_read_unlocked) gone.keep_replaced(std::move(made.value));
    return true;
  }

  // Gives an entry another weight, for which others may have to leave. False if it leaves itself, which one
  // that is going to be pinned does only where nothing that is not pinned is left.
  bool reweigh(entry_number number, std::uint64_t hash, const entry_terms& terms, removed& gone) {
    const bool is_pinned = terms.is_pinned || policy_.is_pinned(number);
    policy_.erase(number);
    bool is_kept = false;
    const at_end_of_scope leave([&]() noexcept {
      if (is_kept) return;
      if (policy_.contains(number)) policy_.erase(number);
      evict(number, terms.weight, gone);
    });
    return is_kept = admit(number, hash, terms.weight, is_pinned, gone);
  }
  // Has the policy let an entry in, and takes out who leaves for it. False if it will not have it.
  bool admit(entry_number number, std::uint64_t hash, std::uint64_t weight, bool is_pinned, removed& gone) {
    bool is_kept = true;
    const auto evicted = [&](entry_number other) noexcept {
      if (other == number) {
        is_kept = false;
      } else {
        evict(other, policy_.weight_of(other), gone);
      }
    };
    policy_.insert(number, hash, weight, evicted, is_pinned);
    tell_sampling_rate();
    return is_kept;
  }
  // Readers have the line, so that it is written only if it changes.
  void tell_sampling_rate() noexcept {
    // relaxed, twice: a hint
    if (const std::size_t rate = policy_.sampling_rate(); rate != sample_rate_.load(sync::relaxed))
      sample_rate_.store(rate, sync::relaxed);
  }
  // The policy has let it go.
  void evict(entry_number number, std::uint64_t weight, removed& gone) noexcept {
    take_out(number, gone, removal_cause::evicted);
    ++evictions_;
    evicted_weight_ += weight;
  }

  // The key is not there.
  template <class L, class M>
  [[gnu::always_inline]] bool insert(std::uint64_t hash, L&& key, M&& value, entry_stamp stamp,
                                     const entry_terms& terms, removed& gone) {
    const entry_number number = numbers_.take();
    bool is_kept = false;
    try {
      slots_.make_room(number);
      is_kept = admit(number, hash, terms.weight, terms.is_pinned, gone);
      const auto construct = [&](number_slot& at) {
        slots_[number].construct(index_.allocator(), hash, std::forward<L>(key), std::forward<M>(value), stamp);
        at.set(number);
      };
      if (is_kept) index_.template append_alone<!is_read_unlocked>(hash, construct);
    } catch (...) {
      if (policy_.contains(number)) policy_.erase(number);
      numbers_.give_back(number);
      throw;
    }
    if (!is_kept) {
      numbers_.give_back(number);
      ++evictions_;
      evicted_weight_ += terms.weight;
      return false;
    }
    ++size_;
    return true;
  }

  // So that file() does not throw.
  void make_room_for(entry_stamp stamp) {
    if (stamp.deadline() != entry_stamp::never) wheel_.make_room(stamp.number());
    if (stamp.is_prolonged()) ends_.make_room(std::size_t{stamp.number()} + 1);
  }
  // What is in the table expires with that stamp, and at that time at the latest.
  void file(entry_stamp stamp, cache_tick end) noexcept {
    if (stamp.deadline() != entry_stamp::never) wheel_.add(stamp.number(), stamp.deadline());
    if (stamp.is_prolonged()) ends_[stamp.number()] = end;
    if (stamp.deadline() < alarm_before_) [[unlikely]] {
      alarm_before_ = 0;
      alarm_.ring();
    }
  }

  // Out of the table: it is not in the policy any more. The wheel will notice.
  void take_out(entry_number number, removed& gone, removal_cause cause) noexcept {
    change_place(policy_.hash_of(number), number, [&](auto& held, const place& at) noexcept {
      gone.take(slots_, number, cause);
      held.begin_change();
      index_.close_gap(held, at);
    });
    --size_;
    tags_.remove(number);
    numbers_.give_back(number);
  }

  // Read by everybody, and written seldom.
  index index_;
  slots slots_;
  hit_counters hits_;
  sync::atomic<std::size_t> sample_rate_{1};  // the policy's sampling rate

  alignas(contention_free_distance) hit_sample sample_;

  // Guarded by the lock of the shard.
  alignas(contention_free_distance) policy policy_;
  timer_wheel wheel_;
  entry_numbers numbers_;
  entry_tags tags_;
  sweeper_alarm& alarm_;
  cache_tick alarm_before_ = 0;   // what ends sooner wakes a sweeper; 0: none sleeps, or it is awake already
  entry_array<cache_tick> ends_;  // by number: when an entry ends that hits prolong
  std::size_t size_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t evicted_weight_ = 0;
  std::uint64_t expirations_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
