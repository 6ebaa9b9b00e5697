// SPDX-License-Identifier: MIT
// Small caches that see a sample of the keys, each with another window, to find out which window serves best.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/frequency_sketch.hpp>
#include <plait/detail/cache/hash_numbers.hpp>
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
      trials_.emplace_back(capacity, window_of(trial, capacity), queues::role::trial,
                           entry_array<int>::unlimited, own_hits(), hashes_of_keys(keys_));
  }
  window_trials(const window_trials&) = delete;
  window_trials& operator=(const window_trials&) = delete;

  bool samples(std::uint64_t hash) const noexcept { return samples(hash, rate_); }
  // By other bits than those that choose the sketch's counters.
  static bool samples(std::uint64_t hash, std::size_t rate) noexcept {
    return (hash * 0x9e3779b97f4a7c15 >> 56 & (rate - 1)) == 0;
  }

  // A key of the sample is asked for. Returns which trials had it, a bit for each. If it throws, nothing has
  // changed.
  unsigned ask(std::uint64_t hash, std::uint64_t weight, frequency_sketch& sketch) {
    const entry_number key = keys_.hold(hash);  // it stays while this is under way
    const at_end_of_scope leave([&]() noexcept { keys_.let_go(key); });
    if (!trials_.back().has_room(key, weight))  // so have those before
      for (queues& trial : trials_) trial.make_room(key, weight);
    for (const queues& trial : trials_) trial.prefetch(key);
    unsigned hits = 0;
    for (std::size_t trial = 0; trial != count; ++trial) {
      if (trials_[trial].contains(key)) {
        trials_[trial].hit(key);
        hits |= 1u << trial;
      } else {
        keys_.hold_again(key);
        trials_[trial].insert(key, hash, weight, sketch, [this](entry_number gone) { keys_.let_go(gone); });
      }
    }
    return hits;
  }

  // Takes a smaller sample if the cache has grown to that many entries.
  void fit(std::size_t entries, frequency_sketch& sketch) noexcept {
    while (is_too_large(entries)) {
      rate_ *= 2;
      resize(sketch);
    }
  }
  // The cache has another capacity, and so many entries.
  void set_capacity(std::uint64_t capacity, std::size_t entries, frequency_sketch& sketch) noexcept {
    capacity_ = capacity;
    rate_ = 1;
    while (is_too_large(entries)) rate_ *= 2;
    resize(sketch);
  }

  std::size_t rate() const noexcept { return rate_; }
  // How many different keys the trials have, all together.
  std::size_t keys() const noexcept { return keys_.held(); }

 private:
  static constexpr std::size_t least_entries = 256;
  static constexpr std::size_t most_rate = 64;

  // All trials have the hashes of their entries in one place.
  class hashes_of_keys {
   public:
    explicit hashes_of_keys(const hash_numbers& keys) noexcept : keys_(&keys) {}

    void make_room(std::size_t /*entries*/) const noexcept {}
    void set(entry_number /*entry*/, std::uint64_t /*hash*/) const noexcept {}
    std::uint64_t of(entry_number entry) const noexcept { return keys_->hash_of(entry); }

   private:
    const hash_numbers* keys_;
  };
  using queues = basic_lazy_queues<own_hits, hashes_of_keys>;

  // Whether a smaller sample will do for so many entries.
  bool is_too_large(std::size_t entries) const noexcept {
    return rate_ != most_rate && entries >= 2 * least_entries * rate_;
  }

  // The trials lose what is not in the sample any more, and what they have no room for.
  void resize(frequency_sketch& sketch) noexcept {
    for (entry_number key = 0; key != keys_.size(); ++key) {
      if (samples(keys_.hash_of(key))) continue;
      for (queues& trial : trials_) {
        if (!trial.contains(key)) continue;
        trial.erase(key);
        keys_.let_go(key);
      }
    }
    const std::uint64_t part = std::max<std::uint64_t>(capacity_ / rate_, 1);
    for (std::size_t trial = 0; trial != count; ++trial) {
      trials_[trial].set_capacity(part);
      trials_[trial].set_window(window_of(trial, part));
      trials_[trial].balance(sketch, [this](entry_number gone) { keys_.let_go(gone); });
    }
  }

  std::uint64_t capacity_;  // of the whole cache
  std::size_t rate_ = 1;    // a power of two
  hash_numbers keys_;       // what any trial has: the holders are the trials that have it
  std::vector<queues> trials_;
};

}  // namespace PLAIT_NAMESPACE::detail
