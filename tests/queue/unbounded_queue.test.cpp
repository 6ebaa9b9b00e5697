// SPDX-License-Identifier: MIT
// What unbounded_queue promises beyond the contract of all queues: growing, memory, the ends of segments.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/unbounded_queue.hpp>

#include "support/allocations.hpp"
#include "support/sanitizer.hpp"

namespace {

using plait::conqueue_status;
using plait::unbounded_queue;

TEST(unbounded_queue, an_element_goes_in_by_push_and_comes_out_by_pop) {
  unbounded_queue<int> queue;
  EXPECT_TRUE(queue.push(7));
  EXPECT_EQ(queue.pop(), 7);
}

TEST(unbounded_queue, comes_out_in_the_order_in_which_it_went_in) {
  unbounded_queue<int> queue;
  constexpr int count = 200'000;
  for (int i = 0; i < count; ++i) ASSERT_EQ(queue.try_push(i), conqueue_status::success);
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ASSERT_EQ(queue.try_pop(), i);
  EXPECT_TRUE(queue.empty());
}

// Items so large that segments are reused more often than the flags in their cells can count.
TEST(unbounded_queue, goes_on_for_ever_in_little_memory) {
  struct large {
    std::uint64_t number;
    std::array<std::byte, 1000> rest{};
  };
  unbounded_queue<large> queue;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int round = 0; round < 500; ++round) {
    for (int i = 0; i < 400; ++i) queue.push({in++});
    for (int i = 0; i < 400; ++i) ASSERT_EQ(queue.pop()->number, out++);
  }
}

// Every length up to several segments, so that ends of segments occur everywhere.
TEST(unbounded_queue, can_be_closed_after_any_number_of_items) {
  for (std::size_t count = 0; count < 500; ++count) {
    unbounded_queue<std::size_t> queue;
    for (std::size_t i = 0; i < count; ++i) queue.push(i);
    queue.close();
    EXPECT_TRUE(queue.is_closed());
    EXPECT_FALSE(queue.push(count));
    EXPECT_EQ(queue.try_push(count), conqueue_status::closed);
    EXPECT_EQ(queue.size(), count);
    EXPECT_EQ(queue.unfinished_tasks(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(queue.pop(), i);
    EXPECT_EQ(queue.pop(), std::nullopt);
    EXPECT_EQ(queue.size(), 0u);
    for (std::size_t i = 0; i < count; ++i) queue.task_done();
    EXPECT_THROW(queue.task_done(), std::logic_error);
  }
}

TEST(unbounded_queue, knows_its_size_at_every_moment) {
  unbounded_queue<int> queue;
  for (std::size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(queue.size(), i);
    queue.push(0);
  }
  for (std::size_t i = 500; i > 0; --i) {
    EXPECT_EQ(queue.size(), i);
    (void)queue.pop();
  }
  EXPECT_EQ(queue.unfinished_tasks(), 500u);
}

TEST(unbounded_queue, batches_of_any_length_cross_the_ends_of_segments) {
  std::vector<int> numbers(2000);
  std::iota(numbers.begin(), numbers.end(), 0);
  unbounded_queue<int> queue;
  for (const std::size_t length : {1u, 7u, 31u, 32u, 33u, 500u, 2000u}) {
    ASSERT_EQ(queue.push_n(numbers.begin(), length), length);
    std::vector<int> out(2001);
    std::size_t popped = 0;
    while (popped != length)
      popped += queue.pop_n(out.begin() + static_cast<std::ptrdiff_t>(popped), out.size() - popped);
    out.resize(length);
    EXPECT_TRUE(std::ranges::equal(out, std::span(numbers).first(length)));
  }
}

template <std::size_t Size>
struct item_of {
  std::array<unsigned char, Size> bytes{};
};

template <class T>
class unbounded_queue_of : public testing::Test {};
template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  unsigned char bytes[Alignment]{};
};
using item_types = testing::Types<item_of<1>, item_of<3>, item_of<16>, item_of<24>, item_of<100>, item_of<5000>,
                                  aligned<64>, aligned<256>>;
TYPED_TEST_SUITE(unbounded_queue_of, item_types);

TYPED_TEST(unbounded_queue_of, holds_items_of_every_size_and_alignment) {
  unbounded_queue<TypeParam> queue;
  for (unsigned i = 0; i < 3000; ++i) {
    TypeParam item;
    item.bytes[0] = static_cast<unsigned char>(i);
    queue.push(item);
  }
  for (unsigned i = 0; i < 3000; ++i) {
    const std::optional<TypeParam> item = queue.pop();
    ASSERT_EQ(item->bytes[0], static_cast<unsigned char>(i));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&*item) % alignof(TypeParam), 0u);
  }
}

TEST(unbounded_queue, a_constructor_that_throws_leaves_the_queue_as_it_was) {
  struct throws {
    explicit throws(int number) : value(number) {
      if (number < 0) throw std::runtime_error("negative");
    }
    int value;
  };
  unbounded_queue<throws> queue;
  queue.emplace(1);
  EXPECT_THROW(queue.emplace(-1), std::runtime_error);
  queue.emplace(2);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.unfinished_tasks(), 2u);
  EXPECT_EQ(queue.pop()->value, 1);
  EXPECT_EQ(queue.pop()->value, 2);
}

TEST(unbounded_queue, a_child_of_fork_may_destroy_it) {
  auto queue = std::make_unique<unbounded_queue<std::unique_ptr<int>>>();
  for (int i = 0; i < 1000; ++i) queue->push(std::make_unique<int>(i));
  const pid_t child = fork();
  if (child == 0) {
    queue.reset();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(queue->size(), 1000u);
}

// ThreadSanitizer counts no allocations, and has memory of its own for each byte of ours.
#if PLAIT_COUNTS_ALLOCATIONS

#if !PLAIT_UNDER_ASAN && !PLAIT_UNDER_TSAN  // they keep freed memory for a while, and have memory of their own

std::ptrdiff_t resident_bytes() {
  std::ptrdiff_t size = 0;
  std::ptrdiff_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST(unbounded_queue_memory, goes_back_to_the_system_when_a_burst_has_been_drained) {
  constexpr int count = 4'000'000;
  unbounded_queue<std::uint64_t> queue;
  queue.push(0), queue.pop();
  const std::ptrdiff_t before = resident_bytes();
  for (std::uint64_t i = 0; i < count; ++i) queue.push(i);
  const std::ptrdiff_t full = resident_bytes() - before;
  for (std::uint64_t i = 0; i < count; ++i) (void)queue.pop();
  const std::ptrdiff_t drained = resident_bytes() - before;
  EXPECT_GE(full, std::ptrdiff_t{count} * 9);
  EXPECT_LE(drained, full / 20);
}

#endif

constexpr std::ptrdiff_t largest_segment = std::ptrdiff_t{1} << 18;

TEST(unbounded_queue_memory, of_a_drained_queue_is_three_segments_at_most) {
  constexpr std::uint64_t items = under_sanitizer ? 200'000 : 1'000'000;
  unbounded_queue<int>().push(1);  // what the process keeps from a first use
  const std::ptrdiff_t before = allocations::bytes_held;
  {
    unbounded_queue<std::uint64_t> queue;
    EXPECT_LT(allocations::bytes_held - before, 4096);
    for (std::uint64_t i = 0; i < items; ++i) queue.push(i);
    EXPECT_GT(allocations::bytes_held - before, std::ptrdiff_t{items} * 9);
    for (std::uint64_t i = 0; i < items; ++i) (void)queue.pop();
    EXPECT_LT(allocations::bytes_held - before, 3 * largest_segment + 16'384);
  }
  EXPECT_EQ(allocations::bytes_held, before);
}

TEST(unbounded_queue_memory, is_not_asked_for_while_items_come_and_go) {
  constexpr std::uint64_t items = under_sanitizer ? 100'000 : 1'000'000;
  unbounded_queue<std::uint64_t> queue;
  for (std::uint64_t i = 0; i < items; ++i) queue.push(i), (void)queue.pop();
  const std::size_t calls = allocations::calls;
  for (std::uint64_t i = 0; i < items; ++i) queue.push(i), (void)queue.pop();
  EXPECT_EQ(allocations::calls, calls);
}

// During its lifetime, the next allocation of this thread fails.
struct failing_allocation {
  failing_allocation() { allocations::until_failure = 1; }
  ~failing_allocation() { allocations::until_failure = 0; }
};

TEST(unbounded_queue_memory, a_push_without_any_leaves_the_queue_and_the_value_as_they_were) {
  unbounded_queue<std::unique_ptr<int>> queue;
  queue.push(std::make_unique<int>(0));
  int in = 1;
  std::unique_ptr<int> value;
  const auto push_works = [&] {
    value = std::make_unique<int>(in);
    const failing_allocation out_of_memory;
    try {
      return queue.push(std::move(value));
    } catch (const std::bad_alloc&) {
      return false;
    }
  };
  while (push_works()) ++in;  // until the segment is full
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, in);
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(in));
  EXPECT_EQ(queue.unfinished_tasks(), static_cast<std::size_t>(in));
  EXPECT_TRUE(queue.push(std::move(value)));
  for (int i = 0; i <= in; ++i) EXPECT_EQ(**queue.pop(), i);
}

TEST(unbounded_queue_memory, a_batch_without_any_keeps_what_went_in) {
  unbounded_queue<int> queue;
  queue.push(-1);
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  {
    const failing_allocation out_of_memory;
    const std::size_t in = queue.try_push_n(numbers.begin(), numbers.size());
    EXPECT_GT(in, 0u);
    EXPECT_LT(in, numbers.size());
    EXPECT_EQ(queue.size(), in + 1);
    allocations::until_failure = 1;
    EXPECT_THROW((void)queue.try_push_n(numbers.begin(), numbers.size()), std::bad_alloc);
    EXPECT_EQ(queue.size(), in + 1);
  }
  EXPECT_EQ(queue.pop(), -1);
  for (int next = 0; const auto item = queue.try_pop(); ++next) ASSERT_EQ(*item, next);
}

TEST(unbounded_queue_memory, a_constructor_without_any_throws) {
  const std::ptrdiff_t before = allocations::bytes_held;
  const failing_allocation out_of_memory;
  EXPECT_THROW(unbounded_queue<int>(), std::bad_alloc);
  EXPECT_EQ(allocations::bytes_held, before);
}

#endif

// Runs in a process of its own, in which no thread-exit key has been made yet.
TEST(unbounded_queue_death, without_a_thread_exit_key_the_constructor_throws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        alarm(100);
        pthread_key_t key{};
        while (pthread_key_create(&key, nullptr) == 0) {
        }
        try {
          const unbounded_queue<int> queue;
        } catch (const std::bad_alloc&) {
          std::_Exit(7);
        }
        std::_Exit(1);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
