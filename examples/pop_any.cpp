// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <thread>
#include <variant>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>

int main() {
  // [two queues]
  plait::bounded_queue<std::string> commands(4);
  plait::bounded_queue<int> work(64);
  std::jthread boss([&] {
    for (int i = 1; i <= 100; ++i) work.push(i);
    commands.push("and that is all");
    work.close(), commands.close();
  });
  int sum = 0;
  while (auto item = plait::pop_any(commands, work))  // nothing once all are closed and drained
    if (item->index() == 1) sum += std::get<1>(*item);
  // [two queues]
  std::printf("%d\n", sum);
  return sum == 5050 ? 0 : 1;
}
