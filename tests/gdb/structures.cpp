// SPDX-License-Identifier: MIT
// Structures in various states, for gdb to print. See printers.py.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <plait/plait.hpp>

namespace {

// Its move may throw, so queues keep it in a box.
struct boxed_number {
  int value;
  explicit boxed_number(int n) : value(n) {}
  boxed_number(const boxed_number& other) noexcept(false) : value(other.value) {}
  boxed_number& operator=(const boxed_number&) = default;
};

// A comparator that, in a thread that asks for it, waits until it is told to continue.
std::atomic<bool> holds_the_lock{false};
std::atomic<bool> is_holding{false};
thread_local bool compares_slowly = false;
struct slow_less {
  bool operator()(int a, int b) const noexcept {
    while (compares_slowly && holds_the_lock) is_holding = true;
    return a < b;
  }
};

struct node : plait::hazard_pointer_obj_base<node> {};

}  // namespace

namespace shown {

plait::bounded_queue<int> bounded_empty(3);
plait::bounded_queue<int> bounded(3);
plait::bounded_queue<std::unique_ptr<int>> bounded_pointers(2);
plait::bounded_queue<boxed_number> bounded_boxes(2);
plait::bounded_queue<std::string> bounded_single(1);
plait::unbounded_queue<int> unbounded;
plait::unbounded_queue<std::string> unbounded_closed;
plait::spsc_queue<int> spsc(3);
plait::lifo_queue<int> lifo;
plait::lifo_queue<int> lifo_bounded(2);
plait::priority_queue<plait::prioritized<int, char>, std::less<>, plait::stable_order> priority(4);
plait::priority_queue<int, slow_less> priority_in_use;
plait::relaxed_priority_queue<int> relaxed;
plait::counter counter;
plait::counter counter_below_zero;
plait::counter counter_unused;
plait::keyed_counter<std::string> words;
plait::keyed_counter<std::pair<int, int>,
                     decltype([](const std::pair<int, int>& p) { return std::size_t(p.first); })>
    pairs;
plait::keyed_counter<int> frequent({.max_keys = 2});
plait::hash_map<int, char> map;
plait::hash_map<std::string, int> map_of_strings;
plait::hash_map<std::string, int> map_of_long_strings;
plait::hash_map<std::string, std::string> map_of_objects;
plait::hash_map<int, int> map_unused;
plait::hash_map<int, int> map_of_thousands;
plait::hash_set<int> set;
plait::hash_set<std::string> set_of_strings;
plait::stats_map<int, char> stats;
plait::expiring_cache<int, char> cache({.capacity = 10});
plait::expiring_cache<std::string, std::string> cache_of_strings({.capacity = 10});
plait::expiring_cache<int, int> cache_unused({.capacity = 10});
plait::expiring_cache<int, int> cache_of_thousands({.capacity = 4000});
plait::mutex mutex_free;
plait::mutex mutex_locked;
plait::recursive_mutex recursive_locked;
plait::shared_mutex shared_free;
plait::shared_mutex shared_written;
plait::synchronized_value<int> guarded_number(7);
plait::checked<plait::mutex> checked_free;
plait::checked<plait::mutex> checked_locked("accounts", plait::lock_key(-7));
plait::checked<plait::recursive_mutex> checked_rank("session", plait::lock_rank(10));
plait::checked<std::mutex> checked_leaf("log", plait::leaf_lock);
plait::checked<plait::mutex, false> unchecked;
plait::thread_specific<long> own_unused;
plait::thread_specific<std::string> own(plait::keep_at_exit);
plait::thread_specific<int> own_folded(plait::fold_at_exit(std::plus<>()));
plait::hazard_pointer guard_empty;
plait::hazard_pointer guard = plait::make_hazard_pointer();
plait::hazard_pointer guard_of_nothing = plait::make_hazard_pointer();
std::atomic<node*> current{new node};
plait::conqueue_status status = plait::conqueue_status::busy;

// Where gdb stops the program.
[[gnu::noinline]] void stop_here() {
  asm volatile("" ::: "memory");
}

}  // namespace shown

int main() {
  using namespace shown;
  for (int i = 1; i <= 5; ++i) {
    bounded.push(i);
    spsc.push(i);
    if (i <= 3) (void)bounded.pop(), (void)spsc.pop();
  }
  bounded.push(6);
  spsc.push(6), spsc.close();
  bounded_pointers.push(std::make_unique<int>(7));
  bounded_boxes.push(boxed_number(8)), bounded_boxes.close();
  bounded_single.push("first"), (void)bounded_single.pop(), bounded_single.push("second");
  for (int i = 0; i != 1000; ++i) unbounded.push(i);
  for (int i = 0; i != 995; ++i) (void)unbounded.pop();
  unbounded_closed.push("left"), unbounded_closed.close();
  for (int i = 1; i <= 3; ++i) lifo.push(i);
  lifo_bounded.push(1), lifo_bounded.close();
  priority.push({2, 'b'}), priority.push({1, 'a'});
  relaxed.push(9), relaxed.push(9), relaxed.push(9), (void)relaxed.try_pop();

  // One thread holds the lock while another one pushes.
  priority_in_use.push(10), priority_in_use.push(20);
  holds_the_lock = true;
  std::jthread holder([] {
    compares_slowly = true;
    priority_in_use.push(30);
  });
  while (!is_holding) std::this_thread::yield();
  priority_in_use.push(40), priority_in_use.push(50);

  std::jthread([] {
    counter.add(40), counter_below_zero.add(-5);
    words.add("cat", 2), words.add("a word that is not short");
  }).join();
  counter.exchange(100), counter.add(2);
  words.add("cat"), words.add("");
  pairs.add({1, 2}, 3), pairs.add({1, 1});
  for (int key = 0; key != 5; ++key) frequent.add(key, 50 - 10 * key);
  (void)frequent.size(), frequent.add(7), frequent.add(1);  // 2 to 4 have left
  map.insert(5, 'm');
  map_of_strings.insert("apples", 3), map_of_long_strings.insert("apples, but those of last year are gone", 4);
  map_of_objects.insert("apples", "five");
  for (int i = 0; i != 5000; ++i) map_of_thousands.insert(i, i);
  set.insert(5), set_of_strings.insert("apples");
  stats.insert(6, 's'), (void)stats.get(6, ' ');
  cache.put(7, 'c', {.time_to_live = std::chrono::hours(1), .tags = {"a"}}), (void)cache.get(7);
  cache_of_strings.put("pears", "4");
  for (int i = 0; cache_of_thousands.size() != 4000; ++i) cache_of_thousands.put(i, i);
  mutex_locked.lock(), recursive_locked.lock(), recursive_locked.lock(), shared_written.lock();
  checked_locked.lock(), unchecked.lock();
  own.get() = "of main", own_folded.get() = 5;
  std::jthread([] { own.get() = "of another thread", own_folded.get() = 30; }).join();
  std::jthread([] { own_folded.get() = 7; }).join();
  guard.protect(current);

  stop_here();

  holds_the_lock = false;
  mutex_locked.unlock(), recursive_locked.unlock(), recursive_locked.unlock(), shared_written.unlock();
  checked_locked.unlock(), unchecked.unlock();
}
