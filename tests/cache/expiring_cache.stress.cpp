// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/expiring_cache.hpp>

#include <verify/history/map_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/map_kinds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using history::map_action;
using history::map_call;
using history::map_operation;
using map_kinds::four_words;
using map_kinds::text;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using recorder = history::recorder<map_operation>;
using log = recorder::log;

// A dictionary that may forget a key at any moment: then it stays away until somebody puts it again. So each
// call that does not find it is possible, and after it the key is absent.
bool apply_forgetfully(history::map_entry& entry, const map_operation& made) {
  if (made.what == map_action::inserted || made.what == map_action::not_erased ||
      made.what == map_action::not_found)
    entry.reset();
  return history::apply(entry, made);
}

template <class Kind>
using cache_of = plait::expiring_cache<typename Kind::key, typename Kind::value>;

// Makes one call and records it.
template <class Kind>
void call(member& who, cache_of<Kind>& cache, std::uint64_t key, std::uint64_t value, log& into) {
  const auto own = Kind::make_key(key);
  switch (who.random() % 16) {
    case 0:
    case 1:
      return who.does("put", [&] {
        const history::moment began = into.now();
        stress::require(cache.put(own, Kind::make(value)), "a put that is not kept");
        into.add(began, {map_action::put, key, value});
      });
    case 2:
      return who.does("add", [&] {
        const history::moment began = into.now();
        const bool added = cache.add(own, Kind::make(value));
        into.add(began, {added ? map_action::inserted : map_action::not_inserted, key, added ? value : 0});
      });
    case 3:
      return who.does("replace", [&] {
        const history::moment began = into.now();
        const bool done = cache.replace(own, Kind::make(value));
        into.add(began, {done ? map_action::assigned : map_action::not_found, key, done ? value : 0});
      });
    case 4:
      return who.does("remove", [&] {
        const history::moment began = into.now();
        const bool done = cache.remove(own);
        into.add(began, {done ? map_action::erased : map_action::not_erased, key});
      });
    default:
      return who.does("get", [&] {
        const history::moment began = into.now();
        const auto found = cache.get(own);
        const history::moment ended = into.end();
        if (found) {
          into.add(began, ended, {map_action::found, key, Kind::number(*found)});
        } else {
          into.add(began, ended, {map_action::not_found, key});
        }
      });
  }
}

// More keys than there is room for.
template <class Kind>
tally reads_and_writes(const round& of) {
  constexpr std::uint64_t keys = 60;
  constexpr std::size_t capacity = 40;
  constexpr int calls = 400;
  cache_of<Kind> cache({.capacity = capacity});
  recorder told(of.threads);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&, i](member& who) {
      for (int made = 0; made != calls; ++made) {
        const std::uint64_t value = (i + 1) * 1'000'000 + static_cast<std::uint64_t>(made);
        call<Kind>(who, cache, who.random() % keys, value, told.thread(i));
        if (made % 16 == 0) stress::require(cache.size() <= capacity, "more than the capacity");
      }
    });
  threads.run();
  for (std::uint64_t key = 0; key != keys; ++key) cache.remove(Kind::make_key(key));
  stress::require(cache.size() == 0, "something is left that nobody finds");
  return stress::check(told.collect(), [](std::span<const map_call> all) {
    return history::find_map_fault(all, apply_forgetfully);
  });
}

// Nobody is shown a value at a time at which it had expired already when they asked.
template <class Kind>
tally expiry(const round& of) {
  constexpr std::uint64_t keys = 100;
  constexpr std::uint64_t calls = 3000;
  using namespace std::chrono_literals;
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
  cache_of<Kind> cache({.capacity = 4000, .time_to_live = 2ms});
  std::vector<std::atomic<std::int64_t>> ends_at(calls * of.threads);  // of each value; 0: not known yet
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&, i](member& who) {
      for (std::uint64_t made = 0; made != calls; ++made) {
        const auto key = Kind::make_key(who.random() % keys);
        if (made % 8 == 0)
          who.does("put", [&] {
            const std::uint64_t number = i * calls + made;
            cache.put(key, Kind::make(number));
            ends_at[number] = now() + std::chrono::nanoseconds(2ms).count();
          });
        who.does("get", [&] {
          const std::int64_t asked = now();
          const auto found = cache.get(key);
          if (!found) return;
          const std::int64_t end = ends_at[Kind::number(*found)];
          stress::require(end == 0 || asked < end, "a value that has expired");
        });
      }
    });
  threads.run();
  return {.operations = calls * of.threads, .histories = 0};
}

// What is loaded changes, and then the cache is told so: who asks after that is shown nothing older.
tally loads(const round& of) {
  constexpr std::uint64_t keys = 8;
  constexpr int calls = 1500;
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = 6});
  std::vector<std::atomic<std::uint64_t>> source(keys), told(keys);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      for (int made = 0; made != calls; ++made) {
        const std::uint64_t key = who.random() % keys;
        if (who.random() % 8 == 0) {
          who.does("change and remove", [&] {
            const std::uint64_t version = ++source[key];
            cache.remove(key);
            for (std::uint64_t before = told[key]; before < version;)
              if (told[key].compare_exchange_weak(before, version)) break;
          });
        } else {
          who.does("get_or_load", [&] {
            const std::uint64_t least = told[key];
            const std::uint64_t found = cache.get_or_load(key, [&] { return source[key].load(); });
            stress::require(found >= least, "a value from before a remove");
          });
        }
      }
    });
  threads.run();
  return {.operations = static_cast<std::uint64_t>(calls) * of.threads, .histories = 0};
}

// The same where what changes is told to the cache by a tag that keys share, many are loaded at once, some are
// pinned, and the capacity goes up and down.
tally invalidations(const round& of) {
  constexpr std::uint64_t keys = 16, tags = 4, most = 40, least = 8;
  constexpr int calls = 800;
  plait::expiring_cache<std::uint64_t, std::uint64_t> cache({.capacity = most});
  std::vector<std::atomic<std::uint64_t>> source(tags), told(tags);
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      for (int made = 0; made != calls; ++made) {
        const std::uint64_t tag = who.random() % tags, key = tag + tags * (who.random() % (keys / tags));
        const std::uint64_t before = told[tag];
        const auto expect = [&](std::optional<std::uint64_t> found) {
          stress::require(!found || *found >= before, "a value from before an invalidation");
        };
        switch (who.random() % 8) {
          case 0:
            who.does("change and invalidate", [&] {
              const std::uint64_t version = ++source[tag];
              cache.invalidate_tag(tag);
              for (std::uint64_t last = told[tag]; last < version;)
                if (told[tag].compare_exchange_weak(last, version)) break;
            });
            break;
          case 1:
            who.does("set_capacity", [&] {
              cache.set_capacity(made % 2 == 0 ? least : most);
              stress::require(cache.size() <= most, "more than the capacity");
            });
            break;
          case 2:
            who.does("pin or unpin", [&] { made % 4 == 0 ? cache.pin(key) : cache.unpin(key); });
            break;
          case 3:
          case 4:
            who.does("get_many_or_load", [&] {
              const std::vector<std::uint64_t> wanted{key, (key + tags) % keys, (key + 2 * tags) % keys};
              const auto load = [&](std::span<const std::uint64_t> missing) {
                std::vector<std::pair<std::uint64_t, std::uint64_t>> loaded;
                for (const std::uint64_t each : missing) loaded.emplace_back(each, source[tag]);
                return loaded;
              };
              for (const auto& found : cache.get_many_or_load(wanted, load, {.tags = {tag}})) {
                stress::require(found.has_value(), "no value of a key that was loaded");
                expect(found);
              }
            });
            break;
          default:
            who.does("get_or_load", [&] {
              expect(cache.get_or_load(
                  key, [&] { return source[tag].load(); }, plait::load_options{.tags = {tag}}));
            });
        }
      }
    });
  threads.run();
  cache.set_capacity(least);
  stress::require(cache.size() <= least, "more than the last capacity");
  for (std::uint64_t tag = 0; tag != tags; ++tag) cache.invalidate_tag(tag);
  stress::require(cache.size() == 0, "something is left that has lost its tag");
  return {.operations = static_cast<std::uint64_t>(calls) * of.threads, .histories = 0};
}

const workload all[] = {{"expiring_cache/words", reads_and_writes<four_words>},
                        {"expiring_cache/text", reads_and_writes<text>},
                        {"expiring_cache/expiry_of_words", expiry<four_words>},
                        {"expiring_cache/expiry_of_text", expiry<text>},
                        {"expiring_cache/loads", loads},
                        {"expiring_cache/invalidations", invalidations}};

}  // namespace
