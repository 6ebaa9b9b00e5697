// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <plait/hash_map.hpp>

#include <verify/history/map_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/map_kinds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using history::map_action;
using history::map_operation;
using map_kinds::four_words;
using map_kinds::text;
using map_kinds::word;
using map_kinds::word_of_text;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using recorder = history::recorder<map_operation>;
using log = recorder::log;

template <class Kind>
using map_of = plait::hash_map<typename Kind::key, typename Kind::value>;

template <class Kind>
void look(member& who, const map_of<Kind>& map, std::uint64_t key, log& into) {
  who.does("find", [&] {
    const history::moment began = into.now();
    const auto found = map.find(Kind::make_key(key));
    const history::moment ended = into.end();
    if (found) {
      into.add(began, ended, {map_action::found, key, Kind::number(*found)});
    } else {
      into.add(began, ended, {map_action::not_found, key});
    }
  });
}

template <class Kind>
void insert(member& who, map_of<Kind>& map, std::uint64_t key, std::uint64_t value, log& into) {
  who.does("insert", [&] {
    const history::moment began = into.now();
    const bool done = map.insert(Kind::make_key(key), Kind::make(value));
    into.add(began, {done ? map_action::inserted : map_action::not_inserted, key, done ? value : 0});
  });
}

template <class Kind>
void assign(member& who, map_of<Kind>& map, std::uint64_t key, std::uint64_t value, log& into) {
  who.does("insert_or_assign", [&] {
    const history::moment began = into.now();
    const bool added = map.insert_or_assign(Kind::make_key(key), Kind::make(value));
    into.add(began, {added ? map_action::inserted : map_action::assigned, key, value});
  });
}

template <class Kind>
void update(member& who, map_of<Kind>& map, std::uint64_t key, std::uint64_t value, log& into) {
  who.does("update", [&] {
    const history::moment began = into.now();
    const bool there =
        map.update(Kind::make_key(key), [&](typename Kind::value& old) { old = Kind::make(value); });
    if (there) {
      into.add(began, {map_action::assigned, key, value});
    } else {
      into.add(began, {map_action::not_found, key});
    }
  });
}

template <class Kind>
void erase(member& who, map_of<Kind>& map, std::uint64_t key, log& into) {
  who.does("erase", [&] {
    const history::moment began = into.now();
    const bool there = map.erase(Kind::make_key(key));
    into.add(began, {there ? map_action::erased : map_action::not_erased, key});
  });
}

// Few keys that everybody uses, while each thread also puts keys of its own, so that the map grows under them.
template <class Kind>
tally reads_and_writes(const round& of) {
  constexpr std::uint64_t shared_keys = 40;
  constexpr int calls = 400;
  map_of<Kind> map;
  recorder told(of.threads);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&, i](member& who) {
      log& into = told.thread(i);
      for (int made = 0; made != calls; ++made) {
        const std::uint64_t key = who.random() % shared_keys;
        const std::uint64_t value = (i + 1) * 1'000'000 + static_cast<std::uint64_t>(made);
        switch (who.random() % 16) {
          case 0:
          case 1:
            insert<Kind>(who, map, key, value, into);
            break;
          case 2:
            assign<Kind>(who, map, key, value, into);
            break;
          case 3:
            update<Kind>(who, map, key, value, into);
            break;
          case 4:
          case 5:
            erase<Kind>(who, map, key, into);
            break;
          case 6:
            insert<Kind>(who, map, shared_keys + value, value, into);
            break;
          case 7:
            who.does("grow", [&] {
              for (std::uint64_t own = 0; own != 20; ++own)
                map.insert(Kind::make_key(value * 100 + own), Kind::make(own));
            });
            break;
          default:
            look<Kind>(who, map, key, into);
        }
      }
    });
  threads.run();
  return stress::check(told.collect(),
                       [](std::span<const history::map_call> all) { return history::find_map_fault(all); });
}

// Some keys stay: every scan meets each of them once, while other keys come and go and segments are split.
template <class Kind>
tally scans(const round& of) {
  constexpr std::uint64_t staying = 500;
  constexpr std::uint64_t coming = 4000;
  map_of<Kind> map;
  for (std::uint64_t key = 0; key != staying; ++key) map.insert(Kind::make_key(key), Kind::make(key));
  std::atomic<std::size_t> changing = of.threads - 1;
  std::uint64_t scans = 0;
  stress::team threads(of);
  threads.add("scanner", [&](member& who) {
    do {
      std::map<typename Kind::key, int> seen;
      who.does("for_each", [&] {
        map.for_each([&](const auto& key, const auto& value) {
          stress::require(Kind::number(value) < staying + coming * of.threads, "a value that nobody put");
          ++seen[key];
        });
      });
      for (const auto& [key, times] : seen) stress::require(times == 1, "a key twice");
      for (std::uint64_t key = 0; key != staying; ++key)
        stress::require(seen.contains(Kind::make_key(key)), "a key that stays is missing");
      ++scans;
    } while (changing != 0);
  });
  for (std::size_t i = 1; i != of.threads; ++i)
    threads.add(fmt::format("changer {}", i), [&, i](member& who) {
      const std::uint64_t first = staying + (i - 1) * coming;
      who.does("insert and erase", [&] {
        for (std::uint64_t key = first; key != first + coming; ++key)
          map.insert(Kind::make_key(key), Kind::make(key));
        for (std::uint64_t key = first; key != first + coming; ++key) map.erase(Kind::make_key(key));
      });
      --changing;
    });
  threads.run();
  stress::require(map.size() == staying, fmt::format("{} keys instead of {}", map.size(), staying));
  return {.operations = scans * staying + 2 * coming * (of.threads - 1), .histories = 0};
}

// Each key is computed once, whoever asks; a computation that throws is made again.
tally computations(const round& of) {
  constexpr std::uint64_t keys = 200;
  plait::hash_map<std::uint64_t, std::uint64_t> map;
  std::vector<std::atomic<int>> computed(keys);
  std::vector<std::atomic<int>> computing(keys);
  std::atomic<std::uint64_t> number = 0;
  struct refused {};
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      for (std::uint64_t key = 0; key != keys;) {
        const bool fails = who.random() % 4 == 0;
        try {
          const std::uint64_t value = who.does("get_or_insert_with", [&] {
            return map.get_or_insert_with(key, [&] {
              stress::require(++computing[key] == 1, "two threads compute a value at the same time");
              const std::uint64_t made = ++number;
              --computing[key];
              if (fails) throw refused();
              ++computed[key];
              return made;
            });
          });
          stress::require(map.find(key) == value, "two values for a key");
          ++key;
        } catch (const refused&) {  // NOLINT(bugprone-empty-catch): it is tried again
        }
      }
    });
  threads.run();
  for (const std::atomic<int>& times : computed)
    stress::require(times == 1, fmt::format("computed {} times", times));
  return {.operations = keys * of.threads, .histories = 0};
}

const workload all[] = {{"hash_map/words", reads_and_writes<word>},
                        {"hash_map/four_words", reads_and_writes<four_words>},
                        {"hash_map/words_of_text", reads_and_writes<word_of_text>},
                        {"hash_map/text", reads_and_writes<text>},
                        {"hash_map/scans_of_words", scans<word>},
                        {"hash_map/scans_of_text", scans<text>},
                        {"hash_map/computations", computations}};

}  // namespace
