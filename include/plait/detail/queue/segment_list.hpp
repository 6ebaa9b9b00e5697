// SPDX-License-Identifier: MIT
// The list of segments under unbounded_queue: elements change hands here, and nobody waits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/reclaim/hazard_records.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/backoff.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// A list of arrays of cells. A put claims the next cell of the last segment and builds its element there; a get
// claims the first cell that is not taken, if it is filled, and moves the element out. Each cell is used once.
// A segment whose cells are all taken leaves the list, and is used again or freed when no hazard record holds
// it.
//
//   claims               next        the segment is ...
//   0 .. size-1          null        the last one, and open
//   k with closed_bit    null        the last one, and closed: k < size cells were claimed
//   size                 null        the last one, and full: the next put makes another
//   size                 a segment   not the last one
//   size                 no_more()   the last one, full and closed
//
// A put that has claimed a cell fills it whatever happens meanwhile: its segment is not drained before.
//
// Edges:  filled    lap           release in fill -> acquire in is_filled: publishes the element
//         claimed   claims, taken, next   seq_cst: claims, close() and looks at both ends are one sequence, so
//                                 that empty is exact, and event_count's two cases hold
//         claimed   taken         release in the seq_cst of try_get -> acquire in leave, why_not_get: what was put
//                                 before that get is seen, so that it is no old look that says empty
//         linked    head_, tail_, next    release in move, and in the seq_cst of go_on_after -> acquire in
//                                 go_on_after, close and hazard_record: a segment as it was made
//         drained   drained_      release in put_aside -> acquire in reclaim   the list of segments put aside
//         spare     spare_        release in discard -> acquire in make   a segment to be used again
template <queue_element T>
class segment_list {
 public:
  using value_type = T;
  using item_type = queue_item<T>;
  using position = std::uint64_t;

  static constexpr const char* queue_name = "plait::unbounded_queue";
  static constexpr bool is_bounded = false;
  using event_count = detail::event_count;
  static constexpr pace batch_pace = pace_of_items;

  segment_list() : head_(segment::make(first_size)), tail_(head_.load(sync::relaxed)) {}  // relaxed: just made

  segment_list(const segment_list&) = delete;
  segment_list& operator=(const segment_list&) = delete;

  ~segment_list() {
    // In the child of a fork, a cell that some other thread had claimed may not be filled.
    segment* each = head_.load(sync::relaxed);  // relaxed: every call has returned
    while (each != nullptr && each != no_more()) {
      each->destroy_items();
      segment::free(std::exchange(each, each->next.load(sync::relaxed)));  // relaxed: every call has returned
    }
    for (each = drained_.load(sync::relaxed); each != nullptr;)  // relaxed: every call has returned
      segment::free(std::exchange(each, each->next_drained));
    if (segment* const spare = spare_.load(sync::relaxed)) segment::free(spare);  // relaxed: as above
  }

  // A constructor that may throw has run before a cell is claimed: a cell that stays empty would end the queue.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_claimed_slot<item_type, Args...>;

  // Fills the next cell: success or closed. Unless it is success, the arguments are untouched. Throws
  // std::bad_alloc, and then nothing has happened.
  template <class... Args>
    requires constructs_in_slot<Args...>
  conqueue_status try_put(Args&&... args) {
    protection guard;
    for (;;) {
      segment& last = guard.protect(tail_);
      std::uint64_t at = last.claims.load(sync::relaxed);  // relaxed: a stale one fails the CAS
      while (at < last.size) {
        if (last.claims.compare_exchange_weak(at, at + 1, sync::seq_cst,  // seq_cst claimed
                                              sync::relaxed)) {           // relaxed: looked at again
          last.fill(at, std::forward<Args>(args)...);
          return conqueue_status::success;
        }
        at = back_off(last.claims);
      }
      if (!go_on_after(last, at)) return conqueue_status::closed;
    }
  }

  // Empties the next cell: success, empty, closed (and drained) or busy. May throw std::bad_alloc when this
  // thread uses such a queue for the first time, and then nothing has happened.
  conqueue_status try_get(std::optional<item_type>& item) {
    protection guard;
    for (;;) {
      segment& first = guard.protect(head_);
      std::uint64_t at = first.taken.load(sync::relaxed);  // relaxed: as in try_put
      while (at != first.size) {
        if (first.is_filled(at)) {
          if (first.taken.compare_exchange_weak(at, at + 1, sync::seq_cst,  // seq_cst claimed
                                                sync::relaxed)) {           // relaxed: looked at again
            sync::storage<item_type>& next = first.at(at).item;
            item.emplace(std::move(next.write()));
            next.destroy();
            return conqueue_status::success;
          }
          at = back_off(first.taken);
        } else {
          const obstacle met = why_not_get(first, at);
          if (met.status != conqueue_status::success) return met.status;
          at = met.now;
        }
      }
      if (const conqueue_status status = leave(guard, first); status != conqueue_status::success) return status;
    }
  }

  // Fills up to `count` cells from `first` on and says how many: all, unless the queue is closed or memory runs
  // out. Cells of one segment take one claim.
  template <class Iterator>
  std::size_t try_put_n(Iterator& first, std::size_t count) {
    protection guard;
    std::size_t done = 0;
    while (done != count) {
      segment& last = guard.protect(tail_);
      std::uint64_t at = last.claims.load(sync::relaxed);  // relaxed: as in try_put
      if (at < last.size) {
        const std::uint64_t end = std::min<std::uint64_t>(at + (count - done), last.size);
        if (last.claims.compare_exchange_weak(at, end, sync::seq_cst,  // seq_cst claimed
                                              sync::relaxed)) {        // relaxed: looked at again
          done += end - at;
          for (; at != end; ++at, ++first) last.fill(at, *first);
        } else {
          back_off(last.claims);
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

  // Empties up to `count` cells to `out`, the mirror image.
  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) {
    protection guard;
    std::size_t done = 0;
    while (done != count) {
      segment& first = guard.protect(head_);
      std::uint64_t at = first.taken.load(sync::relaxed);  // relaxed: as in try_get
      if (at == first.size) {
        if (leave(guard, first) != conqueue_status::success) break;
        continue;
      }
      const std::uint64_t wanted = std::min<std::uint64_t>(count - done, first.size - at);
      std::uint64_t full = 0;
      while (full != wanted && first.is_filled(at + full)) ++full;
      if (full == 0) {
        if (why_not_get(first, at).status != conqueue_status::success) break;
      } else if (first.taken.compare_exchange_weak(at, at + full, sync::seq_cst,  // seq_cst claimed
                                                   sync::relaxed)) {              // relaxed: looked at again
        for (std::uint64_t i = 0; i != full; ++i, ++out) {
          sync::storage<item_type>& item = first.at(at + i).item;
          *out = std::move(queue_value(item.write()));
          item.destroy();
        }
        done += full;
      } else {
        back_off(first.taken);
      }
    }
    return done;
  }

  // From now on nothing can be put.
  void close() noexcept {
    protection guard(protection::waits_for_memory);
    for (;;) {
      segment& last = guard.protect(tail_);
      std::uint64_t claims = last.claims.load(sync::relaxed);  // relaxed: the CAS decides
      while (claims < last.size)
        if (last.claims.compare_exchange_weak(claims, claims | closed_bit,  //
                                              sync::seq_cst,                // seq_cst claimed
                                              sync::relaxed))               // relaxed: looked at again
          return;
      if (is_closed(claims)) return;
      segment* next = nullptr;
      if (last.next.compare_exchange_strong(next, no_more(), sync::seq_cst,  // seq_cst claimed
                                            sync::acquire) ||                // acquire linked
          next == no_more())
        return;
      move(tail_, last, *next);
    }
  }

  bool is_closed() const noexcept { return look_at_tail().closed; }

  // Where the next put will be, closed or not: it counts the puts.
  position tail() const noexcept { return look_at_tail().at; }
  static position next(position at) noexcept { return at + 1; }
  static std::uint64_t distance(position from, position to) noexcept { return to - from; }

  std::size_t size() const noexcept {
    // Head first: it never overtakes the tail, so the difference is never negative, only too large.
    const position head = [this] {
      protection guard(protection::waits_for_memory);
      const segment& first = guard.protect(head_);
      return first.first + first.taken.load(sync::seq_cst);  // seq_cst claimed
    }();
    return static_cast<std::size_t>(tail() - head);
  }
  static constexpr bool has_room() noexcept { return true; }

 private:
  // A put asks for the line after next: its stores must be done before the next put can claim a cell.
  static constexpr std::size_t prefetch_distance = 2 * cache_line;

  // Some cells that share a cache line if they can. A lap is that of its segment while and after its cell is
  // filled; before, one less.
  struct group {
    static constexpr std::size_t cells = std::max<std::size_t>(1, cache_line / (sizeof(item_type) + 1));

    std::array<sync::atomic<std::uint8_t>, cells> laps{};
    std::array<sync::storage<item_type>, cells> items;
  };

  // One of them.
  struct cell {
    sync::atomic<std::uint8_t>& lap;
    sync::storage<item_type>& item;
  };

  // In cells, for segments of so many bytes. They double in size up to the largest, since every one that is
  // drained costs a look at the hazard records.
  static constexpr std::uint64_t size_for(std::size_t bytes) noexcept {
    return group::cells * std::max<std::uint64_t>(1, bytes / sizeof(group));
  }
  static constexpr std::uint64_t first_size = sync::sized(size_for(512), 1);
  static constexpr std::uint64_t largest_size = sync::sized(size_for(std::size_t{1} << 18), 2);

  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;  // of `claims`
  static constexpr bool is_closed(std::uint64_t claims) noexcept { return (claims & closed_bit) != 0; }

  struct alignas(std::max(contention_free_distance, alignof(group))) segment {
    // Throws std::bad_alloc.
    static segment* make(std::uint64_t size) {
      void* const memory = ::operator new(bytes(size), std::align_val_t(alignof(segment)));
      auto* const made = std::construct_at(static_cast<segment*>(memory));
      made->size = size;
      std::uninitialized_default_construct_n(made->groups(), group_count(size));
      return made;
    }
    static void free(segment* which) noexcept {
      const std::size_t all = bytes(which->size);
      std::destroy_n(which->groups(), group_count(which->size));
      std::destroy_at(which);
      ::operator delete(which, all, std::align_val_t(alignof(segment)));
    }
    static std::size_t group_count(std::uint64_t size) noexcept {
      return (size + group::cells - 1) / group::cells;
    }
    static std::size_t bytes(std::uint64_t size) noexcept {
      return sizeof(segment) + group_count(size) * sizeof(group);
    }

    group* groups() noexcept { return reinterpret_cast<group*>(this + 1); }
    bool is_filled(std::uint64_t which) noexcept {
      return at(which).lap.load(sync::acquire) == lap;  // acquire filled
    }
    cell at(std::uint64_t which) noexcept {
      const auto number = static_cast<std::uint32_t>(which);
      group& home = groups()[number / group::cells];
      return {home.laps[number % group::cells], home.items[number % group::cells]};
    }

    template <class... Args>
    void fill(std::uint64_t at, Args&&... args) noexcept {
      const cell mine = this->at(at);
      sync::prefetch_for_write(&mine.lap, prefetch_distance);
      mine.item.construct(std::forward<Args>(args)...);
      mine.lap.store(lap, sync::release);  // release filled
    }

    void destroy_items() noexcept {
      const std::uint64_t end = claims.load(sync::relaxed) & ~closed_bit;  // relaxed: every call has returned
      for (std::uint64_t at = taken.load(sync::relaxed); at != end; ++at)  // relaxed: as above
        if (this->at(at).lap.load(sync::relaxed) == lap) this->at(at).item.destroy();  // relaxed: as above
    }

    // As it was made, but that the cells hold the lap that has ended.
    void reset() noexcept {
      claims.store(0, sync::relaxed);      // relaxed: nobody else knows this segment any more
      taken.store(0, sync::relaxed);       // relaxed: as above
      next.store(nullptr, sync::relaxed);  // relaxed: as above
      ++lap;
    }

    alignas(contention_free_distance) sync::atomic<std::uint64_t> claims{0};
    alignas(contention_free_distance) sync::atomic<std::uint64_t> taken{0};  // cells that are taken: 0 .. size
    alignas(contention_free_distance) sync::atomic<segment*> next{nullptr};
    position first = 0;               // of its first cell; this and what follows is written before it is linked
    std::uint64_t size = 0;           // in cells
    std::uint8_t lap = 1;             // how often its cells have been used, modulo 256
    segment* next_drained = nullptr;  // among those put aside
  };

  // A hazard record for the time of one operation.
  class protection {
   public:
    static constexpr struct {
    } waits_for_memory{};

    protection() : record_(hazard_records::take()) {
      if (record_ == nullptr) [[unlikely]]
        throw std::bad_alloc();
    }
    // For what must not fail.
    explicit protection(decltype(waits_for_memory)) noexcept {
      while ((record_ = hazard_records::take()) == nullptr) sync::yield();
    }
    ~protection() { hazard_records::put_back(*record_); }
    protection(const protection&) = delete;
    protection& operator=(const protection&) = delete;

    segment& protect(const sync::atomic<segment*>& source) noexcept {
      return *record_->go_on_protecting_from(source);
    }
    void end() noexcept { record_->clear(); }

   private:
    hazard_record* record_;
  };

  static segment* no_more() noexcept {
    static constinit segment end;
    return &end;
  }

  // All of `last` is claimed, or it is closed. False if the queue is closed; else there is a next segment.
  [[gnu::noinline]] bool go_on_after(segment& last, std::uint64_t claims) {
    if (is_closed(claims)) return false;
    segment* next = last.next.load(sync::acquire);  // acquire linked
    if (next == nullptr) {
      segment* const made = make_next(last);
      if (last.next.compare_exchange_strong(next, made, sync::seq_cst,  // seq_cst claimed
                                            sync::acquire)) {           // acquire linked
        next = made;
      } else {
        discard(made);
      }
    }
    if (next == no_more()) return false;
    move(tail_, last, *next);
    return true;
  }

  // All of `first` is taken. Success if there is a next segment; else empty or closed.
  [[gnu::noinline]] conqueue_status leave(protection& guard, segment& first) noexcept {
    // Whoever took the last cell may have put more before: with this load, `next` is not older than that.
    static_cast<void>(first.taken.load(sync::acquire));    // acquire claimed
    segment* const next = first.next.load(sync::seq_cst);  // seq_cst claimed
    if (next == nullptr) return conqueue_status::empty;
    if (next == no_more()) return conqueue_status::closed;
    move(tail_, first, *next);  // it must not lead to what is reclaimed
    const bool is_mine = move(head_, first, *next);
    guard.end();
    if (is_mine) {
      put_aside(&first);
      reclaim();
    }
    return conqueue_status::success;
  }

  // Moves one end of the queue from a segment to the next one, unless somebody else has.
  static bool move(sync::atomic<segment*>& end, segment& from, segment& to) noexcept {
    segment* expected = &from;
    return end.compare_exchange_strong(expected, &to, sync::release,  // release linked
                                       sync::relaxed);                // relaxed: it is beyond `from`
  }

  // The cell `at` of `first` is not filled.
  [[gnu::noinline]] obstacle why_not_get(segment& first, std::uint64_t at) noexcept {
    // Whoever took the cell before may have put more before: with this load, the claims are not older than that.
    const std::uint64_t now = first.taken.load(sync::acquire);  // acquire claimed
    // relaxed: whoever goes on at that cell loads its lap again
    if (now != at || first.at(at).lap.load(sync::relaxed) == first.lap) return {conqueue_status::success, now};
    const std::uint64_t claims = first.claims.load(sync::seq_cst);  // seq_cst claimed
    if (claims == at) return {conqueue_status::empty, at};
    if (claims == (at | closed_bit)) return {conqueue_status::closed, at};
    return {conqueue_status::busy, at};
  }

  struct tail_state {
    position at;
    bool closed;
  };

  tail_state look_at_tail() const noexcept {
    protection guard(protection::waits_for_memory);
    for (;;) {
      segment& last = guard.protect(tail_);
      const std::uint64_t claims = last.claims.load(sync::seq_cst);  // seq_cst claimed
      const std::uint64_t claimed = claims & ~closed_bit;
      if (claimed != last.size) return {last.first + claimed, is_closed(claims)};
      segment* const next = last.next.load(sync::seq_cst);  // seq_cst claimed
      if (next == nullptr || next == no_more()) return {last.first + claimed, next != nullptr};
      move(tail_, last, *next);
    }
  }

  // A segment to follow `last`.
  segment* make_next(const segment& last) {
    segment* made = spare_.exchange(nullptr, sync::acquire);  // acquire spare
    if (made == nullptr) made = segment::make(std::min(2 * last.size, largest_size));
    made->first = last.first + last.size;
    return made;
  }

  void put_aside(segment* drained) noexcept {
    drained->next_drained = drained_.load(sync::relaxed);  // relaxed: the CAS decides
    while (!drained_.compare_exchange_weak(drained->next_drained, drained, sync::release,  // release drained
                                           sync::relaxed)) {  // relaxed: tried again
    }
  }

  // Of the segments put aside, keeps those that somebody still looks at.
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

  // Keeps a segment that nobody knows, to be used again, or frees it. One of the largest size is enough.
  void discard(segment* unused) noexcept {
    segment* none = nullptr;
    if (unused->size == largest_size &&
        spare_.compare_exchange_strong(none, unused, sync::release,  // release spare
                                       sync::relaxed))               // relaxed: there is one already
      return;
    sync::discard_pages(unused->groups(), segment::group_count(unused->size) * sizeof(group));
    segment::free(unused);
  }

  // tail_ leads to the last segment or one before it; head_ to the first that is not drained or one before it,
  // never beyond tail_.
  alignas(contention_free_distance) sync::atomic<segment*> head_;
  alignas(contention_free_distance) mutable sync::atomic<segment*> tail_;

  // Drained segments.
  alignas(contention_free_distance) sync::atomic<segment*> drained_{
      nullptr};                            // perhaps in use, by next_drained
  sync::atomic<segment*> spare_{nullptr};  // certainly not
};

}  // namespace PLAIT_NAMESPACE::detail
