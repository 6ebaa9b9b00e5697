// SPDX-License-Identifier: MIT
// Which entries of a cache expire next: a hierarchical timer wheel.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Time has seven digits of six bits. An entry is in the list of the highest digit in which its deadline differs
// from now, and of that digit's value: so it expires, or moves to a lower digit, when the clock's digit gets
// there, at most seven times in all. Lists that the clock has passed are joined to one, `passed`, in a step
// each; it is worked off as far as the caller wants.
//
// An entry's number is in one list at most, and leaves it when its turn comes and no sooner. Whoever has the
// number then, if anybody, finds its place anew. So an entry that leaves the cache costs nothing here, nor does
// one that gets the number, or another deadline, if that is not before the turn of the number's list. If it is,
// it is in a heap beside the lists. Four bytes for each entry, since its deadline is where the caller has it,
// and 8 to 16 for each one in the heap.
class timer_wheel {
 public:
  // `most`: how many numbers of entries there are, if that is known.
  explicit timer_wheel(std::uint64_t most = entry_array<node>::unlimited) : nodes_(most) {}

  // Makes room for an entry, so that nothing that follows throws.
  void make_room(entry_number entry) {
    if (early_.size() == early_.capacity()) [[unlikely]]
      make_room_for_early();
    nodes_.make_room(std::size_t{entry} + 1);
  }

  // An entry that is there ends at that time, and not when it did before.
  void add(entry_number entry, cache_tick deadline) noexcept {
    const std::uint32_t list = nodes_[entry].list();
    if (list == nowhere) {
      link(list_for(deadline), entry);
      ++size_;
    } else if (deadline < turn_of(list)) {
      add_early(entry_stamp(entry, deadline));
    }
  }

  // When advance() has something to do; `never` if nothing ends. An entry that ends far ahead is looked at
  // before that, as often as it moves to a lower digit; and a number whose entry has left is looked at, too.
  cache_tick next_due() const noexcept {
    if (size_ == 0) return entry_stamp::never;
    if (!is_empty(passed)) return now_;
    return std::max(now_,
                    std::min(first_turn(), early_.empty() ? entry_stamp::never : early_.front().deadline()));
  }

  // It is now that late, or as late as was said before. Calls expire(entry) for entries that have expired, but
  // looks at no more than `budget` numbers. deadline_of(entry) is what add() was told, or `never` if there is
  // no such entry.
  template <class DeadlineOf, class Expire>
  void advance(cache_tick now, std::size_t budget, DeadlineOf deadline_of, Expire expire) {
    if (size_ != 0) return work_off(now, budget, deadline_of, expire);
    now_ = std::max(now_, now);  // what is in the heap, if anything, has left
  }

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned digits = 7;
  static constexpr std::uint32_t digit_values = 1 << digit_bits;
  static constexpr std::uint32_t passed = digits * digit_values;
  static constexpr std::uint32_t list_count = passed + 1;
  static constexpr std::uint32_t nowhere = list_count;
  static constexpr entry_number no_entry = static_cast<entry_number>(-1);
  static constexpr std::size_t least_early = 16;

  // The next number in the list, which is a ring, and the list that it entered: it may have been joined to
  // `passed` since.
  class node {
   public:
    constexpr node() noexcept = default;
    constexpr node(entry_number next, std::uint32_t list) noexcept : bits_(list << list_shift | next) {}
    entry_number next() const noexcept { return bits_ & ((1U << list_shift) - 1); }
    std::uint32_t list() const noexcept { return bits_ >> list_shift; }
    void set_next(entry_number next) noexcept { *this = node(next, list()); }

   private:
    static constexpr unsigned list_shift = entry_stamp::number_bits;
    static_assert(nowhere < 1U << (32 - list_shift));

    std::uint32_t bits_ = nowhere << list_shift;
  };

  bool is_empty(std::uint32_t list) const noexcept { return last_[list] == no_entry; }

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

  // When the clock's digit gets there, if it is not there yet.
  cache_tick turn_of(unsigned place, std::uint32_t value) const noexcept {
    return (now_ >> digit_bits * (place + 1) << digit_bits | value) << digit_bits * place;
  }
  // When a number that entered that list is looked at, or later than that if its list was passed since.
  cache_tick turn_of(std::uint32_t list) const noexcept {
    return list == passed ? now_ : turn_of(list / digit_values, list % digit_values);
  }
  cache_tick first_turn() const noexcept {
    for (unsigned place = 0; place != digits; ++place)
      for (std::uint32_t value = digit(now_, place) + 1; value != digit_values; ++value)
        if (!is_empty(place * digit_values + value)) return turn_of(place, value);
    return entry_stamp::never;
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
    const entry_number last = std::exchange(last_[list], no_entry), before = std::exchange(last_[passed], last);
    if (before == no_entry) return;
    const entry_number first = nodes_[last].next();
    nodes_[last].set_next(nodes_[before].next());
    nodes_[before].set_next(first);
  }

  void link(std::uint32_t list, entry_number entry) noexcept {
    const entry_number before = std::exchange(last_[list], entry);
    if (before == no_entry) {
      nodes_[entry] = node(entry, list);
    } else {
      nodes_[entry] = node(nodes_[before].next(), list);
      nodes_[before].set_next(entry);
    }
  }
  entry_number take_first_passed() noexcept {
    const entry_number last = last_[passed], first = nodes_[last].next();
    if (first == last) {
      last_[passed] = no_entry;
    } else {
      nodes_[last].set_next(nodes_[first].next());
    }
    nodes_[first] = node();
    return first;
  }

  // What follows is not inlined, so that a cache in which nothing expires does not have it in its way.

  [[gnu::noinline]] void make_room_for_early() {
    last_.resize(list_count, no_entry);
    early_.reserve(std::max(least_early, 2 * early_.size()));
  }
  [[gnu::noinline]] void add_early(entry_stamp added) noexcept {
    early_.push_back(added);
    std::ranges::push_heap(early_, std::greater());
  }
  template <class DeadlineOf, class Expire>
  [[gnu::noinline]] void work_off(cache_tick now, std::size_t budget, DeadlineOf deadline_of, Expire expire) {
    if (now > now_) pass(now);
    if (early_.size() >= most_early_) [[unlikely]]
      forget_outdated(deadline_of);
    for (; budget != 0 && !early_.empty() && early_.front().deadline() <= now_; --budget) {
      const entry_number entry = early_.front().number();
      std::ranges::pop_heap(early_, std::greater());
      early_.pop_back();
      if (deadline_of(entry) <= now_) expire(entry);
    }
    for (; budget != 0 && !is_empty(passed); --budget) {
      const entry_number entry = take_first_passed();
      const cache_tick deadline = deadline_of(entry);
      if (deadline > now_ && deadline != entry_stamp::never) {
        link(list_for(deadline), entry);
      } else {
        --size_;
        if (deadline <= now_) expire(entry);
      }
    }
  }

  // Of what is in the heap, only that which is still true, and once, so that its size is at most twice the
  // number of entries or so.
  template <class DeadlineOf>
  void forget_outdated(DeadlineOf deadline_of) noexcept {
    std::erase_if(early_, [&](entry_stamp each) { return deadline_of(each.number()) != each.deadline(); });
    std::ranges::sort(early_);  // which makes it a heap, too
    early_.erase(std::ranges::unique(early_).begin(), early_.end());
    most_early_ = std::max(least_early, 2 * early_.size());
  }

  std::vector<entry_number> last_;        // of each list, or no_entry; none until there is an entry
  entry_array<node> nodes_;               // by number
  std::vector<entry_stamp> early_;        // a heap: the first deadline comes first
  std::size_t most_early_ = least_early;  // with so many, it is looked for what is outdated
  std::size_t size_ = 0;                  // numbers in any list
  cache_tick now_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
