// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include <plait/expiring_cache.hpp>

#include "tour/chapters.hpp"
#include "tour/hand_made_cache.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using namespace std::chrono_literals;
using number_cache = plait::expiring_cache<std::uint64_t, std::uint64_t>;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr const char* report = ", which is WRONG: please report a bug";

// The tutorial's cache: an entry ends, and others are put until there is no room.
void limits(page& out) {
  constexpr std::uint64_t capacity = 100;
  constexpr auto lives = 20ms;
  number_cache entries({.capacity = capacity, .time_to_live = lives});
  entries.put(1u, 1u);
  const auto put = std::chrono::steady_clock::now();
  milliseconds last_seen{0};
  for (;;) {
    const milliseconds asked = std::chrono::steady_clock::now() - put;
    if (!entries.get(1)) break;
    last_seen = asked;
  }
  const milliseconds gone = std::chrono::steady_clock::now() - put;
  for (std::uint64_t key = 0; key != 10 * capacity; ++key) entries.put(key, key, plait::never_expires);
  out.say(
      "Live: an entry with a time to live of {} ms was last seen after {:.2f} ms, and was gone after {:.2f}{}. "
      "{} keys were put into a cache for {}: {} are there{}.",
      lives.count(), last_seen.count(), gone.count(), last_seen < lives ? "" : report, grouped(10 * capacity),
      capacity, entries.size(), entries.size() == capacity ? "" : report);
}

// Takes as long as a question to a database.
std::uint64_t fetch(std::uint64_t key, std::atomic<std::uint64_t>& times) {
  ++times;
  std::this_thread::sleep_for(20ms);
  return key + 1;
}

// How often 16 threads fetch the value of one key, with ask(cache, fetch).
template <class Ask>
std::uint64_t stampede(const Ask& ask) {
  number_cache entries({.capacity = 100, .time_to_live = 1h});
  std::atomic<std::uint64_t> times = 0;
  std::atomic<bool> is_right = true;
  run_together(16, [&](unsigned) {
    if (ask(entries, [&] { return fetch(1, times); }) != 2) is_right = false;
  });
  if (!is_right) throw std::logic_error("a cache returned a value that nobody loaded");
  return times;
}

void stampedes(page& out) {
  const std::uint64_t in_two_calls = stampede([](number_cache& entries, auto load) {
    if (const std::optional<std::uint64_t> found = entries.get(1)) return *found;
    const std::uint64_t loaded = load();
    entries.put(1, loaded);
    return loaded;
  });
  const std::uint64_t in_one =
      stampede([](number_cache& entries, auto load) { return entries.get_or_load(1, load); });
  out.say("A popular entry has ended, and 16 threads want it. Fetching it takes 20 ms. Fetched:");
  out.row("{:<40} {:>12}", "get, then fetch and put", fmt::format("{} times", in_two_calls));
  out.row("{:<40} {:>12}", "get_or_load", fmt::format("{} time{}", in_one, in_one == 1 ? "" : report));
  out.gap();
}

// Readers want some articles more than others, the n-th 1/n as often as the first.
class readers {
 public:
  std::uint64_t next_article() {
    return static_cast<std::uint64_t>(std::pow(articles, std::uniform_real_distribution<>()(random_)));
  }

  static constexpr double articles = 10'000;

 private:
  std::mt19937_64 random_{1};
};

template <class Cache>
bool asked_for(Cache& entries, std::uint64_t key) {
  if (entries.get(key)) return true;
  entries.put(key, key);
  return false;
}

// The part of the readers' requests, in percent, that find their article. A scan asks for four others after
// each, and for none twice.
template <class Cache>
double percent_found(Cache&& entries, bool has_scan) {
  constexpr int requests = 50'000, scanned_each = 4;
  readers from;
  std::uint64_t scanned = static_cast<std::uint64_t>(readers::articles);
  int found = 0;
  for (int i = 0; i != requests; ++i) {
    if (asked_for(entries, from.next_article())) ++found;
    if (!has_scan) continue;
    for (int j = 0; j != scanned_each; ++j) asked_for(entries, ++scanned);
  }
  return 100.0 * found / requests;
}

void scans(page& out) {
  constexpr std::uint64_t capacity = 500;
  const auto ours = [](bool has_scan) {
    return percent_found(number_cache({.capacity = capacity, .time_to_live = 1h}), has_scan);
  };
  const auto theirs = [](bool has_scan) { return percent_found(hand_made_cache(capacity, 1h), has_scan); };
  const double ours_alone = ours(false), ours_scanned = ours(true);
  const double theirs_alone = theirs(false), theirs_scanned = theirs(true);
  out.say(
      "Readers ask for {} articles, some often and most seldom; {} fit. Then somebody also reads the archive, "
      "four articles for each of theirs, and none twice. Readers' requests that find their article:",
      grouped(static_cast<std::int64_t>(readers::articles)), capacity);
  out.row("{:<40} {:>12} {:>12}", "", "without", "with a scan");
  out.row("{:<40} {:>10.1f} % {:>10.1f} %", "plait::expiring_cache", ours_alone, ours_scanned);
  out.row("{:<40} {:>10.1f} % {:>10.1f} %", "least recently used leaves", theirs_alone, theirs_scanned);
  out.gap();
  out.say(
      "The scan costs the one {:.1f} points and the other {:.1f}: a key that was wanted once does not push out "
      "what is wanted all the time.",
      ours_alone - ours_scanned, theirs_alone - theirs_scanned);
}

constexpr std::uint64_t keys_in_cache = 10'000;

template <class Cache>
auto gets(Cache& entries, unsigned threads) {
  for (std::uint64_t key = 0; key != keys_in_cache; ++key) entries.put(key, key);
  return [&entries, threads] {
    return nanoseconds_each(threads, [&entries] {
      thread_local std::minstd_rand random(std::random_device{}());
      entries.get(random() % keys_in_cache);
    });
  };
}

void compare_gets(page& out) {
  number_cache entries({.capacity = keys_in_cache, .time_to_live = 1h});
  hand_made_cache guarded(keys_in_cache, 1h);
  const unsigned many = some_threads();
  const std::vector<double> time =
      medians_in_turn({gets(entries, 1), gets(entries, many), gets(guarded, 1), gets(guarded, many)});
  out.say("Nanoseconds that a get of one of {} keys takes each thread (median of 5 times 50 ms):",
          grouped(keys_in_cache));
  out.row("{:<40} {:>12} {:>12}", "", "1 thread", fmt::format("{} threads", many));
  out.row("{:<40} {:>12.1f} {:>12.1f}", "plait::expiring_cache", time[0], time[1]);
  out.row("{:<40} {:>12.1f} {:>12.1f}", "std::mutex, list and unordered_map", time[2], time[3]);
  out.gap();
  out.say("With {} threads plait::expiring_cache is {} the other.", many, compared(time[1], time[3]));
}

}  // namespace

void cache(page& out) {
  out.say(
      "What is slow to get is kept for a while, as long as there is room. So a cache has two limits, and an "
      "entry leaves at the one that comes first.");
  out.code("expiring_cache", "prices");
  limits(out);
  stampedes(out);
  scans(out);
  compare_gets(out);
}

}  // namespace plait::cli::tour
