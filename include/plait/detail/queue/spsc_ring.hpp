// SPDX-License-Identifier: MIT
// The ring under spsc_queue: one thread puts, one gets, and neither needs a read-modify-write.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/queue/single_user.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// Positions count elements: tail_ those ever put, head_ those ever taken. Each side caches the other's
// position, and loads it again only if the cached one shows no room or no element.
//
// An element whose push returned true must not be lost by closing, and a push has no read-modify-write that
// would order it before or after close(). So a put first claims: it stores in claimed_ how far it will go, then
// loads closed_. A getter that finds the ring closed and empty loads claimed_. Each has a fence between its two
// steps: so either the put sees that the ring is closed and takes its claim back, or the getter sees the claim
// and answers busy until the put has published or taken it back.
//
// Edges:  filled    tail_    release in try_put, publish -> acquire in filled: publishes the elements
//         emptied   head_    release in try_get, give_back -> acquire in room: hands the storage back; and in
//                            size: a tail loaded after it is at least as far
//         shut      closed_  release in close -> acquire in is_closed: what the closer did before is seen
//                            by every thread that sees the ring closed
template <queue_element T, class Allocator>
class spsc_ring {
 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = std::uint64_t;
  using event_count = asymmetric_event_count;

  static constexpr const char* queue_name = "plait::spsc_queue";
  static constexpr bool is_bounded = true;
  static constexpr pace batch_pace{std::chrono::nanoseconds(500)};
  static constexpr std::size_t max_capacity = (std::size_t{1} << 48) - 1;

  // capacity: 1 .. max_capacity. Throws what the allocator throws.
  spsc_ring(std::size_t capacity, const Allocator& allocator)
      : capacity_(capacity), allocator_(allocator), slots_(slot_traits::allocate(allocator_, capacity)) {
    std::uninitialized_default_construct_n(std::to_address(slots_), capacity);
  }

  spsc_ring(const spsc_ring&) = delete;
  spsc_ring& operator=(const spsc_ring&) = delete;

  ~spsc_ring() {
    for_each_run(getter_.index, size(), [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].destroy();
    });
    std::destroy_n(std::to_address(slots_), capacity_);
    slot_traits::deallocate(allocator_, slots_, capacity_);
  }

  // A constructor that may throw runs before the claim, as in the other queues.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_claimed_slot<item_type, Args...>;

  // For the putter: success, full or closed. Unless it is success, the arguments are untouched. Always inline,
  // as is try_get: a call would take as long as the rest, and GCC counts the rare branches as a cost of each.
  template <class... Args>
    requires constructs_in_slot<Args...>
  [[gnu::always_inline]] conqueue_status try_put(Args&&... args) noexcept {
    const single_user::use putting(putter_.user, one_producer);
    if (room(1) == 0) return is_closed() ? conqueue_status::closed : conqueue_status::full;
    const position end = tail_.load(sync::relaxed) + 1;  // relaxed: written by this side alone
    if (!claim(end)) return conqueue_status::closed;
    const std::size_t at = putter_.index;  // a copy: the element might alias the member
    slot(at).construct(std::forward<Args>(args)...);
    putter_.index = after(at);
    tail_.store(end, sync::release);  // release filled
    return conqueue_status::success;
  }

  // The mirror image, for the getter: success, empty, closed (and drained) or busy.
  [[gnu::always_inline]] conqueue_status try_get(item_place<item_type> auto& item) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    if (const conqueue_status found = look(); found != conqueue_status::success) return found;
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    const std::size_t at = getter_.index;             // a copy, as in try_put
    storage& from = slot(at);
    item.emplace(std::move(from.write()));
    from.destroy();
    getter_.index = after(at);
    head_.store(head + 1, sync::release);  // release emptied
    return conqueue_status::success;
  }

  // Puts as many as there is room for, at most `count`, with one claim and one release.
  template <class Iterator>
  std::size_t try_put_n(Iterator& first, std::size_t count) noexcept {
    const single_user::use putting(putter_.user, one_producer);
    count = std::min(count, room(count));
    const position end = tail_.load(sync::relaxed) + count;  // relaxed: written by this side alone
    if (count == 0 || !claim(end)) return 0;
    for_each_run(putter_.index, count, [&](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) {
        slots[i].construct(*first);
        ++first;
      }
    });
    publish(end, count);
    return count;
  }

  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    count = std::min(count, filled(count));
    for_each_run(getter_.index, count, [&](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) {
        *out = std::move(queue_value(slots[i].write()));
        slots[i].destroy();
        ++out;
      }
    });
    if (count != 0) give_back(count);
    return count;
  }

  // Contiguous room for at most `max_count` elements, to be written in place; commit() puts the first of
  // them. Its content is indeterminate. Success, full or closed; `free` is set only if it is success.
  conqueue_status reserve(std::size_t max_count, std::span<T>& free) noexcept {
    const single_user::use putting(putter_.user, one_producer);
    if (is_closed()) return conqueue_status::closed;
    const std::size_t count = std::min({max_count, room(max_count), capacity_ - putter_.index});
    if (count == 0) return conqueue_status::full;
    free = {slot(putter_.index).place(), count};
    return conqueue_status::success;
  }

  // False, and nothing is put, if the ring is closed.
  bool commit(std::size_t count) noexcept {
    const single_user::use putting(putter_.user, one_producer);
    const position end = tail_.load(sync::relaxed) + count;  // relaxed: written by this side alone
    if (!claim(end)) return false;
    for_each_run(putter_.index, count, [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].was_written_in_place();
    });
    publish(end, count);
    return true;
  }

  // The oldest elements in place, contiguous, at most `max_count`; consume() removes the first of them.
  // Success, empty, closed (and drained) or busy; `items` is set only if it is success.
  conqueue_status peek(std::size_t max_count, std::span<T>& items) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    if (const conqueue_status found = look(); found != conqueue_status::success) return found;
    const std::size_t count = std::min({max_count, filled(max_count), capacity_ - getter_.index});
    items = {std::addressof(slot(getter_.index).write()), count};
    return conqueue_status::success;
  }

  void consume(std::size_t count) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    for_each_run(getter_.index, count, [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].destroy();
    });
    give_back(count);
  }

  // From now on nothing can be put.
  void close() noexcept { closed_.store(true, sync::release); }            // release shut
  bool is_closed() const noexcept { return closed_.load(sync::acquire); }  // acquire shut

  position tail() const noexcept { return tail_.load(sync::relaxed); }  // relaxed: it hands over nothing
  static constexpr position next(position at) noexcept { return at + 1; }
  static constexpr std::uint64_t distance(position from, position to) noexcept { return to - from; }

  std::size_t size() const noexcept {
    // The head is read first. It never overtakes the tail, so the difference can be too large, never negative.
    const position head = head_.load(sync::acquire);  // acquire emptied
    return static_cast<std::size_t>(std::min<position>(tail() - head, capacity_));
  }
  bool has_room() const noexcept { return size() < capacity_; }
  std::size_t capacity() const noexcept { return capacity_; }
  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  using storage = sync::storage<item_type>;
  using slot_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<storage>;
  using slot_traits = std::allocator_traits<slot_allocator>;

  static constexpr const char* one_producer =
      "plait::spsc_queue: two threads push at the same time, but it has one producer; use bounded_queue";
  static constexpr const char* one_consumer =
      "plait::spsc_queue: two threads pop at the same time, but it has one consumer; use bounded_queue";

  storage& slot(std::size_t index) noexcept { return slots_[index]; }

  std::size_t after(std::size_t index) const noexcept { return index + 1 == capacity_ ? 0 : index + 1; }
  // count: 0 .. capacity.
  void advance(std::size_t& index, std::size_t count) const noexcept {
    index += count;
    if (index >= capacity_) index -= capacity_;
  }

  // Calls visit(slots, length) for `count` slots from `index` on: to the ring's end, then from its beginning.
  template <class Visit>
  void for_each_run(std::size_t index, std::size_t count, Visit visit) noexcept {
    const std::size_t to_end = std::min(count, capacity_ - index);
    visit(&slot(index), to_end);
    if (to_end != count) visit(&slot(0), count - to_end);
  }

  // How many elements there is room for; exact if that is fewer than `wanted`.
  std::size_t room(std::size_t wanted) noexcept {
    const position tail = tail_.load(sync::relaxed);  // relaxed: written by this side alone
    std::size_t free = capacity_ - static_cast<std::size_t>(tail - putter_.head_seen);
    if (free < wanted) {
      putter_.head_seen = head_.load(sync::acquire);  // acquire emptied
      free = capacity_ - static_cast<std::size_t>(tail - putter_.head_seen);
    }
    return free;
  }

  // How many elements there are; exact if that is fewer than `wanted`.
  std::size_t filled(std::size_t wanted) noexcept {
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    auto count = static_cast<std::size_t>(getter_.tail_seen - head);
    if (count < wanted) {
      getter_.tail_seen = tail_.load(sync::acquire);  // acquire filled
      count = static_cast<std::size_t>(getter_.tail_seen - head);
    }
    return count;
  }

  // Announces a put of everything up to `end`. If the ring is closed, takes that back and returns false.
  bool claim(position end) noexcept {
    claimed_.store(end, sync::relaxed);  // relaxed: the fences order it, see the class
    sync::light_fence();
    if (!closed_.load(sync::relaxed)) [[likely]]  // relaxed: the fences order it, see the class
      return true;
    claimed_.store(tail_.load(sync::relaxed), sync::relaxed);  // relaxed: it publishes nothing
    return false;
  }

  void publish(position end, std::size_t count) noexcept {
    tail_.store(end, sync::release);  // release filled
    advance(putter_.index, count);
  }

  void give_back(std::size_t count) noexcept {
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    head_.store(head + count, sync::release);         // release emptied
    advance(getter_.index, count);
  }

  // Success if there is an element to get; otherwise why there is none.
  conqueue_status look() noexcept { return filled(1) != 0 ? conqueue_status::success : why_not_get(); }

  // Why there was nothing to get; success if there is something by now.
  [[gnu::noinline]] conqueue_status why_not_get() noexcept {
    if (!is_closed()) return conqueue_status::empty;
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    if (!getter_.is_drained) {
      sync::process_wide_fence();
      getter_.is_drained = claimed_.load(sync::relaxed) == head;  // relaxed: the fences order it, see the class
    }
    if (getter_.is_drained) return conqueue_status::closed;
    return filled(1) != 0 ? conqueue_status::success : conqueue_status::busy;
  }

  // Read by both sides. Only closed_ ever changes, once.
  std::size_t capacity_;
  [[no_unique_address]] slot_allocator allocator_;
  typename slot_traits::pointer slots_;
  sync::atomic<bool> closed_{false};

  // head_ <= tail_ <= claimed_ and tail_ <= head_ + capacity_, as the putter sees them. The putter's index is
  // that of the slot for tail_.
  alignas(contention_free_distance) sync::atomic<position> tail_{0};
  sync::atomic<position> claimed_{0};
  struct {
    position head_seen = 0;
    std::size_t index = 0;
    [[no_unique_address]] single_user user;
  } putter_;

  // The getter's index is that of the slot for head_. is_drained: the ring is closed, with nothing claimed.
  alignas(contention_free_distance) sync::atomic<position> head_{0};
  struct {
    position tail_seen = 0;
    std::size_t index = 0;
    bool is_drained = false;
    [[no_unique_address]] single_user user;
  } getter_;
};

}  // namespace PLAIT_NAMESPACE::detail
