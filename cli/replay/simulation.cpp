// SPDX-License-Identifier: MIT
#include "replay/simulation.hpp"

#include <chrono>

#include "replay/policies/arc.hpp"
#include "replay/policies/lru.hpp"
#include "replay/policies/parts.hpp"
#include "replay/policies/s3_fifo.hpp"
#include "replay/policies/sieve.hpp"
#include "replay/policies/w_tinylfu.hpp"

namespace plait::cli {
namespace {

constexpr std::size_t requests_between_looks = 1 << 16;

// Keys are numbered in the order in which they first came: neighbours have to get hashes that have nothing in
// common.
std::uint64_t hash_of(std::uint32_t key) {
  std::uint64_t hash = key + std::uint64_t{0x9e3779b97f4a7c15};
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
  return hash ^ hash >> 31;
}

template <eviction_policy Policy>
replay_run run(const trace& of, std::uint64_t capacity, unit in, const run_watch& watch) {
  Policy policy(capacity);
  std::vector<bool> is_there(of.distinct);
  std::uint64_t hits = 0;
  const auto evict = [&is_there](entry_number key) { is_there[key] = false; };
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i != of.keys.size(); ++i) {
    if (i % requests_between_looks == 0) watch(i);
    const std::uint32_t key = of.keys[i];
    if (is_there[key]) {
      ++hits;
      policy.hit(key);
    } else {
      is_there[key] = true;
      policy.insert(key, hash_of(key), in == unit::bytes ? of.sizes[key] : 1, evict);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {.trace = of.name,
          .policy = {},
          .capacity = capacity,
          .requests = of.keys.size(),
          .hits = hits,
          .seconds = took.count()};
}

}  // namespace

const std::vector<policy_kind>& policy_kinds() {
  static const std::vector<policy_kind> all{{"plait", "plait", run<adaptive_tinylfu>},
                                            {"lru", "LRU", run<lru>},
                                            {"fifo", "FIFO", run<fifo>},
                                            {"sieve", "SIEVE", run<sieve>},
                                            {"s3_fifo", "S3-FIFO", run<s3_fifo>},
                                            {"arc", "ARC", run<arc>},
                                            {"w_tinylfu", "W-TinyLFU 1 %", run<w_tinylfu>},
                                            {"w_tinylfu_climber", "W-TinyLFU climber", run<w_tinylfu_climber>}};
  return all;
}

}  // namespace plait::cli
