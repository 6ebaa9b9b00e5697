// SPDX-License-Identifier: MIT
#include <optional>
#include <thread>

#include <plait/plait.hpp>

int main() {
  plait::bounded_queue<int> queue(1);
  std::jthread producer([&] {
    queue.push(42);
    queue.close();
  });
  return queue.pop() == std::optional<int>(42) && !queue.pop() ? 0 : 1;
}
