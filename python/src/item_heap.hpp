// SPDX-License-Identifier: MIT
// A binary heap of Python objects, as heapq orders a list.
//
// Comparing two of them may run any Python code, which may find the heap by a garbage collection: so at each
// comparison every item is at exactly one place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "item_comparison.hpp"
#include "python.hpp"

namespace plait_python {

class item_heap {
 public:
  // `is_stable`: of items of which none is smaller, the one that came first comes out first.
  explicit item_heap(bool is_stable) noexcept : is_stable_(is_stable) {}

  bool is_stable() const noexcept { return is_stable_; }
  std::size_t size() const noexcept { return entries_.size(); }

  // Takes its own reference. False: a comparison has raised, and the item is not there. Throws std::bad_alloc,
  // before anything has changed.
  bool push(PyObject* item) {
    entries_.push_back({item, arrivals_++});
    Py_INCREF(item);
    const std::size_t end = entries_.size() - 1;
    std::size_t at = end;
    if (move_up(at)) return true;
    undo_push(at, end);
    Py_DECREF(item);
    return false;
  }

  // Gives its reference to the caller. Null: a comparison has raised, and the item is still there; the heap may
  // be out of order. It is not empty.
  PyObject* pop() {
    if (!set_aside(entries_.size() - 1)) return nullptr;
    PyObject* const first = entries_.back().item;
    entries_.pop_back();
    return first;
  }

  // The same for the first `count`: all of them, or none.
  bool pop_many(PyObject** items, std::size_t count) {
    const std::size_t rest = entries_.size() - count;
    for (std::size_t end = entries_.size(); end != rest;) {
      if (set_aside(--end)) continue;
      // Those that would have come out come first again. What they were taken from may be out of order.
      const auto aside = entries_.begin() + static_cast<std::ptrdiff_t>(end);
      std::reverse(aside, entries_.end());
      std::rotate(entries_.begin(), aside, entries_.end());
      return false;
    }
    for (std::size_t at = 0; at != count; ++at) items[at] = entries_[entries_.size() - 1 - at].item;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(rest), entries_.end());
    return true;
  }

  // Calls visit(item) for each, as they lie.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const entry& each : entries_) visit(each.item);
  }

  // Drops all. What runs then may push others.
  void clear() {
    const std::vector<entry> dropped = std::exchange(entries_, {});
    for (const entry& each : dropped) Py_DECREF(each.item);
  }

 private:
  struct entry {
    PyObject* item;
    std::uint64_t arrival;
  };

  static std::size_t parent_of(std::size_t at) noexcept { return (at - 1) / 2; }

  int comes_before(const entry& one, const entry& other) const {
    const int is_smaller = is_less(one.item, other.item);
    if (is_smaller != 0 || !is_stable_) return is_smaller;
    const int is_larger = is_less(other.item, one.item);
    return is_larger == 0 ? static_cast<int>(one.arrival < other.arrival) : is_larger < 0 ? -1 : 0;
  }

  // Moves the first one to `end`, the last place that is in use, where garbage collections find it until it is
  // returned. False: an exception is set.
  bool set_aside(std::size_t end) {
    std::swap(entries_.front(), entries_[end]);
    return move_down(end);
  }

  // Moves the entry towards the root, to where it does not come before its parent. False: an exception is set.
  // `at` is where it is.
  bool move_up(std::size_t& at) {
    while (at != 0) {
      const std::size_t parent = parent_of(at);
      const int goes_on = comes_before(entries_[at], entries_[parent]);
      if (goes_on <= 0) return goes_on == 0;
      std::swap(entries_[at], entries_[parent]);
      at = parent;
    }
    return true;
  }

  // Moves the first one down among the first `size`. It came from the end, and mostly belongs there: so the
  // smaller child moves up all the way, and the entry then up again, which compares less often than looking at
  // each level whether it is in its place.
  bool move_down(std::size_t size) {
    std::size_t at = 0;
    for (std::size_t child; (child = 2 * at + 1) < size; at = child) {
      if (child + 1 < size) {
        const int left_first = comes_before(entries_[child], entries_[child + 1]);
        if (left_first < 0) return false;
        if (left_first == 0) ++child;
      }
      std::swap(entries_[at], entries_[child]);
    }
    return move_up(at);
  }

  // The new entry has moved from `end` to `at`, and each one that was on its way has moved one place down.
  void undo_push(std::size_t at, std::size_t end) noexcept {
    for (std::size_t place = end; place != at;) {
      place = parent_of(place);
      std::swap(entries_[end], entries_[place]);
    }
    entries_.pop_back();
  }

  const bool is_stable_;
  std::vector<entry> entries_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace plait_python
