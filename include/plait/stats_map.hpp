// SPDX-License-Identifier: MIT
// stats_map<Key, Value>: a hash_map that knows how often each key was put and got.
//
// Use it to find out what a cache or a table is used for: its hit ratio, the keys that are read most, those
// that are written and never read. Use hash_map when nobody will ask.
//
//   operation                 progress                 counts
//   insert, try_emplace       as hash_map's            an insert and a put, if the key was not there
//   insert_or_assign, upsert  as hash_map's            an insert or an update, and a put
//   update                    as hash_map's            an update and a put, if the key is there
//   find, get                 as hash_map's find; (1)  a hit and a get, or a miss
//   contains, accesses        as hash_map's find       nothing
//   erase                     as hash_map's            an erase, if the key was there; its counts go
//   stats                     wait-free, O(threads)    nothing
//   most_read, most_written   as hash_map's for_each   nothing
//   reset_stats               as an update of each key
//   (1) With exact_gets as update; with approximate_gets one find in 32 or fewer.
//
//   kind of statistics  totals  puts of a key  gets of a key                                  memory a key
//   none                no      no             no                                             none
//   totals              exact   no             no                                             none
//   puts                exact   exact          no                                             8 bytes
//   approximate_gets    exact   exact          a sample's: of n the standard error is         8 bytes
//                                              sqrt(31 n), and 3.5 % at most beyond 32 768
//   exact_gets          exact   exact          exact                                          16 bytes
//   Whoever asks while others are at work is told of every access that happened before, and of some of those
//   under way; each number by itself. With approximate_gets, puts of one key wrap around at 2^48.
//
//   plait::stats_map<std::string, int> prices;
//   prices.insert_or_assign("tea", 3);
//   prices.insert_or_assign("tea", 4);
//   for (int i = 0; i < 10; ++i) prices.find("tea");
//   const int price = prices.get("coffee", 0);  // 0: it is not there
//   for (const auto& [key, gets] : prices.most_read(3))
//     std::printf("%s was read %d times\n", key.c_str(), static_cast<int>(gets));  // tea was read 10 times
//   const plait::access_totals seen = prices.stats();  // hits 10, misses 1, inserts 1, updates 1, erases 0
//
// By default every number is exact, and a find costs what an update costs. Where many threads read the same
// keys, approximate_gets lets reads run side by side, as hash_map's do.
// Everything else is as in hash_map: requirements, exceptions, memory, fork, shared libraries. An operation
// that throws counts nothing.
// Algorithm: for the totals five counters, of which each thread has cells of its own; the counts of keys in
// arrays beside the table's blocks, so that a find looks at no more memory than a hash_map's. Gets by a sample,
// in floating-point steps: the more often a key is read, the more seldom a reader writes (Morris, "Counting
// large numbers of events in small registers", 1978). Design note: docs/structures/stats_map.md.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/access_statistics.hpp>
#include <plait/counter.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/map/access_counts.hpp>
#include <plait/detail/map/map_entries.hpp>
#include <plait/detail/sync.hpp>
#include <plait/map_element.hpp>

namespace PLAIT_NAMESPACE {

template <class Key, class Value, access_statistics Kept = access_statistics::exact_gets,
          class Hash = detail::key_hash<Key>, class Equal = std::equal_to<>>
class stats_map {
  // Here, and not where they are named, because they may be incomplete there.
  static_assert(
      map_element<Key> && map_element<Value>,
      "plait::stats_map<Key, Value>: keys and values must be objects that are moved and destroyed without "
      "throwing, because they move when the map grows. Put one that is not into a std::unique_ptr.");

  using counts = detail::access_counts<Kept>;
  using entries =
      detail::map_entries<Key, Value, Hash, Equal, std::allocator<std::pair<const Key, Value>>, counts>;
  using chain = typename entries::chain;
  using place = typename entries::place;
  using slot = typename entries::slot;

  // What a key can be given as.
  template <class K>
  static constexpr bool is_key = entries::forms::template is_key<K>;

 public:
  using key_type = Key;
  using mapped_type = Value;
  using size_type = std::size_t;
  using hasher = Hash;
  using key_equal = Equal;

  // Holds nothing yet.
  explicit stats_map(const Hash& hash = Hash(), const Equal& equal = Equal())
      : entries_(hash, equal, std::allocator<std::pair<const Key, Value>>()) {}
  stats_map(const stats_map&) = delete;
  stats_map& operator=(const stats_map&) = delete;

  // Inserts `key` with a value made of `args`, unless it is there; says whether it has.
  template <class K = Key, class... Args>
    requires is_key<K> && std::constructible_from<Value, Args...>
  bool try_emplace(K&& key, Args&&... args) {
    const bool inserted =
        entries_.change_or_put(std::forward<K>(key), [](chain&, const place&) {}, std::forward<Args>(args)...);
    if (inserted) totals_.add(&all_totals::inserts);
    return inserted;
  }
  template <class K = Key, class V = Value>
    requires is_key<K> && std::constructible_from<Value, V>
  bool insert(K&& key, V&& value) {
    return try_emplace(std::forward<K>(key), std::forward<V>(value));
  }

  // Inserts `key`, or sets its value; says whether it was inserted.
  template <class K = Key, class V = Value>
    requires is_key<K> && std::constructible_from<Value, V>
  bool insert_or_assign(K&& key, V&& value) {
    std::optional<Value> made;  // or the old value, to be destroyed without a lock
    return put(
        std::forward<K>(key),
        [&](chain& held, slot& at) {
          made.emplace(std::forward<V>(value));
          entries_.exchange(held, at, *made);
        },
        std::forward<V>(value));
  }

  // Inserts `key` with a value made of `args`, or calls change(Value&) if it is there; says whether it was
  // inserted.
  template <class K = Key, std::invocable<Value&> Change, class... Args>
    requires is_key<K> && std::constructible_from<Value, Args...>
  bool upsert(K&& key, Change&& change, Args&&... args) {
    return put(
        std::forward<K>(key), [&](chain& held, slot& at) { entries_.modify(held, at, change); },
        std::forward<Args>(args)...);
  }

  // Calls change(Value&) if `key` is there; says whether it is.
  template <class K = Key, std::invocable<Value&> Change>
    requires is_key<const K&>
  bool update(const K& key, Change&& change) {
    const bool found = entries_.change_present(key, [&](chain& held, const place& at) {
      entries_.modify(held, at.at(), change);
      count_put(at);
      return true;
    });
    if (found) totals_.add(&all_totals::updates);
    return found;
  }

  // A copy of the value of `key`; nothing if it is not there.
  template <class K = Key>
    requires is_key<const K&>
  [[gnu::always_inline]] std::optional<Value> find(const K& key) const {
    if constexpr (Kept == access_statistics::exact_gets) {
      std::optional<Value> found;
      entries_.change_present(key, [&](chain&, const place& at) {
        found.emplace(std::as_const(at.at()).value());
        at.beside().add_get();
        return true;
      });
      totals_.add(found ? &all_totals::hits : &all_totals::misses);
      return found;
    } else {
      // A counter for each way out, and a new optional: compilers put a function with many variables into no
      // other one, and processors are slow at copying as a whole what was just written in parts.
      std::optional<Value> found = entries_.find(key);
      if (!found) {
        totals_.add(&all_totals::misses);
        return std::nullopt;
      }
      if constexpr (Kept == access_statistics::approximate_gets) {
        if (detail::sample::is_chosen()) [[unlikely]]
          detail::sync::rarely<&stats_map::template count_get<K>>(this, &key);
      }
      totals_.add(&all_totals::hits);
      return std::optional<Value>(std::move(*found));
    }
  }

  // The same, or `otherwise`.
  template <class K = Key, class V = Value>
    requires is_key<const K&> && std::constructible_from<Value, V>
  Value get(const K& key, V&& otherwise) const {
    return find(key).value_or(std::forward<V>(otherwise));
  }

  // Whether it is there. This counts nothing.
  template <class K = Key>
    requires is_key<const K&>
  bool contains(const K& key) const {
    return entries_.read(key, [](const Value&) {});
  }

  // Forgets `key`, its value and its counts; false if it is not there.
  template <class K = Key>
    requires is_key<const K&>
  bool erase(const K& key) {
    const bool erased = entries_.extract(key).has_value();
    if (erased) totals_.add(&all_totals::erases);
    return erased;
  }

  // How many keys there are; exact if nobody is just changing that.
  size_type size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // Makes room for so many keys.
  void reserve(size_type n) { entries_.reserve(n); }

  // What happened in all.
  access_totals stats() const noexcept
    requires(Kept >= access_statistics::totals)
  {
    return totals_.read();
  }

  // What happened to `key`; nothing if it is not there. This counts nothing.
  template <class K = Key>
    requires(Kept >= access_statistics::puts && is_key<const K&>)
  std::optional<key_accesses> accesses(const K& key) const {
    return entries_.read_beside(key, [](const counts& of) { return of.read(); });
  }

  // The n keys that were found most often, and how often; those of equal counts in any order.
  std::vector<std::pair<Key, std::uint64_t>> most_read(size_type n) const
    requires(Kept >= access_statistics::approximate_gets && std::copy_constructible<Key>)
  {
    return ranked(n, &key_accesses::gets);
  }

  // The n keys that were put most often, and how often; those of equal counts in any order.
  std::vector<std::pair<Key, std::uint64_t>> most_written(size_type n) const
    requires(Kept >= access_statistics::puts && std::copy_constructible<Key>)
  {
    return ranked(n, &key_accesses::puts);
  }

  // Sets all counts to 0. The keys stay.
  void reset_stats()
    requires(Kept >= access_statistics::totals)
  {
    totals_.reset();
    if constexpr (Kept >= access_statistics::puts)
      entries_.for_each([](const place& at) { at.beside().reset(); });
  }

 private:
  struct all_totals {
    void add(counter all_totals::* which) noexcept { (this->*which).add(); }
    access_totals read() const noexcept {
      return {hits.load(), misses.load(), inserts.load(), updates.load(), erases.load()};
    }
    void reset() noexcept {
      for (counter* const each : {&hits, &misses, &inserts, &updates, &erases}) each->reset();
    }

    counter hits, misses, inserts, updates, erases;
  };
  struct no_totals {
    void add(counter all_totals::*) noexcept {}
  };

  static void count_put(const place& at) noexcept {
    if constexpr (Kept >= access_statistics::puts) at.beside().add_put();
  }

  // Inserts `key`, or calls change(chain&, slot&) if it is there.
  template <class K, class Change, class... Args>
  bool put(K&& key, const Change& change, Args&&... args) {
    const bool inserted = entries_.change_or_put(
        std::forward<K>(key),
        [&](chain& held, const place& at) {
          change(held, at.at());
          count_put(at);
        },
        std::forward<Args>(args)...);
    totals_.add(inserted ? &all_totals::inserts : &all_totals::updates);
    return inserted;
  }

  // For a get that the sample has chosen.
  template <class K>
  void count_get(const K* key) const {
    entries_.change_present(*key, [](chain&, const place& at) {
      at.beside().add_get(detail::sample::bits());
      return true;
    });
  }

  // The n keys with the highest counts, highest first: of those that were seen so far the lowest is in front.
  std::vector<std::pair<Key, std::uint64_t>> ranked(size_type n, std::uint64_t key_accesses::* which) const {
    using ranked_key = std::pair<Key, std::uint64_t>;
    const auto higher = [](const ranked_key& a, const ranked_key& b) { return a.second > b.second; };
    std::vector<ranked_key> best;
    if (n == 0) return best;
    const auto add = [which](std::vector<ranked_key>& batch, const place& from) {
      batch.emplace_back(entries::key_of(from.at()), from.beside().read().*which);
    };
    for (typename entries::position at; !at.is_end;) {
      for (ranked_key& each : entries_.template scan<ranked_key>(at, add)) {
        if (best.size() == n) {
          if (best.front().second >= each.second) continue;
          std::ranges::pop_heap(best, higher);
          best.pop_back();
        }
        best.push_back(std::move(each));
        std::ranges::push_heap(best, higher);
      }
    }
    std::ranges::sort_heap(best, higher);
    return best;
  }

  mutable entries entries_;  // a find counts, too
  [[no_unique_address]] mutable std::conditional_t<Kept == access_statistics::none, no_totals, all_totals>
      totals_;
};

}  // namespace PLAIT_NAMESPACE
