// SPDX-License-Identifier: MIT
// The workload of hash_set, for plait and every rival alike. workloads.md says what it is.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "support/map_keys.hpp"
#include "support/suite.hpp"

namespace bench {

// A set of numbers. insert() and erase() say whether they have changed it.
template <class Set>
concept hash_set_peer = std::default_initializable<Set> && requires(Set set, std::uint64_t key) {
  { set.contains(key) } -> std::same_as<bool>;
  { set.insert(key) } -> std::same_as<bool>;
  { set.erase(key) } -> std::same_as<bool>;
};

// Of twice as many keys as the set holds on average every thread asks for random ones; once in 16 times it
// inserts or erases one instead.
template <hash_set_peer Set, std::size_t Keys>
measurement ask_and_change(std::size_t threads, std::chrono::nanoseconds time) {
  constexpr int between_looks = 64;
  Set set;
  for (std::size_t i = 0; i != Keys; ++i) set.insert(key_of<std::uint64_t>(i).key);
  stop_flag stop;
  std::atomic<std::size_t> left{Keys};
  std::atomic<std::uint64_t> found{0};
  std::atomic<std::uint64_t> done{0};
  std::vector<job> jobs;
  for (std::size_t t = 0; t != threads; ++t) {
    jobs.push_back([&, t, keys = key_stream<std::uint64_t>(t, 2 * Keys)]() mutable {
      random_bits random(t);
      std::size_t my_left = 0;  // wraps around
      std::uint64_t my_found = 0;
      std::uint64_t mine = 0;
      for (; !stop(); mine += between_looks) {
        for (int i = 0; i != between_looks; ++i) {
          const std::uint64_t bits = random.next();
          const std::uint64_t chosen = keys.next(bits).key;
          if (const std::uint64_t what = (bits >> 24) % 32; what == 0) {
            my_left += set.insert(chosen);
          } else if (what == 1) {
            my_left -= set.erase(chosen);
          } else {
            my_found += set.contains(chosen);
          }
        }
      }
      left += my_left;
      found += my_found;
      done += mine;
    });
  }
  measurement measured = run_together(jobs, time, stop);
  std::size_t there = 0;
  for (std::size_t i = 0; i != 2 * Keys; ++i) there += set.contains(key_of<std::uint64_t>(i).key);
  if (there != left)
    throw wrong_result(std::to_string(left) + " keys should be left, and " + std::to_string(there) + " are");
  if (done != 0 && found == 0) throw wrong_result("found nothing");
  measured.items = static_cast<double>(done);
  return measured;
}

template <hash_set_peer Set>
void add_hash_set(const std::string& name) {
  add_for_threads("hash_set", "read_heavy_10k", name, ask_and_change<Set, 10'000>);
}

}  // namespace bench
