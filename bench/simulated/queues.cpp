// SPDX-License-Identifier: MIT
// Queues on simulated cores: as many producers as consumers, and pairs of push and pop in every thread.
#include <cstdint>
#include <deque>
#include <optional>

#include <plait/bounded_queue.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/priority_queue.hpp>
#include <plait/relaxed_priority_queue.hpp>
#include <plait/spsc_queue.hpp>
#include <plait/unbounded_queue.hpp>

#include "simulated/workload.hpp"

namespace simulated {
namespace {

constexpr std::size_t capacity = 1024;

template <class Queue>
Queue made() {
  if constexpr (std::constructible_from<Queue, std::size_t>) {
    return Queue(capacity);
  } else {
    return Queue();
  }
}

// What is pushed is popped by another thread.
template <class Queue>
figures stream(simulate::simulation& all, const span_of_time& span, unsigned cores) {
  auto queue = made<Queue>();
  unsigned at_work = cores / 2;
  std::vector<body> bodies;
  for (unsigned pair = 0; pair != cores / 2; ++pair) {
    bodies.emplace_back([&, pair](meter& mine) {
      random_chain numbers(pair);
      while (mine.goes_on()) queue.push(numbers());
      if (--at_work == 0) queue.close();
    });
    bodies.emplace_back([&](meter& mine) {
      while (queue.pop()) mine.count();
    });
  }
  return run_together(all, span, bodies);
}

// Every thread pushes an item, and then pops one.
template <class Queue>
class pairs {
 public:
  explicit pairs(unsigned /*threads*/) {
    for (std::uint64_t i = 0; i != capacity / 2; ++i) queue_.push(i);
  }
  std::function<void()> operation(unsigned number) {
    return [this, numbers = random_chain(number)]() mutable {
      queue_.push(numbers());
      static_cast<void>(queue_.pop());
    };
  }

 private:
  Queue queue_ = made<Queue>();
};

template <class Queue>
void add(const std::string& structure) {
  suite().push_back({structure, "throughput", "plait", 2, true, stream<Queue>});
  add_alike<pairs<Queue>>(structure, "pair", "plait");
}

using item = std::uint64_t;

const registration all_queues([] {
  add<plait::bounded_queue<item>>("bounded_queue");
  add<plait::unbounded_queue<item>>("unbounded_queue");
  add<plait::lifo_queue<item>>("lifo_queue");
  add<plait::priority_queue<item>>("priority_queue");
  add<plait::relaxed_priority_queue<item>>("relaxed_priority_queue");
  suite().push_back({"spsc_queue", "throughput", "plait", 2, true,
                     [](simulate::simulation& all, const span_of_time& span, unsigned cores) {
                       // Each pair has a queue of its own.
                       std::deque<plait::spsc_queue<item>> queues;
                       std::vector<body> bodies;
                       for (unsigned pair = 0; pair != cores / 2; ++pair) {
                         auto& queue = queues.emplace_back(capacity);
                         bodies.emplace_back([&queue](meter& mine) {
                           for (item i = 0; mine.goes_on(); ++i) queue.push(i);
                           queue.close();
                         });
                         bodies.emplace_back([&queue](meter& mine) {
                           while (queue.pop()) mine.count();
                         });
                       }
                       return run_together(all, span, bodies);
                     }});
});

}  // namespace
}  // namespace simulated
