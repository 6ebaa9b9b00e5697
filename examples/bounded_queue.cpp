// SPDX-License-Identifier: MIT
#include <cstdio>
#include <optional>
#include <plait/bounded_queue.hpp>
#include <thread>

int main() {
  // [pipeline]
  plait::bounded_queue<int> queue(8);
  std::jthread producer([&] {
    for (int i = 1; i <= 100; ++i) queue.push(i);  // waits while 8 are in flight
    queue.close();                                 // no more: consumers drain what is left
  });
  int sum = 0;
  while (std::optional<int> item = queue.pop()) sum += *item;
  // [pipeline]
  std::printf("%d\n", sum);
  return sum == 5050 ? 0 : 1;
}
