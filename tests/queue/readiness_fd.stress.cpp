// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <random>

#include <poll.h>

#include <fmt/format.h>

#include <plait/bounded_queue.hpp>
#include <plait/readiness_fd.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using plait::conqueue_status;
using stress::member;
using stress::round;
using stress::tally;
using queue_type = plait::bounded_queue<std::uint64_t>;

// Pops whenever its descriptor is readable, asleep in poll() in between, until the queue is closed and drained.
void serve(member& who, queue_type& queue, stress::queue_log& log) {
  plait::readiness_fd ready(queue);
  for (;;) {
    pollfd waited_for{ready.native_handle(), POLLIN, 0};
    who.does("poll", [&] { return ::poll(&waited_for, 1, -1); });
    for (;;) {
      const history::moment began = log.now();
      const auto item = who.does("try_pop", [&] { return queue.try_pop(); });
      if (item) {
        log.add(began, {stress::popped, *item});
      } else if (item.error() == conqueue_status::closed) {
        return log.add(began, {stress::pop_closed});
      } else {
        if (item.error() == conqueue_status::empty) log.add(began, {stress::found_empty});
        break;
      }
    }
    who.does("rearm", [&] { return ready.rearm(); });
  }
}

// Producers, event loops with a descriptor each and,
// from four threads on, a thread that sleeps in pop().
tally event_loops(const round& of) {
  std::mt19937_64 random = of.random();
  const std::uint64_t count = 100 + random() % 1000;
  const std::size_t poppers = of.threads < 4 ? 0 : 1;
  const std::size_t producers = 1 + random() % (of.threads - 1 - poppers);
  queue_type queue(stress::drawn_capacity(random));

  stress::queue_recorder told(of.threads, count);
  std::atomic<std::size_t> at_work = producers;
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i) {
    stress::queue_log& log = told.thread(i);
    if (i < producers) {
      threads.add(fmt::format("producer {}", i), [&, i](member& who) {
        stress::producer<queue_type>(queue, i, log).run(who, count);
        if (--at_work == 0) stress::close(who, queue, log);
      });
    } else if (i < producers + poppers) {
      threads.add("consumer", [&](member& who) {
        while (stress::pop(who, queue, log)) {
        }
      });
    } else {
      threads.add(fmt::format("event loop {}", i - producers - poppers),
                  [&](member& who) { serve(who, queue, log); });
    }
  }
  threads.run();
  return stress::check_fifo(queue, told.collect());
}

const stress::workload all[] = {{"readiness_fd/event_loops", event_loops}};

}  // namespace
