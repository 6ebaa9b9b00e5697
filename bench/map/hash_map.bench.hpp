// SPDX-License-Identifier: MIT
// The workloads of hash_map, for plait and every rival alike. workloads.md says what they are.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "support/map_keys.hpp"
#include "support/memory_in_use.hpp"
#include "support/string_hash.hpp"
#include "support/suite.hpp"

namespace bench {

// How a key is looked up: a string without making one.
template <class Key>
using lookup_key = std::conditional_t<std::same_as<Key, std::string>, std::string_view, Key>;

// A map from Key to std::uint64_t as the workloads use it.
template <class Map>
concept hash_map_peer = std::default_initializable<Map> && requires(Map map, const typename Map::key_type& key,
                                                                    lookup_key<typename Map::key_type> wanted) {
  { map.find(wanted) } -> std::same_as<std::optional<std::uint64_t>>;
  { map.insert(key, std::uint64_t{}) } -> std::same_as<bool>;  // false if it is there
  { map.erase(wanted) } -> std::same_as<bool>;
};

// One that can change a value where it is. increment() adds 1 to the value of a key that is there.
template <class Map>
concept updating_hash_map_peer =
    hash_map_peer<Map> &&
    requires(Map map, lookup_key<typename Map::key_type> wanted) { map.increment(wanted); };

// The hash of a rival that brings none for both kinds of keys.
template <class Key>
using peer_hash = std::conditional_t<std::same_as<Key, std::string>, string_hash, std::hash<Key>>;

// A key's first value. The lower half counts the writes.
template <class Key>
std::uint64_t first_value(const looked_up<Key>& of) {
  return std::uint64_t{of.tag} << 32;
}

template <class Key>
bool is_wrong(const looked_up<Key>& of, std::uint64_t value) {
  return value >> 32 != of.tag;
}

inline void check_nothing_wrong(std::uint64_t wrong) {
  if (wrong != 0)
    throw wrong_result("found nothing, or another key's value, " + std::to_string(wrong) + " times");
}

template <class Map>
void fill(Map& map, std::size_t keys) {
  for (std::size_t i = 0; i != keys; ++i) {
    const auto each = key_of<typename Map::key_type>(i);
    map.insert(each.key, first_value(each));
  }
}

// Looks for each of `keys` keys; the number of those that are there, and the sum of the lower halves of their
// values.
template <class Map>
std::pair<std::size_t, std::uint64_t> add_up(Map& map, std::size_t keys) {
  std::size_t there = 0;
  std::uint64_t sum = 0;
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i != keys; ++i) {
    const auto each = key_of<typename Map::key_type>(i);
    const std::optional<std::uint64_t> value = map.find(each.key);
    if (!value) continue;
    ++there;
    sum += static_cast<std::uint32_t>(*value);
    wrong += is_wrong(each, *value);
  }
  check_nothing_wrong(wrong);
  return {there, sum};
}

// Every thread reads random keys, all of which are there, or adds 1 to their values: `Writes` times in 16.
template <class Map, std::size_t Keys, std::uint64_t Writes>
measurement read_and_update(std::size_t threads, std::chrono::nanoseconds time) {
  constexpr int between_looks = 64;
  Map map;
  fill(map, Keys);
  stop_flag stop;
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> done{0};
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t, keys = key_stream<typename Map::key_type>(t, Keys)]() mutable {
      random_bits random(t);
      std::uint64_t my_wrong = 0;
      std::uint64_t my_writes = 0;
      std::uint64_t mine = 0;
      for (; !stop(); mine += between_looks) {
        for (int i = 0; i != between_looks; ++i) {
          const std::uint64_t bits = random.next();
          const auto chosen = keys.next(bits);
          if (Writes != 0 && (bits >> 24) % 16 < Writes) {
            if constexpr (Writes != 0) map.increment(chosen.key);
            ++my_writes;
          } else {
            const std::optional<std::uint64_t> value = map.find(chosen.key);
            my_wrong += !value || is_wrong(chosen, *value);
          }
        }
      }
      wrong += my_wrong;
      written += my_writes;
      done += mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  check_nothing_wrong(wrong);
  if (const auto [there, sum] = add_up(map, Keys); there != Keys || sum != written)
    throw wrong_result("wrote " + std::to_string(written) + " times to " + std::to_string(Keys) +
                       " keys and found " + std::to_string(sum) + " in " + std::to_string(there));
  measured.items = static_cast<double>(done);
  return measured;
}

// Of twice as many keys as the map holds on average every thread reads, inserts or erases random ones: 2, 1 and
// 1 times in 4.
template <class Map, std::size_t Keys>
measurement churn(std::size_t threads, std::chrono::nanoseconds time) {
  constexpr int between_looks = 64;
  Map map;
  fill(map, Keys);
  stop_flag stop;
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::size_t> left{Keys};
  std::atomic<std::uint64_t> done{0};
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t, keys = key_stream<typename Map::key_type>(t, 2 * Keys)]() mutable {
      random_bits random(t);
      std::uint64_t my_wrong = 0;
      std::size_t my_left = 0;  // wraps around
      std::uint64_t mine = 0;
      for (; !stop(); mine += between_looks) {
        for (int i = 0; i != between_looks; ++i) {
          const std::uint64_t bits = random.next();
          const auto chosen = keys.next(bits);
          if (const std::uint64_t what = (bits >> 24) % 4; what == 0) {
            my_left += map.insert(chosen.key, first_value(chosen));
          } else if (what == 1) {
            my_left -= map.erase(chosen.key);
          } else if (const std::optional<std::uint64_t> value = map.find(chosen.key)) {
            my_wrong += is_wrong(chosen, *value);
          }
        }
      }
      wrong += my_wrong;
      left += my_left;
      done += mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  check_nothing_wrong(wrong);
  if (const auto [there, sum] = add_up(map, 2 * Keys); there != left)
    throw wrong_result(std::to_string(left) + " keys should be left, and " + std::to_string(there) + " are");
  measured.items = static_cast<double>(done);
  return measured;
}

// The threads insert `Keys` keys into an empty map that nobody has told how many there will be.
template <class Map, std::size_t Keys>
measurement grow(std::size_t threads, std::chrono::nanoseconds /*time*/) {
  using clock = std::chrono::steady_clock;
  const memory_in_use before = memory_in_use::now();
  Map map;
  stop_flag nobody_waits;
  std::atomic<std::size_t> inserted{0};
  std::vector<clock::duration> longest(threads);
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t] {
      std::size_t mine = 0;
      clock::duration my_longest{};
      clock::time_point start = clock::now();
      for (std::size_t i = t; i < Keys; i += threads) {
        const auto each = key_of<typename Map::key_type>(i);
        mine += map.insert(each.key, first_value(each));
        const clock::time_point end = clock::now();
        my_longest = std::max(my_longest, end - start);
        start = end;
      }
      inserted += mine;
      longest[t] = my_longest;
    });
  }
  measurement measured = run_together(jobs, {}, nobody_waits);
  const memory_in_use after = memory_in_use::now();
  if (const auto [there, sum] = add_up(map, Keys); inserted != Keys || there != Keys)
    throw wrong_result("inserted " + std::to_string(inserted) + " of " + std::to_string(Keys) +
                       " keys and found " + std::to_string(there));
  measured.items = static_cast<double>(Keys);
  const std::chrono::duration<double, std::micro> slowest = std::ranges::max(longest);
  measured.extra = {{"longest_insert_us", slowest.count()},
                    {"bytes_per_entry", after.more_than(before) / Keys}};
  return measured;
}

// 10 000 entries fit into a processor's second-level cache, 2 000 000 into none.
inline constexpr std::size_t small_map = 10'000;
inline constexpr std::size_t large_map = 2'000'000;

template <updating_hash_map_peer Map, std::size_t Keys>
void add_reading_and_updating(const std::string& structure, const std::string& size, const std::string& name) {
  add_for_threads(structure, "read_heavy_" + size, name, read_and_update<Map, Keys, 1>);
  add_for_threads(structure, "half_writes_" + size, name, read_and_update<Map, Keys, 8>);
}

template <hash_map_peer Map>
void add_map_of_numbers(const std::string& name) {
  add_for_threads("hash_map", "read_only_10k", name, read_and_update<Map, small_map, 0>);
  add_for_threads("hash_map", "read_only_2m", name, read_and_update<Map, large_map, 0>);
  if constexpr (updating_hash_map_peer<Map>) {
    add_reading_and_updating<Map, small_map>("hash_map", "10k", name);
    add_reading_and_updating<Map, large_map>("hash_map", "2m", name);
  }
  add_for_threads("hash_map", "churn_10k", name, churn<Map, small_map>);
  add_for_threads("hash_map", "grow_2m", name, grow<Map, large_map>);
}

template <updating_hash_map_peer Map>
void add_map_of_strings(const std::string& name) {
  add_for_threads("hash_map", "read_only_10k_string", name, read_and_update<Map, small_map, 0>);
  add_reading_and_updating<Map, small_map>("hash_map", "10k_string", name);
  add_for_threads("hash_map", "read_heavy_2m_string", name, read_and_update<Map, large_map, 1>);
}

// A map that takes keys of both types.
template <template <class Key> class Map>
void add_hash_map(const std::string& name) {
  add_map_of_numbers<Map<std::uint64_t>>(name);
  add_map_of_strings<Map<std::string>>(name);
}

}  // namespace bench
