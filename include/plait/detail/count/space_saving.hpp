// SPDX-License-Identifier: MIT
// What is known of counts when not all keys can be kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <plait/detail/count/counting_table.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A key that was counted at least `least` and at most least + error times.
template <class Key>
struct estimated_key {
  Key key;
  std::uint64_t least;
  std::uint64_t error;
};

// The Space-Saving summary (Metwally, Agrawal, El Abbadi 2005), fed with tables of counts rather than with keys
// one by one. It stands beside a table and decides which keys leave that. A count in the table is exact since
// its key came in; the error is the most that was counted of it before:
//
//   count  <=  what was added  <=  count + error      for a key in the table
//   0      <=  what was added  <=  floor              for any other key
//
// If there are more than max_keys, those with the smallest count + error leave, and the greatest sum among
// these is the new floor, which is the error of whatever comes in from now on.
//
// Why the floor is at most total / max_keys: let S be the sum of count + error over all keys in the table. None
// of these is below the floor: it was among those that stayed, or came in with the floor as its error. So a new
// key adds to S the floor and its count, and a key that leaves takes at least the floor; as many leave as came
// in beyond max_keys. So after each leaving S is at most the total, and each of max_keys keys is at least the
// new floor.
//
// All members are guarded by whatever guards the table.
template <class Key>
class space_saving {
 public:
  using table = counting_table<Key>;

  explicit space_saving(std::size_t max_keys) : max_keys_(max_keys) {
    if (max_keys == 0)
      throw std::invalid_argument(
          "plait::keyed_counter: max_keys is 0; a counter holds at least 1 key. Without max_keys it holds all");
  }

  std::size_t max_keys() const noexcept { return max_keys_; }

  // The most that may have been counted of a key that is not in the table.
  std::uint64_t floor() const noexcept { return floor_; }

  // The error of an entry. Those that came in since keys left have no error of their own yet.
  std::uint64_t error(std::size_t number) const noexcept {
    return number < errors_.size() ? errors_[number] : floor_;
  }

  // The sum of the counts of all keys that have left.
  std::uint64_t total_left() const noexcept { return total_left_; }

  // Before a pour: between two of these the table may hold more keys, so that leaving costs each key O(1).
  void make_room(table& counts, table& replaced) {
    if (counts.size() / 2 >= max_keys_) trim(counts, replaced);
  }

  // Lets all but max_keys keys leave. The table as it was is moved to `replaced`, an empty one, for the caller
  // to destroy. If an allocation or a copy of a key throws, nothing has changed.
  void trim(table& counts, table& replaced) {
    if (counts.size() <= max_keys_) return;
    std::vector<std::uint64_t> highest(counts.size());
    for (std::size_t i = 0; i != highest.size(); ++i) highest[i] = counts.entry_at(i).count + error(i);
    std::vector<std::uint64_t> ranked = highest;
    const auto first_out = ranked.begin() + static_cast<std::ptrdiff_t>(max_keys_);
    std::ranges::nth_element(ranked, first_out, std::greater());
    const std::uint64_t bar = *first_out;
    std::ptrdiff_t equals = std::count(ranked.begin(), first_out, bar);  // that stay
    const auto stays = [&](std::size_t number) {
      return highest[number] > bar || (highest[number] == bar && equals-- > 0);
    };
    std::vector<std::uint64_t> errors;
    errors.reserve(max_keys_);
    std::uint64_t left = 0;
    table kept = counts.copy_if([&](std::size_t number) {
      const bool is_kept = stays(number);
      if (is_kept)
        errors.push_back(error(number));
      else
        left += counts.entry_at(number).count;
      return is_kept;
    });
    floor_ = bar;
    errors_ = std::move(errors);
    total_left_ += left;
    std::swap(counts, kept);
    std::swap(kept, replaced);
  }

  // After the table has been emptied by somebody who wants to forget.
  void forget() noexcept {
    errors_.clear();
    floor_ = 0;
    total_left_ = 0;
  }

  // All that is known at one moment.
  struct summary {
    std::vector<estimated_key<Key>> keys;
    std::uint64_t floor = 0;
    std::uint64_t total_left = 0;
  };
  summary copy(const table& counts) const {
    summary all{{}, floor_, total_left_};
    all.keys.reserve(counts.size());
    for (std::size_t i = 0; i != counts.size(); ++i)
      all.keys.push_back({counts.entry_at(i).key, counts.entry_at(i).count, error(i)});
    return all;
  }

  // Adds what another one has counted. The errors add up, and so do the floors: with at most the total of the
  // one and of the other, divided by the max_keys of each. If something throws, some keys have been added, each
  // wholly or not at all.
  template <class Hash, class Equal>
  void merge(table& counts, const summary& other, const Hash& hash, const Equal& equal) {
    const std::uint64_t own_floor = floor_;
    errors_.reserve(counts.size() + other.keys.size());
    errors_.resize(counts.size(), own_floor);
    for (std::uint64_t& each : errors_) each += other.floor;
    floor_ += other.floor;
    for (const auto& [key, least, key_error] : other.keys) {
      const auto hashed = hash(key);
      const std::size_t number = counts.number_of_key(hashed, key, equal);
      while (!counts.add(hashed, key, least, equal)) counts.grow();
      if (number != errors_.size())
        errors_[number] -= other.floor - key_error;
      else
        errors_.push_back(own_floor + key_error);
    }
    total_left_ += other.total_left;
  }

 private:
  std::size_t max_keys_;
  std::vector<std::uint64_t> errors_;  // of the first entries: those that were there when keys left
  std::uint64_t floor_ = 0;            // no key in the table has a smaller count + error
  std::uint64_t total_left_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
