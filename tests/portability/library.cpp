// SPDX-License-Identifier: MIT
#include "library.hpp"

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
  return calls.load();
}
