// SPDX-License-Identifier: MIT
// A program and a library with hidden visibility have one counter, one queue and one set of hazard pointers.
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <thread>

#include "library.hpp"

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "shared_library: %s\n", what);
  std::exit(1);
}

void counters() {
  constexpr int adds = 1000;
  plait::counter counter;
  library_add(counter, adds);
  check(counter.load() == adds, "the program loses what the library adds");
  check(library_load(counter) == adds, "the library loses what it adds");
  std::thread([&] { library_add(counter, adds); }).join();
  std::thread([&] { counter.add(adds); }).join();
  check(library_load(counter) == 3L * adds, "the library loses what the program adds");

  plait::keyed_counter<int> counts;
  library_count(counts, 1);
  std::thread([&] { library_count(counts, 1); }).join();
  counts.add(1);
  check(counts.count(1) == 3, "a keyed counter loses counts");
}

void thread_specifics() {
  plait::thread_specific<int> values(plait::fold_at_exit([](int a, int b) { return a + b; }));
  *library_get(values) = 1;
  check(values.get() == 1, "the program does not find what the library has made");
  check(library_get(values) == &values.get(), "a thread has two values");
  std::thread([&] { *library_get(values) = 2; }).join();
  std::thread([&] { values.get() = 4; }).join();
  check(library_sum(values) == 7, "a value of a thread that has ended is missing");
  plait::thread_specific<int> others;
  check(others.get() == 0 && *library_get(others) == 0, "another object's value");
}

void lock_orders() {
  plait::lock_order::on_report([](const plait::lock_order_report&) {});
  plait::checked<std::mutex> first("first"), second("second");
  std::thread([&] { library_nest(first, second); }).join();
  const std::lock_guard outer(second);
  const std::lock_guard inner(first);
  check(plait::lock_order::reports() == 1, "the library's order is not the program's");
  plait::lock_order::on_report(nullptr);
}

void hazard_pointers() {
  std::atomic<int> alive = 0;
  const auto retire_others = [&](bool in_library) {
    for (int i = 0; i != 1000; ++i) {
      auto* const other = new node(alive);
      in_library ? library_retire(*other) : other->retire();
    }
  };
  for (const bool library_protects : {false, true}) {
    std::atomic<int> protected_alive = 0;
    std::atomic<node*> current = new node(protected_alive);
    plait::hazard_pointer guard = plait::make_hazard_pointer();
    node* const object = library_protects ? library_protect(guard, current) : guard.protect(current);
    std::thread([&] {
      library_protects ? object->retire() : library_retire(*object);
      retire_others(!library_protects);
    }).join();
    check(protected_alive == 1, "what one side protects, the other frees");
    guard.reset_protection();
    retire_others(library_protects);
    check(protected_alive == 0, "what one side retires, the other does not free");
  }
}

void queues() {
  constexpr int items = 200'000;
  plait::unbounded_queue<int> queue;
  long popped_here = 0;
  long popped_there = 0;
  {
    const std::jthread there([&] { popped_there = library_pop(queue, items); });
    const std::jthread here([&] {
      for (int i = 0; i != items; ++i) popped_here += queue.pop().value_or(0);
    });
    const std::jthread pushes_there([&] { library_push(queue, items); });
    for (int i = 0; i != items; ++i) queue.push(1);
  }
  check(popped_here + popped_there == 2L * items, "a queue loses items");
}

}  // namespace

int main() {
  counters();
  thread_specifics();
  lock_orders();
  hazard_pointers();
  queues();
}
