// SPDX-License-Identifier: MIT
// The ring under bounded_queue: holds the elements; no operation waits.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/queue/ring_positions.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/backoff.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// How many laps a ring of T runs before its positions wrap; 0 means all there are. Tests specialise it for a T
// of their own, to see the wrap.
template <class T>
inline constexpr std::uint64_t laps_before_wrap = 0;

// A put claims the slot at tail_ by moving tail_ on, builds its element there and stamps the slot filled; a
// get claims the slot at head_, moves the element out and stamps the slot empty for the next lap. Only the
// stamps hand elements over; tail_ and head_ only number the operations.
//
//   stamp            the slot ...
//   at               is empty and waits for the put at position `at`
//   filled(at)       holds the element put at `at`
//   next_lap(at)     is empty again: its element was taken
//
// Edges:  filled    stamp         release in try_put, try_put_n -> acquire in claim_filled, try_get_n:
//                                 publishes the element
//         emptied   stamp         release in try_get, try_get_n -> acquire in claim_empty, try_put_n:
//                                 hands the storage back
//         claimed   tail_, head_  seq_cst: claims, close() and looks at both ends are one sequence, so that
//                                 full and empty are exact, and event_count's two cases hold
//         claimed   head_         release in the seq_cst of claim_filled, try_get_n -> acquire in why_not_get:
//                                 what was done before that get is seen, so that no stale tail says empty
template <queue_element T, class Allocator>
class lap_ring {
 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = ring_positions::position;
  using event_count = open_event_count;

  static constexpr const char* queue_name = "plait::bounded_queue";
  static constexpr bool is_bounded = true;
  static constexpr pace batch_pace{std::chrono::microseconds(1)};
  static constexpr std::size_t max_capacity = ring_positions::max_capacity;

  // capacity: 1 .. max_capacity. Throws what the allocator throws.
  lap_ring(std::size_t capacity, const Allocator& allocator)
      : positions_(capacity), allocator_(allocator), slots_(slot_traits::allocate(allocator_, capacity)) {
    for (position at = 0; at != capacity; ++at) {
      slot_type* slot = std::construct_at(std::to_address(slots_) + at);
      slot->stamp.store(first() + at, sync::relaxed);  // relaxed: nobody else knows the ring yet
    }
  }

  lap_ring(const lap_ring&) = delete;
  lap_ring& operator=(const lap_ring&) = delete;

  ~lap_ring() {
    // In the child of a fork, a slot that another thread had claimed is in an unknown state: if it is not
    // stamped filled, it is left alone.
    position at = head_.load(sync::relaxed);                       // relaxed: every call has returned
    const position end = tail_.load(sync::relaxed) & ~closed_bit;  // relaxed: every call has returned
    for (; at != end; at = positions_.next(at)) {
      slot_type& slot = slot_at(at);
      if (slot.stamp.load(sync::relaxed) == positions_.filled(at))  // relaxed: every call has returned
        slot.item.destroy();
    }
    std::destroy_n(std::to_address(slots_), capacity());
    slot_traits::deallocate(allocator_, slots_, capacity());
  }

  // A constructor that may throw runs before a slot is claimed, because a claim cannot be taken back.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_claimed_slot<item_type, Args...>;

  // Fills the next slot: success, full, closed or busy. Unless it is success, the arguments are untouched.
  template <class... Args>
    requires constructs_in_slot<Args...>
  conqueue_status try_put(Args&&... args) noexcept {
    const ring_positions positions = positions_;  // copies: members would be reloaded after every atomic
    slot_type* const slots = std::to_address(slots_);
    position tail = tail_.load(sync::relaxed);  // relaxed: a stale tail fails the CAS or is looked at again
    position seen = tail;
    if (!claim_empty(slots[positions.index(tail)], seen, positions.next(tail))) [[unlikely]] {
      const obstacle claim = claim_to_put(tail, seen);
      if (claim.status != conqueue_status::success) return claim.status;
      tail = claim.now;
    }
    slot_type& slot = slots[positions.index(tail)];
    prefetch_after(slot);
    slot.item.construct(std::forward<Args>(args)...);
    slot.stamp.store(positions.filled(tail), sync::release);  // release filled
    return conqueue_status::success;
  }

  // The mirror image. Empties the next slot: success, empty, closed (and drained) or busy.
  conqueue_status try_get(item_place<item_type> auto& item) noexcept {
    const ring_positions positions = positions_;  // copies, as in try_put
    slot_type* const slots = std::to_address(slots_);
    position head = head_.load(sync::relaxed);  // relaxed: a stale head fails the CAS or is looked at again
    position seen = head;
    if (!claim_filled(slots[positions.index(head)], seen, positions.next(head))) [[unlikely]] {
      const obstacle claim = claim_to_get(head, seen);
      if (claim.status != conqueue_status::success) return claim.status;
      head = claim.now;
    }
    slot_type& slot = slots[positions.index(head)];
    prefetch_after(slot);
    item.emplace(std::move(slot.item.write()));
    slot.item.destroy();
    slot.stamp.store(positions.next_lap(head), sync::release);  // release emptied
    return conqueue_status::success;
  }

  // Fills up to `count` slots with values from `first` on. Contiguous slots take one claim. Returns how many.
  template <class Iterator>
  std::size_t try_put_n(Iterator& first, std::size_t count) noexcept {
    std::size_t done = 0;
    position tail = tail_.load(sync::relaxed);  // relaxed: as in try_put
    unsigned losses = 0;
    while (done != count) {
      // Up to the ring's end; the rest takes another claim.
      slot_type* const slots = &slot_at(tail);
      const std::size_t wanted = std::min<std::size_t>(count - done, capacity() - positions_.index(tail));
      std::size_t free = 0;
      while (free != wanted && slots[free].stamp.load(sync::acquire) == tail + free) ++free;  // acquire emptied
      if (free == 0) {
        const obstacle met = why_not_put(tail);
        if (met.status != conqueue_status::success) break;
        tail = met.now;
      } else if (tail_.compare_exchange_weak(tail, positions_.advance(tail, free),
                                             sync::seq_cst,     // seq_cst claimed
                                             sync::relaxed)) {  // relaxed: looked at again
        for (std::size_t i = 0; i != free; ++i) {
          slots[i].item.construct(*first);
          slots[i].stamp.store(positions_.filled(tail + i), sync::release);  // release filled
          ++first;
        }
        tail = positions_.advance(tail, free);
        prefetch(tail, free);
        done += free;
      } else {
        tail = back_off(tail_, losses++);
      }
    }
    return done;
  }

  // The mirror image. Empties up to `count` slots to `out` and returns how many.
  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) noexcept {
    std::size_t done = 0;
    position head = head_.load(sync::relaxed);  // relaxed: as in try_get
    unsigned losses = 0;
    while (done != count) {
      slot_type* const slots = &slot_at(head);
      const std::size_t wanted = std::min<std::size_t>(count - done, capacity() - positions_.index(head));
      std::size_t full = 0;
      while (full != wanted &&
             slots[full].stamp.load(sync::acquire) == positions_.filled(head + full))  // acquire filled
        ++full;
      if (full == 0) {
        const obstacle met = why_not_get(head);
        if (met.status != conqueue_status::success) break;
        head = met.now;
      } else if (head_.compare_exchange_weak(head, positions_.advance(head, full),
                                             sync::seq_cst,     // seq_cst claimed
                                             sync::relaxed)) {  // relaxed: looked at again
        for (std::size_t i = 0; i != full; ++i) {
          *out = std::move(queue_value(slots[i].item.write()));
          slots[i].item.destroy();
          slots[i].stamp.store(positions_.next_lap(head + i), sync::release);  // release emptied
          ++out;
        }
        head = positions_.advance(head, full);
        prefetch(head, full);
        done += full;
      } else {
        head = back_off(head_, losses++);
      }
    }
    return done;
  }

  // From now on nothing can be put.
  void close() noexcept {
    tail_.fetch_or(closed_bit, sync::seq_cst);  // seq_cst claimed: closing takes its place among the puts
  }
  bool is_closed() const noexcept { return (tail_.load(sync::seq_cst) & closed_bit) != 0; }  // seq_cst claimed

  // The position of the next put, whether closed or not: it counts the puts.
  position tail() const noexcept { return tail_.load(sync::seq_cst) & ~closed_bit; }  // seq_cst claimed
  position next(position at) const noexcept { return positions_.next(at); }
  std::uint64_t distance(position from, position to) const noexcept { return positions_.distance(from, to); }

  std::size_t size() const noexcept {
    // The head is read first. It never overtakes the tail, so the difference can be too large, never negative.
    const position head = head_.load(sync::seq_cst);  // seq_cst claimed
    return static_cast<std::size_t>(std::min(positions_.distance(head, tail()), positions_.capacity()));
  }

  bool has_room() const noexcept { return size() < capacity(); }

  // Calls visit(element&) for each element, the oldest first, while no other call is under way.
  template <class Visit>
  void for_each_quiet(Visit visit) noexcept {
    position at = head_.load(sync::relaxed);                       // relaxed: no other call is under way
    const position end = tail_.load(sync::relaxed) & ~closed_bit;  // relaxed: as above
    for (; at != end; at = positions_.next(at)) {
      slot_type& slot = slot_at(at);
      if (slot.stamp.load(sync::acquire) == positions_.filled(at))  // acquire filled
        visit(queue_value(slot.item.write()));
    }
  }
  std::size_t capacity() const noexcept { return static_cast<std::size_t>(positions_.capacity()); }
  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  static constexpr position closed_bit = ring_positions::spare_bit;

  static constexpr std::size_t longest_prefetch = 32 * cache_line;

  struct slot_type {
    sync::atomic<std::uint64_t> stamp;
    sync::storage<item_type> item;
  };
  using slot_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<slot_type>;
  using slot_traits = std::allocator_traits<slot_allocator>;

  // The position of the first put.
  position first() const noexcept { return positions_.laps_before_wrap(laps_before_wrap<T>); }

  slot_type& slot_at(position at) noexcept { return slots_[positions_.index(at)]; }

  // Claims the slot at `tail` for a put if it is empty. If another put was faster, `tail` is then a later one.
  // Not one expression with &&: GCC would put the claim apart, with a jump there and one back.
  bool claim_empty(const slot_type& slot, position& tail, position next) noexcept {
    if (slot.stamp.load(sync::acquire) != tail) [[unlikely]]  // acquire emptied
      return false;
    return tail_.compare_exchange_weak(tail, next, sync::seq_cst,  // seq_cst claimed
                                       sync::relaxed);             // relaxed: looked at again
  }
  // The mirror image.
  bool claim_filled(const slot_type& slot, position& head, position next) noexcept {
    if (slot.stamp.load(sync::acquire) != positions_.filled(head)) [[unlikely]]  // acquire filled
      return false;
    return head_.compare_exchange_weak(head, next, sync::seq_cst,  // seq_cst claimed
                                       sync::relaxed);             // relaxed: looked at again
  }

  // The rest of a put that did not claim the slot at `tail`, because it was not empty or, if the tail `seen`
  // then differs, because another put was faster. The position claimed in the end, or why there is none.
  [[gnu::noinline]] obstacle claim_to_put(position tail, position seen) noexcept {
    for (unsigned losses = 0;;) {
      if (seen != tail) {
        tail = back_off(tail_, losses++);
      } else {
        const obstacle met = why_not_put(tail);
        if (met.status != conqueue_status::success) return met;
        tail = met.now;
      }
      seen = tail;
      if (claim_empty(slot_at(tail), seen, positions_.next(tail))) return {conqueue_status::success, tail};
    }
  }

  // The mirror image.
  [[gnu::noinline]] obstacle claim_to_get(position head, position seen) noexcept {
    for (unsigned losses = 0;;) {
      if (seen != head) {
        head = back_off(head_, losses++);
      } else {
        const obstacle met = why_not_get(head);
        if (met.status != conqueue_status::success) return met;
        head = met.now;
      }
      seen = head;
      if (claim_filled(slot_at(head), seen, positions_.next(head))) return {conqueue_status::success, head};
    }
  }

  // Why the slot at `tail` could not be filled.
  obstacle why_not_put(position tail) noexcept {
    if ((tail & closed_bit) != 0) return {conqueue_status::closed, tail};
    const position now = tail_.load(sync::seq_cst);  // seq_cst claimed
    // relaxed: the caller loads the stamp again before it uses the slot
    if (now != tail || slot_at(tail).stamp.load(sync::relaxed) == tail) return {conqueue_status::success, now};
    // The slot still holds the element of the lap before. If head is at that slot too, the queue is full;
    // otherwise that element is being taken. Looking until it is would take the slot's line, each time, from
    // the thread that is at work on it, and then find this one slot: who waits finds a batch.
    if (positions_.next_lap(head_.load(sync::seq_cst)) == tail)  // seq_cst claimed
      return {conqueue_status::full, tail};
    return {conqueue_status::busy, tail};
  }

  // Why the slot at `head` could not be emptied.
  obstacle why_not_get(position head) noexcept {
    // The thread that took the element before may have closed the queue first, or put more: with this load, the
    // tail is no older than that.
    const position now = head_.load(sync::acquire);  // acquire claimed
    // relaxed: the caller loads the stamp again before it uses the slot
    if (now != head || slot_at(head).stamp.load(sync::relaxed) == positions_.filled(head))
      return {conqueue_status::success, now};
    // The slot holds nothing yet. If tail is at that slot too, the queue is empty; otherwise the element is
    // being put, and it is no use looking until it is: as in why_not_put.
    const position tail = tail_.load(sync::seq_cst);  // seq_cst claimed
    if (tail == head) return {conqueue_status::empty, head};
    if (tail == (head | closed_bit)) return {conqueue_status::closed, head};
    return {conqueue_status::busy, head};
  }

  // A claim, a read-modify-write, waits until the stores of the operation before it are done, and each of these
  // may have to fetch its line from another processor. So every operation prefetches a slot that is used soon.
  // Nearer than four slots, a large one comes too late.
  static void prefetch_after(const slot_type& slot) noexcept {
    constexpr std::size_t begin = std::max(2 * cache_line, 4 * sizeof(slot_type));
    constexpr std::size_t end = begin + std::clamp(sizeof(slot_type), cache_line, longest_prefetch);
    for (std::size_t ahead = begin; ahead < end; ahead += cache_line) sync::prefetch_for_write(&slot, ahead);
  }

  // Prefetches the lines of the next batch together, for writing: reading their stamps would fetch them one
  // after the other, for reading, and filling them would fetch them again.
  void prefetch(position next, std::size_t count) noexcept {
    const std::size_t bytes = std::min(count * sizeof(slot_type), longest_prefetch);
    for (std::size_t ahead = 0; ahead < bytes; ahead += cache_line)
      sync::prefetch_for_write(&slot_at(next), ahead);
  }

  // Written only by the constructor.
  ring_positions positions_;
  [[no_unique_address]] slot_allocator allocator_;
  typename slot_traits::pointer slots_;

  // head_ <= tail_ <= head_ + capacity(). tail_ also carries closed_bit, once set never cleared.
  alignas(contention_free_distance) sync::atomic<position> tail_{first()};
  alignas(contention_free_distance) sync::atomic<position> head_{first()};
};

}  // namespace PLAIT_NAMESPACE::detail
