// SPDX-License-Identifier: MIT
// W-TinyLFU (Einziger, Eytan, Friedman, Manes, 2017 and 2018), with a window of 1 % and with one that climbs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "replay/policies/parts.hpp"

namespace plait::cli {

class w_tinylfu {
 public:
  explicit w_tinylfu(std::uint64_t capacity) : capacity_(capacity) {
    set_window(std::max(1.0, static_cast<double>(capacity) / 100));
  }

  void hit(entry_number entry) {
    sketch_.add(hashes_[entry]);
    lists_.move_to_front(lists_.contains(window, entry) ? window : protection, entry);
    demote();
  }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t hash, std::uint64_t entry_weight, Evict&& evict) {
    lists_.make_room(entry, entry_weight);
    hashes_.resize(lists_.room());
    hashes_[entry] = hash;
    sketch_.make_room(lists_.size(window) + lists_.size(probation) + lists_.size(protection) + 1);
    sketch_.add(hash);
    if (entry_weight > capacity_) return evict(entry);
    lists_.push_front(window, entry, entry_weight);
    balance(evict);
  }

  void erase(entry_number entry) { lists_.remove(entry); }

  std::uint64_t weight() const {
    return lists_.weight(window) + lists_.weight(probation) + lists_.weight(protection);
  }
  std::uint64_t capacity() const { return capacity_; }

 protected:
  // Takes effect with the next insert.
  void set_window(double most) {
    window_ = std::min(static_cast<std::uint64_t>(most + 0.5), std::max<std::uint64_t>(capacity_, 2) - 1);
  }

 private:
  enum list : std::size_t { window, probation, protection };

  template <class Evict>
  void balance(Evict& evict) {
    demote();
    while (lists_.weight(window) > window_) {
      const entry_number candidate = lists_.back(window);
      if (admit(candidate, evict))
        lists_.move_to_front(probation, candidate);
      else
        leave(candidate, evict);
    }
    while (weight() > capacity_) leave(victim().value_or(lists_.back(window)), evict);
  }

  void demote() {
    const std::uint64_t rest = capacity_ - std::min(window_, capacity_);
    while (lists_.weight(protection) > rest * 4 / 5) lists_.move_to_front(probation, lists_.back(protection));
  }

  // The least recently used outside the window.
  std::optional<entry_number> victim() const {
    for (const list from : {probation, protection})
      if (!lists_.empty(from)) return lists_.back(from);
    return std::nullopt;
  }

  template <class Evict>
  bool admit(entry_number candidate, Evict& evict) {
    while (weight() > capacity_) {
      const auto other = victim();
      if (!other) return false;
      const unsigned wanted = sketch_.frequency(hashes_[candidate]);
      if (wanted <= sketch_.frequency(hashes_[*other]) && (wanted < 6 || !lucky())) return false;
      leave(*other, evict);
    }
    return true;
  }

  template <class Evict>
  void leave(entry_number entry, Evict& evict) {
    lists_.remove(entry);
    evict(entry);
  }

  bool lucky() {  // once in 128, against flooding with keys that share counters
    random_ = random_ * 6364136223846793005 + 1442695040888963407;
    return random_ >> 57 == 0;
  }

  std::uint64_t capacity_;
  std::uint64_t window_ = 1;
  entry_lists<3> lists_;
  std::vector<std::uint64_t> hashes_;
  frequency_sketch sketch_;
  std::uint64_t random_ = 1;
};
static_assert(eviction_policy<w_tinylfu>);

// The window grows or shrinks by a step, and goes on that way while the hit ratio of ten times as many
// requests as there is room for does not fall. A step is a sixteenth of the capacity, and smaller each time.
class w_tinylfu_climber : public w_tinylfu {
 public:
  explicit w_tinylfu_climber(std::uint64_t capacity)
      : w_tinylfu(capacity),
        room_(static_cast<double>(capacity)),
        step_(-first_step * room_),
        window_(room_ / 100) {}

  void hit(entry_number entry) {
    w_tinylfu::hit(entry);
    ++entries_asked_;
    ++hits_;
    climb();
  }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t hash, std::uint64_t entry_weight, Evict&& evict) {
    w_tinylfu::insert(entry, hash, entry_weight, evict);
    ++entries_asked_;
    weight_seen_ += static_cast<double>(entry_weight);
    ++inserted_;
    climb();
  }

 private:
  static constexpr double first_step = 0.0625;
  static constexpr double decay = 0.98;
  static constexpr double restart = 0.05;  // a change of the hit ratio after which steps are large again

  // With weights, the capacity is that many entries of the weight that they had so far.
  double entries() const { return room_ * inserted_ / std::max(weight_seen_, 1.0); }

  void climb() {
    if (entries_asked_ < 10 * entries()) return;
    const double ratio = hits_ / entries_asked_;
    const double change = previous_ratio_ ? ratio - *previous_ratio_ : 0;
    const double amount = change >= 0 ? step_ : -step_;
    step_ = std::abs(change) >= restart ? std::copysign(first_step * room_, amount) : decay * amount;
    window_ = std::clamp(window_ + amount, 1.0, std::max(room_ - 1, 1.0));
    set_window(window_);
    previous_ratio_ = ratio;
    entries_asked_ = hits_ = 0;
  }

  double room_;
  double step_;
  double window_;
  std::optional<double> previous_ratio_;
  double entries_asked_ = 0;
  double hits_ = 0;
  double inserted_ = 0;
  double weight_seen_ = 0;
};
static_assert(eviction_policy<w_tinylfu_climber>);

}  // namespace plait::cli
