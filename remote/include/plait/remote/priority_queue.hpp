// SPDX-License-Identifier: MIT
// remote::priority_queue<T>: the smallest first, at a server: any number of processes push and pop.
//
// Use it when the order of work is not the order of its arrival. Use remote::queue otherwise: its operations
// cost the server less.
//
//   operation             what differs from remote::queue
//   push                  O(log n) at the server
//   pop                   the item with the smallest priority of all that are ready; first in, first out among
//                         equals. Strict: of two pops, as the server sees them, the first gets the smaller
//   pop_n, pop_leased     the same, in order
//   an item that comes    is where it was: before its equals that were pushed later, behind smaller ones
//   again
//
// All else, such as trips, capacity, leases, dead letters, close, join and errors, is as in queue.hpp.
//
//   plait::remote::priority_queue<plait::prioritized<int, std::string>> tasks(server, "tasks");
//   tasks.push({3, "clean up"});
//   tasks.push({1, "alarm"});
//   tasks.push({2, "report"});
//   tasks.close();
//   while (auto task = tasks.pop()) {
//     std::printf("%d %s\n", task->priority, task->value.c_str());
//     tasks.task_done();
//   }
//
// T: an integer, or prioritized<Priority, Value> with an integer and what is encodable (codec.hpp). Priorities
// are exact: 64 bits, signed or not. All users of one queue agree on the sign.
// Algorithm: a sorted set whose scores are all equal, so that the members' bytes are the order: a score would
// be a double, which rounds beyond 2^53 and loses the order among equals with it. Design note:
// docs/structures/remote.md.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <plait/prioritized.hpp>
#include <plait/remote/codec.hpp>
#include <plait/remote/leased_queue.hpp>
#include <plait/remote/queue_end.hpp>
#include <plait/remote/queue_options.hpp>

namespace plait::remote {

// Integers as eight bytes whose order is that of the integers.
template <std::integral Priority>
struct ordered_bytes {
  static constexpr std::size_t size = 8;

  static std::string encode(Priority priority) {
    const auto bytes =
        std::bit_cast<std::array<char, size>>(std::byteswap(static_cast<std::uint64_t>(priority) ^ sign));
    return {bytes.begin(), bytes.end()};
  }
  // `bytes` has at least eight. Nothing if the integer is not a Priority.
  static std::optional<Priority> decode(std::string_view bytes) {
    std::array<char, size> first;
    std::copy_n(bytes.begin(), size, first.begin());
    const std::uint64_t value = std::byteswap(std::bit_cast<std::uint64_t>(first)) ^ sign;
    const auto priority = static_cast<Priority>(value);
    if (static_cast<std::uint64_t>(priority) != value) return std::nullopt;
    return priority;
  }

 private:
  static_assert(std::endian::native == std::endian::little && sizeof(Priority) <= size);
  static constexpr std::uint64_t sign = std::signed_integral<Priority> ? std::uint64_t{1} << 63 : 0;
};

// What travels: eight bytes of the priority, eight that the server replaces, and the value.
template <class T>
struct in_order_of_priorities;

template <std::integral Priority, encodable Value>
struct in_order_of_priorities<prioritized<Priority, Value>> {
  static constexpr item_order order = item_order::by_priority;
  static constexpr std::size_t before_value = 16;

  static std::string encode(const prioritized<Priority, Value>& item) {
    std::string bytes = ordered_bytes<Priority>::encode(item.priority);
    bytes.resize(before_value);
    return bytes += codec<Value>::encode(item.value);
  }
  static std::expected<prioritized<Priority, Value>, decode_error> decode(std::string_view bytes) {
    if (bytes.size() < before_value) return std::unexpected(decode_error{"it has no priority"});
    const auto priority = ordered_bytes<Priority>::decode(bytes);
    if (!priority) return std::unexpected(decode_error{"its priority is beyond the type that was asked for"});
    auto value = codec<Value>::decode(bytes.substr(before_value));
    if (!value) return std::unexpected(std::move(value.error()));
    return prioritized<Priority, Value>{*priority, std::move(*value)};
  }
};

template <std::integral T>
struct in_order_of_priorities<T> {
  static constexpr item_order order = item_order::by_priority;

  static std::string encode(T item) { return with_nothing::encode({item, {}}); }
  static std::expected<T, decode_error> decode(std::string_view bytes) {
    const auto item = with_nothing::decode(bytes);
    if (!item) return std::unexpected(item.error());
    return item->priority;
  }

 private:
  using with_nothing = in_order_of_priorities<prioritized<T, std::string>>;
};

// The operations are those of leased_queue.
template <class T>
class priority_queue : public leased_queue<T, in_order_of_priorities<T>> {
 public:
  using leased_queue<T, in_order_of_priorities<T>>::leased_queue;
};

}  // namespace plait::remote
