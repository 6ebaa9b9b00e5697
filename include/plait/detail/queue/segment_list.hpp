// SPDX-License-Identifier: MIT
// The list of segments under unbounded_queue: holds the elements; no operation waits for another.
#pragma once

#include <algorithm>
#include <concepts>
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
#include <plait/detail/queue/segment.hpp>
#include <plait/detail/reclaim/hazard_guard.hpp>
#include <plait/detail/reclaim/hazard_records.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/backoff.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// A list of segments. A put claims the next cell of the last segment and fills it; a get takes the first cell
// that nobody has taken, if it is filled, and moves the element out. A segment whose cells are all taken leaves
// the list. When no hazard record protects it any more, it is used again or freed.
//
//   claims               next        the segment is ...
//   0 .. size-1          null        the last one, and open
//   k with closed_bit    null        the last one, and closed: k < size cells were claimed
//   size                 null        the last one, and full: the next put makes another
//   size                 a segment   not the last one
//   size                 no_more()   the last one, full and closed
//
// A put that has claimed a cell always fills it; until then its segment cannot be drained.
//
// Edges:  claimed   claims, taken, next   seq_cst: claims, close() and looks at both ends are one sequence, so
//                                 that empty is exact, and event_count's two cases hold. Whoever goes on to
//                                 the next segment has read `next` in it, too: so whoever looks at `next` after
//                                 what is done there sees it
//         claimed   taken         release in the seq_cst of try_get -> acquire in leave, why_not_get: what was
//                                 done before that get is seen, so that no stale value says empty
//         linked    head_, tail_, next    release in move, and in the seq_cst of go_on_after -> acquire in
//                                 hazard_record, and in the seq_cst of go_on_after and close: a segment as it
//                                 was made
//         drained   drained_      release in put_aside -> acquire in reclaim   the list of segments put aside
//         spare     spare_        release in discard -> acquire in make_next   a segment to be used again
//
// The allocator serves the segments; elements are constructed without it.
template <queue_element T, class Allocator = std::allocator<T>>
class segment_list {
 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = std::uint64_t;
  using event_count = open_event_count;

  static constexpr const char* queue_name = "plait::unbounded_queue";
  static constexpr bool is_bounded = false;
  static constexpr pace batch_pace = pace_of_items;

  // Throws what the allocator throws, and std::bad_alloc if this thread cannot get a hazard record: operations
  // that must not fail would wait for one for ever.
  explicit segment_list(const Allocator& allocator = Allocator()) : allocator_(allocator) {
    const hazard_guard there_are_records;
    segment* const made = segment::make(allocator_, first_size);
    head_.store(made, sync::relaxed);  // relaxed: nobody else knows the list yet
    tail_.store(made, sync::relaxed);  // relaxed: as above
  }

  segment_list(const segment_list&) = delete;
  segment_list& operator=(const segment_list&) = delete;

  ~segment_list() {
    segment* each = head_.load(sync::relaxed);  // relaxed: every call has returned
    while (each != nullptr && each != no_more()) {
      each->destroy_items();
      free(std::exchange(each, each->next.load(sync::relaxed)));  // relaxed: every call has returned
    }
    for (each = drained_.load(sync::relaxed); each != nullptr;)  // relaxed: every call has returned
      free(std::exchange(each, each->next_drained));
    if (segment* const spare = spare_.load(sync::relaxed)) free(spare);  // relaxed: as above
  }

  // A constructor that may throw runs before a cell is claimed: no get could pass a cell that stays empty.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_claimed_slot<item_type, Args...>;

  // Fills the next cell: success or closed. Unless it is success, the arguments are untouched. Throws
  // std::bad_alloc, and then nothing has happened.
  template <class... Args>
    requires constructs_in_slot<Args...>
  conqueue_status try_put(Args&&... args) {
    hazard_guard guard;
    unsigned losses = 0;
    for (;;) {
      segment& last = guard.protect(tail_);
      std::uint64_t at = last.claims.load(sync::relaxed);  // relaxed: a stale one fails the CAS
      while (at < last.size) {
        if (last.claims.compare_exchange_weak(at, at + 1, sync::seq_cst,  // seq_cst claimed
                                              sync::relaxed)) {           // relaxed: looked at again
          last.fill(at, std::forward<Args>(args)...);
          return conqueue_status::success;
        }
        at = back_off(last.claims, losses++);
      }
      if (!go_on_after(last, at)) return conqueue_status::closed;
    }
  }

  // Empties the next cell: success, empty, closed (and drained) or busy. May throw std::bad_alloc when this
  // thread uses such a queue for the first time, and then nothing has happened. Always inline: GCC counts its
  // two rare branches as a cost of every call, does not inline it, and then moves the item once more.
  [[gnu::always_inline]] conqueue_status try_get(item_place<item_type> auto& item) {
    hazard_guard guard;
    unsigned losses = 0;
    for (;;) {
      segment& first = guard.protect(head_);
      std::uint64_t at = first.taken.load(sync::relaxed);  // relaxed: as in try_put
      while (at != first.size) {
        if (first.is_filled(at)) {
          if (first.taken.compare_exchange_weak(at, at + 1, sync::seq_cst,  // seq_cst claimed
                                                sync::relaxed)) {           // relaxed: looked at again
            first.empty(at, [&](item_type&& next) { item.emplace(std::move(next)); });
            return conqueue_status::success;
          }
          at = back_off(first.taken, losses++);
        } else {
          const obstacle met = why_not_get(first, at);
          if (met.status != conqueue_status::success) return met.status;
          at = met.now;
        }
      }
      if (const conqueue_status status = leave(guard, first); status != conqueue_status::success) return status;
    }
  }

  // Fills up to `count` cells from `first` on and returns how many: all, unless the queue is closed or memory
  // runs out. Cells of one segment take one claim.
  template <class Iterator>
  std::size_t try_put_n(Iterator& first, std::size_t count) {
    hazard_guard guard;
    std::size_t done = 0;
    unsigned losses = 0;
    while (done != count) {
      segment& last = guard.protect(tail_);
      std::uint64_t at = last.claims.load(sync::relaxed);  // relaxed: as in try_put
      if (at < last.size) {
        const std::uint64_t end = at + std::min<std::uint64_t>(count - done, last.size - at);
        if (last.claims.compare_exchange_weak(at, end, sync::seq_cst,  // seq_cst claimed
                                              sync::relaxed)) {        // relaxed: looked at again
          done += end - at;
          last.fill_all(at, end, first);
        } else {
          back_off(last.claims, losses++);
        }
      } else {
        try {
          if (!go_on_after(last, at)) break;
        } catch (...) {
          if (done == 0) throw;
          break;
        }
      }
    }
    return done;
  }

  // The mirror image. Empties up to `count` cells to `out` and returns how many.
  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) {
    hazard_guard guard;
    std::size_t done = 0;
    unsigned losses = 0;
    while (done != count) {
      segment& first = guard.protect(head_);
      std::uint64_t at = first.taken.load(sync::relaxed);  // relaxed: as in try_get
      if (at == first.size) {
        if (leave(guard, first) != conqueue_status::success) break;
        continue;
      }
      const std::uint64_t end =
          first.filled_to(at, at + std::min<std::uint64_t>(count - done, first.size - at));
      if (end == at) {
        if (why_not_get(first, at).status != conqueue_status::success) break;
      } else if (first.taken.compare_exchange_weak(at, end, sync::seq_cst,  // seq_cst claimed
                                                   sync::relaxed)) {        // relaxed: looked at again
        done += end - at;
        first.empty_all(at, end, [&](item_type&& next) {
          *out = std::move(queue_value(next));
          ++out;
        });
      } else {
        back_off(first.taken, losses++);
      }
    }
    return done;
  }

  // From now on nothing can be put.
  void close() noexcept {
    hazard_guard guard(hazard_guard::waits_for_memory);
    for (;;) {
      segment& last = guard.protect(tail_);
      std::uint64_t claims = last.claims.load(sync::relaxed);  // relaxed: the CAS decides
      while (claims < last.size)
        if (last.claims.compare_exchange_weak(claims, claims | segment::closed_bit,  //
                                              sync::seq_cst,                         // seq_cst claimed
                                              sync::relaxed))                        // relaxed: looked at again
          return;
      if (segment::is_closed(claims)) return;
      segment* next = nullptr;
      if (last.next.compare_exchange_strong(next, no_more(), sync::seq_cst,  // seq_cst claimed
                                            sync::seq_cst) ||                // seq_cst claimed, linked
          next == no_more())
        return;
      move(tail_, last, *next);
    }
  }

  bool is_closed() const noexcept { return look_at_tail().closed; }

  // The position of the next put, whether closed or not: it counts the puts.
  position tail() const noexcept { return look_at_tail().at; }
  static position next(position at) noexcept { return at + 1; }
  static std::uint64_t distance(position from, position to) noexcept { return to - from; }

  std::size_t size() const noexcept {
    // The head is read first. It never overtakes the tail, so the difference can be too large, never negative.
    const position head = [this] {
      hazard_guard guard(hazard_guard::waits_for_memory);
      const segment& first = guard.protect(head_);
      return first.first + first.taken.load(sync::seq_cst);  // seq_cst claimed
    }();
    return static_cast<std::size_t>(tail() - head);
  }
  static constexpr bool has_room() noexcept { return true; }

  // Calls visit(element&) for each element, the oldest first, while no other call is under way.
  template <class Visit>
  void for_each_quiet(Visit visit) noexcept {
    segment* each = head_.load(sync::acquire);  // acquire linked
    while (each != nullptr && each != no_more()) {
      each->for_each([&visit](item_type& item) { visit(queue_value(item)); });
      each = each->next.load(sync::acquire);  // acquire linked
    }
  }
  Allocator get_allocator() const noexcept { return Allocator(allocator_); }

 private:
  using segment = detail::segment<item_type>;
  using block_allocator = typename segment::template block_allocator<Allocator>;

  // Segments double in size up to the largest, because each drained segment costs a scan of the hazard records.
  static constexpr std::uint64_t first_size = sync::sized(segment::size_for(512), 1);
  static constexpr std::uint64_t largest_size = sync::sized(segment::size_for(std::size_t{1} << 18), 2);

  static segment* no_more() noexcept {
    static constinit segment end;
    return &end;
  }

  // All of `last` is claimed, or it is closed. Moves tail_ to the next segment, made if there is none; false if
  // the queue is closed.
  [[gnu::noinline]] bool go_on_after(segment& last, std::uint64_t claims) {
    if (segment::is_closed(claims)) return false;
    segment* next = last.next.load(sync::seq_cst);  // seq_cst claimed, linked
    if (next == nullptr) {
      segment* const made = make_next(last);
      if (last.next.compare_exchange_strong(next, made, sync::seq_cst,  // seq_cst claimed, linked
                                            sync::seq_cst)) {           // seq_cst claimed, linked
        next = made;
      } else {
        discard(made);
      }
    }
    if (next == no_more()) return false;
    move(tail_, last, *next);
    return true;
  }

  // All of `first` is taken. Moves head_ to the next segment: success, or empty or closed if there is none.
  [[gnu::noinline]] conqueue_status leave(hazard_guard& guard, segment& first) noexcept {
    // The thread that took the last cell may have put more first: with this load, `next` is no older.
    static_cast<void>(first.taken.load(sync::acquire));    // acquire claimed
    segment* const next = first.next.load(sync::seq_cst);  // seq_cst claimed
    if (next == nullptr) return conqueue_status::empty;
    if (next == no_more()) return conqueue_status::closed;
    move(tail_, first, *next);  // tail_ must not lead to a reclaimed segment
    const bool is_mine = move(head_, first, *next);
    guard.end();
    if (is_mine) {
      put_aside(&first);
      reclaim();
    }
    return conqueue_status::success;
  }

  // Moves one end of the queue from a segment to the next one, unless another thread has.
  static bool move(sync::atomic<segment*>& end, segment& from, segment& to) noexcept {
    segment* expected = &from;
    return end.compare_exchange_strong(expected, &to, sync::release,  // release linked
                                       sync::relaxed);                // relaxed: the end is past `from` already
  }

  // Why the cell `at` of `first` could not be emptied.
  [[gnu::noinline]] obstacle why_not_get(segment& first, std::uint64_t at) noexcept {
    // The thread that took the last cell may have put more or closed: with this load, the claims are no older.
    const std::uint64_t now = first.taken.load(sync::acquire);  // acquire claimed
    if (now != at || first.seems_filled(at)) return {conqueue_status::success, now};
    const std::uint64_t claims = first.claims.load(sync::seq_cst);  // seq_cst claimed
    if (claims == at) return {conqueue_status::empty, at};
    if (claims == (at | segment::closed_bit)) return {conqueue_status::closed, at};
    return {conqueue_status::busy, at};
  }

  struct tail_state {
    position at;
    bool closed;
  };

  tail_state look_at_tail() const noexcept {
    hazard_guard guard(hazard_guard::waits_for_memory);
    for (;;) {
      segment& last = guard.protect(tail_);
      const std::uint64_t claims = last.claims.load(sync::seq_cst);  // seq_cst claimed
      const std::uint64_t claimed = claims & ~segment::closed_bit;
      if (claimed != last.size) return {last.first + claimed, segment::is_closed(claims)};
      segment* const next = last.next.load(sync::seq_cst);  // seq_cst claimed
      if (next == nullptr || next == no_more()) return {last.first + claimed, next != nullptr};
      move(tail_, last, *next);
    }
  }

  // A segment to follow `last`.
  segment* make_next(const segment& last) {
    segment* made = spare_.exchange(nullptr, sync::acquire);  // acquire spare
    if (made == nullptr) made = segment::make(allocator_, std::min(2 * last.size, largest_size));
    made->first = last.first + last.size;
    return made;
  }

  void put_aside(segment* drained) noexcept {
    drained->next_drained = drained_.load(sync::relaxed);  // relaxed: the CAS decides
    while (!drained_.compare_exchange_weak(drained->next_drained, drained, sync::release,  // release drained
                                           sync::relaxed)) {  // relaxed: tried again
    }
  }

  // Discards the segments put aside that no hazard record protects.
  void reclaim() noexcept {
    segment* each = drained_.exchange(nullptr, sync::acquire);  // acquire drained
    sync::process_wide_fence();
    while (each != nullptr) {
      segment* const drained = std::exchange(each, each->next_drained);
      if (hazard_records::is_protected(drained)) {
        put_aside(drained);
      } else {
        drained->reset();
        discard(drained);
      }
    }
  }

  // Keeps a segment that no other thread knows as the spare one, or frees it. One of the largest size is kept.
  void discard(segment* unused) noexcept {
    segment* none = nullptr;
    if (unused->size == largest_size &&
        spare_.compare_exchange_strong(none, unused, sync::release,  // release spare
                                       sync::relaxed))               // relaxed: there is one already
      return;
    // The system's allocator keeps freed memory between live blocks; other allocators decide for themselves.
    if constexpr (std::same_as<Allocator, std::allocator<typename Allocator::value_type>>)
      unused->discard_pages();
    free(unused);
  }

  void free(segment* which) noexcept { segment::free(allocator_, which); }

  // tail_ points to the last segment or one before it; head_ to the first that is not drained or one before it,
  // never beyond tail_.
  alignas(contention_free_distance) sync::atomic<segment*> head_;
  alignas(contention_free_distance) mutable sync::atomic<segment*> tail_;

  // Drained segments, linked by next_drained, which readers may still use; and one that no reader uses.
  alignas(contention_free_distance) sync::atomic<segment*> drained_{nullptr};
  sync::atomic<segment*> spare_{nullptr};
  [[no_unique_address]] block_allocator allocator_;
};

}  // namespace PLAIT_NAMESPACE::detail
