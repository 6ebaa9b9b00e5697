// SPDX-License-Identifier: MIT
// The workloads `coarse` and `coarse_busy` of queues: few large blocks, with work before and after each
// hand-over.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/queue.bench.hpp"
#include "support/busy_neighbours.hpp"

namespace bench {

// 256 KiB, which a processor takes some tens of microseconds to write or to read.
class coarse_block {
 public:
  explicit coarse_block(std::uint64_t number) {
    for (std::uint64_t& word : words_) word = number = step(number);
  }

  // Whether every word is still what it was.
  bool is_of(std::uint64_t number) const {
    std::uint64_t wrong = 0;
    for (const std::uint64_t word : words_) wrong |= word ^ (number = step(number));
    return wrong == 0;
  }

 private:
  static std::uint64_t step(std::uint64_t state) { return state * 6364136223846793005U + 1442695040888963407U; }

  std::array<std::uint64_t, 32'768> words_;
};

// The producers make so many blocks in all, and the queue has 16 places. What an item names is in a table,
// because a queue's items are numbers.
template <queue_peer Queue, class Order = in_order>
measurement coarse(queue_shape shape, std::size_t blocks) {
  const std::size_t each = blocks / static_cast<std::size_t>(shape.producers);
  std::vector<std::unique_ptr<coarse_block>> made(each * static_cast<std::size_t>(shape.producers));
  const auto index_within = [](std::uint64_t number) {
    return (number & ((std::uint64_t{1} << 48) - 1)) - first_number;
  };
  const auto place_of = [&](std::uint64_t number) -> std::unique_ptr<coarse_block>& {
    return made[(number >> 48) * each + index_within(number)];
  };
  Queue queue(16);
  stop_flag stop;
  const auto is_ours = [&](std::uint64_t number) {
    return number >> 48 < static_cast<std::uint64_t>(shape.producers) && index_within(number) < each;
  };
  return Order::stream(
      queue, shape, std::chrono::nanoseconds(0), stop, is_ours,
      [&](std::uint64_t number) {
        place_of(number) = std::make_unique<coarse_block>(number);
        return number;
      },
      [&](std::uint64_t number) {
        if (!is_ours(number)) return std::uint64_t{0};
        const std::unique_ptr<coarse_block> block = std::move(place_of(number));
        return block && block->is_of(number) ? number : 0;
      });
}

template <queue_peer Queue, class Order = in_order>
void add_coarse(const std::string& structure, std::initializer_list<queue_shape> shapes,
                const std::string& implementation) {
  for (const bool busy : {false, true})
    for (const queue_shape shape : shapes)
      suite().push_back(
          {structure, busy ? "coarse_busy" : "coarse", shape.name(), implementation, shape.threads(),
           [=](std::chrono::nanoseconds time) {
             const auto neighbours = busy ? std::optional<busy_neighbours>(std::in_place) : std::nullopt;
             return coarse<Queue, Order>(shape,
                                         static_cast<std::size_t>(time / std::chrono::microseconds(200)));
           },
           headline::time_per_item});
}

}  // namespace bench
