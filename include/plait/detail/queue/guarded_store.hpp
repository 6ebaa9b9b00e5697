// SPDX-License-Identifier: MIT
// The store under lifo_queue and priority_queue: a container for one thread at a time, the lock that guards it,
// and an inbox for the pushes that find the lock taken.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/cache_line.hpp>
#include <plait/detail/lock/locked_word.hpp>
#include <plait/detail/queue/push_inbox.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/queue/queue_store.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/backoff.hpp>
#include <plait/detail/wait/event_count.hpp>
#include <plait/queue_element.hpp>

namespace PLAIT_NAMESPACE::detail {

// What must change in one step is in one locked_word:
//
//   bits 63 .. 10   puts     how many there were, modulo 2^54: positions of the queue
//   bits 9 .. 6     credit   how many more pushes may be posted without running out of room
//   bits 5 .. 2     newest   the inbox: the name of the last item posted, or 0
//   bit 1           closed   nothing can be put any more
//   bit 0           locked   a thread holds the lock
//
// Taking the lock takes the inbox in the same step; its items go into the container before anything else does.
// A put that finds the lock taken posts its item, if there is credit: one CAS puts it into the inbox, counts it
// and takes one from the credit. So a put that posts takes effect at its CAS, a put with the lock when it
// releases the lock; a get takes effect when it takes the lock, and closing when it releases the lock.
//
// Credit guarantees that a posted item fits. At any moment
//     items in the inbox + credit <= room in the container's memory,
//     items in the inbox + credit <= capacity - size.
// Releasing the lock raises the credit to that limit; a put that takes the lock takes one from it.
// If the container's comparator may throw, credit is always 0: it would throw after the push has returned.
//
// A thread that finds the lock taken and cannot post looks again every dozen microseconds, yielding in between,
// and then sleeps. Meanwhile the holder does a hundred operations or more on lines in its own cache.
//
// Edges:  taken     gets_   release in count_gets -> acquire in gets: the item of a get counted here is
//                           counted in the word when the word is read afterwards
template <class Container>
class guarded_store {
 public:
  using value_type = typename Container::value_type;
  using item_type = typename Container::item_type;
  using position = std::uint64_t;
  using event_count = open_event_count;

  static constexpr bool is_bounded = true;
  static constexpr pace batch_pace = pace_of_items;
  static constexpr const char* queue_name = Container::queue_name;
  static constexpr std::size_t max_capacity = (std::size_t{1} << 53) - 1;
  static constexpr bool gets_without_throwing = Container::compares_without_throwing;

  // capacity: 1 .. max_capacity. No memory holds max_capacity items, so that capacity means no bound.
  template <class... Args>
  explicit guarded_store(std::size_t capacity, Args&&... args) : capacity_(capacity) {
    items_.construct(std::forward<Args>(args)...);
  }

  guarded_store(const guarded_store&) = delete;
  guarded_store& operator=(const guarded_store&) = delete;

  ~guarded_store() {
    const bits last = word_.peek();
    // In the child of a fork, a thread that does not exist here may hold the lock: the container is left alone.
    if ((last & locked_word::locked) != 0) return;
    inbox_.empty_all(newest(last), [](item_type&&) {});
    items_.destroy();
  }

  // Which arguments a put takes: an item to be moved, or one to be copied if that runs no code of T's.
  template <class... Args>
  static constexpr bool constructs_in_slot = fills_under_lock<item_type, Args...>;

  // Puts an item: success, full, closed or busy. Unless it is success, or if it throws, the value is untouched.
  template <class Arg>
    requires constructs_in_slot<Arg>
  conqueue_status try_put(Arg&& value) {
    bits found = word_.look();
    if (const std::optional<conqueue_status> refused = why_not_put(found)) return *refused;
    if (!word_.try_lock(found, reserve(one_credit))) [[unlikely]]
      return put_contended(std::forward<Arg>(value));
    return put_holding(found, std::forward<Arg>(value));
  }

  // Takes the container's next item: success, empty or closed (and drained).
  conqueue_status try_get(item_place<item_type> auto& item) noexcept(gets_without_throwing) {
    bits found;
    if (is_drained(found)) return nothing_left(found);
    lock(found, 0);
    holder hold(*this, found, 0);
    if (items().size() == 0) return nothing_left(found);
    items().take(item);
    count_gets(1);
    return conqueue_status::success;
  }

  // Puts up to `count` items from `first` on under one lock and returns how many. An item is read once, when
  // there is room for it. Throws at the first item only. Not available for items that an iterator generates if
  // the comparator may throw: the item at which it throws would be lost.
  template <class Iterator>
    requires(gets_without_throwing || std::is_reference_v<std::iter_reference_t<Iterator>>)
  std::size_t try_put_n(Iterator& first, std::size_t count) {
    bits found;
    if (count == 0) return 0;
    lock(found, all_credit);
    holder hold(*this, found, all_credit);
    if ((found & closed) != 0) return 0;
    std::size_t done = 0;
    try {
      for (; done != count && items().size() != capacity_; ++done) {
        items().make_room();
        items().put(*first);
        hold.add(one_put);
        ++first;
      }
    } catch (...) {
      if (done == 0) throw;
    }
    return done;
  }

  // Takes up to `count` items to `out` and returns how many. Throws at the first item only.
  template <class Iterator>
  std::size_t try_get_n(Iterator& out, std::size_t count) {
    std::size_t done = 0;
    bits found;
    if (count == 0 || is_drained(found)) return 0;
    if constexpr (std::is_trivially_destructible_v<value_type> && gets_without_throwing) {
      lock(found, 0);
      holder hold(*this, found, 0);
      for (; done != count && items().size() != 0; ++done) {
        place_at place{out};
        items().take(place);
        ++out;
      }
      count_gets(done);
    } else {
      // Assigning to *out may run T's destructor, which must not run under the lock.
      done = get_one_by_one(*this, out, count);
    }
    return done;
  }

  // From now on nothing can be put. Closing takes the lock, so that every put comes before it or after it.
  void close() noexcept {
    bits found;
    lock(found, 0);
    holder hold(*this, found, 0);
    hold.add(closed & ~found);
  }
  bool is_closed() const noexcept { return (word_.look() & closed) != 0; }

  // The number of puts.
  position tail() const noexcept { return puts(word_.look()); }
  static position next(position at) noexcept { return (at + 1) & last_position; }
  static std::uint64_t distance(position from, position to) noexcept { return (to - from) & last_position; }

  // Never too low, because the gets are read first and never overtake the puts.
  std::size_t size() const noexcept {
    const position got = gets();
    return static_cast<std::size_t>(std::min<std::uint64_t>(distance(got, tail()), capacity_));
  }

  // The word first: a get that woke nobody, because a wake was in flight, had released the lock before that.
  // A thread that reads the word afterwards sees the get counted.
  bool has_room() const noexcept {
    const position put = tail();
    return distance(gets(), put) != capacity_;
  }
  std::size_t capacity() const noexcept { return capacity_; }

  // Calls visit(element&) for each element, in the container's order, and holds the lock meanwhile.
  template <class Visit>
  void for_each_quiet(Visit visit) noexcept {
    bits found;
    lock(found, 0);
    const holder hold(*this, found, 0);
    items().for_each([&visit](item_type& item) { visit(queue_value(item)); });
  }

  auto get_allocator() const noexcept { return items_.read().get_allocator(); }

 private:
  using bits = locked_word::bits;
  using inbox = push_inbox<item_type>;
  using name = typename inbox::name;

  static constexpr bits closed = 2;
  static constexpr bits one_name = 4;
  static constexpr bits one_credit = one_name * (inbox::nodes + 1);
  static constexpr bits one_put = one_credit * (inbox::nodes + 1);
  static constexpr bits all_names = one_credit - one_name;
  static constexpr bits all_credit = one_put - one_credit;
  static constexpr position last_position = ~bits{0} / one_put;
  static_assert(max_capacity == last_position / 2);

  static constexpr name newest(bits of) noexcept { return static_cast<name>((of & all_names) / one_name); }
  static constexpr position puts(bits of) noexcept { return of / one_put; }

  // Longer than for an item: what the holder does in the meantime, it does in its own cache.
  static constexpr pace lock_pace{std::chrono::microseconds(16)};

  // A post that fails has to move its item back.
  static constexpr bool posts =
      Container::compares_without_throwing && std::is_nothrow_move_assignable_v<item_type>;

  // The change to the word that takes the inbox with the lock, and up to `reserved` of the credit.
  static auto reserve(bits reserved) noexcept {
    return [reserved](bits found) noexcept {
      const bits taken = found & ~all_names;
      return taken - std::min(taken & all_credit, reserved);
    };
  }
  void lock(bits& found, bits reserved) noexcept { word_.lock(found, lock_pace, reserve(reserved)); }

  // Holds the lock from construction, where it empties the inbox, to destruction.
  class holder {
   public:
    // The lock was taken when the word was `found`, with up to `reserved` of its credit.
    holder(guarded_store& store, bits found, bits reserved) noexcept
        : store_(store), credit_left_((found & all_credit) - std::min(found & all_credit, reserved)) {
      if (newest(found) != inbox::none) [[unlikely]]
        store.inbox_.empty_all(newest(found), [&](item_type&& item) { store.items().put(std::move(item)); });
    }
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { store_.word_.unlock(added_ + store_.credit_limit() - credit_left_); }

    // Adds to the word when the lock is released.
    void add(bits more) noexcept { added_ += more; }

   private:
    guarded_store& store_;
    bits credit_left_;  // in the word, for threads that post
    bits added_ = 0;
  };

  template <class Arg>
  conqueue_status put_holding(bits found, Arg&& value) {
    holder hold(*this, found, one_credit);
    if ((found & closed) != 0) return conqueue_status::closed;
    // A unit of credit is room for one item.
    if ((found & all_credit) == 0 && items().size() == capacity_) return conqueue_status::full;
    items().put(std::forward<Arg>(value));
    hold.add(one_put);
    return conqueue_status::success;
  }

  template <class Arg>
  [[gnu::noinline]] conqueue_status put_contended(Arg&& value) {
    if constexpr (posts) {
      const conqueue_status posted = post(std::forward<Arg>(value));
      if (posted == conqueue_status::success) rest();
      if (posted != conqueue_status::busy) return posted;
    }
    bits found;
    lock(found, one_credit);
    return put_holding(found, std::forward<Arg>(value));
  }

  // Leaves the value in the inbox: success, closed, or busy if there is no credit or no node.
  template <class Arg>
  conqueue_status post(Arg&& value) noexcept {
    const name node = inbox_.claim();
    if (node == inbox::none) return conqueue_status::busy;
    inbox_.fill(node, std::forward<Arg>(value));
    bits found = word_.peek();
    while ((found & closed) == 0 && (found & all_credit) != 0) {
      inbox_.link(node, newest(found));
      const bits posted = (found & ~all_names) + node * one_name - one_credit + one_put;
      if (word_.try_change(found, posted)) return conqueue_status::success;
    }
    inbox_.empty(node, [&](item_type&& item) {
      if constexpr (std::same_as<Arg, item_type>) value = std::move(item);
    });
    return (found & closed) != 0 ? conqueue_status::closed : conqueue_status::busy;
  }

  // Leaves the lock to its holder for a while, only for throughput. The item is in the queue already, but a
  // sleeping consumer is woken only after the pause.
  static void rest() noexcept {
    if (Container::rest_after_post.count() != 0 && sync::processor_count() > 1)
      pause_until(sync::clock::now() + Container::rest_after_post);
  }

  // Why an item cannot be put, without taking the lock. While the lock is held, a get may have taken effect
  // that gets_ does not show yet: then busy.
  std::optional<conqueue_status> why_not_put(bits now) const noexcept {
    if ((now & closed) != 0) return conqueue_status::closed;
    if ((now & all_credit) != 0 || distance(gets(), puts(now)) != capacity_) return std::nullopt;
    return (now & locked_word::locked) != 0 ? conqueue_status::busy : conqueue_status::full;
  }

  // Whether there is nothing to get, without taking the lock. Sets `now` to the word.
  bool is_drained(bits& now) const noexcept {
    const position got = gets();  // before the word: the gets never overtake the puts
    now = word_.look();
    return puts(now) == got;
  }

  static conqueue_status nothing_left(bits now) noexcept {
    return (now & closed) != 0 ? conqueue_status::closed : conqueue_status::empty;
  }

  position gets() const noexcept { return gets_.load(sync::acquire); }  // acquire taken
  void count_gets(std::size_t count) noexcept {
    // relaxed: only the holder of the lock writes it
    const position now = (gets_.load(sync::relaxed) + count) & last_position;
    gets_.store(now, sync::release);  // release taken
  }

  // The most credit that the two inequalities above allow.
  bits credit_limit() noexcept {
    if constexpr (posts) {
      return one_credit * std::min({inbox::nodes, items().room(), capacity_ - items().size()});
    } else {
      return 0;
    }
  }

  Container& items() noexcept { return items_.write(); }

  // What every operation needs is on the line of the lock, so that one line moves between processors.
  alignas(contention_free_distance) locked_word word_;  // see the table above
  sync::atomic<position> gets_{0};                      // written under the lock
  const std::size_t capacity_;
  sync::storage<Container> items_;  // guarded by the lock

  alignas(contention_free_distance) inbox inbox_;
};

}  // namespace PLAIT_NAMESPACE::detail
