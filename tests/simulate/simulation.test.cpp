// SPDX-License-Identifier: MIT
// Simulated processors: what steps cost, computed by hand; and that structures run on them.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <simulate/seam.hpp>

#include <plait/bounded_queue.hpp>
#include <plait/counter.hpp>

namespace {

using simulate::duration;
using simulate::nanoseconds;
using simulate::simulation;

// Figures that show in a sum which of them are in it. Two cores a socket.
constexpr simulate::costs prices{
    .cores_per_socket = 2,
    .load = nanoseconds(1),
    .store = nanoseconds(2),
    .modify = nanoseconds(4),
    .fence = nanoseconds(8),
    .hold = nanoseconds(0),
    .from_core = nanoseconds(100),
    .from_socket = nanoseconds(200),
    .from_shared_cache = nanoseconds(50),
    .from_memory = nanoseconds(1000),
    .store_buffer = 2,
    .pause = nanoseconds(10),
    .yield = nanoseconds(20),
    .clock_read = nanoseconds(30),
    .system_call = nanoseconds(10'000),
    .fall_asleep = nanoseconds(20'000),
    .wake = nanoseconds(40'000),
    .wake_latency = nanoseconds(80'000),
    .interrupt = nanoseconds(100'000),
};

struct alignas(simulate::line_bytes) line {
  simulate::atomic<std::uint32_t> word{0};
  simulate::atomic<std::uint32_t> neighbour{0};
};

simulation& here() {
  return *simulation::running();
}

// Waits until the thread's clock shows this.
void wait_until(double time) {
  ASSERT_LE(here().now(), nanoseconds(time)) << "an earlier step took longer than the test expects";
  here().pass(nanoseconds(time) - here().now());
}

// What a step costs the calling thread.
template <class Step>
double price_of(Step step) {
  const duration before = here().now();
  step();
  return static_cast<double>((here().now() - before).count()) / 1000;
}

// Runs each function on a core of its own.
void run(const simulate::costs& costs, std::vector<std::function<void()>> bodies) {
  simulation all(costs, static_cast<unsigned>(bodies.size()));
  for (auto& each : bodies) all.add(std::move(each));
  all.run();
}

double load(const simulate::atomic<std::uint32_t>& word) {
  return price_of([&] { static_cast<void>(word.load(std::memory_order_acquire)); });
}
double store(simulate::atomic<std::uint32_t>& word) {
  return price_of([&] { word.store(1, std::memory_order_release); });
}
double modify(simulate::atomic<std::uint32_t>& word) {
  return price_of([&] { word.fetch_add(1, std::memory_order_relaxed); });
}

TEST(simulation, one_core_pays_for_a_line_once) {
  line data;
  run(prices, {[&] {
        EXPECT_EQ(load(data.word), 1000 + 1);
        EXPECT_EQ(load(data.word), 1);
        EXPECT_EQ(load(data.neighbour), 1) << "it is in the same line";
        EXPECT_EQ(store(data.word), 2) << "nobody else has the line";
        EXPECT_EQ(modify(data.word), 4);
        EXPECT_EQ(price_of([&] { data.word.store(1); }), 4) << "a seq_cst store is an exchange";
        EXPECT_EQ(here().done().modifications, 2);
        EXPECT_EQ(here().done().fetches, 1);
        EXPECT_EQ(here().done().transfers, 0);
      }});
}

TEST(simulation, a_line_that_two_cores_write_comes_each_time) {
  line data;
  const auto bounce = [&](double first, double first_price) {
    wait_until(first);
    EXPECT_EQ(modify(data.word), first_price);
    for (int i = 1; i != 10; ++i) {
      wait_until(first + 20'000 * i);
      EXPECT_EQ(modify(data.word), 100 + 4);
      EXPECT_EQ(modify(data.word), 4);
    }
  };
  run(prices, {[&] { bounce(10'000, 1000 + 4); }, [&] { bounce(20'000, 100 + 4); }});
}

TEST(simulation, cores_that_write_a_line_at_the_same_time_do_so_one_after_the_other) {
  line data;
  std::vector<double> ends;
  const auto write_once = [&] {
    modify(data.word);
    ends.push_back(static_cast<double>(here().now().count()) / 1000);
  };
  simulate::costs one_socket = prices;
  one_socket.cores_per_socket = 4;
  run(one_socket, {write_once, write_once, write_once, write_once});
  std::ranges::sort(ends);
  EXPECT_EQ(ends, (std::vector<double>{1004, 1108, 1212, 1316}));
}

TEST(simulation, a_line_stays_with_its_owner_for_a_while) {
  line data;
  simulate::costs holding = prices;
  holding.hold = nanoseconds(500);
  run(holding, {[&] { EXPECT_EQ(modify(data.word), 1000 + 4); },
                [&] {
                  wait_until(1001);
                  EXPECT_EQ(modify(data.word), 1500 - 1001 + 100 + 4);
                }});
}

TEST(simulation, what_is_only_read_costs_nothing_after_the_first_time) {
  line data;
  const auto read = [&](double first, double first_price) {
    wait_until(first);
    EXPECT_EQ(load(data.word), first_price);
    for (int i = 0; i != 100; ++i) EXPECT_EQ(load(data.word), 1);
    EXPECT_EQ(here().done().transfers + here().done().fetches, 1);
  };
  run(prices, {[&] { read(0, 1000 + 1); }, [&] { read(10'000, 100 + 1); }, [&] { read(20'000, 200 + 1); },
               [&] { read(30'000, 50 + 1); }});
}

TEST(simulation, a_write_takes_the_line_from_every_reader) {
  line data;
  run(prices, {[&] {
                 load(data.word);
                 wait_until(20'000);
                 EXPECT_EQ(modify(data.word), 100 + 4);
               },
               [&] {
                 wait_until(10'000);
                 load(data.word);
                 wait_until(30'000);
                 EXPECT_EQ(load(data.word), 100 + 1);
               }});
}

TEST(simulation, another_socket_is_farther_away) {
  line data;
  run(prices, {[&] { modify(data.word); }, [] {},
               [&] {
                 wait_until(10'000);
                 EXPECT_EQ(modify(data.word), 200 + 4);
               }});
}

TEST(simulation, stores_go_on_in_the_background_until_something_waits_for_them) {
  line data[4];
  run(prices, {[&] {
        EXPECT_EQ(store(data[0].word), 2);
        EXPECT_EQ(store(data[1].word), 2);
        EXPECT_EQ(store(data[2].word), 1000 - 4 + 2) << "the buffer has two places";
        EXPECT_EQ(here().now(), nanoseconds(1002));
        EXPECT_EQ(price_of([] { here().fence(); }), 1004 - 1002 + 8) << "the lines come together";
      }});
}

TEST(simulation, a_thread_that_is_woken_runs_after_a_while) {
  line data;
  run(prices,
      {[&] {
         EXPECT_EQ(simulate::sync::futex_wait(data.word, 0, nullptr), simulate::sync::futex_result::woken);
         EXPECT_EQ(here().now(), nanoseconds(500'000 + 10'000 + 40'000 + 80'000));
       },
       [&] {
         wait_until(500'000);
         EXPECT_EQ(price_of([&] { simulate::sync::futex_wake(data.word, 5); }), 10'000 + 40'000);
         EXPECT_EQ(price_of([&] { simulate::sync::futex_wake(data.word, 5); }), 10'000) << "nobody sleeps";
       }});
}

// The second word comes from memory, and meanwhile the other core has come and gone.
TEST(simulation, a_word_that_changed_while_a_sleeper_fetched_another_one_left_it_asleep) {
  line first, second;
  run(prices, {[&] {
                 load(first.word);
                 wait_until(5000);
                 const simulate::sync::futex_expectation both[] = {{first.word, 0}, {second.word, 0}};
                 EXPECT_EQ(simulate::sync::futex_wait_any(both, nullptr), simulate::sync::futex_result::woken);
               },
               [&] {
                 wait_until(5020);
                 first.word.fetch_add(1, std::memory_order_release);
                 simulate::sync::futex_wake(first.word, 1);
               }});
}

TEST(simulation, a_sleep_ends_at_its_deadline) {
  line data;
  run(prices, {[&] {
        const simulate::clock::time_point deadline(std::chrono::milliseconds(3));
        EXPECT_EQ(simulate::sync::futex_wait(data.word, 0, &deadline), simulate::sync::futex_result::timed_out);
        EXPECT_EQ(here().now(), std::chrono::milliseconds(3) + nanoseconds(80'000));
      }});
}

TEST(simulation, a_sleep_that_nobody_ends_is_reported) {
  line data;
  EXPECT_THROW(run(prices, {[&] { simulate::sync::futex_wait(data.word, 0, nullptr); }, [] {}}),
               simulate::deadlock);
}

TEST(simulation, a_structure_sees_how_many_cores_there_will_be) {
  const simulation all(prices, 12);
  EXPECT_EQ(simulate::sync::processor_count(), 12u);
}

TEST(simulation, more_threads_than_cores_are_refused) {
  EXPECT_THROW(run(prices, {}), std::invalid_argument);
  EXPECT_THROW(simulation(prices, 65), std::invalid_argument);
  simulation all(prices, 1);
  all.add([] {});
  EXPECT_THROW(all.add([] {}), std::invalid_argument);
}

TEST(simulation, an_exception_that_leaves_a_thread_leaves_the_run) {
  EXPECT_THROW(run(prices, {[] { throw std::range_error("thrown by a thread"); }, [] { here().pause(); }}),
               std::range_error);
}

TEST(simulation, what_shares_a_line_natively_does_so_here) {
  static_assert(sizeof(simulate::atomic<bool>) == sizeof(std::atomic<bool>));
  static_assert(sizeof(simulate::atomic<std::uint64_t>) == sizeof(std::atomic<std::uint64_t>));
  static_assert(alignof(simulate::atomic<std::uint64_t>) == alignof(std::atomic<std::uint64_t>));
  static_assert(sizeof(simulate::mutex) == sizeof(std::mutex));
}

// Operations in a microsecond of this many cores, each of which does `operation` again and again.
template <class Operation>
double speed(unsigned cores, std::uint64_t seed, Operation operation) {
  constexpr auto begin = nanoseconds(50'000), end = nanoseconds(70'000);
  simulation all(simulate::server, cores, seed);
  double done = 0;
  for (unsigned core = 0; core != cores; ++core)
    all.add([&] {
      operation();
      if (here().now() < begin) here().pass(begin - here().now());
      for (; here().now() < end; ++done) operation();
    });
  all.run();
  return done / 20;
}

TEST(simulation, a_counter_that_all_write_does_not_scale) {
  line shared;
  const auto add = [&] { shared.word.fetch_add(1, std::memory_order_relaxed); };
  EXPECT_LT(speed(16, 1, add), speed(1, 1, add));
}

TEST(simulation, a_counter_of_own_cells_scales) {
  plait::counter counter;
  const auto add = [&] { counter.add(1); };
  EXPECT_GT(speed(16, 1, add), 15.9 * speed(1, 1, add));
}

// Items in a microsecond, from so many producers to as many consumers.
double passed_on(unsigned pairs) {
  constexpr auto begin = nanoseconds(100'000), end = nanoseconds(300'000);
  simulation all(simulate::server, 2 * pairs);
  plait::bounded_queue<std::uint64_t> queue(1024);
  unsigned at_work = pairs;
  double passed = 0;
  for (unsigned pair = 0; pair != pairs; ++pair) {
    all.add([&] {
      while (here().now() < end) queue.push(1);
      if (--at_work == 0) queue.close();
    });
    all.add([&] {
      while (queue.pop())
        if (here().now() >= begin && here().now() < end) ++passed;
    });
  }
  all.run();
  return passed / 200;
}

// The losers of races for its ends keep away from them, see detail/wait/backoff.hpp.
TEST(simulation, a_queue_keeps_its_speed_with_more_cores) {
  EXPECT_GT(passed_on(16), 0.8 * passed_on(4));
}

TEST(simulation, the_same_seed_gives_the_same_figures) {
  const auto contended = [](std::uint64_t seed) {
    line shared;
    return speed(5, seed, [&] {
      if (shared.word.fetch_add(1) % 7 == 0) simulate::sync::yield();
    });
  };
  EXPECT_EQ(contended(1), contended(1));
  EXPECT_NE(contended(1), contended(2));
}

TEST(simulation, a_queue_passes_everything_on) {
  constexpr std::uint64_t each = 500;
  plait::bounded_queue<std::uint64_t> queue(8);
  unsigned at_work = 3;
  std::vector<std::uint64_t> popped;
  std::vector<std::function<void()>> bodies;
  for (std::uint64_t producer = 0; producer != 3; ++producer) {
    bodies.emplace_back([&, producer] {
      for (std::uint64_t i = 0; i != each; ++i) queue.push(producer * each + i);
      if (--at_work == 0) queue.close();
    });
    bodies.emplace_back([&] {
      while (const auto item = queue.pop()) popped.push_back(*item);
    });
  }
  run(simulate::server, std::move(bodies));
  std::ranges::sort(popped);
  ASSERT_EQ(popped.size(), 3 * each);
  for (std::uint64_t i = 0; i != 3 * each; ++i) EXPECT_EQ(popped[i], i);
}

}  // namespace
