// SPDX-License-Identifier: MIT
// The eviction policy of plait's caches: W-TinyLFU over lazy queues, with the window that serves a sample best.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/frequency_sketch.hpp>
#include <plait/detail/cache/lazy_queues.hpp>
#include <plait/detail/cache/window_trials.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A large window keeps what was asked for lately, a small one what is asked for often. Which is better
// depends on the workload, and one may be far worse than another with no better one close to it. So all are
// tried at once, on a sample, and every epoch the one whose trial had the most hits is taken.
class adaptive_tinylfu {
 public:
  // Throws std::invalid_argument if the capacity is 0.
  explicit adaptive_tinylfu(std::uint64_t capacity)
      : queues_(capacity, window_trials::window_of(first_trial, capacity), lazy_queues::role::real),
        trials_(capacity) {
    if (capacity == 0) throw std::invalid_argument("plait: a cache of capacity 0 holds nothing; give it room");
  }

  void hit(entry_number entry) {
    queues_.hit(entry);
    ask(queues_.hash_of(entry), queues_.weight_of(entry), true);
  }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t hash, std::uint64_t weight, Evict&& evict) {
    queues_.insert(entry, hash, weight, sketch_, evict);
    sketch_.make_room(queues_.size());
    trials_.fit(queues_.size(), sketch_);
    ask(hash, weight, false);
  }

  void erase(entry_number entry) noexcept { queues_.erase(entry); }

  std::uint64_t weight() const noexcept { return queues_.weight(); }
  std::uint64_t capacity() const noexcept { return queues_.capacity(); }

  // The part of the capacity that is window now.
  double window() const noexcept { return window_trials::windows[current_]; }

 private:
  static constexpr std::size_t first_trial = 1;
  static constexpr std::uint64_t least_epoch = 1000;
  static constexpr double better = 0.01;     // a window is left for one that hits that much more of the sample
  static constexpr double memory = 0.9;      // what an epoch counts, when the next is over
  static constexpr double broken = 0.1;      // a window that hits that much less than its trial does is
  static constexpr double forgiving = 0.98;  // held to it; how much of that is left after an epoch

  struct score {
    double hits = 0;
    double penalty = 0;
  };

  void ask(std::uint64_t hash, std::uint64_t weight, bool was_hit) {
    ++asked_;
    if (trials_.samples(hash)) {
      ++sampled_;
      ++sampled_here_;
      if (was_hit) ++hits_here_;
      for (unsigned hits = trials_.ask(hash, weight, sketch_); hits != 0; hits &= hits - 1)
        ++scores_[static_cast<std::size_t>(std::countr_zero(hits))].hits;
    }
    if (asked_ >= std::max<std::uint64_t>(least_epoch, epoch_entries * queues_.size())) end_epoch();
  }

  void end_epoch() {
    asked_ = 0;
    if (sampled_ == 0) return;
    judge_current();
    const std::size_t best = best_trial();
    if (best != current_) {
      current_ = best;
      queues_.set_window(window_trials::window_of(current_, capacity()));
      sampled_here_ = hits_here_ = 0;
      epochs_here_ = 0;
    }
    ++epochs_here_;
    sampled_ *= memory;
    sampled_here_ *= memory;
    hits_here_ *= memory;
    for (score& each : scores_) each.hits *= memory;
  }

  // A trial may promise what the cache cannot keep: its sample is small, and it did not have to change its
  // window while it was full.
  void judge_current() noexcept {
    for (score& each : scores_) each.penalty *= forgiving;
    if (epochs_here_ < 2 || sampled_here_ == 0) return;
    const double missing = scores_[current_].hits / sampled_ - hits_here_ / sampled_here_;
    double& penalty = scores_[current_].penalty;
    penalty = missing > broken ? std::min(1.0, penalty * 0.7 + missing) : penalty * 0.9;
  }

  std::size_t best_trial() const noexcept {
    const auto worth = [this](std::size_t trial) {
      return scores_[trial].hits / sampled_ - scores_[trial].penalty - (trial == current_ ? 0 : better);
    };
    std::size_t best = current_;
    for (std::size_t trial = 0; trial != window_trials::count; ++trial)
      if (worth(trial) > worth(best)) best = trial;
    return best;
  }

  static constexpr std::uint64_t epoch_entries = 1;

  frequency_sketch sketch_;
  lazy_queues queues_;
  window_trials trials_;
  std::array<score, window_trials::count> scores_{};
  std::size_t current_ = first_trial;  // the trial whose window is in use
  std::uint64_t asked_ = 0;            // in this epoch
  double sampled_ = 0;                 // how often a key of the sample was asked for; later counts more
  double sampled_here_ = 0;            // that, since the window in use is
  double hits_here_ = 0;               // and how often it was there
  unsigned epochs_here_ = 0;
};
static_assert(eviction_policy<adaptive_tinylfu>);

}  // namespace PLAIT_NAMESPACE::detail
