// SPDX-License-Identifier: MIT
// Lines from several threads, written by one.
#include <iostream>
#include <string>
#include <thread>

#include <plait/unbounded_queue.hpp>

int main() {
  // [log]
  plait::unbounded_queue<std::string> lines;
  std::jthread writer([&] {
    while (const auto line = lines.pop()) std::cout << *line << '\n';
  });
  for (int i = 0; i < 3; ++i) lines.push("line " + std::to_string(i));  // returns at once
  lines.close();                                                        // the writer writes what is left
  // [log]
  writer.join();
  return lines.empty() ? 0 : 1;
}
