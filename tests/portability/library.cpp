// SPDX-License-Identifier: MIT
#include "library.hpp"

#include <string>

void library_add(plait::counter& counter, int count) {
  for (int i = 0; i != count; ++i) counter.add();
}

long library_load(const plait::counter& counter) {
  return counter.load();
}

void library_count(plait::keyed_counter<int>& counter, int key) {
  counter.add(key);
}

node* library_protect(plait::hazard_pointer& guard, const std::atomic<node*>& source) {
  return guard.protect(source);
}

void library_retire(node& object) {
  object.retire();
}

void library_nest(plait::checked<std::mutex>& outer, plait::checked<std::mutex>& inner) {
  const std::lock_guard first(outer);
  const std::lock_guard second(inner);
}

int* library_get(plait::thread_specific<int>& values) {
  return &values.get();
}

long library_sum(const plait::thread_specific<int>& values) {
  return values.combine(0L, [](long sum, int each) { return sum + each; });
}

void library_push(plait::unbounded_queue<int>& queue, int count) {
  for (int i = 0; i != count; ++i) queue.push(1);
}

long library_pop(plait::unbounded_queue<int>& queue, int count) {
  long sum = 0;
  while (count-- != 0) sum += queue.pop().value_or(0);
  return sum;
}

long library_use_its_own() {
  static plait::counter calls;
  static std::atomic<int> alive = 0;
  calls.add();
  (new node(alive))->retire();
  plait::make_hazard_pointer();
  static plait::thread_specific<std::string> names([] { return std::string(100, 'n'); });
  names.get();
  return calls.load();
}
