// SPDX-License-Identifier: MIT
// Two producers with a queue each, one consumer of both: waiting at both at once, looking at one after the
// other for ever, and two producers of a single queue.
#include <cstdint>
#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>
#include <thread>
#include <variant>
#include <vector>

#include "bounded_queue.bench.hpp"
#include "support/suite.hpp"

namespace {

using queue_type = plait::bounded_queue<std::uint64_t>;

struct waits_at_both {
  queue_type first{1024}, second{1024};
  queue_type& of(int producer) { return producer == 0 ? first : second; }
  std::uint64_t pop() {
    const auto item = plait::pop_any(first, second);
    return item->index() == 0 ? std::get<0>(*item) : std::get<1>(*item);
  }
};

struct looks_in_turn {
  queue_type first{1024}, second{1024};
  queue_type& of(int producer) { return producer == 0 ? first : second; }
  std::uint64_t pop() {
    for (;;) {
      if (const auto item = first.try_pop()) return *item;
      if (const auto item = second.try_pop()) return *item;
      std::this_thread::yield();
    }
  }
};

struct single_queue {
  queue_type only{1024};
  queue_type& of(int) { return only; }
  std::uint64_t pop() { return *only.pop(); }  // NOLINT(bugprone-unchecked-optional-access): never closed
};

template <class Queues>
bench::measurement throughput(std::chrono::nanoseconds time) {
  Queues queues;
  bench::stop_flag stop;
  std::vector<bench::tally> pushed(2);
  bench::tally popped;
  std::vector<bench::job> jobs;
  for (int i = 0; i != 2; ++i)
    jobs.push_back([&, i] {
      bench::tally result;
      std::uint64_t number = bench::first_number + (static_cast<std::uint64_t>(i) << 48);
      for (; !stop(); ++number) {
        queues.of(i).push(number);
        result.add(number);
      }
      queues.of(i).push(bench::producer_done);
      pushed[static_cast<std::size_t>(i)] = result;
    });
  jobs.push_back([&] {
    bench::tally result;
    for (int producers = 2; producers != 0;) {
      const std::uint64_t number = queues.pop();
      if (number == bench::producer_done)
        --producers;
      else
        result.add(number);
    }
    popped = result;
  });
  bench::measurement measured = bench::run_together(jobs, time, stop);
  bench::check_same(pushed[0] + pushed[1], popped);
  measured.items = static_cast<double>(popped.count);
  return measured;
}

const bench::registration workloads([] {
  bench::suite().push_back({"pop_any", "throughput", "2P1C", "plait", 3, throughput<waits_at_both>});
  bench::suite().push_back(
      {"pop_any", "throughput", "2P1C", "plait_nonblocking", 3, throughput<looks_in_turn>});
  bench::suite().push_back({"pop_any", "throughput", "2P1C", "bounded_queue", 3, throughput<single_queue>});
});

}  // namespace
