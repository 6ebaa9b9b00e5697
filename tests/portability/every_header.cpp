// SPDX-License-Identifier: MIT
// Uses every structure, after a header with a function sync(), which a namespace of that name would hide. See
// CMakeLists.txt.
#include <memory>
#include <mutex>

#include <unistd.h>

#include <plait/plait.hpp>

using namespace plait;

namespace {

struct node : hazard_pointer_obj_base<node> {};

template <class Queue>
void use(Queue& queue) {
  queue.push(1);
  (void)queue.pop();
}

}  // namespace

int main() {
  sync();
  bounded_queue<int> bounded(1);
  use(bounded);
  unbounded_queue<int> unbounded;
  use(unbounded);
  spsc_queue<int> spsc(1);
  use(spsc);
  lifo_queue<int> lifo;
  use(lifo);
  priority_queue<int> priority;
  use(priority);
  relaxed_priority_queue<int> relaxed;
  use(relaxed);
  bounded.push(1);
  (void)try_pop_any(bounded, unbounded);

  counter count;
  count.add();
  keyed_counter<int> counts;
  counts.add(1);
  std::atomic<node*> current{new node};
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(current);
  current.exchange(nullptr)->retire();
  checked<std::mutex> mutex("mutex");
  const std::lock_guard locked(mutex);
  thread_specific<int> value;
  value.get() = 0;
  return value.get() + static_cast<int>(count.load() - counts.count(1));
}
