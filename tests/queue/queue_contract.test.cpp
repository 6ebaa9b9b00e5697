// SPDX-License-Identifier: MIT
// What every queue promises, whatever its order. One thread at a time pushes and one pops here, so that all
// queues can take part; what only some of them promise is in their own tests.
#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/concurrent_queue.hpp>

#include "support/queue_kinds.hpp"
#include "support/threads.hpp"
#include "support/work_queue_contract.hpp"

namespace {

using namespace work_queue_tests;

INSTANTIATE_TYPED_TEST_SUITE_P(all_queues, work_queue_contract, queue_kinds::all, queue_kinds::name_of);

template <class Kind>
class queue_contract : public testing::Test {
 protected:
  template <class T = int>
  static auto make(std::size_t capacity) {
    return queue_kinds::make<Kind, T>(capacity);
  }
};

TYPED_TEST_SUITE(queue_contract, queue_kinds::all, queue_kinds::name_of);

TYPED_TEST(queue_contract, has_every_operation_of_a_concurrent_queue) {
  static_assert(plait::concurrent_queue<typename TypeParam::template queue<int>>);
  static_assert(plait::concurrent_queue<typename TypeParam::template queue<std::string>>);
  static_assert(!std::movable<typename TypeParam::template queue<int>>);
}

TYPED_TEST(queue_contract, a_value_that_is_refused_is_untouched) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  queue.close();
  auto value = std::make_unique<int>(7);
  EXPECT_FALSE(queue.push(std::move(value)));
  EXPECT_EQ(queue.try_push(std::move(value)), closed);
  ASSERT_NE(value, nullptr);  // NOLINT(bugprone-use-after-move): that is what is promised
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(queue_contract, close_and_discard_destroys_what_is_left_and_marks_it_done) {
  const auto counted = std::make_shared<int>();
  auto queue = TestFixture::template make<std::shared_ptr<int>>(4);
  for (int i = 0; i != 3; ++i) queue.push(counted);
  EXPECT_EQ(queue.close_and_discard(), 3U);
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(queue.unfinished_tasks(), 0U);
  EXPECT_EQ(queue.pop(), std::nullopt);
  queue.join();
}

TYPED_TEST(queue_contract, the_destructor_destroys_what_is_left) {
  const auto counted = std::make_shared<int>();
  {
    auto queue = TestFixture::template make<std::shared_ptr<int>>(4);
    for (int i = 0; i != 4; ++i) queue.push(counted);
    (void)queue.pop();
    EXPECT_EQ(counted.use_count(), 4);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TYPED_TEST(queue_contract, a_wait_for_an_item_takes_none) {
  auto queue = TestFixture::make(2);
  EXPECT_EQ(queue.wait_to_pop_for(1ms), conqueue_status::empty);
  EXPECT_EQ(queue.wait_to_pop_until(std::chrono::steady_clock::now() - 1s), conqueue_status::empty);
  bool ready = false;
  {
    sleeper waiter([&] { ready = queue.wait_to_pop(); });
    EXPECT_FALSE(waiter.has_returned());
    queue.push(1);
  }
  EXPECT_TRUE(ready);
  EXPECT_EQ(queue.wait_to_pop_for(0s), success);
  queue.close();
  EXPECT_TRUE(queue.wait_to_pop());  // closed, and not yet drained
  EXPECT_EQ(drain(queue), std::vector{1});
  EXPECT_FALSE(queue.wait_to_pop());
  EXPECT_EQ(queue.wait_to_pop_for(1h), closed);
}

TYPED_TEST(queue_contract, a_wait_for_room_puts_nothing) {
  auto queue = TestFixture::make(1);
  EXPECT_TRUE(queue.wait_to_push());
  EXPECT_EQ(queue.wait_to_push_for(0s), success);
  EXPECT_TRUE(queue.empty());
  queue.push(1);
  if constexpr (requires { queue.capacity(); }) {
    if (queue.capacity() == 1) {
      EXPECT_EQ(queue.wait_to_push_for(1ms), conqueue_status::full);
      bool ready = false;
      {
        sleeper waiter([&] { ready = queue.wait_to_push(); });
        EXPECT_FALSE(waiter.has_returned());
        EXPECT_EQ(queue.pop(), 1);
      }
      EXPECT_TRUE(ready);
    }
  }
  queue.close();
  EXPECT_FALSE(queue.wait_to_push());
  EXPECT_EQ(queue.wait_to_push_until(std::chrono::steady_clock::now() + 1h), closed);
}

TYPED_TEST(queue_contract, a_stop_request_or_closing_ends_a_wait_that_takes_nothing) {
  auto queue = TestFixture::make(1);
  std::stop_source stop;
  {
    sleeper waiter([&] { EXPECT_EQ(queue.wait_to_pop_for(1h, stop.get_token()), conqueue_status::stopped); });
    stop.request_stop();
  }
  EXPECT_FALSE(queue.wait_to_pop(stop.get_token()));
  sleeper waiter([&] { EXPECT_FALSE(queue.wait_to_pop()); });
  queue.close();
}

TYPED_TEST(queue_contract, items_may_be_of_a_type_that_can_only_be_moved) {
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.emplace(new int(2)));
  std::vector<int> values;
  while (auto item = queue.try_pop()) values.push_back(**item);
  std::ranges::sort(values);
  EXPECT_EQ(values, (std::vector{1, 2}));
}

TYPED_TEST(queue_contract, nothing_is_lost_between_two_threads) {
  constexpr int count = 20'000;
  auto queue = TestFixture::make(3);
  std::vector<int> popped;
  {
    std::jthread producer([&] {
      for (int i = 0; i != count; ++i) queue.push(i);
      queue.close();
    });
    std::jthread consumer([&] {
      while (const auto item = queue.pop()) popped.push_back(*item);
    });
  }
  std::ranges::sort(popped);
  ASSERT_EQ(popped.size(), static_cast<std::size_t>(count));
  for (int i = 0; i != count; ++i) ASSERT_EQ(popped[static_cast<std::size_t>(i)], i);
}

TYPED_TEST(queue_contract, a_batch_that_waits_takes_what_comes) {
  auto queue = TestFixture::make(4);
  int out[2] = {};
  std::size_t popped = 0;
  sleeper consumer([&] { popped = queue.try_pop_n_for(out, 2, 1h); });
  EXPECT_FALSE(consumer.has_returned());
  queue.push(7);
  consumer.join();
  EXPECT_EQ(popped, 1U);
  EXPECT_EQ(out[0], 7);
}

// Generates 0, 1, 2, ... and counts how often it was read. Its operations may throw, as those of most
// generators.
struct numbers_made {
  using value_type = std::unique_ptr<int>;
  using difference_type = std::ptrdiff_t;

  std::unique_ptr<int> operator*() const { return std::make_unique<int>(static_cast<int>((*reads)++)); }
  numbers_made& operator++() { return *this; }
  void operator++(int) {}

  std::size_t* reads;
};
static_assert(std::input_iterator<numbers_made>);

TYPED_TEST(queue_contract, a_batch_from_a_generating_iterator_loses_nothing_while_the_queue_is_full) {
  constexpr std::size_t count = 1000;
  auto queue = TestFixture::template make<std::unique_ptr<int>>(2);
  std::vector<bool> seen(count);
  std::size_t reads = 0;
  std::size_t pushed = 0;
  {
    const std::jthread consumer([&] {
      while (const std::optional<std::unique_ptr<int>> item = queue.pop())
        seen[static_cast<std::size_t>(**item)] = true;
    });
    pushed = queue.push_n(numbers_made{&reads}, count);
    queue.close();
  }
  EXPECT_EQ(pushed, count);
  EXPECT_EQ(reads, count);
  EXPECT_EQ(std::ranges::count(seen, false), 0);
}

TYPED_TEST(queue_contract, who_waits_uses_no_processor) {
  auto queue = TestFixture::make(1);
  sleeper consumer([&] { (void)queue.pop(); });
  EXPECT_TRUE(consumer.comes_to_rest());
  queue.close();
}

TYPED_TEST(queue_contract, a_queue_that_nobody_waits_at_makes_no_system_call) {
  auto queue = TestFixture::make(4);
  queue.push(0);  // allocates what is made at first use
  (void)queue.pop();
  queue.task_done();
  const auto before = plait::detail::sync::futex_calls();
  for (int i = 0; i != 1000; ++i) {
    queue.push(i);
    (void)queue.pop();
    queue.task_done();
  }
  queue.join();
  queue.close();
  EXPECT_EQ(plait::detail::sync::futex_calls(), before);
}

// Counts how often it was moved, by construction or assignment.
class counts_moves {
 public:
  explicit counts_moves(int moves = 0) noexcept : moves_(moves) {}
  counts_moves(counts_moves&& other) noexcept : moves_(other.moves_ + 1) {}
  counts_moves& operator=(counts_moves&& other) noexcept {
    moves_ = other.moves_ + 1;
    return *this;
  }
  ~counts_moves() = default;

  int moves() const { return moves_; }

 private:
  int moves_;
};

// A heap moves its elements about; in these they stay where they are.
template <class Kind>
class queue_moves : public testing::Test {
 protected:
  static constexpr int in = 1;
  static constexpr int out = 1;

  static auto make() { return queue_kinds::make<Kind, counts_moves>(8); }
};
using queues_that_move_nothing =
    testing::Types<queue_kinds::bounded, queue_kinds::spsc, queue_kinds::unbounded, queue_kinds::lifo>;
TYPED_TEST_SUITE(queue_moves, queues_that_move_nothing, queue_kinds::name_of);

TYPED_TEST(queue_moves, one_in_and_one_out) {
  auto queue = TestFixture::make();
  counts_moves element;
  queue.push(std::move(element));
  EXPECT_EQ(queue.pop()->moves(), this->in + this->out);
  EXPECT_EQ(queue.try_push(counts_moves()), success);
  EXPECT_EQ(queue.try_pop()->moves(), this->in + this->out);
  EXPECT_EQ(queue.try_push_for(counts_moves(), 1s), success);
  EXPECT_EQ(queue.try_pop_for(1s)->moves(), this->in + this->out);
}

TYPED_TEST(queue_moves, an_element_made_of_arguments_is_moved_in_at_most_once) {
  auto queue = TestFixture::make();
  queue.emplace(0);
  EXPECT_LE(queue.pop()->moves(), this->in + this->out);
  EXPECT_EQ(queue.try_emplace(0), success);
  EXPECT_LE(queue.try_pop()->moves(), this->in + this->out);
}

TYPED_TEST(queue_moves, one_in_and_one_out_after_a_wait) {
  auto queue = TestFixture::make();
  std::optional<counts_moves> popped;
  std::expected<counts_moves, conqueue_status> popped_in_time = std::unexpected(conqueue_status::empty);
  {
    sleeper consumer([&] { popped.emplace(queue.pop()->moves()); });
    queue.push(counts_moves());
  }
  {
    sleeper consumer([&] { popped_in_time.emplace(queue.try_pop_for(1h)->moves()); });
    queue.push(counts_moves());
  }
  EXPECT_EQ(popped->moves(), this->in + this->out);
  EXPECT_EQ(popped_in_time->moves(), this->in + this->out);
}

TYPED_TEST(queue_moves, one_in_for_each_element_of_a_batch) {
  auto queue = TestFixture::make();
  std::array<counts_moves, 4> batch;
  EXPECT_EQ(queue.push_n(std::move_iterator(batch.begin()), batch.size()), batch.size());
  for (std::size_t i = 0; i != batch.size(); ++i) EXPECT_EQ(queue.pop()->moves(), this->in + this->out);
}

TYPED_TEST(queue_moves, one_out_for_each_element_of_a_batch) {
  auto queue = TestFixture::make();
  std::array<counts_moves, 4> batch;
  for (std::size_t i = 0; i != batch.size(); ++i) queue.push(counts_moves());
  EXPECT_EQ(queue.pop_n(batch.begin(), batch.size()), batch.size());
  for (const counts_moves& each : batch) EXPECT_EQ(each.moves(), this->in + this->out);
}

}  // namespace
