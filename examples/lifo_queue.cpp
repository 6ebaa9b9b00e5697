// SPDX-License-Identifier: MIT
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <plait/lifo_queue.hpp>

int main() {
  // [trail]
  plait::lifo_queue<std::string> trail;
  trail.push("the door");
  trail.push("the stairs");
  trail.push("the attic");
  trail.close();
  while (auto place = trail.pop()) std::printf("back to %s\n", place->c_str());
  // [trail]

  // [buffers]
  // A pool: a thread that needs a buffer takes the one that was used last, or waits until there is one.
  plait::lifo_queue<std::vector<char>> pool(4);
  for (int i = 0; i != 4; ++i) pool.push(std::vector<char>(4096));
  const auto work = [&] {
    for (int i = 0; i != 1000; ++i) {
      std::vector<char> buffer = pool.pop().value();
      buffer[0] = 'x';
      pool.push(std::move(buffer));
    }
  };
  {
    std::jthread first(work), second(work), third(work);
  }
  // [buffers]
  std::printf("%zu buffers are back\n", pool.size());
  return pool.size() == 4 ? 0 : 1;
}
