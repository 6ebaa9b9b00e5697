// SPDX-License-Identifier: MIT
// The store under relaxed_priority_queue: several heaps, each with a lock of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/lock/locked_word.hpp>
#include <plait/detail/queue/item_heap.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// Each lane is a heap, and a locked_word:
//
//   bits 63 .. 2   puts     how many there were, modulo 2^62
//   bit 1          closed   nothing can be put any more: close() sets it in all lanes
//   bit 0          locked   a thread holds the lock
//
// A thread stays in one lane for some operations, so that its lines stay in the thread's cache. Then it chooses
// again: to put, a random lane; to get, the one of two lanes whose first item is less. While another lane would
// do, it waits for a locked one only if that one's holder seems to have lost its processor.
//
// Edges:  taken     gets    release in take -> acquire in count_gets: as in guarded_store
template <queue_element T, class Compare, class Allocator>
class heap_lanes {
  using heap = item_heap<T, Compare, any_order, Allocator>;

 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = std::uint64_t;
  using event_count = open_event_count;

  static constexpr const char* queue_name = "plait::relaxed_priority_queue";
  static constexpr bool is_bounded = false;
  static constexpr pace batch_pace = pace_of_items;
  static constexpr bool gets_without_throwing = heap::compares_without_throwing;

  heap_lanes(const Compare& compare, const Allocator& allocator)
      : count_(std::clamp(lanes_per_processor * sync::processor_count(), 2u, most_lanes)),
        allocator_(allocator),
        lanes_(lane_traits::allocate(allocator_, count_)) {
    for (unsigned i = 0; i != count_; ++i) std::construct_at(std::to_address(lanes_) + i, compare, allocator);
  }

  heap_lanes(const heap_lanes&) = delete;
  heap_lanes& operator=(const heap_lanes&) = delete;

  ~heap_lanes() {
    std::destroy_n(std::to_address(lanes_), count_);
    lane_traits::deallocate(allocator_, lanes_, count_);
  }

  // See guarded_store.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_under_lock<item_type, Args...>;

  // Puts an item: success or closed. Unless it is success, or if it throws, the value is untouched.
  template <class Arg>
    requires constructs_in_slot<Arg>
  conqueue_status try_put(Arg&& value) {
    holder hold(lock_to_put());
    if (hold.is_closed()) return conqueue_status::closed;
    hold.items().put(std::forward<Arg>(value));
    hold.count_put();
    return conqueue_status::success;
  }

  // Takes one of the smallest items: success, empty or closed (and drained).
  conqueue_status try_get(item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    habit& mine = sync::per_thread<habit>();
    if (mine.left > 1) [[likely]] {
      --mine.left;
      if (get_from(lane_at(mine.lane), item) == conqueue_status::success) [[likely]]
        return conqueue_status::success;
    }
    return get_from_another(mine, item);
  }

  // Puts up to `count` items from `first` on, taking a lock for each, and returns how many. Otherwise as in
  // guarded_store.
  template <class Iterator>
    requires(gets_without_throwing || std::is_reference_v<std::iter_reference_t<Iterator>>)
  std::size_t try_put_n(Iterator& first, std::size_t count) {
    std::size_t done = 0;
    try {
      for (; done != count; ++done) {
        holder hold(lock_to_put());
        if (hold.is_closed()) break;
        hold.items().make_room();
        hold.items().put(*first);
        hold.count_put();
        ++first;
      }
    } catch (...) {
      if (done == 0) throw;
    }
    return done;
  }

  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) {
    return get_one_by_one(*this, out, count);
  }

  // From now on nothing can be put. At one moment it holds all locks, so every put comes before or after that.
  void close() noexcept { close_from(0); }

  // In the last lane, whose bit is set first.
  bool is_closed() const noexcept { return (lanes_[count_ - 1].word.look() & closed) != 0; }

  // The number of puts. Each lane's grows by one at a time, so the sum is that of some moment during the call.
  position tail() const noexcept { return sum_of(count_puts); }
  static position next(position at) noexcept { return (at + 1) & last_position; }
  static std::uint64_t distance(position from, position to) noexcept { return (to - from) & last_position; }

  // Never too low, because the gets are read first and never overtake the puts. If the sums are equal, each
  // lane was empty when its puts were read; if tail() then returns the same, all were empty at once.
  std::size_t size() const noexcept {
    const position got = sum_of(count_gets);
    const position put = tail();
    return static_cast<std::size_t>(distance(got, put == got ? tail() : put));
  }

  static constexpr bool has_room() noexcept { return true; }
  unsigned lanes() const noexcept { return count_; }
  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  using bits = locked_word::bits;

  static constexpr bits closed = 2;
  static constexpr bits one_put = 4;
  static constexpr position last_position = ~bits{0} / one_put;

  static constexpr unsigned lanes_per_processor = 1;
  static constexpr unsigned most_lanes = 256;
  static constexpr unsigned operations_per_choice = 48;

  struct alignas(contention_free_distance) lane {
    lane(const Compare& compare, const Allocator& allocator) { items.construct(compare, allocator); }
    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;
    ~lane() {
      // In the child of a fork, a thread that does not exist here may hold the lock: the heap is left alone.
      if ((word.peek() & locked_word::locked) == 0) items.destroy();
    }

    locked_word word;                // see the table above
    sync::atomic<position> gets{0};  // written under the lock
    sync::storage<heap> items;       // guarded by the lock
  };
  using lane_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<lane>;
  using lane_traits = std::allocator_traits<lane_allocator>;

  // The lane that a thread uses, in every queue of this type: modulo the number of its lanes.
  struct habit {
    std::uint32_t lane;
    std::uint32_t left;   // operations until the next choice
    bits seen;            // the word of the other lane at the last choice
    std::uint64_t state;  // of the random numbers, different in each thread; 0 before the first
  };

  std::uint32_t random(habit& mine) noexcept {
    // relaxed: only uniqueness matters
    if (mine.state == 0) mine.state = threads_.fetch_add(1, sync::relaxed) + 1;
    mine.state = mine.state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(mine.state >> 32);
  }

  // Holds the lock of a lane, which the caller has taken, until destruction.
  class holder {
   public:
    explicit holder(lane& of) noexcept : lane_(of) {}
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { lane_.word.unlock(added_); }

    heap& items() noexcept { return lane_.items.write(); }
    bool has_items() noexcept { return items().size() != 0; }
    // Without an order: only the holder of the lock changes this bit.
    bool is_closed() const noexcept { return (lane_.word.peek() & closed) != 0; }

    void count_put() noexcept { added_ += one_put; }
    void close() noexcept {
      if (!is_closed()) added_ += closed;
    }
    // Success, or busy if the heap is empty.
    conqueue_status take(item_place<item_type> auto& item) noexcept(gets_without_throwing) {
      if (!has_items()) return conqueue_status::busy;
      items().take(item);
      // relaxed: only the holder of the lock writes it
      lane_.gets.store((lane_.gets.load(sync::relaxed) + 1) & last_position, sync::release);  // release taken
      return conqueue_status::success;
    }

   private:
    lane& lane_;
    bits added_ = 0;
  };

  lane& lane_at(std::uint32_t number) const noexcept { return lanes_[number % count_]; }

  static bool try_lock(lane& of) noexcept {
    bits found;
    return of.word.try_lock(found);
  }
  static void wait_for_lock(lane& of) noexcept {
    bits found;
    of.word.lock(found);
  }

  // Locks the calling thread's lane for puts, which changes after operations_per_choice.
  lane& lock_to_put() noexcept {
    habit& mine = sync::per_thread<habit>();
    if (mine.left == 0) {
      mine.left = operations_per_choice;
      mine.lane = random(mine);
    } else {
      --mine.left;
    }
    return lock_any(mine.lane);
  }

  // Locks the lane `number` or, if it is locked, the next one that is not, and sets `number` to it.
  lane& lock_any(std::uint32_t& number) noexcept {
    for (unsigned i = 0; i != count_; ++i, ++number)
      if (lane& next = lane_at(number); try_lock(next)) [[likely]]
        return next;
    wait_for_lock(lane_at(number));
    return lane_at(number);
  }

  // Gets from the better of two lanes or, if both are empty or locked, from any lane with items.
  [[gnu::noinline]] conqueue_status get_from_another(habit& mine, item_place<item_type> auto& item) noexcept(
      gets_without_throwing) {
    mine.left = operations_per_choice;
    conqueue_status status = get_from_better(mine, item);
    while (status == conqueue_status::busy) status = get_from_any(mine, item);
    return status;
  }

  // Success or busy.
  conqueue_status get_from_better(habit& mine,
                                  item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    const std::uint32_t one = mine.lane % count_;
    const std::uint32_t other = (one + 1 + random(mine) % (count_ - 1)) % count_;
    lane& a = lanes_[one];
    lane& b = lanes_[other];
    if (is_empty(b)) return get_from(a, item);
    // A holder that has done nothing since the last choice has probably lost its processor. This thread waits
    // for it, so that the items of its lane are not left behind.
    const bits now = b.word.peek();
    if ((now & locked_word::locked) != 0 && now == std::exchange(mine.seen, now)) {
      wait_for_lock(b);
    } else if (!try_lock(b)) {
      return get_from(a, item);
    }
    holder hold_b(b);
    mine.lane = other;
    if (!try_lock(a)) return hold_b.take(item);  // another thread uses lane a: leave it there
    holder hold_a(a);
    if (!hold_a.has_items() || (hold_b.has_items() && hold_b.items().starts_before(hold_a.items())))
      return hold_b.take(item);
    mine.lane = one;
    return hold_a.take(item);
  }

  // Success, empty or closed, or busy if the lanes changed during the look.
  conqueue_status get_from_any(habit& mine, item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    const bool was_closed = is_closed();
    const position before = tail();
    lane* in_use = nullptr;
    for (unsigned i = 0; i != count_; ++i) {
      lane& next = lane_at(++mine.lane);
      if (is_empty(next)) continue;
      if (get_from(next, item) == conqueue_status::success) return conqueue_status::success;
      in_use = &next;
    }
    if (in_use != nullptr) {
      wait_for_lock(*in_use);
      return holder(*in_use).take(item);
    }
    // Each lane was empty when it was looked at. If nothing was put meanwhile, all were empty at the last look.
    if (tail() != before) return conqueue_status::busy;
    if (was_closed) return conqueue_status::closed;
    return is_closed() ? conqueue_status::busy : conqueue_status::empty;
  }

  // Success, or busy if that lane is locked or empty.
  conqueue_status get_from(lane& of, item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    if (is_empty(of) || !try_lock(of)) return conqueue_status::busy;
    return holder(of).take(item);
  }

  static position count_puts(const lane& of) noexcept { return of.word.look() / one_put; }
  static position count_gets(const lane& of) noexcept { return of.gets.load(sync::acquire); }  // acquire taken

  position sum_of(position (*count)(const lane&) noexcept) const noexcept {
    position sum = 0;
    for (unsigned i = 0; i != count_; ++i) sum += count(lanes_[i]);
    return sum & last_position;
  }

  // The gets are read first, because they never overtake the puts.
  static bool is_empty(const lane& one) noexcept {
    const position got = count_gets(one);
    return count_puts(one) == got;
  }

  // Locks this lane and all after it, then closes and unlocks them, the last one first.
  void close_from(unsigned number) noexcept {
    lane& first = lanes_[number];
    if (!try_lock(first)) wait_for_lock(first);
    holder hold(first);
    if (number + 1 != count_) close_from(number + 1);
    hold.close();
  }

  // Written only by the constructor.
  unsigned count_;
  [[no_unique_address]] lane_allocator allocator_;
  typename lane_traits::pointer lanes_;

  sync::atomic<std::uint32_t> threads_{0};  // how many have drawn their first random number in this queue
};

}  // namespace PLAIT_NAMESPACE::detail
