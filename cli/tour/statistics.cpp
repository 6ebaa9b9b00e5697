// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <unordered_map>

#include <plait/hash_map.hpp>
#include <plait/stats_map.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr int keys_in_map = 10'000;

// What one writes without plait: a map whose values hold the counts, and a mutex.
class mutex_map {
 public:
  void put(int key, int value) {
    const std::lock_guard lock(mutex_);
    counted& entry = map_[key];
    entry.value = value;
    ++entry.accesses.puts;
  }
  std::optional<int> find(int key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) {
      ++totals_.misses;
      return std::nullopt;
    }
    ++totals_.hits;
    ++found->second.accesses.gets;
    return found->second.value;
  }

 private:
  struct counted {
    int value;
    plait::key_accesses accesses;
  };
  std::mutex mutex_;
  std::unordered_map<int, counted> map_;
  plait::access_totals totals_;
};

// A key, another one each time.
int some_key() {
  thread_local std::minstd_rand random(std::random_device{}());
  return static_cast<int>(random() % keys_in_map);
}

void compare_finds(page& out) {
  plait::hash_map<int, int> plain;
  plait::stats_map<int, int, access_statistics::approximate_gets> sampling;
  plait::stats_map<int, int> exact;
  mutex_map guarded;
  for (int key = 0; key != keys_in_map; ++key) {
    plain.insert(key, key);
    sampling.insert(key, key);
    exact.insert(key, key);
    guarded.put(key, key);
  }
  const unsigned threads = some_threads();
  const auto finds = [threads](auto& map) {
    return [&map, threads] { return nanoseconds_each(threads, [&map] { map.find(some_key()); }); };
  };
  const std::vector<double> time =
      medians_in_turn({finds(plain), finds(sampling), finds(exact), finds(guarded)});

  out.say(
      "Nanoseconds that a find of a random one of {} keys takes each of {} threads (median of 5 times 50 ms):",
      grouped(keys_in_map), threads);
  out.row("{:<34} {:>10.1f}", "plait::hash_map, counts nothing", time[0]);
  out.row("{:<34} {:>10.1f}", "plait::stats_map, sampled gets", time[1]);
  out.row("{:<34} {:>10.1f}", "plait::stats_map, exact gets", time[2]);
  out.row("{:<34} {:>10.1f}", "std::mutex, std::unordered_map", time[3]);
  out.gap();
  out.say("Counting exactly is {} the map under a mutex, sampling is {} it.", compared(time[2], time[3]),
          compared(time[1], time[3]));
}

// Half of the reads are of key 0.
void most_read(page& out) {
  constexpr std::int64_t reads = 400'000;
  const unsigned threads = some_threads();
  plait::stats_map<int, int, access_statistics::approximate_gets> sampling;
  plait::stats_map<int, int> exact;
  for (int key = 0; key != 100; ++key) {
    sampling.insert(key, key);
    exact.insert(key, key);
  }
  run_together(threads, [&](unsigned i) {
    std::minstd_rand random(i + 1);
    for (std::int64_t n = 0; n != reads; ++n) {
      const auto drawn = random();
      const int key = drawn % 2 == 0 ? 0 : static_cast<int>(drawn / 2 % 110);
      sampling.find(key);
      exact.find(key);
    }
  });
  const plait::access_totals seen = exact.stats();
  const auto [key, gets] = exact.most_read(1).front();
  out.say("Live: {} threads read {} times, half of the time key 0. stats() says {} hits and {} misses: {}.",
          threads, grouped(threads * reads), grouped(seen.hits), grouped(seen.misses),
          seen.hits + seen.misses == threads * reads ? "every read" : "which is WRONG, so please report a bug");
  out.say(
      "most_read(1) says that key {} was read {} times; by the sample it is {}, which is written by few of the "
      "reads, so that they do not get in each other's way.",
      key, grouped(static_cast<std::int64_t>(gets)),
      grouped(static_cast<std::int64_t>(sampling.most_read(1).front().second)));
}

}  // namespace

void statistics(page& out) {
  out.say(
      "Which keys are read, which are only ever written, how often does a read miss? Where reads count, "
      "readers write, and they write to the same places.");
  out.code("stats_map", "prices");
  compare_finds(out);
  most_read(out);
}

}  // namespace plait::cli::tour
