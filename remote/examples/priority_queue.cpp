// SPDX-License-Identifier: MIT
// Tasks that are pushed out of order and done in order: priority_queue URL.
#include <cstdio>
#include <string>

#include <plait/prioritized.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/priority_queue.hpp>

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: %s URL\n", arguments[0]), 2;
  const plait::remote::connection server(arguments[1]);
  plait::remote::priority_queue<plait::prioritized<int, std::string>> tasks(server, "tasks");
  tasks.push({3, "clean up"});
  tasks.push({1, "alarm"});
  tasks.push({2, "report"});
  tasks.close();
  while (auto task = tasks.pop()) {
    std::printf("%d %s\n", task->priority, task->value.c_str());
    tasks.task_done();
  }
}
