// SPDX-License-Identifier: MIT
// The eviction policy of plait's caches: W-TinyLFU over lazy queues, with the window that serves a sample best.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <plait/detail/cache/entry_lists.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/frequency_sketch.hpp>
#include <plait/detail/cache/lazy_queues.hpp>
#include <plait/detail/cache/window_trials.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A large window keeps what was asked for lately, a small one what is asked for often. Which is better
// depends on the workload, and one may be far worse than another with no better one close to it. So all are
// tried at once, on a sample, and every epoch the one whose trial had the most hits is taken.
template <class Hits, class Hashes = own_hashes, template <std::size_t> class Node = list_node>
class basic_adaptive_tinylfu {
 public:
  // Throws std::invalid_argument if the capacity is 0.
  explicit basic_adaptive_tinylfu(std::uint64_t capacity)
      : basic_adaptive_tinylfu(capacity, queues::most_entries(capacity), Hits(),
                               Hashes(queues::most_entries(capacity))) {}
  // `most`: how many numbers of entries there are.
  basic_adaptive_tinylfu(std::uint64_t capacity, std::uint64_t most, Hits hits, Hashes hashes)
      : queues_(capacity, window_trials::window_of(first_trial, capacity), queues::role::real, most,
                std::move(hits), std::move(hashes)),
        trials_(capacity) {
    if (capacity == 0) throw std::invalid_argument("plait: a cache of capacity 0 holds nothing; give it room");
  }

  void hit(entry_number entry) {
    queues_.hit(entry);
    ask(queues_.hash_of(entry), queues_.weight_of(entry), true);
  }

  // For a cache that counts hits itself, and tells of those of keys in the sample alone: each stands for as
  // many requests as there are keys for one in the sample.
  void sampled_hit(entry_number entry) {
    if (!queues_.contains(entry) || !trials_.samples(queues_.hash_of(entry))) return;
    asked_ += trials_.rate() - 1;
    ask(queues_.hash_of(entry), queues_.weight_of(entry), true);
  }
  // One key in so many is in the sample. Changes in insert() and set_capacity() alone.
  std::size_t sampling_rate() const noexcept { return trials_.rate(); }
  bool contains(entry_number entry) const noexcept { return queues_.contains(entry); }
  std::uint64_t hash_of(entry_number entry) const noexcept { return queues_.hash_of(entry); }
  std::uint64_t weight_of(entry_number entry) const noexcept { return queues_.weight_of(entry); }

  // A pinned one leaves for no other one, as long as it is.
  template <class Evict>
  void insert(entry_number entry, std::uint64_t hash, std::uint64_t weight, Evict&& evict,
              bool is_pinned = false) {
    queues_.insert(entry, hash, weight, sketch_, evict, is_pinned);
    if (queues_.size() > most_entries_) fit();
    ask(hash, weight, false);
  }

  // An insert of that hash comes soon. Asks for what it looks at, and calls use(hash) for the entries of which
  // one may leave for it.
  template <class Use>
  void prefetch(std::uint64_t hash, Use use) const noexcept {
    sketch_.prefetch(hash);
    queues_.prefetch(sketch_, use);
  }

  void erase(entry_number entry) noexcept { queues_.erase(entry); }

  void pin(entry_number entry) noexcept { queues_.pin(entry); }
  void unpin(entry_number entry) noexcept { queues_.unpin(entry); }
  bool is_pinned(entry_number entry) const noexcept { return queues_.is_pinned(entry); }

  // Another one from now on, which is not 0. Calls evict(entry) for each that leaves because it is lower: those
  // that are pinned come last.
  template <class Evict>
  void set_capacity(std::uint64_t capacity, Evict&& evict) {
    queues_.set_capacity(capacity);
    queues_.set_window(window_trials::window_of(current_, capacity));
    queues_.balance(sketch_, evict);
    most_entries_ = queues_.size();
    trials_.set_capacity(capacity, most_entries_, sketch_);
  }

  template <class Visit>
  void for_each_from_cold(Visit visit) const {
    queues_.for_each_from_cold(visit);
  }

  std::uint64_t weight() const noexcept { return queues_.weight(); }
  std::uint64_t capacity() const noexcept { return queues_.capacity(); }

  // The part of the capacity that is window now.
  double window() const noexcept { return window_trials::windows[current_]; }

 private:
  using queues = basic_lazy_queues<Hits, Hashes, Node>;

  static constexpr std::size_t first_trial = 1;

  // An epoch is as many requests as there are entries, but not fewer than least_epoch. What was counted in it
  // counts for so much when the next is over.
  static constexpr std::uint64_t least_epoch = 1000;
  static constexpr double memory = 0.9;

  // A window is left for one whose trial hits that part of the requests more, which chance alone does not
  // make of a sample. Moving costs hits, so that a lead has to be clear or to last for two epochs.
  static constexpr double better = 0.01;
  static constexpr double clear_lead = 0.03;

  // A window that hits that part of the requests less than its trial does has a penalty, of which so much is
  // left after each epoch.
  static constexpr double broken = 0.1;
  static constexpr double forgiving = 0.98;

  struct score {
    double hits = 0;
    double penalty = 0;
  };

  // Since the last capacity was set there were never so many entries.
  [[gnu::noinline]] void fit() {
    sketch_.make_room(queues_.size());
    trials_.fit(queues_.size(), sketch_);
    most_entries_ = queues_.size();
  }

  void ask(std::uint64_t hash, std::uint64_t weight, bool was_hit) {
    ++asked_;
    if (trials_.samples(hash)) ask_trials(hash, weight, was_hit);
    if (asked_ >= std::max<std::uint64_t>(least_epoch, queues_.size())) end_epoch();
  }
  [[gnu::noinline]] void ask_trials(std::uint64_t hash, std::uint64_t weight, bool was_hit) {
    ++sampled_;
    ++sampled_here_;
    if (was_hit) ++hits_here_;
    for (unsigned hits = trials_.ask(hash, weight, sketch_); hits != 0; hits &= hits - 1)
      ++scores_[static_cast<std::size_t>(std::countr_zero(hits))].hits;
  }

  [[gnu::noinline]] void end_epoch() {
    asked_ = 0;
    if (sampled_ == 0) return;
    judge_current();
    const std::size_t best = best_trial();
    const bool was_best_before = best == std::exchange(last_best_, best);
    if (best != current_ && (was_best_before || worth(best) - worth(current_) >= clear_lead)) {
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
    std::size_t best = current_;
    for (std::size_t trial = 0; trial != window_trials::count; ++trial)
      if (worth(trial) > worth(best)) best = trial;
    return worth(best) - worth(current_) > better ? best : current_;
  }

  double worth(std::size_t trial) const noexcept {
    return scores_[trial].hits / sampled_ - scores_[trial].penalty;
  }

  frequency_sketch sketch_;
  queues queues_;
  window_trials trials_;
  std::size_t most_entries_ = 0;  // for which the sketch has room, and the sample is right
  std::array<score, window_trials::count> scores_{};
  std::size_t current_ = first_trial;    // the trial whose window is in use
  std::size_t last_best_ = first_trial;  // the best one when the last epoch ended
  std::uint64_t asked_ = 0;              // in this epoch
  double sampled_ = 0;                   // how often a key of the sample was asked for; later counts more
  double sampled_here_ = 0;              // that, since the window in use is
  double hits_here_ = 0;                 // and how often it was there
  unsigned epochs_here_ = 0;
};
using adaptive_tinylfu = basic_adaptive_tinylfu<own_hits>;
static_assert(eviction_policy<adaptive_tinylfu>);

}  // namespace PLAIT_NAMESPACE::detail
