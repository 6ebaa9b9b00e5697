// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/spsc_queue.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

constexpr std::int64_t items = 1'000'000;

// Nanoseconds an item, when one thread passes on items with `put` and the other takes the sum with `take`.
template <class Queue>
double nanoseconds_an_item(const std::function<void(Queue&)>& put,
                           const std::function<std::int64_t(Queue&)>& take) {
  Queue queue(1024);
  std::int64_t sum = 0;
  const double seconds = run_together(2, [&](unsigned i) {
    if (i == 0) {
      put(queue);
      queue.close();
    } else {
      sum = take(queue);
    }
  });
  if (sum != items * (items - 1) / 2) throw std::logic_error("the queue lost or invented an item");
  return seconds * 1e9 / static_cast<double>(items);
}

template <class Queue>
double one_by_one() {
  return nanoseconds_an_item<Queue>(
      [](Queue& queue) {
        for (std::int64_t i = 0; i != items; ++i) queue.push(i);
      },
      [](Queue& queue) {
        std::int64_t sum = 0;
        while (const std::optional<std::int64_t> item = queue.pop()) sum += *item;
        return sum;
      });
}

double in_place() {
  using queue_type = plait::spsc_queue<std::int64_t>;
  return nanoseconds_an_item<queue_type>(
      [](queue_type& queue) {
        for (std::int64_t next = 0; next != items;) {
          const auto left = static_cast<std::size_t>(items - next);
          const std::span<std::int64_t> room = queue.reserve(left < 64 ? left : 64);
          for (std::int64_t& each : room) each = next++;
          queue.commit(room.size());
        }
      },
      [](queue_type& queue) {
        std::int64_t sum = 0;
        for (std::span<std::int64_t> some; !(some = queue.peek(64)).empty(); queue.consume(some.size()))
          for (const std::int64_t each : some) sum += each;
        return sum;
      });
}

}  // namespace

void spsc(page& out) {
  out.say(
      "Where one thread only pushes and one only pops, nothing has to be claimed, and a queue can do without "
      "any read-modify-write, also when its threads may sleep:");
  out.code("spsc_queue", "stream");

  out.say("Elements can be written and read where they lie, many at a time:");
  out.code("spsc_queue", "in place");

  const std::vector<double> time = medians_in_turn({
      [] { return one_by_one<plait::spsc_queue<std::int64_t>>(); },
      [] { return one_by_one<plait::bounded_queue<std::int64_t>>(); },
      [] { return in_place(); },
  });
  out.say("{} items of 8 bytes from one thread to another, 1024 places (median of 5, sums compared):",
          grouped(items));
  out.row("{:<38} {:>8.2f} ns an item", "plait::spsc_queue", time[0]);
  out.row("{:<38} {:>8.2f} ns an item", "plait::bounded_queue", time[1]);
  out.row("{:<38} {:>8.2f} ns an item", "plait::spsc_queue, 64 in place", time[2]);
  out.gap();
  out.say("One by one it is {} bounded_queue; in place it is {} one by one.", compared(time[0], time[1]),
          compared(time[2], time[0]));
}

}  // namespace plait::cli::tour
