// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include <plait/stats_map.hpp>

#include "stress/counter_rounds.hpp"

namespace {

using plait::access_statistics;
using plait::access_totals;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using exact_map = plait::stats_map<int, int, access_statistics::exact_gets>;

// What happens to one key, or in all, as a counter that somebody adds to and somebody reads.
struct puts_of_a_key {
  exact_map& map;
  void add(std::int64_t) { map.insert_or_assign(1, 0); }
  std::int64_t load() const {
    const std::optional<plait::key_accesses> seen = map.accesses(1);
    return seen ? static_cast<std::int64_t>(seen->puts) : 0;
  }
};
struct gets_of_a_key {
  exact_map& map;
  void add(std::int64_t) { map.find(2); }
  std::int64_t load() const { return static_cast<std::int64_t>(map.accesses(2)->gets); }
};
struct hits {
  exact_map& map;
  void add(std::int64_t) { map.find(2); }
  std::int64_t load() const { return map.stats().hits; }
};

// Every read says what had been counted before, and nothing that had not. Other keys come meanwhile, so that
// the map grows, and go.
template <class Counter>
tally reads_of(const round& of) {
  constexpr int adds = 300;
  constexpr int other_keys = 2000;
  exact_map map;
  map.insert(2, 0);
  Counter counter{map};
  stress::counter_recorder told(of.threads);
  std::atomic<std::size_t> adding = of.threads - 1;

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    for (int i = 0; adding != 0; ++i) {
      load(who, counter, told.thread(0));
      if (who.random() % 2 == 0) {
        map.insert(3 + i % other_keys, i);
      } else {
        map.erase(3 + static_cast<int>(who.random() % other_keys));
      }
    }
    load(who, counter, told.thread(0));
  });
  for (std::size_t t = 1; t != of.threads; ++t)
    threads.add(fmt::format("adder {}", t), [&, t](member& who) {
      for (int i = 0; i != adds; ++i) add(who, counter, 1, told.thread(t));
      --adding;
    });
  threads.run();
  return stress::check_counter(told);
}

// Keys come and go; what all threads were told adds up to what the map has counted.
template <access_statistics Kept>
tally adds_up(const round& of) {
  constexpr int operations = 4000;
  constexpr int keys = 200;
  plait::stats_map<int, int, Kept> map;
  std::array<std::atomic<std::int64_t>, 5> told{};
  auto& [hits, misses, inserts, updates, erases] = told;

  stress::team threads(of);
  for (std::size_t t = 0; t != of.threads; ++t)
    threads.add(fmt::format("thread {}", t), [&](member& who) {
      for (int i = 0; i != operations; ++i) {
        const int key = static_cast<int>(who.random() % keys);
        switch (who.random() % 4) {
          case 0:
            ++(who.does("insert_or_assign", [&] { return map.insert_or_assign(key, i); }) ? inserts : updates);
            break;
          case 1:
            erases += who.does("erase", [&] { return map.erase(key); });
            break;
          default:
            ++(who.does("find", [&] { return map.find(key); }) ? hits : misses);
        }
      }
    });
  threads.run();

  const access_totals counted = map.stats();
  const access_totals expected{hits, misses, inserts, updates, erases};
  stress::require(
      counted == expected,
      fmt::format("{} hits, {} misses, {} inserts, {} updates and {} erases were counted, and {}, {}, {}, {} "
                  "and {} happened",
                  counted.hits, counted.misses, counted.inserts, counted.updates, counted.erases, expected.hits,
                  expected.misses, expected.inserts, expected.updates, expected.erases));
  stress::require(
      counted.inserts - counted.erases == static_cast<std::int64_t>(map.size()),
      fmt::format("{} keys are left of {} inserts and {} erases", map.size(), counted.inserts, counted.erases));
  return {.operations = of.threads * operations, .histories = 0};
}

const workload all[] = {{"stats_map/puts_of_a_key", reads_of<puts_of_a_key>},
                        {"stats_map/gets_of_a_key", reads_of<gets_of_a_key>},
                        {"stats_map/hits", reads_of<hits>},
                        {"stats_map/adds_up", adds_up<access_statistics::approximate_gets>},
                        {"stats_map/adds_up_exact", adds_up<access_statistics::exact_gets>}};

}  // namespace
