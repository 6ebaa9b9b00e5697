// SPDX-License-Identifier: MIT
// Two producers create tasks, three consumers work on them, and each task is done exactly once.
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <syncstream>
#include <thread>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/keyed_counter.hpp>

namespace {

using namespace std::chrono_literals;

constexpr int producers = 2, consumers = 3;
constexpr int tasks_each = 5;  // of a producer

}  // namespace

int main() {
  plait::bounded_queue<std::string> tasks(4);
  plait::keyed_counter<std::string> done;

  const auto consume = [&](int id) {
    while (const std::optional<std::string> task = tasks.pop()) {  // waits; ends once closed and drained
      std::this_thread::sleep_for(3ms);                            // the work
      std::osyncstream(std::cout) << "consumer " << id << " did " << *task << '\n';
      done.add(*task);
      tasks.task_done();
    }
  };

  const auto produce = [&](int id) {
    for (int i = 1; i <= tasks_each; ++i)
      tasks.push("task " + std::to_string(i) + " of producer " + std::to_string(id));  // waits while 4 wait
  };

  std::vector<std::jthread> working;
  for (int id = 1; id <= consumers; ++id) working.emplace_back(consume, id);
  {
    std::vector<std::jthread> producing;
    for (int id = 1; id <= producers; ++id) producing.emplace_back(produce, id);
  }  // the producers have ended: every task has been created
  tasks.join();  // waits until each is done, that is, until task_done() was called for it
  std::cout << done.total() << " tasks were done, " << done.size() << " different ones\n";
  tasks.close();    // there will be no more, so the consumers end
  working.clear();  // waits for them
  std::cout << tasks.size() << " are left\n";
  return done.total() == 10 && done.size() == 10 && tasks.empty() ? 0 : 1;
}
