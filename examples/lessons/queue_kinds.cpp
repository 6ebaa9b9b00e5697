// SPDX-License-Identifier: MIT
// The same items through three kinds of queue, which differ in what comes out next.
#include <iostream>
#include <string>

#include <plait/concurrent_queue.hpp>
#include <plait/lifo_queue.hpp>
#include <plait/priority_queue.hpp>
#include <plait/unbounded_queue.hpp>

namespace {

using task = plait::prioritized<int, std::string>;

void show(const char* kind, plait::concurrent_queue auto& queue) {
  queue.push(task{3, "sweep the floor"});
  queue.push(task{1, "put out the fire"});
  queue.push(task{2, "answer the phone"});
  queue.close();  // so that pop() does not wait for a fourth
  std::cout << kind << '\n';
  while (const auto next = queue.pop()) std::cout << "  " << next->priority << ' ' << next->value << '\n';
}

}  // namespace

int main() {
  plait::unbounded_queue<task> line;    // at a counter: first in, first out
  plait::lifo_queue<task> pile;         // of plates: last in, first out
  plait::priority_queue<task> urgency;  // in a hospital: the smallest number first
  show("first in, first out", line);
  show("last in, first out", pile);
  show("by priority", urgency);
}
