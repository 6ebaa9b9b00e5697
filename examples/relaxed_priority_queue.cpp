// SPDX-License-Identifier: MIT
#include <cstdio>
#include <optional>

#include <plait/relaxed_priority_queue.hpp>

int main() {
  // [sum]
  plait::relaxed_priority_queue<int> queue;
  for (int i = 100; i != 0; --i) queue.push(i);
  queue.close();
  int sum = 0;
  while (std::optional<int> item = queue.pop()) sum += *item;  // each of them once, the small ones early
  // [sum]
  std::printf("%d\n", sum);
  return sum == 5050 ? 0 : 1;
}
