// SPDX-License-Identifier: MIT
// What an expiring_cache does, behind its interface: finds the shard of a key, and loads values.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/counter.hpp>
#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/cache/background_load.hpp>
#include <plait/detail/cache/bulk_load.hpp>
#include <plait/detail/cache/cache_shape.hpp>
#include <plait/detail/cache/cache_shard.hpp>
#include <plait/detail/cache/cache_time.hpp>
#include <plait/detail/cache/cache_weigher.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/entry_terms.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/load_flight.hpp>
#include <plait/detail/cache/load_terms.hpp>
#include <plait/detail/cache/shard_array.hpp>
#include <plait/detail/cache/short_hash.hpp>
#include <plait/detail/cache/sweeper_alarm.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/key/key_batches.hpp>
#include <plait/detail/key/key_forms.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/sync.hpp>
#include <plait/load_options.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

// The argument itself, if it is a T; otherwise a T made of it.
template <class T, class From>
decltype(auto) made_into(From&& from) {
  if constexpr (std::same_as<std::remove_cvref_t<From>, T>) {
    return std::forward<From>(from);
  } else {
    return static_cast<T>(std::forward<From>(from));
  }
}

template <class K, class V, class Hash, class Equal, class Clock, class Allocator>
class cache_core {
 public:
  using key_type = K;
  using mapped_type = V;
  using forms = key_forms<K, Hash, Equal>;
  using weigher = cache_weigher<K, V>;
  using shard = cache_shard<K, V, Allocator>;
  using removed = typename shard::removed;

  cache_core(typename weigher::function weigh, const cache_options& options, const Hash& hash,
             const Equal& equal, const Allocator& allocator)
      : hash_(hash, sync::random_number()),
        equal_(equal),
        weigher_(std::move(weigh)),
        time_to_live_(options.time_to_live),
        time_(options.time_to_idle, options.spread),
        shape_(options, weigher_.has_weights()),
        shards_(shape_.shards(), allocator, [&](shard* place, std::size_t number) {
          std::construct_at(place, shape_.part(number), number, alarm_, allocator);
        }) {
    weigher_.set_heaviest(shape_.heaviest());
  }
  cache_core(const cache_core&) = delete;
  cache_core& operator=(const cache_core&) = delete;

  entry_terms terms() const noexcept { return {time_to_live_, 1}; }
  entry_terms terms_of(const put_options& how) const noexcept {
    return {how.time_to_live.value_or(time_to_live_), 1, how.tags, how.is_pinned};
  }
  // Changes before there are other threads.
  typename removed::listener& listener() noexcept { return listener_; }

  // -- looking --

  template <bool Counts, class L>
  std::optional<V> look(const L& given) {
    const auto& key = forms::wanted(given);
    return look_hashed<Counts>(key, hash_of(key));
  }
  template <bool Counts, class L>
  std::optional<V> look_hashed(const L& key, std::uint64_t hash) {
    shard& in = shards_.of(hash);
    std::optional<V> value;
    entry_stamp ended;
    bool is_over, is_noted = false;
    do {
      is_over = false;
      if constexpr (is_read_unlocked) {
        in.template read_words<forms::compares_words>(hash, equal_to(key), [&](const auto& seen) {
          const cached_value<V> found = seen.value();
          is_over = time_.is_over(found.stamp.deadline());
          if (is_over) return void(ended = found.stamp);
          in.count_hit(hash, seen.number);
          is_noted = time_.is_worth_noting(found.stamp);
          value.emplace(found.value);
        });
      } else {
        entry_stamp stamp;
        in.read_object(hash, equal_to(key), [&](const cached_value<V>& found) {
          value.emplace(found.value);
          stamp = found.stamp;
        });
        is_over = stamp.exists() && time_.is_over(stamp.deadline());
        if (is_over) {
          ended = stamp;
          value.reset();
        } else if (value) {
          in.count_hit(hash, stamp.number());
          is_noted = time_.is_worth_noting(stamp);
        }
      }
    } while (is_over && !has_ended(in, hash, equal_to(key), ended));
    if (value && is_noted) [[unlikely]]
      note_hit(in, hash, key);
    if constexpr (Counts) (value ? hits_ : misses_).add();
    return value;
  }

  template <class Range>
  std::vector<std::optional<V>> look_for_many(Range& keys) {
    std::vector<std::optional<V>> found;
    if constexpr (std::ranges::sized_range<Range>) found.reserve(std::ranges::size(keys));
    for_each_key<forms>(
        keys, [this](const auto& key) { return this->hash_of(key); },
        [this](std::uint64_t hash) { shards_.of(hash).prefetch(hash); },
        [&](const auto& key, std::uint64_t hash) { found.push_back(look_hashed<true>(key, hash)); });
    return found;
  }

  template <class L>
  entry_stamp find_stamp(const L& given) const {
    const auto& key = forms::wanted(given);
    const std::uint64_t hash = hash_of(key);
    const shard& in = shards_.of(hash);
    for (;;) {
      const entry_stamp found = in.find(hash, equal_to(key));
      if (!found.exists() || !time_.is_over(found.deadline())) return found;
      if (has_ended(in, hash, equal_to(key), found)) return {};
    }
  }

  entry_lifetime left_until(entry_stamp stamp) const { return time_.now().left_until(stamp.deadline()); }

  // -- changing --

  template <class L, class M>
  bool store(put_when when, L&& key, M&& value, entry_terms&& terms) {
    if (!weigher_.has_weights())
      return store_weighed(when, std::forward<L>(key), std::forward<M>(value), terms);
    auto&& own_key = made_into<K>(std::forward<L>(key));
    auto&& own_value = made_into<V>(std::forward<M>(value));
    weigher_.weigh(own_key, own_value, terms);
    return store_weighed(when, std::forward<decltype(own_key)>(own_key),
                         std::forward<decltype(own_value)>(own_value), terms);
  }
  template <class L>
  bool set_lifetime(const L& given, entry_lifetime lives) {
    time_.expect(lives);
    return change(given, [&](shard& in, std::uint64_t hash, auto matches, removed& gone) {
      return in.set_deadline(hash, matches, time_.spread(lives, hash), time_, gone);
    });
  }
  template <class L>
  bool remove(const L& given) {
    return change(given, [this](shard& in, std::uint64_t hash, auto matches, removed& gone) {
      return in.remove(hash, matches, time_, gone);
    });
  }
  template <class L>
  bool pin(const L& given) {
    return change(given, [this](shard& in, std::uint64_t hash, auto matches, removed& gone) {
      return in.pin(hash, matches, time_, gone);
    });
  }
  template <class L>
  bool unpin(const L& given) {
    return change(given, [this](shard& in, std::uint64_t hash, auto matches, removed& gone) {
      return in.unpin(hash, matches, time_, gone);
    });
  }

  // -- all --

  std::uint64_t capacity() const noexcept {
    const std::lock_guard guard(shape_lock_);
    return shape_.capacity();
  }
  void set_capacity(std::uint64_t capacity) {
    {
      const std::lock_guard guard(shape_lock_);
      shape_ = shape_.with_capacity(capacity);
      weigher_.set_heaviest(shape_.heaviest());
    }
    std::size_t number = 0;
    const auto part = [&] {
      const std::lock_guard guard(shape_lock_);
      return shape_.part(number);
    };
    for (shard& each : shards_) {
      for (bool has_more = true; has_more;) {
        removed gone(listener_);
        has_more = each.set_capacity(part, gone);
      }
      ++number;
    }
  }

  // Calls use(shard_content) for what is left in each shard when all that has expired is gone.
  template <class Use>
  void expire(Use use) {
    for (shard& each : shards_) {
      removed gone(listener_);
      use(each.expire(time_, shard::everything, gone));
    }
  }
  // Expires again and again, as soon as there is something to expire, but pauses after each time.
  void expire_until(const std::stop_token& stop, std::chrono::nanoseconds pause) {
    while (!stop.stop_requested()) {
      const std::uint32_t seen = alarm_.rings();
      cache_tick due = entry_stamp::never;
      for (shard& each : shards_) {
        removed gone(listener_);
        due = std::min(due, each.expire_and_watch(time_, gone));
      }
      alarm_.pause(pause, stop);
      alarm_.sleep(seen, time_.now().left_until(due), stop);
    }
  }
  void clear() {
    visit_all([](shard& in, entry_number& first, removed& gone) { return in.clear_some(first, gone); });
  }
  template <class Goes>
  std::size_t remove_if(Goes& goes) {
    std::size_t count = 0;
    visit_all([&](shard& in, entry_number& first, removed& gone) {
      return in.remove_some_if(first, goes, time_, count, gone);
    });
    return count;
  }
  std::size_t invalidate(cache_tag tag) {
    std::size_t count = 0;
    for (shard& each : shards_) {
      std::optional<std::size_t> most;
      for (bool has_more = true; has_more;) {
        removed gone(listener_);
        has_more = each.remove_some(tag, most, time_, count, gone);
      }
    }
    return count;
  }
  // Calls use(copied_entry, coldness), shard by shard, for those last that would leave first. Coldness, the
  // entry's place among those of its shard from 0 to 1, compares it with those of other shards.
  template <class Use>
  void copy_all(Use use) const {
    for (const shard& each : shards_) {
      const auto copied = each.copy_all(time_);
      const auto count = static_cast<double>(copied.size());
      for (std::size_t left = copied.size(); left != 0; --left)
        use(copied[left - 1], 1 - (static_cast<double>(left) - 0.5) / count);
    }
  }
  // Puts in an entry that was copied, and lives as long as it had left.
  bool restore(K&& key, V&& value, entry_lifetime left) {
    return store(put_when::always, std::move(key), std::move(value),
                 {.lives = left, .weight = 1, .is_spread = true});
  }
  std::uint64_t weight_of(const K& key, const V& value) const {
    entry_terms terms = this->terms();
    weigher_.weigh(key, value, terms);
    return terms.weight;
  }

  cache_statistics statistics() const {
    cache_statistics sum{.hits = count_of(hits_),
                         .misses = count_of(misses_),
                         .loads = count_of(loads_),
                         .failed_loads = count_of(failed_loads_)};
    for (const shard& each : shards_) each.add_to(sum);
    return sum;
  }

  // -- loading --

  template <class L, class F>
  V get_or_load(L&& given, F&& f, const load_options& how) {
    const load_terms<V> terms(how, time_to_live_);
    std::optional<V> found = look<true>(given);  // not assigned to: a V may be one that cannot be
    if (found && !terms.grows_old()) return *std::move(found);
    const K own = static_cast<K>(std::forward<L>(given));
    const std::uint64_t hash = hash_of(own);
    if (found) return refreshed(*std::move(found), own, hash, std::forward<F>(f), how, terms);
    shard& in = shards_.of(hash);
    for (;;) {
      bool is_mine = false;
      flight* const joined = in.join(hash, equal_to(own), own, terms.tags, time_, is_mine);
      if (joined == nullptr) {
        if (std::optional<V> put = look<false>(own)) return *std::move(put);
        continue;
      }
      const at_end_of_scope leave([&]() noexcept { joined->release(); });
      if (is_mine) return load(*joined, in, own, std::forward<F>(f), terms);
      const typename waits::waiting waiting(waits_, *joined);
      if (std::optional<V> loaded = joined->wait()) return *std::move(loaded);
    }
  }

  template <class Range, class F>
  std::vector<std::optional<V>> get_many_or_load(Range& keys, F& f, const put_options& how) {
    bulk_load<cache_core> absent(*this);
    std::vector<std::optional<V>> found;
    if constexpr (std::ranges::sized_range<Range>) found.reserve(std::ranges::size(keys));
    for_each_key<forms>(
        keys, [this](const auto& key) { return this->hash_of(key); },
        [this](std::uint64_t hash) { shards_.of(hash).prefetch(hash); },
        [&](const auto& key, std::uint64_t hash) {
          found.push_back(look_hashed<true>(key, hash));
          if (!found.back()) absent.add(key, hash, found.size() - 1);
        });
    absent.run(f, terms_of(how), found);
    return found;
  }

 private:
  using flight = typename shard::flight;
  using waits = load_waits<K, V>;
  friend bulk_load<cache_core>;
  template <class Core, class F>
  friend class background_load;

  static constexpr bool is_read_unlocked = shard::is_read_unlocked;

  // The value that was found, or a new one, if it is old and this thread is to load that.
  template <class F>
  V refreshed(V&& found, const K& key, std::uint64_t hash, F&& f, const load_options& how,
              const load_terms<V>& terms) {
    shard& in = shards_.of(hash);
    const entry_stamp stamp = in.find(hash, equal_to(key));
    if (!stamp.exists() || !time_.has_aged(stamp, time_.spread(terms.lives_of(found), hash),
                                           time_.spread(terms.refresh_after, hash)))
      return std::move(found);
    if (how.executor) {
      refresh_later(key, hash, stamp, std::forward<F>(f), how, terms);
      return std::move(found);
    }
    flight* const mine = in.join_to_refresh(hash, equal_to(key), key, terms.tags, stamp);
    if (mine == nullptr) return std::move(found);
    const at_end_of_scope leave([&]() noexcept { mine->release(); });
    in.begin(*mine);
    if (!how.stale_if_error) return load(*mine, in, key, std::forward<F>(f), terms);
    try {
      return load(*mine, in, key, std::forward<F>(f), terms);
    } catch (...) {
      return std::move(found);
    }
  }
  template <class F>
  void refresh_later(const K& key, std::uint64_t hash, entry_stamp stamp, F&& f, const load_options& how,
                     const load_terms<V>& terms) {
    if (shards_.of(hash).is_loading(hash, equal_to(key))) return;
    const auto later = std::make_shared<background_load<cache_core, std::decay_t<F>>>(
        *this, key, hash, std::forward<F>(f), terms);
    if (!later->join(stamp)) return;
    try {
      how.executor([later] { later->run(); });
    } catch (...) {
      failed_loads_.add();
    }
  }

  template <class F>
  V load(flight& mine, shard& in, const K& key, F&& f, const load_terms<V>& how) {
    const V* value = nullptr;
    bool is_listed = true;
    try {
      value = &mine.set_value(call<V>(std::forward<F>(f)));
      keep(mine, in, key, *value, {how.lives_of(*value), 1, how.tags}, is_listed);
    } catch (...) {
      if (is_listed) in.end(mine);
      mine.finish(std::current_exception());
      throw;
    }
    mine.finish();
    return *value;  // if that throws, it concerns nobody else
  }

  // What was loaded is put in, unless it is out of date; the flight is not listed any more then.
  void keep(flight& mine, shard& in, const K& key, const V& value, entry_terms terms, bool& is_listed) {
    weigher_.weigh(key, value, terms);
    time_.expect(terms.lives);
    terms.lives = time_.spread(terms.lives, mine.hash());
    removed gone(listener_);
    is_listed = false;
    in.end(mine, equal_to(key), value, terms, time_, gone);
  }

  template <class Result, class F>
  Result call(F&& f) {
    try {
      Result loaded(std::invoke(std::forward<F>(f)));
      loads_.add();
      return loaded;
    } catch (...) {
      failed_loads_.add();
      throw;
    }
  }

  // Too long for the caller's code, where less of what it calls would be inlined.
  template <class L, class M>
  [[gnu::noinline]] bool store_weighed(put_when when, L&& given, M&& value, entry_terms& terms) {
    auto&& key = forms::wanted(std::forward<L>(given));
    const std::uint64_t hash = hash_of(std::as_const(key));
    time_.expect(terms.lives);
    if (!terms.is_spread) terms.lives = time_.spread(terms.lives, hash);
    removed gone(listener_);
    return shards_.of(hash).put(when, hash, equal_to(key), std::forward<decltype(key)>(key),
                                std::forward<M>(value), terms, time_, gone);
  }

  // What change_in(shard&, hash, matches, gone) says of a key.
  template <class L, class ChangeIn>
  bool change(const L& given, ChangeIn change_in) {
    const auto& key = forms::wanted(given);
    const std::uint64_t hash = hash_of(key);
    removed gone(listener_);
    return change_in(shards_.of(hash), hash, equal_to(key), gone);
  }

  // Calls visit(shard&, first, gone) until that is false, for each shard.
  template <class Visit>
  void visit_all(Visit visit) {
    for (shard& each : shards_) {
      entry_number first = 0;
      for (bool has_more = true; has_more;) {
        removed gone(listener_);
        has_more = visit(each, first, gone);
      }
    }
  }

  template <class L>
  std::uint64_t hash_of(const L& key) const {
    return short_hash::of(hash_(key), shards_.size());
  }
  template <class L>
  auto equal_to(const L& key) const {
    return [this, &key](const K& other) { return static_cast<bool>(std::invoke(equal_, other, key)); };
  }

  static std::uint64_t count_of(const counter& from) noexcept {
    return static_cast<std::uint64_t>(from.load());
  }

  // Whether an entry that was found to have expired has done so, or is gone. Between finding its stamp and
  // reading the clock, somebody may have given the entry another deadline; but that changes its stamp, and
  // whoever does it reads the clock under the lock that is taken here.
  template <class Matches>
  static bool has_ended(const shard& in, std::uint64_t hash, Matches matches, entry_stamp found) {
    const entry_stamp now = in.find_locked(hash, matches);
    return !now.exists() || now == found;
  }

  template <class L>
  void note_hit(shard& in, std::uint64_t hash, const L& key) {
    in.prolong(hash, equal_to(key), time_);
  }

  // Every call reads these, and what lies beside the cache may be written all the time: hence lines of their
  // own.
  alignas(contention_free_distance) seeded_hash<Hash> hash_;
  [[no_unique_address]] Equal equal_;
  weigher weigher_;
  const entry_lifetime time_to_live_;
  cache_time<Clock> time_;
  sweeper_alarm alarm_;
  cache_shape shape_;  // guarded by shape_lock_
  shard_array<shard, Allocator> shards_;
  typename removed::listener listener_;  // changes before there are other threads
  load_waits<K, V> waits_;
  mutable sync::mutex shape_lock_;
  counter hits_;
  counter misses_;
  counter loads_;
  counter failed_loads_;
};

}  // namespace PLAIT_NAMESPACE::detail
