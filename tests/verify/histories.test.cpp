// SPDX-License-Identifier: MIT
// Recording, explaining, shrinking and drawing histories. monitors.test.cpp tests what the monitors accept.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <verify/history/counter_monitor.hpp>
#include <verify/history/fifo_monitor.hpp>
#include <verify/history/lifo_monitor.hpp>
#include <verify/history/map_monitor.hpp>
#include <verify/history/priority_monitor.hpp>
#include <verify/history/recorder.hpp>
#include <verify/history/shrink.hpp>
#include <verify/history/timeline.hpp>

namespace {

using history::container_action;
using history::container_call;
using history::container_operation;
using history::counter_action;
using history::map_action;
using history::moment;

container_call push(std::uint64_t value, moment begin, moment end) {
  return {{container_action::pushed, value}, begin, end};
}
container_call pop(std::uint64_t value, moment begin, moment end) {
  return {{container_action::popped, value}, begin, end};
}
container_call said(container_action what, moment begin, moment end) {
  return {{what}, begin, end};
}

using calls = std::vector<container_call>;

std::string fifo_fault(const calls& told, std::size_t capacity = history::unbounded) {
  return history::find_fifo_fault(told, capacity, true).value_or("none");
}

TEST(histories, values_lost_doubled_or_invented_are_named) {
  EXPECT_EQ(fifo_fault({push(7, 0, 1)}), "value 7 (push [0, 1], never popped) was lost");
  EXPECT_EQ(fifo_fault({push(7, 0, 1), pop(7, 2, 3), pop(7, 4, 5)}),
            "value 7 (push [0, 1], pop [2, 3]) was popped again [4, 5]");
  EXPECT_EQ(fifo_fault({pop(history::tagged(3, 9), 4, 5)}), "value 3.9 was popped [4, 5] and never pushed");
  EXPECT_EQ(fifo_fault({push(7, 4, 5), pop(7, 2, 3)}),
            "value 7 (push [4, 5], pop [2, 3]) came out before it went in");
  EXPECT_EQ(fifo_fault({push(7, 0, 1), push(7, 2, 3)}), "value 7 was pushed twice: the test is wrong");
}

TEST(histories, values_that_overtake_others_are_named) {
  EXPECT_EQ(fifo_fault({push(1, 0, 1), push(2, 2, 3), pop(2, 4, 5), pop(1, 6, 7)}),
            "value 2 (push [2, 3], pop [4, 5]) overtook value 1 (push [0, 1], pop [6, 7])");
}

TEST(histories, an_empty_that_was_not_true_comes_with_what_was_there) {
  EXPECT_EQ(
      fifo_fault({push(1, 0, 1), said(container_action::found_empty, 3, 9), push(2, 4, 5), pop(1, 7, 8),
                  pop(2, 10, 11)}),
      "pop: empty [3, 9] is not true: there was always something, value 1 (push [0, 1], pop [7, 8]), then "
      "value 2 (push [4, 5], pop [10, 11])");
}

TEST(histories, a_full_that_was_not_true_and_a_value_too_many_are_found) {
  const calls one_of_two{push(1, 0, 1), said(container_action::found_full, 2, 3), pop(1, 4, 5)};
  EXPECT_EQ(fifo_fault(one_of_two, 1), "none");
  EXPECT_EQ(fifo_fault(one_of_two, 2),
            "push: full [2, 3] is not true: there were never more than 1 of 2 values");
  EXPECT_EQ(fifo_fault({push(1, 0, 1), push(2, 2, 3), pop(1, 4, 5), pop(2, 6, 7)}, 1),
            "value 2 (push [2, 3], pop [6, 7]) was one too many: 1 others were certainly there");
}

TEST(histories, closes_that_do_not_hold_are_found) {
  using enum container_action;
  const container_call close = said(closed, 10, 11);
  EXPECT_EQ(fifo_fault({close, push(1, 12, 13), pop(1, 14, 15)}),
            "push 1 [12, 13] came after the container was closed, at 11");
  EXPECT_EQ(fifo_fault({close, said(push_closed, 8, 9)}), "push: closed [8, 9] was said before anybody closed");
  EXPECT_EQ(fifo_fault({close, said(found_empty, 12, 13)}),
            "pop: empty [12, 13] came after the container was closed, at 11");
  EXPECT_EQ(
      fifo_fault({push(1, 0, 1), close, said(pop_closed, 12, 13), pop(1, 14, 15)}),
      "pop: closed and drained [12, 13] is not true: there was more, value 1 (push [0, 1], pop [14, 15])");
}

TEST(histories, a_stack_that_is_not_one_is_explained) {
  EXPECT_EQ(
      history::find_lifo_fault(calls{push(1, 0, 1), push(2, 2, 3), pop(1, 4, 5), pop(2, 6, 7)})
          .value_or("none"),
      "not last in, first out: from value 1 (push [0, 1], pop [4, 5]) to value 2 (push [2, 3], pop [6, 7]) "
      "something was always there, but no one value can have been at the bottom all that time, under the "
      "others");
}

TEST(histories, a_priority_that_is_passed_over_is_explained) {
  EXPECT_EQ(
      history::find_priority_fault(calls{push(1, 0, 1), push(2, 2, 3), pop(2, 4, 5), pop(1, 6, 7)})
          .value_or("none"),
      "value 2 (push [2, 3], pop [4, 5]) came out while something better was always there: value 1 (push [0, "
      "1], pop [6, 7])");
}

TEST(histories, maps_and_counters_are_explained) {
  const std::vector<history::map_call> lost{{{map_action::put, 5, 1}, 0, 1},
                                            {{map_action::not_found, 5}, 2, 3}};
  EXPECT_EQ(
      history::find_map_fault(lost).value_or("none"),
      "put 5 1 [0, 1] has no room: another value was there all the time, from the beginning to find 5: absent "
      "[2, 3]");
  const std::vector<history::map_call> twice{{{map_action::inserted, 5}, 0, 1},
                                             {{map_action::inserted, 5}, 2, 3}};
  EXPECT_EQ(history::find_map_fault(twice).value_or("none"),
            "insert 5 0 [2, 3]: the key was present all that time, and nobody was there to change it");
  const std::vector<history::counter_call> missing{{{counter_action::added, 2}, 0, 1},
                                                   {{counter_action::read, 0, 0}, 2, 3}};
  EXPECT_EQ(history::find_counter_fault(missing).value_or("none"),
            "read: 0 [2, 3], and the counter was between 2 and 2");
}

TEST(histories, a_timeline_shows_what_overlaps) {
  calls told{push(7, 0, 120), push(8, 60, 300), pop(8, 310, 350)};
  told[1].thread = 1;
  EXPECT_EQ(history::timeline(told),
            "thread       begin         end  call\n"
            "     0           0         120  push 7  |=|\n"
            "     1          60         300  push 8   |=|\n"
            "     0         310         350  pop 8       ||\n");
}

// A queue of a lock and a deque that sometimes pops from the wrong end.
class faulty_queue {
 public:
  explicit faulty_queue(std::size_t pops_until_fault) : left_(pops_until_fault) {}

  void push(std::uint64_t value) {
    const std::lock_guard guard(mutex_);
    values_.push_back(value);
  }
  std::optional<std::uint64_t> try_pop() {
    const std::lock_guard guard(mutex_);
    if (values_.empty()) return std::nullopt;
    const bool is_wrong = values_.size() > 1 && left_ <= 1;
    if (left_ > 1 || is_wrong) --left_;
    const std::uint64_t result = is_wrong && left_ == 0 ? values_.back() : values_.front();
    is_wrong&& left_ == 0 ? values_.pop_back() : values_.pop_front();
    return result;
  }

 private:
  std::mutex mutex_;
  std::deque<std::uint64_t> values_;
  std::size_t left_;
};

calls recorded(faulty_queue& queue, std::uint64_t each) {
  using enum container_action;
  history::recorder<container_operation> told(4, 2 * each);
  std::atomic<std::uint64_t> left = 2 * each;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t producer = 0; producer != 2; ++producer)
      threads.emplace_back([&, producer] {
        auto& log = told.thread(producer);
        for (std::uint64_t i = 0; i != each; ++i) {
          const auto began = log.now();
          queue.push(history::tagged(producer, i));
          log.add(began, {pushed, history::tagged(producer, i)});
        }
      });
    for (std::size_t consumer = 2; consumer != 4; ++consumer)
      threads.emplace_back([&, consumer] {
        auto& log = told.thread(consumer);
        while (left != 0) {
          const auto began = log.now();
          const std::optional<std::uint64_t> value = queue.try_pop();
          log.add(began, value ? container_operation{popped, *value} : container_operation{found_empty});
          if (value) --left;
        }
      });
  }
  return told.collect();
}

TEST(histories, what_a_correct_queue_did_is_found_right) {
  faulty_queue queue(SIZE_MAX);
  const calls told = recorded(queue, 20'000);
  EXPECT_GE(told.size(), 80'000U);
  EXPECT_EQ(fifo_fault(told), "none");
}

TEST(histories, one_wrong_pop_of_many_is_found_and_shrunk_to_two_values) {
  const auto fault = [](const calls& told) { return history::find_fifo_fault(told); };
  for (int round = 0; round != 20; ++round) {
    faulty_queue queue(5000);
    const calls told = recorded(queue, 10'000);
    // The two values may have been pushed at the same time; either order is then right.
    if (!fault(told)) continue;
    const calls left = history::shrink(told, fault);
    EXPECT_EQ(left.size(), 4U) << history::timeline(left);
    EXPECT_TRUE(fault(left));
    return;
  }
  FAIL() << "not found in 20 rounds";
}

TEST(histories, shrinking_keeps_what_makes_a_full_untrue) {
  calls told{push(1, 0, 1), push(2, 2, 3), pop(1, 4, 5), said(container_action::found_full, 6, 7),
             pop(2, 8, 9)};
  for (std::uint64_t i = 10; i != 50; ++i) {
    told.push_back(push(i, 10 * i, 10 * i + 1));
    told.push_back(pop(i, 10 * i + 4, 10 * i + 5));
    told.push_back(said(container_action::found_empty, 10 * i + 6, 10 * i + 7));
  }
  const calls left = history::shrink(told, [](const calls& some) { return history::find_fifo_fault(some, 2); });
  ASSERT_EQ(left.size(), 3U) << history::timeline(left);
  EXPECT_EQ(left[0].operation, (container_operation{container_action::pushed, 2}));
}

TEST(histories, shrinking_keeps_the_close_that_somebody_was_told_of) {
  using enum container_action;
  const calls told{push(1, 0, 1), said(closed, 2, 3), pop(1, 4, 5), said(push_closed, 6, 7),
                   said(found_empty, 8, 9)};
  const calls left = history::shrink(told, [](const calls& some) { return history::find_fifo_fault(some); });
  ASSERT_EQ(left.size(), 2U) << history::timeline(left);
  EXPECT_EQ(left[0].operation.what, closed);
  EXPECT_EQ(left[1].operation.what, found_empty);
}

TEST(histories, maps_shrink_to_one_key_and_the_rounds_that_matter) {
  std::vector<history::map_call> told;
  moment now = 0;
  const auto add = [&](map_action what, std::uint64_t key, std::uint64_t value = 0) {
    told.push_back({{what, key, value}, now, now + 1});
    now += 2;
  };
  for (std::uint64_t key = 0; key != 10; ++key)
    for (std::uint64_t round = 0; round != 50; ++round) {
      add(map_action::inserted, key);
      add(map_action::found, key);
      if (key == 7 && round == 30) add(map_action::not_found, key);
      add(map_action::erased, key);
    }
  const auto fault = [](const std::vector<history::map_call>& some) { return history::find_map_fault(some); };
  EXPECT_EQ(history::shrink(told, fault).size(), 3U);  // insert, not found, erase

  told.clear();
  for (std::uint64_t value = 1; value != 100; ++value) {
    add(map_action::put, 3, value);
    add(map_action::found, 3, value == 50 ? 20 : value);
  }
  EXPECT_EQ(history::shrink(told, fault).size(), 3U);  // 20 put, another put, 20 found
}

TEST(histories, counters_shrink_to_the_read_that_is_wrong) {
  std::vector<history::counter_call> told;
  for (std::int64_t i = 0; i != 100; ++i) {
    const auto now = static_cast<moment>(4 * i);
    told.push_back({{counter_action::added, 1}, now, now + 1});
    told.push_back({{counter_action::read, 0, i == 40 ? 39 : i + 1}, now + 2, now + 3});
  }
  const auto left = history::shrink(told, [](const auto& some) { return history::find_counter_fault(some); });
  EXPECT_EQ(left.size(), 42U);  // 41 adds and the read
}

// If a call happens before another, its recorded end is before the other's recorded end. (They may seem to
// overlap, because a begin may be recorded too early; an end may not.)
TEST(histories, recorded_times_agree_with_what_threads_tell_each_other) {
  constexpr std::uint64_t turns = 20'000;
  history::recorder<container_operation> told(2, turns);
  std::atomic<std::uint64_t> turn = 0;
  {
    std::vector<std::jthread> players;
    for (std::uint64_t me = 0; me != 2; ++me)
      players.emplace_back([&, me] {
        auto& log = told.thread(me);
        for (std::uint64_t mine = me; mine < turns; mine += 2) {
          while (turn.load(std::memory_order_acquire) != mine) std::this_thread::yield();
          const auto began = log.now();
          log.add(began, {container_action::pushed, mine});
          turn.store(mine + 1, std::memory_order_release);
        }
      });
  }
  calls all = told.collect();
  std::ranges::sort(all, {}, [](const container_call& c) { return c.operation.value; });
  ASSERT_EQ(all.size(), turns);
  for (std::size_t i = 0; i != turns; ++i) {
    ASSERT_LE(all[i].begin, all[i].end) << i;
    ASSERT_LE(i == 0 ? 0 : all[i - 1].end, all[i].end) << i;
  }
  EXPECT_GT(told.nanoseconds_per_tick(), 0.01);
  EXPECT_LT(told.nanoseconds_per_tick(), 1000);
}

}  // namespace
