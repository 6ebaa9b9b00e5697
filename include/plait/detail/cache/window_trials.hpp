// SPDX-License-Identifier: MIT
// Small caches that see a sample of the keys, each with another window, to find out which window serves best.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/frequency_sketch.hpp>
#include <plait/detail/cache/lazy_queues.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// One key in rate() is in the sample, chosen by its hash, and the trials have that part of the capacity: what
// they hit is what the whole cache would with their window. The rate grows with the cache, so that a
// trial has 256 entries or more of a cache that large, and a 64th of those of a very large one.
class window_trials {
 public:
  // The parts of the capacity that are tried as windows.
  static constexpr std::array<double, 6> windows{0.01, 0.05, 0.15, 0.35, 0.65, 0.99};
  static constexpr std::size_t count = windows.size();

  static std::uint64_t window_of(std::size_t trial, std::uint64_t capacity) noexcept {
    const auto part = static_cast<std::uint64_t>(std::llround(windows[trial] * static_cast<double>(capacity)));
    return std::clamp<std::uint64_t>(part, 1, std::max<std::uint64_t>(capacity, 2) - 1);
  }

  explicit window_trials(std::uint64_t capacity) : capacity_(capacity) {
    trials_.reserve(count);
    for (std::size_t trial = 0; trial != count; ++trial)
      trials_.emplace_back(capacity, window_of(trial, capacity), lazy_queues::role::trial);
  }

  bool samples(std::uint64_t hash) const noexcept { return samples(hash, rate_); }
  static bool samples(std::uint64_t hash, std::size_t rate) noexcept {
    return (hash * 0x9e3779b97f4a7c15 >> 56 & (rate - 1)) ==
           0;  // not the bits that choose the sketch's counters
  }

  // A key of the sample is asked for. Returns which trials had it, a bit for each.
  unsigned ask(std::uint64_t hash, std::uint64_t weight, frequency_sketch& sketch) {
    const entry_number key = number_of(hash);
    ++keys_[key].holders;  // it stays while this is under way
    unsigned hits = 0;
    for (std::size_t trial = 0; trial != count; ++trial) {
      if (trials_[trial].contains(key)) {
        trials_[trial].hit(key);
        hits |= 1u << trial;
      } else {
        ++keys_[key].holders;
        trials_[trial].insert(key, hash, weight, sketch, [this](entry_number gone) { let_go(gone); });
      }
    }
    let_go(key);
    return hits;
  }

  // Takes a smaller sample if the cache has grown to that many entries.
  void fit(std::size_t entries, frequency_sketch& sketch) {
    while (rate_ != most_rate && entries >= 2 * least_entries * rate_) {
      rate_ *= 2;
      shrink(sketch);
    }
  }

  std::size_t rate() const noexcept { return rate_; }

 private:
  static constexpr std::size_t least_entries = 256;
  static constexpr std::size_t most_rate = 64;

  struct sampled_key {
    std::uint64_t hash = 0;
    unsigned holders = 0;  // the trials that it is in
  };

  entry_number number_of(std::uint64_t hash) {
    if (free_.empty()) {  // first, because it may throw
      keys_.emplace_back();
      free_.push_back(static_cast<entry_number>(keys_.size() - 1));
    }
    const auto [found, is_new] = numbers_.try_emplace(hash);
    if (!is_new) return found->second;
    found->second = free_.back();
    free_.pop_back();
    keys_[found->second].hash = hash;
    return found->second;
  }

  void let_go(entry_number key) {
    if (--keys_[key].holders != 0) return;
    numbers_.erase(keys_[key].hash);
    free_.push_back(key);
  }

  void shrink(frequency_sketch& sketch) {
    for (entry_number key = 0; key != keys_.size(); ++key) {
      if (samples(keys_[key].hash)) continue;
      for (lazy_queues& trial : trials_) {
        if (!trial.contains(key)) continue;
        trial.erase(key);
        let_go(key);
      }
    }
    const std::uint64_t part = std::max<std::uint64_t>(capacity_ / rate_, 1);
    for (std::size_t trial = 0; trial != count; ++trial) {
      trials_[trial].set_capacity(part);
      trials_[trial].set_window(window_of(trial, part));
      trials_[trial].balance(sketch, [this](entry_number gone) { let_go(gone); });
    }
  }

  std::uint64_t capacity_;  // of the whole cache
  std::size_t rate_ = 1;    // a power of two
  std::vector<lazy_queues> trials_;
  std::unordered_map<std::uint64_t, entry_number> numbers_;  // by hash: of every key that a trial holds
  std::vector<sampled_key> keys_;                            // by number
  std::vector<entry_number> free_;                           // numbers of no key
};

}  // namespace PLAIT_NAMESPACE::detail
