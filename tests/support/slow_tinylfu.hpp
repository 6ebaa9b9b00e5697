// SPDX-License-Identifier: MIT
// The eviction policy of caches again, written the slow and obvious way: a reference for tests.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <plait/detail/cache/adaptive_tinylfu.hpp>

namespace slow_tinylfu {

using plait::detail::entry_number;
using plait::detail::frequency_sketch;
using plait::detail::window_trials;

inline std::uint64_t hash_of(std::uint64_t key) {
  return std::mt19937_64(key)();
}

// What lazy_queues do, with lists that are searched from end to end.
class slow_queues {
 public:
  slow_queues(std::uint64_t capacity, std::uint64_t window, bool real)
      : capacity_(capacity), window_weight_(window), real_(real) {}

  bool contains(std::uint64_t key) const { return find(key) != nullptr; }
  void hit(std::uint64_t key) {
    entry* const found = const_cast<entry*>(find(key));
    found->hits = std::min(found->hits + 1, 3);
  }

  // Returns what leaves, in order.
  std::vector<std::uint64_t> insert(std::uint64_t key, std::uint64_t hash, std::uint64_t weight,
                                    frequency_sketch& sketch) {
    if (real_) sketch.add(hash);
    if (weight > capacity_) return {key};
    window_.push_front({key, hash, weight, 0});
    return balance(sketch, key);
  }

  void erase(std::uint64_t key) {
    for (auto* const list : {&window_, &probation_, &protected_})
      list->remove_if([&](const entry& each) { return each.key == key; });
  }

  void resize(std::uint64_t capacity, std::uint64_t window) {
    capacity_ = capacity;
    window_weight_ = window;
  }

  std::vector<std::uint64_t> balance(frequency_sketch& sketch,
                                     std::optional<std::uint64_t> newest = std::nullopt) {
    gone_.clear();
    shrink_protected(sketch);
    while (weight_of(window_) > window_weight_) {
      entry oldest = take_back(window_);
      if (oldest.key == newest && !window_.empty()) {
        window_.push_front(oldest);
      } else if (oldest.hits > 0) {
        harvest(oldest, sketch);
        window_.push_front(oldest);
      } else if (makes_room(oldest, sketch)) {
        probation_.push_front(oldest);
      } else {
        gone_.push_back(oldest.key);
      }
    }
    while (weight() > capacity_) {
      if (!probation_.empty() || !protected_.empty()) {
        bring_victim_to_back(sketch);
        gone_.push_back(take_back(probation_).key);
      } else {
        gone_.push_back(take_back(window_).key);
      }
    }
    return gone_;
  }

  std::uint64_t weight() const { return weight_of(window_) + weight_of(probation_) + weight_of(protected_); }
  std::size_t size() const { return window_.size() + probation_.size() + protected_.size(); }
  std::vector<std::uint64_t> keys() const {
    std::vector<std::uint64_t> all;
    for (const auto* const list : {&window_, &probation_, &protected_})
      for (const entry& each : *list) all.push_back(each.key);
    return all;
  }

 private:
  struct entry {
    std::uint64_t key, hash, weight;
    int hits;
  };
  using queue = std::list<entry>;

  const entry* find(std::uint64_t key) const {
    for (const auto* const list : {&window_, &probation_, &protected_})
      for (const entry& each : *list)
        if (each.key == key) return &each;
    return nullptr;
  }

  static std::uint64_t weight_of(const queue& list) {
    std::uint64_t sum = 0;
    for (const entry& each : list) sum += each.weight;
    return sum;
  }

  static entry take_back(queue& list) {
    const entry last = list.back();
    list.pop_back();
    return last;
  }

  void harvest(entry& from, frequency_sketch& sketch) const {
    for (; from.hits > 0; --from.hits)
      if (real_) sketch.add(from.hash);
  }

  void shrink_protected(frequency_sketch& sketch) {
    const std::uint64_t rest = capacity_ - std::min(window_weight_, capacity_);
    while (weight_of(protected_) > rest - rest / 5) {
      entry oldest = take_back(protected_);
      const bool again = oldest.hits > 0;
      harvest(oldest, sketch);
      (again ? protected_ : probation_).push_front(oldest);
    }
  }

  void bring_victim_to_back(frequency_sketch& sketch) {
    for (;;) {
      if (probation_.empty()) {
        entry oldest = take_back(protected_);
        harvest(oldest, sketch);
        probation_.push_front(oldest);
      }
      if (probation_.back().hits == 0) return;
      entry promoted = take_back(probation_);
      harvest(promoted, sketch);
      protected_.push_front(promoted);
      shrink_protected(sketch);
    }
  }

  bool makes_room(const entry& candidate, frequency_sketch& sketch) {
    while (weight() + candidate.weight > capacity_) {
      if (probation_.empty() && protected_.empty()) return false;
      bring_victim_to_back(sketch);
      const unsigned wanted = sketch.frequency(candidate.hash);
      const bool better = wanted > sketch.frequency(probation_.back().hash);
      if (!better && !(wanted >= 6 && draws_luck())) return false;
      gone_.push_back(take_back(probation_).key);
    }
    return true;
  }

  bool draws_luck() {
    for (const int shift : {13, -7, 17}) random_ ^= shift > 0 ? random_ << shift : random_ >> -shift;
    return random_ % 128 == 0;
  }

  std::uint64_t capacity_, window_weight_;
  bool real_;
  queue window_, probation_, protected_;  // the newest in front
  std::vector<std::uint64_t> gone_;
  std::uint64_t random_ = 88172645463325252;
};

// What adaptive_tinylfu does, each part of it written out.
class slow_adaptive {
 public:
  explicit slow_adaptive(std::uint64_t capacity)
      : capacity_(capacity), queues_(capacity, part(0.05, capacity), true) {
    for (const double window : windows) trials_.emplace_back(capacity, part(window, capacity), false);
  }

  bool contains(entry_number key) const { return queues_.contains(key); }

  std::vector<std::uint64_t> ask(entry_number key, std::uint64_t weight) {
    std::vector<std::uint64_t> gone;
    const bool was_there = contains(key);
    if (was_there) {
      queues_.hit(key);
    } else {
      gone = queues_.insert(key, hash_of(key), weight, sketch_);
      sketch_.make_room(queues_.size());
      while (rate_ < 64 && queues_.size() >= 512 * rate_) halve_the_sample();
    }
    if (sampled(hash_of(key))) ask_trials(hash_of(key), weight, was_there);
    if (++asked_ >= std::max<std::uint64_t>(1000, queues_.size())) end_epoch();
    return gone;
  }

  void erase(entry_number key) { queues_.erase(key); }
  double window() const { return windows[current_]; }
  std::size_t rate() const { return rate_; }

 private:
  static constexpr std::array windows{0.01, 0.05, 0.15, 0.35, 0.65, 0.99};

  static std::uint64_t part(double window, std::uint64_t capacity) {
    const auto rounded = static_cast<std::uint64_t>(window * static_cast<double>(capacity) + 0.5);
    return std::max<std::uint64_t>(1, std::min(rounded, capacity - 1));
  }

  bool sampled(std::uint64_t hash) const { return (hash * 0x9e3779b97f4a7c15 >> 56) % rate_ == 0; }

  void halve_the_sample() {
    rate_ *= 2;
    for (std::size_t i = 0; i != trials_.size(); ++i) {
      for (const std::uint64_t hash : trials_[i].keys())
        if (!sampled(hash)) trials_[i].erase(hash);
      const std::uint64_t capacity = std::max<std::uint64_t>(1, capacity_ / rate_);
      trials_[i].resize(capacity, part(windows[i], capacity));
      trials_[i].balance(sketch_);
    }
  }

  void ask_trials(std::uint64_t hash, std::uint64_t weight, bool was_there) {
    sampled_ += 1;
    sampled_here_ += 1;
    hits_here_ += was_there;
    for (std::size_t i = 0; i != trials_.size(); ++i) {
      if (trials_[i].contains(hash)) {
        trials_[i].hit(hash);
        hits_[i] += 1;
      } else {
        trials_[i].insert(hash, hash, weight, sketch_);
      }
    }
  }

  void end_epoch() {
    asked_ = 0;
    if (sampled_ == 0) return;
    for (double& each : penalties_) each *= 0.98;
    if (epochs_here_ >= 2 && sampled_here_ != 0) {
      const double missing = hits_[current_] / sampled_ - hits_here_ / sampled_here_;
      double& penalty = penalties_[current_];
      penalty = missing > 0.1 ? std::min(1.0, penalty * 0.7 + missing) : penalty * 0.9;
    }
    std::size_t best = current_;
    double most = hits_[current_] / sampled_ - penalties_[current_];
    for (std::size_t i = 0; i != trials_.size(); ++i) {
      const double worth = hits_[i] / sampled_ - penalties_[i] - (i == current_ ? 0 : 0.01);
      if (worth > most) {
        most = worth;
        best = i;
      }
    }
    const double worth_now = hits_[current_] / sampled_ - penalties_[current_];
    const double worth_best = hits_[best] / sampled_ - penalties_[best];
    const bool for_the_second_time = best == last_best_;
    last_best_ = best;
    if (best != current_ && (for_the_second_time || worth_best - worth_now >= 0.03)) {
      current_ = best;
      queues_.resize(capacity_, part(windows[best], capacity_));
      sampled_here_ = hits_here_ = 0;
      epochs_here_ = 0;
    }
    ++epochs_here_;
    for (double* const each : {&sampled_, &sampled_here_, &hits_here_}) *each *= 0.9;
    for (double& each : hits_) each *= 0.9;
  }

  std::uint64_t capacity_;
  frequency_sketch sketch_;
  slow_queues queues_;
  std::vector<slow_queues> trials_;  // their keys are hashes
  std::array<double, 6> hits_{}, penalties_{};
  std::size_t rate_ = 1, current_ = 1, last_best_ = 1;
  std::uint64_t asked_ = 0;
  double sampled_ = 0, sampled_here_ = 0, hits_here_ = 0;
  unsigned epochs_here_ = 0;
};

}  // namespace slow_tinylfu
