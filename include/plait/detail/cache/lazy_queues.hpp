// SPDX-License-Identifier: MIT
// W-TinyLFU over queues that a hit does not touch: entries are moved when one has to leave.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/entry_lists.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/frequency_sketch.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// How often each entry was hit since it last was at the end of a queue, up to `most`: for queues that are told
// of every hit. A cache whose hits take no lock counts them itself and gives its queues another such class.
class own_hits {
 public:
  static constexpr unsigned most = 3;

  // Makes room for entries below that number.
  void make_room(std::size_t entries) {
    if (counts_.size() < entries) counts_.resize(entries);
  }
  void add(entry_number entry) noexcept {
    if (counts_[entry] != most) ++counts_[entry];
  }
  unsigned count(entry_number entry) const noexcept { return counts_[entry]; }
  void clear(entry_number entry) noexcept { counts_[entry] = 0; }

 private:
  std::vector<std::uint8_t> counts_;
};

// The hashes of entries, for queues that nobody else keeps them for.
class own_hashes {
 public:
  explicit own_hashes(std::uint64_t most) : all_(most) {}

  void make_room(std::size_t entries) { all_.make_room(entries); }
  void set(entry_number entry, std::uint64_t hash) noexcept { all_[entry] = hash; }
  std::uint64_t of(entry_number entry) const noexcept { return all_[entry]; }

 private:
  entry_array<std::uint64_t> all_;
};

// New entries pass through the window. One that comes to its end has to be asked for more often than the entry
// that would leave in its place, if it is to stay in probation; one that was hit there moves on to
// the protected queue, which holds up to four fifths of what is not window.
//
// A hit only counts, up to three. What it is good for is decided when the entry comes to the end of its
// queue: it then begins anew in the window or the protected queue, or is promoted from probation, and its
// hits go to the sketch.
//
// What is pinned is in none of the three, and is passed over; it takes its part of the capacity.
//
// Trials are queues that see a sample of the keys: they read the sketch of the real ones and add nothing to it.
//
// `Node`: a list_node of a kind that can link as many entries as there may be.
template <class Hits, class Hashes = own_hashes, template <std::size_t> class Node = list_node>
class basic_lazy_queues {
 public:
  enum class role { real, trial };

  basic_lazy_queues(std::uint64_t capacity, std::uint64_t window_weight, role as, Hits hits = Hits())
    requires std::constructible_from<Hashes, std::uint64_t>
      : basic_lazy_queues(capacity, window_weight, as, most_entries(capacity), std::move(hits),
                          Hashes(most_entries(capacity))) {}
  // `most`: how many numbers of entries there are, if that is known.
  basic_lazy_queues(std::uint64_t capacity, std::uint64_t window_weight, role as, std::uint64_t most, Hits hits,
                    Hashes hashes)
      : capacity_(capacity),
        window_(window_weight),
        role_(as),
        lists_(most),
        hits_(std::move(hits)),
        hashes_(std::move(hashes)) {}

  // How many entries there are at most: one more than find room, which has its number before another one
  // leaves.
  static std::uint64_t most_entries(std::uint64_t capacity) noexcept {
    return std::max(capacity, capacity + 1);
  }

  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t weight() const noexcept { return lists_.weight(); }
  std::size_t size() const noexcept { return lists_.size(); }
  bool contains(entry_number entry) const noexcept { return lists_.contains(entry); }
  std::uint64_t hash_of(entry_number entry) const noexcept { return hashes_.of(entry); }
  std::uint64_t weight_of(entry_number entry) const noexcept { return lists_.weight_of(entry); }

  void hit(entry_number entry) noexcept { hits_.add(entry); }

  // Whether there is room for an entry of that weight.
  bool has_room(entry_number entry, std::uint64_t entry_weight) const noexcept {
    return entry < room_ && lists_.has_room(entry, entry_weight);
  }
  // Makes room for an entry of that weight: to insert it then throws nothing.
  void make_room(entry_number entry, std::uint64_t entry_weight) {
    if (has_room(entry, entry_weight)) [[likely]]
      return;
    lists_.make_room(entry, entry_weight);
    hashes_.make_room(lists_.room());
    hits_.make_room(lists_.room());
    room_ = lists_.room();
  }

  template <class Evict>
  void insert(entry_number entry, std::uint64_t hash, std::uint64_t entry_weight, frequency_sketch& sketch,
              Evict&& evict, bool is_pinned = false) {
    make_room(entry, entry_weight);
    if (role_ == role::real) sketch.add(hash);
    hashes_.set(entry, hash);
    hits_.clear(entry);
    if (entry_weight > unpinned_capacity()) return evict(entry);
    lists_.push_front(is_pinned ? pinned : window, entry, entry_weight);
    balance(sketch, evict, entry);
  }

  // From now on an entry that is there leaves for no other one. If it does already, nothing changes.
  void pin(entry_number entry) noexcept {
    if (!is_pinned(entry)) lists_.move_to_front(pinned, entry);
  }
  // It has its turn again, as if it had come through the window.
  void unpin(entry_number entry) noexcept { lists_.move_to_front(probation, entry); }
  bool is_pinned(entry_number entry) const noexcept { return lists_.contains(pinned, entry); }

  // Asks for what the next insert looks at, and calls use(hash) for the entries of which one may leave then. If
  // there is room for one more, none does.
  template <class Use>
  void prefetch(const frequency_sketch& sketch, Use use) const noexcept {
    if (weight() < capacity_) return;
    for (const queue each : {window, probation}) {
      if (lists_.empty(each)) continue;
      const std::uint64_t hash = hashes_.of(lists_.back(each));
      sketch.prefetch(hash);
      use(hash);
    }
  }

  // Asks for what contains() looks at.
  void prefetch(entry_number entry) const noexcept { lists_.prefetch(entry); }

  void erase(entry_number entry) noexcept { lists_.remove(entry); }

  // Calls visit(entry) for all, those first that would leave first: what was hit lately comes last.
  template <class Visit>
  void for_each_from_cold(Visit visit) const {
    for (const bool was_hit : {false, true})
      for (const queue in : {probation, window, protection})
        for_each_of(in, [&](entry_number at) {
          if ((hits_.count(at) != 0) == was_hit) visit(at);
        });
    for_each_of(pinned, visit);
  }

  // Both take effect for entries that are there with the next insert, or with balance().
  void set_window(std::uint64_t most) noexcept { window_ = most; }
  void set_capacity(std::uint64_t most) noexcept { capacity_ = most; }

  template <class Evict>
  void balance(frequency_sketch& sketch, Evict&& evict) {
    balance(sketch, evict, no_entry);
  }

 private:
  enum queue : std::size_t { window, probation, protection, pinned };

  static constexpr entry_number no_entry = static_cast<entry_number>(-1);

  // What is pinned weighs no more than the capacity, but while that is being lowered.
  std::uint64_t unpinned_capacity() const noexcept {
    return capacity_ - std::min(lists_.weight(pinned), capacity_);
  }

  template <class Visit>
  void for_each_of(queue in, Visit visit) const {
    if (lists_.empty(in)) return;
    entry_number at = lists_.back(in);
    for (std::size_t left = lists_.size(in); left != 0; --left, at = lists_.before(at)) visit(at);
  }

  // The newest entry leaves only if it is too heavy for the window: whoever has just put something in expects
  // to find it.
  template <class Evict>
  void balance(frequency_sketch& sketch, Evict& evict, entry_number newest) {
    if (!lists_.empty(protection)) fill_probation(sketch);
    while (lists_.weight(window) > window_) {
      const entry_number candidate = lists_.back(window);
      if (candidate == newest && lists_.size(window) != 1) {
        lists_.move_to_front(window, candidate);
        continue;
      }
      if (hits_.count(candidate) != 0) {
        count_hits(candidate, sketch);
        lists_.move_to_front(window, candidate);
      } else if (admit(candidate, sketch, evict)) {
        lists_.move_to_front(probation, candidate);
      } else {
        leave(candidate, evict);
      }
    }
    while (weight() > capacity_) leave(last_choice(sketch), evict);
  }

  // Who leaves when the window has given all that it can. What is pinned leaves for no new entry, and only if
  // a lower capacity has no room for all of that.
  entry_number last_choice(frequency_sketch& sketch) noexcept {
    if (has_victim()) return victim(sketch);
    return lists_.back(lists_.empty(window) ? pinned : window);
  }

  bool has_victim() const noexcept { return !lists_.empty(probation) || !lists_.empty(protection); }

  // The entry that would leave next, the window's aside. Whatever was hit is moved on instead.
  [[gnu::always_inline]] entry_number victim(frequency_sketch& sketch) noexcept {
    while (lists_.empty(probation) || hits_.count(lists_.back(probation)) != 0) move_on(sketch);
    return lists_.back(probation);
  }
  // The end of probation goes to the protected queue; if there is none, the end of that comes to probation.
  [[gnu::noinline]] void move_on(frequency_sketch& sketch) noexcept {
    const bool is_empty = lists_.empty(probation);
    const entry_number oldest = lists_.back(is_empty ? protection : probation);
    count_hits(oldest, sketch);
    lists_.move_to_front(is_empty ? probation : protection, oldest);
    if (!is_empty) fill_probation(sketch);
  }

  // What the protected queue holds too much goes back to probation.
  void fill_probation(frequency_sketch& sketch) noexcept {
    const std::uint64_t unpinned = unpinned_capacity(), rest = unpinned - std::min(window_, unpinned);
    while (lists_.weight(protection) > rest - rest / 5) {
      const entry_number oldest = lists_.back(protection);
      const bool again = hits_.count(oldest) != 0;
      count_hits(oldest, sketch);
      lists_.move_to_front(again ? protection : probation, oldest);
    }
  }

  // Makes room for a candidate at the end of the window; false if it is less wanted than what would leave.
  template <class Evict>
  bool admit(entry_number candidate, frequency_sketch& sketch, Evict& evict) {
    while (weight() > capacity_) {
      if (!has_victim()) return false;
      const entry_number other = victim(sketch);
      const unsigned wanted = sketch.frequency(hashes_.of(candidate));
      const bool better = wanted > sketch.frequency(hashes_.of(other));
      if (!better && (wanted < lucky_from || !lucky())) return false;
      leave(other, evict);
    }
    return true;
  }

  template <class Evict>
  void leave(entry_number entry, Evict& evict) {
    lists_.remove(entry);
    evict(entry);
  }

  void count_hits(entry_number entry, frequency_sketch& sketch) noexcept {
    if (role_ == role::real)
      for (unsigned i = hits_.count(entry); i != 0; --i) sketch.add(hashes_.of(entry));
    hits_.clear(entry);
  }

  // True once in 128. Somebody who knows the hash could keep an entry in for ever, by keys that share its
  // counters.
  bool lucky() noexcept {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return (random_ & 127) == 0;
  }
  static constexpr unsigned lucky_from = 6;

  std::uint64_t capacity_;
  std::uint64_t window_;  // what the window holds at most, if others want the rest
  role role_;
  entry_lists<4, Node<4>> lists_;
  Hits hits_;
  Hashes hashes_;
  std::size_t room_ = 0;  // for how many entries all three have
  std::uint64_t random_ = 88172645463325252;
};
using lazy_queues = basic_lazy_queues<own_hits>;

}  // namespace PLAIT_NAMESPACE::detail
