// SPDX-License-Identifier: MIT
// Which entries of a cache expire next: a hierarchical timer wheel.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Time has seven digits of six bits. An entry is in the list of the highest digit in which its deadline differs
// from now, and of that digit's value: so it expires, or moves to a lower digit, when the clock's digit gets
// there, at most seven times in all. Lists that the clock has passed are joined to one, `passed`, in a step
// each; it is worked off as far as the caller wants. Eight bytes for each entry: its deadline is where the
// caller has it.
class timer_wheel {
 public:
  // `most`: how many numbers of entries there are, if that is known.
  explicit timer_wheel(std::uint64_t most = entry_array<node>::unlimited)
      : nodes_(most > entry_array<node>::unlimited - heads ? most : most + heads) {}

  // Makes room for an entry, so that nothing that follows throws.
  void make_room(entry_number entry) {
    if (nodes_.size() == 0) add_heads();
    nodes_.make_room(std::size_t{entry} + heads + 1);
  }

  // An entry that is in none of the lists enters one.
  void add(entry_number entry, cache_tick deadline) noexcept {
    link(list_for(deadline), entry);
    ++size_;
  }
  // Whether it is there or not, it is not any more.
  void remove(entry_number entry) noexcept {
    if (entry + heads >= nodes_.size() || node_of(entry).next == nowhere) return;
    unlink(entry);
    --size_;
  }

  // When advance() has something to do; `never` if nothing ends. An entry that ends far ahead is looked at
  // before that, as often as it moves to a lower digit.
  cache_tick next_due() const noexcept {
    if (size_ == 0) return entry_stamp::never;
    if (!is_empty(passed)) return now_;
    for (unsigned place = 0; place != digits; ++place)
      for (std::uint32_t value = digit(now_, place) + 1; value != digit_values; ++value)
        if (!is_empty(place * digit_values + value))
          return (now_ >> digit_bits * (place + 1) << digit_bits | value) << digit_bits * place;
    return entry_stamp::never;
  }

  // It is now that late, or as late as was said before. Takes out entries that have expired and calls
  // expire(entry) for each, but looks at no more than `budget` entries. deadline_of(entry) is what add() was
  // told.
  template <class DeadlineOf, class Expire>
  void advance(cache_tick now, std::size_t budget, DeadlineOf deadline_of, Expire expire) {
    if (size_ == 0) {
      now_ = std::max(now_, now);
      return;
    }
    if (now > now_) pass(now);
    for (; budget != 0 && !is_empty(passed); --budget) {
      const auto entry = static_cast<entry_number>(nodes_[passed].next - heads);
      unlink(entry);
      if (const cache_tick deadline = deadline_of(entry); deadline > now_) {
        link(list_for(deadline), entry);
      } else {
        --size_;
        expire(entry);
      }
    }
  }

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned digits = 7;
  static constexpr std::uint32_t digit_values = 1 << digit_bits;
  static constexpr std::uint32_t passed = digits * digit_values;
  static constexpr std::uint32_t heads = passed + 1;
  static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(-1);

  struct node {
    std::uint32_t next = nowhere;
    std::uint32_t previous = nowhere;
  };

  node& node_of(entry_number entry) noexcept { return nodes_[std::size_t{entry} + heads]; }

  void add_heads() {
    nodes_.make_room(heads);
    for (std::uint32_t i = 0; i != heads; ++i) nodes_[i].next = nodes_[i].previous = i;
  }

  bool is_empty(std::uint32_t list) const noexcept { return nodes_[list].next == list; }

  static std::uint32_t digit(cache_tick of, unsigned place) noexcept {
    return static_cast<std::uint32_t>(of >> digit_bits * place) & (digit_values - 1);
  }
  // The highest digit in which they differ.
  static unsigned place_of(cache_tick a, cache_tick b) noexcept {
    return (static_cast<unsigned>(std::bit_width(a ^ b)) - 1) / digit_bits;
  }

  std::uint32_t list_for(cache_tick deadline) const noexcept {
    if (deadline <= now_) return passed;
    const unsigned place = place_of(deadline, now_);
    return place * digit_values + digit(deadline, place);
  }

  // What the clock passes: of each digit below the highest one that changes, all values; of that one, those up
  // to the new one.
  void pass(cache_tick now) noexcept {
    const unsigned highest = place_of(now, now_);
    for (unsigned place = 0; place != highest; ++place)
      for (std::uint32_t value = digit(now_, place) + 1; value != digit_values; ++value)
        join(place * digit_values + value);
    for (std::uint32_t value = digit(now_, highest) + 1; value <= digit(now, highest); ++value)
      join(highest * digit_values + value);
    now_ = now;
  }

  // Moves all of a list to the end of `passed`.
  void join(std::uint32_t list) noexcept {
    if (is_empty(list)) return;
    const std::uint32_t first = nodes_[list].next, last = nodes_[list].previous, end = nodes_[passed].previous;
    nodes_[end].next = first;
    nodes_[first].previous = end;
    nodes_[last].next = passed;
    nodes_[passed].previous = last;
    nodes_[list].next = nodes_[list].previous = list;
  }

  void link(std::uint32_t list, entry_number entry) noexcept {
    const std::uint32_t number = entry + heads, end = nodes_[list].previous;
    nodes_[end].next = number;
    nodes_[number].previous = end;
    nodes_[number].next = list;
    nodes_[list].previous = number;
  }
  void unlink(entry_number entry) noexcept {
    node& removed = node_of(entry);
    nodes_[removed.previous].next = removed.next;
    nodes_[removed.next].previous = removed.previous;
    removed.next = nowhere;
  }

  // The first `heads` nodes are the ends of the lists, which are rings; then comes one node for each entry.
  entry_array<node> nodes_;
  std::size_t size_ = 0;  // entries in any list
  cache_tick now_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
