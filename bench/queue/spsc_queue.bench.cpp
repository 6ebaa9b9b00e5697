// SPDX-License-Identifier: MIT
// plait's own spsc_queue, by the calls that every queue has, and with batches in place.
#include "queue/spsc_queue.bench.hpp"

#include <cstdint>
#include <span>

#include <plait/spsc_queue.hpp>

#include "support/plait_queue.hpp"

namespace {

using numbers = plait::spsc_queue<std::uint64_t>;

// Batches written and read in place.
bench::measurement in_place(std::chrono::nanoseconds time) {
  numbers queue(1024);
  bench::stop_flag stop;
  const auto produce = [&](std::uint64_t number) {
    bench::tally pushed;
    while (!stop()) {
      const std::span<std::uint64_t> room = queue.reserve(64);
      for (std::uint64_t& each : room) pushed.add(each = number++);
      queue.commit(room.size());
    }
    queue.close();
    return pushed;
  };
  const auto consume = [&] {
    bench::tally popped;
    for (std::span<std::uint64_t> some; !(some = queue.peek(64)).empty(); queue.consume(some.size()))
      for (const std::uint64_t each : some) popped.add(each);
    return popped;
  };
  return bench::pass_on({1, 1}, time, stop, produce, consume);
}

const bench::registration plait_queues([] {
  bench::add_spsc_queue<bench::blocking<numbers>>("plait");
  bench::add_spsc_queue<bench::nonblocking<numbers>>("plait_nonblocking");
  bench::add_batch<bench::blocking<numbers>>("spsc_queue", "plait");
  bench::add_idle<bench::blocking<numbers>>("spsc_queue", "plait", 1);
  // For comparison with a batch: the same items, one at a time.
  bench::add_throughput<bench::blocking<numbers>>("spsc_queue", "batch", {1, 1}, "plait_single");
  bench::suite().push_back({"spsc_queue", "batch", "1P1C", "plait_in_place", 2, in_place});
});

}  // namespace
