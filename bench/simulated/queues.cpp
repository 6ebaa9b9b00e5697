// SPDX-License-Identifier: MIT
// Queues on simulated cores: as many producers as consumers, and pairs of push and pop in every thread.
#include <cstdint>
#include <deque>
#include <memory>
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
figures stream(simulate::simulation& all, const conditions& given, unsigned cores) {
  auto queue = made<Queue>();
  unsigned at_work = cores / 2;
  std::vector<body> bodies;
  for (unsigned pair = 0; pair != cores / 2; ++pair) {
    bodies.emplace_back([&, pair](meter& mine) {
      random_chain numbers(pair);
      while (mine.goes_on()) {
        queue.push(numbers());
        mine.work(0.5);
      }
      if (--at_work == 0) queue.close();
    });
    bodies.emplace_back([&](meter& mine) {
      while (queue.pop()) {
        mine.work(0.5);
        mine.count();
      }
    });
  }
  return run_together(all, given, bodies);
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

// Each producer has a consumer and a queue of its own.
figures own_streams(simulate::simulation& all, const conditions& given, unsigned cores) {
  std::deque<plait::spsc_queue<item>> queues;
  std::vector<body> bodies;
  for (unsigned pair = 0; pair != cores / 2; ++pair) {
    auto& queue = queues.emplace_back(capacity);
    bodies.emplace_back([&queue](meter& mine) {
      for (item i = 0; mine.goes_on(); ++i) {
        queue.push(i);
        mine.work(0.5);
      }
      queue.close();
    });
    bodies.emplace_back([&queue](meter& mine) {
      while (queue.pop()) {
        mine.work(0.5);
        mine.count();
      }
    });
  }
  return run_together(all, given, bodies);
}

// Every thread is both ends of a queue.
class own_pair {
 public:
  explicit own_pair(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [queue = std::make_shared<plait::spsc_queue<item>>(capacity)] {
      queue->push(1);
      static_cast<void>(queue->pop());
    };
  }
};

const registration all_queues([] {
  add<plait::bounded_queue<item>>("bounded_queue");
  add<plait::unbounded_queue<item>>("unbounded_queue");
  add<plait::lifo_queue<item>>("lifo_queue");
  add<plait::priority_queue<item>>("priority_queue");
  add<plait::relaxed_priority_queue<item>>("relaxed_priority_queue");
  suite().push_back({"spsc_queue", "throughput", "plait", 2, true, own_streams});
  add_alike<own_pair>("spsc_queue", "pair", "plait");
});

}  // namespace
}  // namespace simulated
