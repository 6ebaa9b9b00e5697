// SPDX-License-Identifier: MIT
// What only priority_queue promises: its order, comparator and memory. For the rest see
// queue_contract.test.cpp.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/priority_queue.hpp>

#include "support/sanitizer.hpp"

namespace {

using plait::conqueue_status;
using plait::prioritized;
using plait::priority_queue;

template <class Queue>
auto drain(Queue& queue) {
  std::vector<typename Queue::value_type> items;
  while (auto item = queue.try_pop()) items.push_back(*std::move(item));
  return items;
}

TEST(priority_queue, the_smallest_item_comes_out_first) {
  priority_queue<int> queue;
  for (const int item : {3, 1, 4, 1, 5, 9, 2, 6}) EXPECT_TRUE(queue.push(item));
  EXPECT_EQ(queue.size(), 8u);
  EXPECT_EQ(drain(queue), (std::vector{1, 1, 2, 3, 4, 5, 6, 9}));
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::empty));
}

TEST(priority_queue, a_comparator_says_what_smallest_means) {
  priority_queue<std::string, std::greater<>> queue;
  for (const char* const item : {"b", "c", "a"}) queue.push(item);
  EXPECT_EQ(drain(queue), (std::vector<std::string>{"c", "b", "a"}));

  const auto nearer_to_5 = [](int a, int b) { return std::abs(a - 5) < std::abs(b - 5); };
  priority_queue<int, decltype(nearer_to_5)> near(nearer_to_5);
  for (const int item : {1, 7, 5, 9}) near.push(item);
  EXPECT_EQ(drain(near), (std::vector{5, 7, 1, 9}));
}

TEST(priority_queue, agrees_with_the_standard_heap_on_random_operations) {
  std::minstd_rand random(7);
  priority_queue<std::uint_fast32_t> queue;
  std::vector<std::uint_fast32_t> expected;  // a heap
  for (int i = 0; i != 20'000; ++i) {
    if (random() % 16 < (i < 10'000 ? 9 : 7)) {
      const std::uint_fast32_t item = random() % 1000;
      queue.push(item);
      expected.push_back(item);
      std::ranges::push_heap(expected, std::greater<>());
    } else {
      const auto item = queue.try_pop();
      ASSERT_EQ(item.has_value(), !expected.empty());
      if (expected.empty()) continue;
      std::ranges::pop_heap(expected, std::greater<>());
      ASSERT_EQ(*item, expected.back());
      expected.pop_back();
    }
    ASSERT_EQ(queue.size(), expected.size());
  }
}

// A value that cannot be compared.
struct incomparable {
  int number;
  friend bool operator<(const incomparable&, const incomparable&) = delete;
};

TEST(priority_queue, a_prioritized_value_is_never_compared) {
  priority_queue<prioritized<int, incomparable>, std::less<>, plait::stable_order> queue;
  for (const int priority : {2, 1, 2, 1}) queue.push({priority, {static_cast<int>(queue.size())}});
  std::vector<int> order;
  while (auto item = queue.try_pop()) order.push_back(item->value.number);
  EXPECT_EQ(order, (std::vector{1, 3, 0, 2}));
}

TEST(priority_queue, with_stable_order_equals_come_out_as_they_went_in) {
  std::minstd_rand random(11);
  priority_queue<prioritized<std::size_t, int>, std::less<>, plait::stable_order> queue;
  std::array<int, 5> last{};
  int pushed = 0;
  const auto check_next = [&] {
    const auto item = queue.try_pop();
    ASSERT_TRUE(item.has_value());
    ASSERT_GT(item->value, last[item->priority]);
    last[item->priority] = item->value;
  };
  for (int round = 0; round != 5000; ++round) {
    queue.push({random() % 5, ++pushed});
    queue.push({random() % 5, ++pushed});
    check_next();
  }
  while (!queue.empty()) check_next();
}

TEST(priority_queue, a_bound_is_exact) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
    priority_queue<int> queue(capacity);
    EXPECT_EQ(queue.capacity(), capacity);
    for (int lap = 0; lap != 3; ++lap) {
      for (std::size_t i = 0; i != capacity; ++i)
        ASSERT_EQ(queue.try_push(static_cast<int>(i)), conqueue_status::success);
      ASSERT_EQ(queue.try_push(-1), conqueue_status::full);
      ASSERT_EQ(queue.try_pop(), 0);
      ASSERT_EQ(queue.try_push(0), conqueue_status::success);
      ASSERT_EQ(drain(queue).size(), capacity);
    }
  }
}

TEST(priority_queue, without_a_bound_the_capacity_is_the_largest) {
  const priority_queue<int> queue;
  EXPECT_EQ(queue.capacity(), priority_queue<int>::max_capacity());
}

TEST(priority_queue, a_capacity_of_0_or_too_large_is_refused_with_a_message) {
  try {
    const priority_queue<int> queue(0);
    FAIL() << "it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "plait::priority_queue: capacity is 0; it must be at least 1");
  }
  EXPECT_THROW(priority_queue<int>{std::numeric_limits<std::size_t>::max()}, std::length_error);
}

TEST(priority_queue, a_push_that_is_refused_keeps_the_value) {
  priority_queue<std::unique_ptr<int>> queue(1);
  queue.push(nullptr);
  auto value = std::make_unique<int>(2);
  EXPECT_EQ(queue.try_push(std::move(value)), conqueue_status::full);
  ASSERT_NE(value, nullptr);
  queue.close();
  EXPECT_FALSE(queue.push(std::move(value)));
  ASSERT_NE(value, nullptr);
}

TEST(priority_queue, closed_it_drains_in_order_and_then_says_closed) {
  priority_queue<int> queue;
  for (const int item : {2, 3, 1}) queue.push(item);
  queue.close();
  queue.close();
  EXPECT_FALSE(queue.push(0));
  EXPECT_EQ(drain(queue), (std::vector{1, 2, 3}));
  EXPECT_EQ(queue.try_pop(), std::unexpected(conqueue_status::closed));
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(priority_queue, a_batch_goes_in_in_any_order_and_comes_out_smallest_first) {
  priority_queue<int> queue(5);
  const std::array items{5, 1, 4, 2, 3, 0};
  EXPECT_EQ(queue.try_push_n(items.begin(), items.size()), 5u);
  std::array<int, 8> out{};
  EXPECT_EQ(queue.pop_n(out.begin(), 3), 3u);
  EXPECT_EQ(queue.try_pop_n(out.begin() + 3, 5), 2u);
  EXPECT_EQ(out, (std::array{1, 2, 3, 4, 5, 0, 0, 0}));

  priority_queue<std::string> words;  // a string has a destructor, so pop_n pops item by item
  const std::array<std::string, 3> some{"c", "a", "b"};
  EXPECT_EQ(words.push_n(some.begin(), 3), 3u);
  std::vector<std::string> sorted(3);
  EXPECT_EQ(words.pop_n(sorted.begin(), 3), 3u);
  EXPECT_EQ(sorted, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(priority_queue, join_returns_when_all_that_was_put_has_been_marked_done) {
  priority_queue<int> queue;
  for (int i = 0; i != 10; ++i) queue.push(i);
  std::jthread worker([&] {
    while (queue.pop()) queue.task_done();
  });
  queue.join();
  EXPECT_EQ(queue.unfinished_tasks(), 0u);
  queue.close();
  worker.join();
  EXPECT_THROW(queue.task_done(), std::logic_error);
}

// Throws at the n-th comparison from now on.
struct countdown_less {
  int* left;
  bool operator()(const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) const {
    if (--*left == 0) throw std::domain_error("cannot compare");
    return *a < *b;
  }
};

TEST(priority_queue, a_comparator_that_throws_at_any_comparison_leaves_queue_and_value_as_they_were) {
  constexpr int size = 40;
  for (int nth = 1; nth != 12; ++nth) {
    for (const bool pushes : {true, false}) {
      int left = -1;
      priority_queue<std::unique_ptr<int>, countdown_less> queue{countdown_less{&left}};
      for (int i = 0; i != size; ++i) queue.push(std::make_unique<int>((i * 17) % size));
      auto value = std::make_unique<int>(-1);
      left = nth;
      int expected_size = size;
      try {
        if (pushes) {
          queue.push(std::move(value));
          expected_size = size + 1;
        } else {
          value = *queue.pop();
          EXPECT_EQ(*value, 0);
          expected_size = size - 1;
        }
      } catch (const std::domain_error&) {
        ASSERT_NE(value, nullptr);
        EXPECT_EQ(*value, -1);
      }
      left = -1;
      EXPECT_EQ(queue.size(), static_cast<std::size_t>(expected_size));
      int last = -2;
      for (; auto item = queue.try_pop(); --expected_size) {
        EXPECT_GT(**item, last);
        last = **item;
      }
      EXPECT_EQ(expected_size, 0);
    }
  }
}

TEST(priority_queue, a_batch_stops_before_the_item_that_cannot_be_compared) {
  int left = -1;
  const auto throwing = [&left](int a, int b) {
    if (--left == 0) throw std::domain_error("cannot compare");
    return a < b;
  };
  priority_queue<int, decltype(throwing)> queue(throwing);
  const std::array items{4, 3, 2, 1};
  left = 2;
  EXPECT_EQ(queue.try_push_n(items.begin(), 4), 2u);
  EXPECT_EQ(queue.size(), 2u);
  left = 1;
  EXPECT_THROW((void)queue.try_push_n(items.begin(), 4), std::domain_error);
  EXPECT_EQ(queue.size(), 2u);
}

// A type whose moves may throw: the queue keeps it on the heap.
struct copied_only {
  int number;
  explicit copied_only(int n) : number(n) {}
  copied_only(const copied_only& other) : number(other.number) {}
  copied_only& operator=(const copied_only&) = delete;
  bool operator<(const copied_only& other) const { return number < other.number; }
};

// An order that waits, once, in the middle of a pop.
struct slow_less {
  enum stage { passes, is_awaited, waits, goes_on };

  bool operator()(int a, int b) const noexcept {
    if (at == is_awaited) {
      at = waits;
      while (at != goes_on) std::this_thread::yield();
    }
    return a < b;
  }
  static inline std::atomic<stage> at{passes};
};

TEST(priority_queue, full_is_not_said_while_a_pop_makes_room) {
  priority_queue<int, slow_less> queue(4);
  for (const int item : {10, 20, 30}) queue.push(item);
  slow_less::at = slow_less::is_awaited;
  int popped = 0;
  std::thread consumer([&] { popped = *queue.pop(); });
  while (slow_less::at != slow_less::waits) std::this_thread::yield();
  // The pop took effect before this push, or it would get 5: the queue holds three items from here on.
  EXPECT_TRUE(queue.push(5));
  const conqueue_status fifth = queue.try_push(40);
  slow_less::at = slow_less::goes_on;
  consumer.join();
  EXPECT_EQ(popped, 10);
  EXPECT_NE(fifth, conqueue_status::full);
  EXPECT_EQ(queue.size(), fifth == conqueue_status::success ? 4u : 3u);
}

TEST(priority_queue, holds_what_moves_by_copying_and_cannot_be_assigned) {
  static_assert(!std::is_nothrow_move_constructible_v<copied_only>);
  priority_queue<copied_only> queue;
  for (const int item : {3, 1, 2}) queue.emplace(item);
  for (const int item : {1, 2, 3}) EXPECT_EQ(queue.pop()->number, item);
}

struct not_assignable {
  const int number;
  bool operator<(const not_assignable& other) const noexcept { return number < other.number; }
};

TEST(priority_queue, holds_what_cannot_be_assigned) {
  priority_queue<not_assignable> queue;
  for (const int item : {5, 3, 1, 2, 4}) queue.push(not_assignable{item});
  for (const int item : {1, 2, 3, 4, 5}) EXPECT_EQ(queue.pop()->number, item);
}

// An allocator's state: counts what is allocated, and makes allocations fail on request.
struct memory {
  std::size_t bytes = 0;
  bool refuses = false;
};
template <class T>
struct counting_allocator {
  using value_type = T;
  memory* from;

  explicit counting_allocator(memory* counted) : from(counted) {}
  template <class U>
  explicit(false) counting_allocator(const counting_allocator<U>& other) : from(other.from) {}

  T* allocate(std::size_t count) {
    if (from->refuses) throw std::bad_alloc();
    from->bytes += count * sizeof(T);
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* what, std::size_t count) {
    from->bytes -= count * sizeof(T);
    std::allocator<T>().deallocate(what, count);
  }
  bool operator==(const counting_allocator&) const = default;
};
using counted_queue = priority_queue<int, std::less<>, plait::any_order, counting_allocator<int>>;

TEST(priority_queue, memory_is_given_back_when_the_items_are_gone) {
  constexpr unsigned items = under_sanitizer ? 100'000 : 1'000'000;
  memory used;
  {
    counted_queue queue({}, counting_allocator<int>(&used));
    for (unsigned i = 0; i != items; ++i) queue.push(static_cast<int>(i));
    EXPECT_LE(used.bytes, 2 * std::bit_ceil(items) * sizeof(int));
    for (unsigned i = 0; i != items / 10 * 9; ++i) (void)queue.pop();
    EXPECT_LE(used.bytes, 4 * (items / 10) * sizeof(int));
    while (queue.try_pop()) {
    }
    EXPECT_LE(used.bytes, 16u * 1024);
  }
  EXPECT_EQ(used.bytes, 0u);
}

TEST(priority_queue, an_allocator_that_throws_leaves_the_queue_as_it_was_and_items_can_still_be_popped) {
  memory used;
  counted_queue queue({}, counting_allocator<int>(&used));
  int pushed = 10'000;
  for (int i = 0; i != pushed; ++i) queue.push(i);
  used.refuses = true;
  try {
    for (;; ++pushed) queue.push(pushed);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it comes at last
  }
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(pushed));
  for (int i = 0; i != pushed; ++i) ASSERT_EQ(queue.try_pop(), i);  // although there is no smaller array
  EXPECT_TRUE(queue.empty());
}

// Threads push and pop at once; every item comes out once, those of one priority and producer in order.
TEST(priority_queue, loses_nothing_among_threads) {
  using item = prioritized<int, std::pair<int, int>>;
  constexpr int producers = 3, each = 20'000;
  for (const bool bounded : {false, true}) {
    priority_queue<item, std::less<>, plait::stable_order> queue(
        bounded ? 50 : priority_queue<item, std::less<>, plait::stable_order>::max_capacity());
    std::array<std::vector<item>, 2> popped;
    {
      std::vector<std::jthread> consumers;
      for (auto& mine : popped)
        consumers.emplace_back([&] {
          while (auto got = queue.pop()) {
            mine.push_back(*got);
            queue.task_done();
          }
        });
      {
        std::vector<std::jthread> pushing;
        for (int p = 0; p != producers; ++p)
          pushing.emplace_back([&, p] {
            for (int i = 0; i != each; ++i) queue.push({i % 3, {p, i}});
          });
      }
      queue.join();
      queue.close();
    }
    std::vector<int> seen(producers * each);
    for (const auto& mine : popped) {
      std::array<std::array<int, 3>, producers> last;
      for (auto& row : last) row.fill(-1);
      for (const item& got : mine) {
        const auto [p, i] = got.value;
        ++seen[static_cast<std::size_t>(p * each + i)];
        int& before = last[static_cast<std::size_t>(p)][static_cast<std::size_t>(got.priority)];
        ASSERT_LT(before, i);
        before = i;
      }
    }
    EXPECT_TRUE(std::ranges::all_of(seen, [](int count) { return count == 1; }));
  }
}

}  // namespace
