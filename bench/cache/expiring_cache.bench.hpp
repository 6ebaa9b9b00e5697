// SPDX-License-Identifier: MIT
// The workloads of expiring_cache, for plait and every rival in C++. workloads.md says what they are; those in
// other languages do the same in their own programs.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/cache_requests.hpp"
#include "support/map_keys.hpp"
#include "support/memory_in_use.hpp"
#include "support/suite.hpp"

namespace bench {

// How long entries live where they do: longer than any run.
inline constexpr std::chrono::hours cache_time_to_live{1};

// A cache of numbers that is made with its capacity, and with whether its entries expire.
template <class Cache>
concept cache_peer = requires(Cache cache, std::uint64_t key, std::uint64_t value) {
  std::make_unique<Cache>(std::size_t{}, bool{});
  { cache.get(key) } -> std::same_as<std::optional<std::uint64_t>>;
  cache.put(key, value);
};

// How often a cache was asked, and what came of it.
struct cache_answers {
  std::uint64_t asked = 0;
  std::uint64_t hits = 0;
  std::uint64_t wrong = 0;

  // Asks for a key, whose value is its complement.
  template <cache_peer Cache>
  bool ask(Cache& cache, std::uint64_t key) {
    const std::optional<std::uint64_t> value = cache.get(key);
    ++asked;
    hits += value.has_value();
    wrong += value.has_value() && *value != ~key;
    return value.has_value();
  }
  cache_answers& operator+=(const cache_answers& others) {
    asked += others.asked;
    hits += others.hits;
    wrong += others.wrong;
    return *this;
  }
  double hit_ratio() const {
    if (wrong != 0) throw wrong_result("found another key's value " + std::to_string(wrong) + " times");
    return static_cast<double>(hits) / static_cast<double>(asked);
  }
};

inline constexpr std::size_t between_looks_at_the_clock = 64;

// Every thread asks for one key after the other, and puts those that are not there.
template <cache_peer Cache>
measurement look_up(const cache_workload& what, std::size_t threads, std::chrono::nanoseconds time) {
  const auto cache = std::make_unique<Cache>(what.capacity, what.expires);
  const cache_requests& requests = *what.requests();
  const auto ask = [&cache = *cache](cache_answers& mine, std::uint64_t key) {
    if (!mine.ask(cache, key)) cache.put(key, ~key);
  };
  cache_answers before;
  for (const std::uint64_t key : requests.first) ask(before, key);
  stop_flag stop;
  std::vector<cache_answers> answers(threads);
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t] {
      const std::size_t size = requests.keys.size();
      std::size_t at = t * size / threads;
      cache_answers mine;
      while (!stop()) {
        for (std::size_t i = 0; i != between_looks_at_the_clock; ++i) {
          ask(mine, requests.keys[at]);
          at = at + 1 == size ? 0 : at + 1;
        }
      }
      answers[t] = mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  cache_answers sum;
  for (const cache_answers& each : answers) sum += each;
  measured.items = static_cast<double>(sum.asked);
  measured.extra = {{"hit_ratio", sum.hit_ratio(), spread::typical}};
  return measured;
}

// Every thread puts keys that nobody has seen before into a full cache. The hit ratio is that of gets, after
// the clock has stopped, of the last keys that each thread has put: some caches take few of them in.
template <cache_peer Cache>
measurement insert_new(const cache_workload& what, std::size_t threads, std::chrono::nanoseconds time) {
  constexpr std::size_t last_puts = 100;
  const auto cache = std::make_unique<Cache>(what.capacity, what.expires);
  const auto key = [](std::size_t i) { return key_of<std::uint64_t>(i).key; };
  for (std::size_t i = 0; i != what.capacity; ++i) cache->put(key(i), ~key(i));
  stop_flag stop;
  std::vector<std::size_t> ends(threads);  // the number of the first key that was not put
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t] {
      std::size_t next = what.capacity + t;
      while (!stop())
        for (std::size_t i = 0; i != between_looks_at_the_clock; ++i, next += threads)
          cache->put(key(next), ~key(next));
      ends[t] = next;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  std::size_t puts = 0;
  cache_answers answers;
  for (std::size_t t = 0; t != threads; ++t) {
    const std::size_t mine = (ends[t] - what.capacity - t) / threads;
    puts += mine;
    for (std::size_t i = 1; i <= std::min(mine, last_puts); ++i)
      answers.ask(*cache, key(ends[t] - i * threads));
  }
  measured.items = static_cast<double>(puts);
  measured.extra = {{"hit_ratio", answers.hit_ratio(), spread::typical}};
  return measured;
}

// One thread puts twice as many keys into an empty cache as it has room for.
template <cache_peer Cache>
measurement fill(const cache_workload& what, std::size_t /*threads*/, std::chrono::nanoseconds /*time*/) {
  const auto key = [](std::size_t i) { return key_of<std::uint64_t>(i).key; };
  const std::size_t puts = 2 * what.capacity;
  const memory_in_use before = memory_in_use::now();
  const auto cache = std::make_unique<Cache>(what.capacity, what.expires);
  stop_flag nobody_waits;
  const job put_all = [&] {
    for (std::size_t i = 0; i != puts; ++i) cache->put(key(i), ~key(i));
  };
  measurement measured = run_together({put_all}, {}, nobody_waits);
  const double taken = memory_in_use::now().more_than(before);
  cache_answers answers;
  for (std::size_t i = 0; i != puts; ++i) answers.ask(*cache, key(i));
  measured.items = static_cast<double>(puts);
  measured.extra = {
      {"hit_ratio", answers.hit_ratio(), spread::typical},
      {"bytes_per_entry", taken / static_cast<double>(answers.hits) - sizeof(key(0)) - sizeof(~key(0))}};
  return measured;
}

inline void add_cache_workload(const cache_workload& what, const std::string& name,
                               measurement (*run)(const cache_workload&, std::size_t,
                                                  std::chrono::nanoseconds)) {
  add_for_threads("expiring_cache", what.name, name,
                  [&what, run](std::size_t threads, auto time) { return run(what, threads, time); });
}

template <cache_peer Cache>
void add_cache(const std::string& name) {
  add_cache_workload(cache_hits, name, look_up<Cache>);
  add_cache_workload(cache_hits_ttl, name, look_up<Cache>);
  add_cache_workload(cache_read_through, name, look_up<Cache>);
  add_cache_workload(cache_insert, name, insert_new<Cache>);
  for (const cache_workload* what : {&cache_fill, &cache_fill_ttl})
    suite().push_back({"expiring_cache", what->name, "1T", name, 1,
                       [what](auto time) { return fill<Cache>(*what, 1, time); }});
}

}  // namespace bench
