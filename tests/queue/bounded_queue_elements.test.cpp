// SPDX-License-Identifier: MIT
// The elements of a queue: which types are allowed, when they are constructed and destroyed, and where the
// memory comes from.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>

#include "support/allocations.hpp"
#include "support/faults.hpp"

namespace {

using faults::fragile;
using plait::bounded_queue;
using plait::conqueue_status;
using plait::queue_element;
using namespace std::chrono_literals;

// Counts its living objects, and fails the test if one is destroyed twice.
class counted {
 public:
  explicit counted(int value) : value_(value) { ++alive; }
  counted(counted&& other) noexcept : value_(other.value_) { ++alive; }
  counted& operator=(counted&&) = delete;
  ~counted() {
    EXPECT_EQ(self_, this);
    self_ = nullptr;
    --alive;
  }
  int value() const { return value_; }

  static inline std::atomic<int> alive = 0;

 private:
  int value_;
  counted* self_ = this;
};

struct throws_when_moved {  // and cannot be copied
  throws_when_moved(throws_when_moved&&) noexcept(false) {}
};
struct throws_when_destroyed {
  ~throws_when_destroyed() noexcept(false) {}
};
struct abstract {
  virtual ~abstract() = default;
  virtual void f() = 0;
};

static_assert(queue_element<int> && queue_element<int*> && queue_element<std::unique_ptr<int>>);
static_assert(queue_element<counted> && queue_element<fragile> && queue_element<std::vector<std::string>>);
static_assert(!queue_element<int&> && !queue_element<void> && !queue_element<int()> && !queue_element<int[3]>);
static_assert(!queue_element<const int> && !queue_element<const std::string>);
static_assert(!queue_element<throws_when_moved> && !queue_element<throws_when_destroyed>);
static_assert(!queue_element<std::atomic<int>> && !queue_element<abstract>);

template <class Queue, class... Args>
concept can_emplace = requires(Queue& queue, Args... args) {
  queue.emplace(args...);
  queue.try_emplace(args...);
};
static_assert(can_emplace<bounded_queue<std::string>, const char*>);
static_assert(can_emplace<bounded_queue<std::string>, std::size_t, char>);
static_assert(!can_emplace<bounded_queue<std::string>, std::string*>);

TEST(bounded_queue_elements, need_no_default_constructor_no_copy_and_no_assignment) {
  bounded_queue<counted> queue(2);
  EXPECT_EQ(counted::alive, 0);
  queue.emplace(1);
  queue.push(counted(2));
  EXPECT_EQ(counted::alive, 2);
  EXPECT_EQ(queue.pop()->value(), 1);
  EXPECT_EQ(queue.try_pop()->value(), 2);
  EXPECT_EQ(counted::alive, 0);
}

TEST(bounded_queue_elements, are_destroyed_once_each_with_the_queue) {
  for (int capacity = 1; capacity != 6; ++capacity) {
    for (int popped = 0; popped != 2 * capacity; ++popped) {
      for (int left = 0; left <= capacity; ++left) {
        bounded_queue<counted> queue(static_cast<std::size_t>(capacity));
        for (int i = 0; i != popped; ++i) {
          queue.emplace(i);
          (void)queue.pop();
        }
        for (int i = 0; i != left; ++i) queue.emplace(i);
        if (popped % 2 == 0) queue.close();
        ASSERT_EQ(counted::alive, left);
      }
      ASSERT_EQ(counted::alive, 0);
    }
  }
}

TEST(bounded_queue_elements, keep_their_alignment) {
  struct alignas(64) wide {
    char first;
  };
  bounded_queue<wide> queue(3);
  for (char i = 0; i != 7; ++i) {
    queue.push(wide{i});
    const std::optional<wide> item = queue.pop();
    EXPECT_EQ(item->first, i);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*item) % 64, 0U);
  }
}

TEST(bounded_queue_elements, that_may_throw_when_moved_keep_their_value_when_the_queue_is_full) {
  bounded_queue<fragile> queue(1);
  queue.emplace(1);
  fragile value(2);
  EXPECT_EQ(queue.try_push(std::move(value)), conqueue_status::full);
  EXPECT_EQ(queue.try_push_for(std::move(value), 1ms), conqueue_status::full);
  EXPECT_EQ(value.value(), 2);
}

TEST(bounded_queue_elements, an_output_iterator_that_throws_loses_the_item_it_throws_at_and_no_other) {
  bounded_queue<int> queue(4);
  for (int i = 0; i != 4; ++i) queue.push(i);
  struct refuses_1 {
    using difference_type = std::ptrdiff_t;
    refuses_1& operator*() { return *this; }
    refuses_1& operator++() { return *this; }
    refuses_1 operator++(int) { return *this; }
    refuses_1& operator=(int value) {
      if (value == 1) throw faults::injected();
      return *this;
    }
  };
  EXPECT_THROW((void)queue.pop_n(refuses_1(), 4), faults::injected);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 3);
}

TEST(bounded_queue_elements, an_input_iterator_that_throws_leaves_what_went_in_before) {
  bounded_queue<int> queue(8);
  struct counts_to_2 {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const {
      if (at == 2) throw faults::injected();
      return at;
    }
    counts_to_2& operator++() {
      ++at;
      return *this;
    }
    void operator++(int) { ++at; }
    int at = 0;
  };
  EXPECT_THROW(queue.push_n(counts_to_2(), 4), faults::injected);
  EXPECT_THROW((void)queue.try_push_n(counts_to_2(), 4), faults::injected);
  EXPECT_EQ(queue.size(), 4U);
  for (const int expected : {0, 1, 0, 1}) EXPECT_EQ(queue.pop(), expected);
}

// An allocator with state: a pointer to its counts.
struct tally {
  int allocations = 0;
  std::ptrdiff_t bytes = 0;
};
template <class T>
struct tallying {
  using value_type = T;
  explicit tallying(tally& shared) : counts(&shared) {}
  template <class U>
  explicit tallying(const tallying<U>& other) : counts(other.counts) {}
  T* allocate(std::size_t n) {
    ++counts->allocations;
    counts->bytes += static_cast<std::ptrdiff_t>(n * sizeof(T));
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    counts->bytes -= static_cast<std::ptrdiff_t>(n * sizeof(T));
    std::allocator<T>().deallocate(memory, n);
  }
  bool operator==(const tallying& other) const { return counts == other.counts; }
  tally* counts;
};

TEST(bounded_queue_elements, the_constructor_allocates_once_and_the_destructor_gives_it_back) {
  tally counts;
  {
    bounded_queue<long, tallying<long>> queue(1000, tallying<long>(counts));
    EXPECT_EQ(counts.allocations, 1);
    EXPECT_EQ(counts.bytes, 1000 * 16);
    EXPECT_EQ(queue.get_allocator().counts, &counts);
    for (long i = 0; i != 5000; ++i) {
      queue.push(i);
      EXPECT_EQ(queue.pop(), i);
    }
    queue.push(1);
    EXPECT_EQ(counts.allocations, 1);
  }
  EXPECT_EQ(counts.bytes, 0);
}

TEST(bounded_queue_elements, a_polymorphic_allocator_works) {
  std::array<std::byte, 4096> room{};
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size(), std::pmr::null_memory_resource());
  bounded_queue<int, std::pmr::polymorphic_allocator<int>> queue(100, &memory);
  queue.push(3);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.get_allocator().resource(), &memory);
}

#if PLAIT_COUNTS_ALLOCATIONS

TEST(bounded_queue_elements, no_operation_allocates) {
  bounded_queue<int> queue(4);
  std::stop_source source;
  std::array<int, 4> batch{1, 2, 3, 4};
  const std::size_t before = allocations::calls;
  for (int i = 0; i != 10; ++i) {
    queue.push(i);
    static_cast<void>(queue.try_push_for(i, 1ms, source.get_token()));
    static_cast<void>(queue.try_pop_for(1ms, source.get_token()));
    (void)queue.pop();
    static_cast<void>(queue.try_pop_for(1us));  // empty: it sleeps
    queue.push_n(batch.begin(), batch.size());
    static_cast<void>(queue.try_push_for(i, 1us));  // full: it sleeps
    (void)queue.pop_n(batch.begin(), batch.size());
    EXPECT_FALSE(queue.try_join_for(1us));
  }
  queue.push(1);
  queue.close_and_discard();
  EXPECT_EQ(allocations::calls, before);
}

TEST(bounded_queue_elements, that_may_throw_when_moved_cost_one_allocation_for_each_push) {
  bounded_queue<fragile> queue(4);
  const std::size_t before = allocations::calls;
  for (int i = 0; i != 10; ++i) {
    queue.emplace(i);
    (void)queue.pop();
  }
  EXPECT_EQ(allocations::calls - before, 10U);
}

#endif

// Its destructor can be held up in one thread.
struct held_up : counted {
  explicit held_up(int value) : counted(value) {}
  held_up(held_up&&) noexcept = default;
  ~held_up() {
    if (!std::exchange(next_waits, false)) return;
    is_waiting = true;
    while (is_waiting) std::this_thread::yield();
  }
  static inline thread_local bool next_waits = false;
  static inline std::atomic<bool> is_waiting = false;
};

TEST(bounded_queue_elements, a_child_of_fork_does_not_destroy_what_another_thread_was_popping) {
  std::optional<bounded_queue<held_up>> queue(std::in_place, 3);
  queue->emplace(1);
  queue->emplace(2);
  std::jthread popper([&] {
    held_up::next_waits = true;
    (void)queue->pop();
  });
  while (!held_up::is_waiting) std::this_thread::yield();
  const int before = counted::alive;
  const pid_t child = fork();
  if (child == 0) {
    queue.reset();
    _exit(before - counted::alive);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 1);  // the item that no thread was changing
  held_up::is_waiting = false;
}

TEST(bounded_queue_elements, a_child_of_fork_may_destroy_a_queue_that_other_threads_were_using) {
  for (int round = 0; round != 50; ++round) {
    std::optional<bounded_queue<std::string>> queue(std::in_place, 3);
    std::atomic<int> popped = 0;
    {
      std::jthread producer([&] {
        for (int i = 0; queue->emplace(std::to_string(i) + " is a string too long to stay in place"); ++i) {
        }
      });
      std::jthread consumer([&] {
        while (queue->pop()) ++popped;
      });
      while (popped < 10) std::this_thread::yield();
      const pid_t child = fork();
      if (child == 0) {
        queue.reset();
        _exit(0);
      }
      queue->close();
      int status = 0;
      EXPECT_EQ(waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
  }
}

}  // namespace
