// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <plait/priority_queue.hpp>

int main() {
  std::vector<std::string> done;
  // [tasks]
  plait::priority_queue<plait::prioritized<int, std::string>> tasks;
  tasks.push({3, "clean up"});
  tasks.push({1, "alarm"});
  tasks.push({2, "report"});
  tasks.close();
  while (auto task = tasks.pop()) std::printf("%d %s\n", task->priority, task->value.c_str());
  // [tasks]

  // [order]
  struct job {
    int due;
    std::string name;
  };
  const auto earlier = [](const job& a, const job& b) noexcept { return a.due < b.due; };
  // Jobs that are due at the same time come out in the order in which they went in.
  plait::priority_queue<job, decltype(earlier), plait::stable_order> jobs(8, earlier);  // holds at most 8
  for (const char* const name : {"first", "second", "third"}) jobs.push({17, name});
  jobs.push({9, "early"});
  // [order]
  for (auto next = jobs.try_pop(); next; next = jobs.try_pop()) done.push_back(next->name);
  for (const std::string& name : done) std::printf("%s\n", name.c_str());
  return done == std::vector<std::string>{"early", "first", "second", "third"} && tasks.is_closed() ? 0 : 1;
}
