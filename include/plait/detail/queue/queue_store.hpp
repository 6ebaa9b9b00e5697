// SPDX-License-Identifier: MIT
// queue_store: what a structure that holds a queue's elements provides to waiting_store.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/queue/queue_item.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// From which arguments a store constructs an item. All others become an item first, outside the store.
//
// A store that claims a slot and then fills it cannot take the claim back, so no constructor that may throw
// runs in between.
template <class Item, class... Args>
inline constexpr bool fills_claimed_slot = std::is_nothrow_constructible_v<Item, Args...>;

// A store with a lock moves items under it, and copies those whose copy runs no user code.
template <class Item, class... Args>
inline constexpr bool fills_under_lock = false;
template <class Item, class Arg>
inline constexpr bool fills_under_lock<Item, Arg> =
    std::same_as<Arg, Item> || std::same_as<Arg, Item&&> ||
    (std::same_as<std::remove_cvref_t<Arg>, Item> && std::is_trivially_copy_constructible_v<Item>);

// Why an operation could not use its slot; success if it can be tried again, at position `now`.
struct obstacle {
  conqueue_status status;
  std::uint64_t now;
};

// A store holds the elements of a queue, and no call sleeps for items or room. The calls are linearizable, and
// full, empty and closed are exact: returned only if the store was so at some moment during the call.
//
//   try_put(args...)         success, full, closed or busy. Unless it is success, or if it throws, the
//                            arguments are untouched and the store is as it was.
//   try_get(item)            success, empty, closed (and drained) or busy; `item` comes in empty.
//   try_put_n(first, count)  Puts up to `count` elements and returns how many. It reads *first once for each
//                            element that it puts, and for no other, and advances `first` past them.
//   try_get_n(out, count)    The mirror image.
//   close()                  Nothing can be put any more. It is ordered among the puts.
//   tail()                   The position of the next put: it counts the puts, closed or not. One position
//                            follows another by next(); distance() counts the steps between two, modulo
//                            their wrap.
//   size()                   Exact when no other thread uses the store; never negative or above the capacity.
//   has_room()               Whether a put would have found room; always true for a store without a bound.
//
// The condition that a waiter looks at, "there is an item" or "there is room", becomes true by an operation
// that event_count accepts as a change: see there.
template <class Store>
concept queue_store =
    requires {
      typename Store::value_type;
      typename Store::item_type;    // what moves without throwing: see queue_item
      typename Store::position;     // counts puts
      typename Store::event_count;  // open_event_count or asymmetric_event_count, as its changes need
      { Store::queue_name } -> std::convertible_to<const char*>;  // for messages
      { Store::is_bounded } -> std::convertible_to<bool>;         // whether a put may have to wait
      { Store::batch_pace } -> std::convertible_to<pace>;         // how often a waiting batch looks
      { Store::template constructs_in_slot<typename Store::item_type> } -> std::convertible_to<bool>;
    } &&
    requires(Store store, const Store& fixed, std::optional<typename Store::item_type> item,
             typename Store::position at, std::move_iterator<typename Store::item_type*> first,
             typename Store::value_type* out, std::size_t count) {
      { store.try_put(std::move(*item)) } -> std::same_as<conqueue_status>;
      { store.try_get(item) } -> std::same_as<conqueue_status>;
      { store.try_put_n(first, count) } -> std::same_as<std::size_t>;
      { store.try_get_n(out, count) } -> std::same_as<std::size_t>;
      { store.close() } noexcept;
      { fixed.is_closed() } noexcept -> std::same_as<bool>;
      { fixed.tail() } noexcept -> std::same_as<typename Store::position>;
      { fixed.next(at) } noexcept -> std::same_as<typename Store::position>;
      { fixed.distance(at, at) } noexcept -> std::same_as<std::uint64_t>;
      { fixed.size() } noexcept -> std::same_as<std::size_t>;
      { fixed.has_room() } noexcept -> std::same_as<bool>;
    } &&
    (!Store::is_bounded || requires(const Store& fixed) {
      { fixed.capacity() } noexcept -> std::same_as<std::size_t>;
      { Store::max_capacity } -> std::convertible_to<std::size_t>;
    });

// A try_get_n for a store that takes one item at a time. Throws at the first item only.
template <class Store, class Iterator>
std::size_t get_one_by_one(Store& store, Iterator& out, std::size_t count) {
  std::size_t done = 0;
  try {
    for (; done != count; ++done) {
      std::optional<typename Store::item_type> item;
      if (store.try_get(item) != conqueue_status::success) break;
      *out = std::move(queue_value(*item));
      ++out;
    }
  } catch (...) {
    if (done == 0) throw;
  }
  return done;
}

}  // namespace PLAIT_NAMESPACE::detail
