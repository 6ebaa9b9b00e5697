// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <variant>

#include <fmt/format.h>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::member;
using stress::queue_recorder;
using stress::round;
using stress::tally;
using queue_type = plait::bounded_queue<std::uint64_t>;

// One producer for each of two queues; consumers that wait at both, and one that waits at the second only. Each
// queue has a history of its own.
tally two_queues(const round& of) {
  std::mt19937_64 random = of.random();
  const std::uint64_t count = 100 + random() % 2000;
  const std::size_t consumers = of.threads < 4 ? 1 : of.threads - 3;  // at both
  queue_type first(1 + random() % 3);
  queue_type second(1 + random() % 3);
  queue_recorder told_first(of.threads + 4);
  queue_recorder told_second(of.threads + 4);

  stress::team threads(of);
  const auto produce = [count](member& who, queue_type& queue, stress::queue_log& log) {
    for (std::uint64_t next = 0; next != count; ++next) stress::push(who, queue, next, log);
    stress::close(who, queue, log);
  };
  threads.add("first producer", [&](member& who) { produce(who, first, told_first.thread(0)); });
  threads.add("second producer", [&](member& who) { produce(who, second, told_second.thread(0)); });
  threads.add("consumer of the second", [&](member& who) {
    while (stress::pop(who, second, told_second.thread(1))) {
    }
  });
  for (std::size_t i = 0; i != consumers; ++i)
    threads.add(fmt::format("consumer of both {}", i), [&, i](member& who) {
      stress::queue_log& of_first = told_first.thread(2 + i);
      stress::queue_log& of_second = told_second.thread(2 + i);
      bool is_over = false;
      while (!is_over) {
        who.does("pop_any", [&] {
          const history::moment began = of_first.now();
          const auto item = plait::pop_any(first, second);
          is_over = !item;
          if (is_over) return;
          if (item->index() == 0)
            of_first.add(began, {stress::popped, std::get<0>(*item)});
          else
            of_second.add(began, {stress::popped, std::get<1>(*item)});
        });
      }
    });
  threads.run();
  tally done = stress::check_fifo(first, told_first.collect());
  return done += stress::check_fifo(second, told_second.collect());
}

const stress::workload all[] = {{"pop_any/two_queues", two_queues}};

}  // namespace
