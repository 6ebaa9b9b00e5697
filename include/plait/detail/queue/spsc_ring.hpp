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
#include <plait/detail/queue/ring_positions.hpp>
#include <plait/detail/queue/single_user.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// tail_ is the position of the next put, head_ that of the next get. Each side keeps how far it may go without
// a look at the other side's position: limit_ and empty_at.
//
// An element whose push returned true must not be lost by closing, and a push has no read-modify-write that
// would order it before or after close(). So a put first claims: it stores in claimed_ how far it will go, then
// loads limit_, which close() sets to `closed`. A getter that finds the ring closed and empty loads claimed_.
// Each has a fence between its two steps: so either the put sees that the ring is closed and takes its claim
// back, or the getter sees the claim and answers busy until the put has published or taken it back.
//
//   limit_         a put ...
//   closed         fails, for ever: limit_ is raised by a CAS, and this value never
//   look_always    executes a fence and loads head_: the ring was made where light fences are not free
//   a position     before it succeeds without a look at head_. It is never beyond the last slot of a lap, so
//                  that such a put need not ask whether its slot is the last
//
// Edges:  filled    tail_    release in try_put, put_if_room, try_put_n, commit -> acquire in filled,
//                            try_get: publishes the elements
//         emptied   head_    release in try_get, hand_back -> acquire in raise_limit: hands the
//                            storage back; and in size: a tail loaded after it is at least as far
//         shut      limit_   release in close -> acquire in is_closed: what the closer did before is seen
//                            by every thread that sees the ring closed
template <queue_element T, class Allocator>
class spsc_ring {
 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = ring_positions::position;
  using event_count = asymmetric_event_count;

  static constexpr const char* queue_name = "plait::spsc_queue";
  static constexpr bool is_bounded = true;
  static constexpr pace batch_pace{std::chrono::nanoseconds(500)};
  static constexpr std::size_t max_capacity = ring_positions::max_capacity;

  // capacity: 1 .. max_capacity. Throws what the allocator throws.
  spsc_ring(std::size_t capacity, const Allocator& allocator)
      : positions_(capacity), allocator_(allocator), slots_(slot_traits::allocate(allocator_, capacity)) {
    std::uninitialized_default_construct_n(std::to_address(slots_), capacity);
  }

  spsc_ring(const spsc_ring&) = delete;
  spsc_ring& operator=(const spsc_ring&) = delete;

  ~spsc_ring() {
    const position head = head_.load(sync::relaxed);  // relaxed: every call has returned
    for_each_run(head, size(), [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].destroy();
    });
    std::destroy_n(std::to_address(slots_), capacity());
    slot_traits::deallocate(allocator_, slots_, capacity());
  }

  // A constructor that may throw runs before the claim, as in the other queues.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_claimed_slot<item_type, Args...>;

  // For the putter: success, full or closed. Unless it is success, the arguments are untouched. Always inline,
  // as is try_get: a call would take as long as the rest, and GCC counts the rare branches as a cost of each.
  // These end in a call that gives the answer, so that nothing has to be kept in registers across it.
  template <class... Args>
    requires constructs_in_slot<Args...>
  [[gnu::always_inline]] conqueue_status try_put(Args&&... args) noexcept {
    const single_user::use putting(putter_, one_producer);
    const position tail = tail_.load(sync::relaxed);      // relaxed: written by this side alone
    const position end = tail + 1;                        // below limit_, the next slot of this lap
    claimed_.store(end, sync::relaxed);                   // relaxed: the fences order it, see the class
    sync::free_light_fence();                             // where it is not free, limit_ is below all positions
    if (tail >= limit_.load(sync::relaxed)) [[unlikely]]  // relaxed: as above
      return put_if_room<in_register<item_type, Args>...>(tail, std::forward<Args>(args)...);
    slot_at(tail).construct(std::forward<Args>(args)...);
    tail_.store(end, sync::release);  // release filled
    return conqueue_status::success;
  }

  // The mirror image, for the getter: success, empty, closed (and drained) or busy.
  [[gnu::always_inline]] conqueue_status try_get(item_place<item_type> auto& item) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    position next = head + 1;                         // below empty_at, the next slot of this lap
    if (head == getter_.empty_at) {  // not unlikely: a get that catches up with the puts always comes here
      const position tail = tail_.load(sync::acquire);  // acquire filled
      if (tail == head) [[unlikely]]
        return why_not_get(head);
      if (positions_.same_lap(head, tail)) [[likely]] {
        getter_.empty_at = tail;
      } else {
        next = positions_.next(head);
        stop_before_end(next, tail);
      }
    }
    storage& from = slot_at(head);
    item.emplace(std::move(from.write()));
    from.destroy();
    head_.store(next, sync::release);  // release emptied
    return conqueue_status::success;
  }

  // Puts as many as there is room for, at most `count`, with one claim and one release.
  template <class Iterator>
  std::size_t try_put_n(Iterator& first, std::size_t count) noexcept {
    const single_user::use putting(putter_, one_producer);
    const position tail = tail_.load(sync::relaxed);  // relaxed: written by this side alone
    count = std::min(count, room(tail, count));
    const position end = positions_.advance(tail, count);
    if (count == 0 || !claim(end)) return 0;
    for_each_run(tail, count, [&](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) {
        slots[i].construct(*first);
        ++first;
      }
    });
    tail_.store(end, sync::release);  // release filled
    return count;
  }

  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    count = std::min(count, filled(head, count));
    const position end = positions_.advance(head, count);
    for_each_run(head, count, [&](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) {
        *out = std::move(queue_value(slots[i].write()));
        slots[i].destroy();
        ++out;
      }
    });
    if (count != 0) hand_back(end);
    return count;
  }

  // Contiguous room for at most `max_count` elements, to be written in place; commit() puts the first of
  // them. Its content is indeterminate. Success, full or closed; `free` is set only if it is success.
  conqueue_status reserve(std::size_t max_count, std::span<T>& free) noexcept {
    const single_user::use putting(putter_, one_producer);
    if (is_closed()) return conqueue_status::closed;
    const position tail = tail_.load(sync::relaxed);  // relaxed: written by this side alone
    const std::size_t count = std::min({max_count, room(tail, max_count), to_end(tail)});
    if (count == 0) return conqueue_status::full;
    free = {slot_at(tail).place(), count};
    return conqueue_status::success;
  }

  // False, and nothing is put, if the ring is closed.
  bool commit(std::size_t count) noexcept {
    const single_user::use putting(putter_, one_producer);
    const position tail = tail_.load(sync::relaxed);  // relaxed: written by this side alone
    const position end = positions_.advance(tail, count);
    if (!claim(end)) return false;
    for_each_run(tail, count, [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].was_written_in_place();
    });
    tail_.store(end, sync::release);  // release filled
    return true;
  }

  // The oldest elements in place, contiguous, at most `max_count`; consume() removes the first of them.
  // Success, empty, closed (and drained) or busy; `items` is set only if it is success.
  conqueue_status peek(std::size_t max_count, std::span<T>& items) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    const std::size_t wanted = std::min(max_count, to_end(head));
    const std::size_t count = std::min(wanted, filled(head, wanted));
    if (count == 0) return why_not_get(head);
    items = {std::addressof(slot_at(head).write()), count};
    return conqueue_status::success;
  }

  void consume(std::size_t count) noexcept {
    const single_user::use getting(getter_.user, one_consumer);
    const position head = head_.load(sync::relaxed);  // relaxed: written by this side alone
    for_each_run(head, count, [](storage* slots, std::size_t length) {
      for (std::size_t i = 0; i != length; ++i) slots[i].destroy();
    });
    hand_back(positions_.advance(head, count));
  }

  // From now on nothing can be put.
  void close() noexcept { limit_.store(closed, sync::release); }                    // release shut
  bool is_closed() const noexcept { return limit_.load(sync::acquire) == closed; }  // acquire shut

  position tail() const noexcept { return tail_.load(sync::relaxed); }  // relaxed: it hands over nothing
  position next(position at) const noexcept { return positions_.next(at); }
  std::uint64_t distance(position from, position to) const noexcept { return positions_.distance(from, to); }

  std::size_t size() const noexcept {
    // The head is read first. It never overtakes the tail, so the difference can be too large, never negative.
    const position head = head_.load(sync::acquire);  // acquire emptied
    return static_cast<std::size_t>(std::min(positions_.distance(head, tail()), positions_.capacity()));
  }
  bool has_room() const noexcept { return size() < capacity(); }
  std::size_t capacity() const noexcept { return static_cast<std::size_t>(positions_.capacity()); }
  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  using storage = sync::storage<item_type>;
  using slot_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<storage>;
  using slot_traits = std::allocator_traits<slot_allocator>;

  // Values of limit_ below every position. (Positions wrap only after a century: see ring_positions.)
  static constexpr position closed = 0;
  static constexpr position look_always = 1;

  // The first position: that of the first slot in lap 1.
  position first() const noexcept { return positions_.next_lap(0); }

  static constexpr const char* one_producer =
      "plait::spsc_queue: two threads push at the same time, but it has one producer; use bounded_queue";
  static constexpr const char* one_consumer =
      "plait::spsc_queue: two threads pop at the same time, but it has one consumer; use bounded_queue";

  storage& slot_at(position at) noexcept { return slots_[positions_.index(at)]; }

  // How many slots there are from this one to the last.
  std::size_t to_end(position at) const noexcept { return capacity() - positions_.index(at); }

  // Calls visit(slots, length) for `count` slots from that of `at` on: to the ring's end, then from its
  // beginning.
  template <class Visit>
  void for_each_run(position at, std::size_t count, Visit visit) noexcept {
    const std::size_t first_run = std::min(count, to_end(at));
    visit(&slot_at(at), first_run);
    if (first_run != count) visit(std::to_address(slots_), count - first_run);
  }

  // How many elements there is room for; exact if that is fewer than `wanted`.
  std::size_t room(position tail, std::size_t wanted) noexcept {
    const position limit = limit_.load(sync::relaxed);  // relaxed: claim() looks whether the ring is closed
    std::uint64_t free = tail < limit ? positions_.distance(tail, limit) : 0;
    if (free < wanted) free = positions_.distance(tail, raise_limit(tail));
    return static_cast<std::size_t>(free);
  }

  // The rest of a put that has not found its room before limit_, because that is too old or because the slot is
  // the last of a lap. Takes the claim back if there is none.
  template <class... Params>
  [[gnu::noinline]] conqueue_status put_if_room(position tail, Params... params) noexcept {
    const position end = positions_.next(tail);
    claimed_.store(end, sync::relaxed);  // relaxed: as in try_put, which does not know where a lap ends
    sync::light_fence();
    const bool is_full = tail == raise_limit(end);
    const bool was_closed = is_closed();
    if (is_full || was_closed) {
      claimed_.store(tail, sync::relaxed);  // relaxed: it publishes nothing
      return was_closed ? conqueue_status::closed : conqueue_status::full;
    }
    slot_at(tail).construct(std::forward<Params>(params)...);
    tail_.store(end, sync::release);  // release filled
    return conqueue_status::success;
  }

  // Looks how far the getter is, and returns where the ring will be full. `next` is the next position that will
  // be compared with limit_.
  position raise_limit(position next) noexcept {
    const position full_at = positions_.next_lap(head_.load(sync::acquire));  // acquire emptied
    position limit = limit_.load(sync::relaxed);                              // relaxed: the CAS decides
    if (limit != closed && sync::light_fence_is_free())
      limit_.compare_exchange_strong(limit, std::min(full_at, positions_.last_of_lap(next)),
                                     sync::relaxed,   // relaxed: it hands over nothing
                                     sync::relaxed);  // relaxed: closed meanwhile
    return full_at;
  }

  // How many elements there are; exact if that is fewer than `wanted`.
  std::size_t filled(position head, std::size_t wanted) noexcept {
    std::uint64_t count = positions_.distance(head, getter_.empty_at);
    if (count < wanted) {
      const position tail = tail_.load(sync::acquire);  // acquire filled
      stop_before_end(head, tail);
      count = positions_.distance(head, tail);
    }
    return static_cast<std::size_t>(count);
  }

  // Sets empty_at for gets from `head` on, by the tail just seen.
  void stop_before_end(position head, position tail) noexcept {
    getter_.empty_at = std::min(tail, positions_.last_of_lap(head));
  }

  // Ends a get of everything up to `end`. That may be further than single gets could have gone.
  void hand_back(position end) noexcept {
    getter_.empty_at = std::max(getter_.empty_at, end);
    head_.store(end, sync::release);  // release emptied
  }

  // Announces a put of everything up to `end`. If the ring is closed, takes that back and returns false.
  bool claim(position end) noexcept {
    claimed_.store(end, sync::relaxed);  // relaxed: the fences order it, see the class
    sync::light_fence();
    if (limit_.load(sync::relaxed) != closed) [[likely]]  // relaxed: the fences order it, see the class
      return true;
    claimed_.store(tail_.load(sync::relaxed), sync::relaxed);  // relaxed: it publishes nothing
    return false;
  }

  // Why there was nothing to get: empty, closed or busy.
  [[gnu::noinline]] conqueue_status why_not_get(position head) noexcept {
    if (!is_closed()) return conqueue_status::empty;
    if (!getter_.is_drained) {
      sync::process_wide_fence();
      getter_.is_drained = claimed_.load(sync::relaxed) == head;  // relaxed: the fences order it, see the class
    }
    return getter_.is_drained ? conqueue_status::closed : conqueue_status::busy;
  }

  // Written only by the constructor.
  ring_positions positions_;
  [[no_unique_address]] slot_allocator allocator_;
  typename slot_traits::pointer slots_;

  // head_ <= tail_ <= claimed_ and tail_ <= head_ + capacity(), as the putter sees them. limit_: see the class.
  alignas(contention_free_distance) sync::atomic<position> tail_{first()};
  sync::atomic<position> claimed_{first()};
  sync::atomic<position> limit_{look_always};
  [[no_unique_address]] single_user putter_;

  // empty_at: how far gets may go without a look at tail_; never beyond the last slot of head_'s lap, for the
  // same reason as limit_. is_drained: the ring is closed, with nothing claimed.
  alignas(contention_free_distance) sync::atomic<position> head_{first()};
  struct {
    position empty_at;
    bool is_drained;
    [[no_unique_address]] single_user user;
  } getter_{first(), false, {}};
};

}  // namespace PLAIT_NAMESPACE::detail
