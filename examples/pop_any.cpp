// SPDX-License-Identifier: MIT
#include <cstdio>
#include <deque>
#include <string>
#include <thread>
#include <variant>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>
#include <plait/unbounded_queue.hpp>

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

  // [a range]
  std::deque<plait::unbounded_queue<int>> lanes(3);  // or pointers to queues that live elsewhere
  lanes[2].push(42);
  for (auto& lane : lanes) lane.close();
  while (auto item = plait::pop_any(lanes)) std::printf("%d from lane %zu\n", item->value, item->index);
  // [a range]
  return sum == 5050 ? 0 : 1;
}
