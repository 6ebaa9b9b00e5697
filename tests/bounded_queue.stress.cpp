// SPDX-License-Identifier: MIT
// Threads do all kinds of things to queues and write down what and when; then a checker says whether a
// first-in, first-out queue could have done that. PLAIT_STRESS_SECONDS is how long all of it takes, about.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <mutex>
#include <numeric>
#include <optional>
#include <plait/bounded_queue.hpp>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "support/fifo_history.hpp"
#include "support/watchdog.hpp"

namespace {

using fifo_history::action;
using fifo_history::history;
using plait::conqueue_status;
using namespace std::chrono_literals;
using queue_type = plait::bounded_queue<std::uint64_t>;

double stress_seconds() {
  const char* const given = std::getenv("PLAIT_STRESS_SECONDS");
  return given != nullptr ? std::atof(given) : 5;
}

// Calls round(seed) again and again for that share of the time, at least once. Seeds differ from run to run.
template <class Round>
void repeat(double share, Round round) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(share * stress_seconds());
  std::random_device entropy;
  do {
    const std::uint32_t seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    round(seed);
  } while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure());
}

// One producer: its queue, its random numbers and what it did.
class producer {
 public:
  producer(queue_type& queue, std::uint64_t number, std::uint32_t seed)
      : queue_(queue), next_(fifo_history::tagged(number, 0)), random_(seed) {}

  // Pushes `count` values in all possible ways, or fewer if the queue is closed.
  void run(std::uint64_t count) {
    const std::uint64_t end = next_ + count;
    while (next_ < end && !is_closed_) {
      const auto began = fifo_history::now();
      switch (random_() % 5) {
        case 0:
          note(began, queue_.push(next_) ? conqueue_status::success : conqueue_status::closed);
          break;
        case 1:
          note(began, queue_.try_push(next_));
          break;
        case 2:
          note_timed(began, queue_.try_push_for(next_, std::chrono::microseconds(random_() % 50)));
          break;
        default:
          push_batch(began, std::min<std::uint64_t>(1 + random_() % 6, end - next_));
      }
    }
  }

  history log;

 private:
  void note(fifo_history::time began, conqueue_status status) {
    if (status == conqueue_status::full) log.push_back({action::found_full, 0, began, fifo_history::now()});
    note_timed(began, status);
  }

  // A timed call says full when its time is over, also if it could not look.
  void note_timed(fifo_history::time began, conqueue_status status) {
    is_closed_ = status == conqueue_status::closed;
    if (is_closed_) log.push_back({action::push_closed, 0, began, fifo_history::now()});
    if (status == conqueue_status::success)
      log.push_back({action::pushed, next_++, began, fifo_history::now()});
  }

  void push_batch(fifo_history::time began, std::size_t count) {
    std::array<std::uint64_t, 6> batch{};
    std::iota(batch.begin(), batch.end(), next_);
    const bool waits = random_() % 2 == 0;
    const std::size_t pushed =
        waits ? queue_.push_n(batch.begin(), count) : queue_.try_push_n(batch.begin(), count);
    const auto ended = fifo_history::now();
    for (std::size_t i = 0; i != pushed; ++i) log.push_back({action::pushed, next_++, began, ended});
    is_closed_ = waits && pushed != count;
    if (is_closed_) log.push_back({action::push_closed, 0, began, ended});
  }

  queue_type& queue_;
  std::uint64_t next_;
  std::minstd_rand random_;
  bool is_closed_ = false;
};

// One consumer: the mirror image.
class consumer {
 public:
  consumer(queue_type& queue, std::uint32_t seed) : queue_(queue), random_(seed) {}

  // Pops in all possible ways until the queue is closed and drained.
  void run() {
    while (!is_closed_) {
      const auto began = fifo_history::now();
      switch (random_() % 5) {
        case 0: {
          const std::optional<std::uint64_t> item = queue_.pop();
          note_timed(began, item ? result(*item) : std::unexpected(conqueue_status::closed));
          break;
        }
        case 1:
          note(began, queue_.try_pop());
          break;
        case 2:
          note_timed(began, queue_.try_pop_for(std::chrono::microseconds(random_() % 50)));
          break;
        default:
          pop_batch(began, 1 + random_() % 6);
      }
    }
  }

  history log;

 private:
  using result = std::expected<std::uint64_t, conqueue_status>;

  void note(fifo_history::time began, const result& item) {
    if (item == std::unexpected(conqueue_status::empty))
      log.push_back({action::found_empty, 0, began, fifo_history::now()});
    note_timed(began, item);
  }

  void note_timed(fifo_history::time began, const result& item) {
    is_closed_ = item == std::unexpected(conqueue_status::closed);
    if (is_closed_) log.push_back({action::pop_closed, 0, began, fifo_history::now()});
    if (item) log.push_back({action::popped, *item, began, fifo_history::now()});
  }

  void pop_batch(fifo_history::time began, std::size_t count) {
    std::array<std::uint64_t, 6> batch{};
    const bool waits = random_() % 2 == 0;
    const std::size_t popped =
        waits ? queue_.pop_n(batch.begin(), count) : queue_.try_pop_n(batch.begin(), count);
    const auto ended = fifo_history::now();
    for (std::size_t i = 0; i != popped; ++i) log.push_back({action::popped, batch[i], began, ended});
    is_closed_ = waits && popped == 0;
    if (is_closed_) log.push_back({action::pop_closed, 0, began, ended});
  }

  queue_type& queue_;
  std::minstd_rand random_;
  bool is_closed_ = false;
};

void expect_sound(const queue_type& queue, const std::vector<producer>& producers,
                  const std::vector<consumer>& consumers, history all) {
  for (const producer& each : producers) all.insert(all.end(), each.log.begin(), each.log.end());
  for (const consumer& each : consumers) {
    all.insert(all.end(), each.log.begin(), each.log.end());
    EXPECT_EQ(fifo_history::find_disorder(each.log).value_or("none"), "none");
  }
  EXPECT_EQ(fifo_history::find_fault(all, queue.capacity(), true).value_or("none"), "none");
  EXPECT_EQ(queue.size(), 0U);
}

// Producers push `count` values each, or until the queue is closed somewhere in the middle.
void run_history(std::size_t producer_count, std::size_t consumer_count, std::size_t capacity,
                 std::uint64_t count, bool close_early, std::uint32_t seed) {
  const std::string shape = std::to_string(producer_count) + " producers, " + std::to_string(consumer_count) +
                            " consumers, capacity " + std::to_string(capacity) + ", seed " +
                            std::to_string(seed);
  SCOPED_TRACE(shape);
  const watchdog dog(shape, 60s);
  queue_type queue(capacity);
  std::vector<producer> producers;
  std::vector<consumer> consumers;
  for (std::uint32_t i = 0; i != producer_count; ++i) producers.emplace_back(queue, i, seed + 1 + i);
  for (std::uint32_t i = 0; i != consumer_count; ++i) consumers.emplace_back(queue, seed + 101 + i);
  std::barrier start(static_cast<std::ptrdiff_t>(producer_count + consumer_count + 1));
  history closing;
  {
    std::vector<std::jthread> draining;
    for (consumer& each : consumers)
      draining.emplace_back([&] {
        start.arrive_and_wait();
        each.run();
      });
    std::vector<std::jthread> pushing;
    for (producer& each : producers)
      pushing.emplace_back([&] {
        start.arrive_and_wait();
        each.run(count);
      });
    start.arrive_and_wait();
    if (close_early) {
      // In the middle, wherever that is: after some number of looks.
      for (std::uint32_t looks = seed % 5000; looks != 0; --looks) static_cast<void>(queue.size());
    } else {
      pushing.clear();
    }
    const auto began = fifo_history::now();
    queue.close();
    closing.push_back({action::closed, 0, began, fifo_history::now()});
  }
  expect_sound(queue, producers, consumers, closing);
}

void run_every_shape(std::uint64_t count, bool close_early, std::uint32_t seed) {
  for (const std::size_t capacity : {1U, 2U, 3U, 1024U})
    for (std::size_t producers = 1; producers <= 4; ++producers)
      for (std::size_t consumers = 1; consumers <= 4; ++consumers) {
        run_history(producers, consumers, capacity, count, close_early, seed);
        if (testing::Test::HasFailure()) return;
      }
}

TEST(bounded_queue_stress, every_shape_has_a_sound_history) {
  repeat(0.4, [](std::uint32_t seed) { run_every_shape(400, false, seed); });
}

TEST(bounded_queue_stress, what_was_accepted_before_a_close_in_the_middle_comes_out) {
  repeat(0.3, [](std::uint32_t seed) { run_every_shape(400, true, seed); });
}

// Waits that may be stopped by somebody else at any time.
class stoppable {
 public:
  std::stop_token renewed() {
    const std::lock_guard guard(mutex_);
    source_ = std::stop_source();
    return source_.get_token();
  }
  void stop() {
    const std::lock_guard guard(mutex_);
    source_.request_stop();
  }

 private:
  std::mutex mutex_;
  std::stop_source source_;
};

TEST(bounded_queue_stress, stops_lose_and_double_nothing) {
  repeat(0.1, [](std::uint32_t seed) {
    constexpr std::size_t each_side = 3;
    constexpr std::uint64_t values = 1000;
    const watchdog dog("a storm of stops, seed " + std::to_string(seed), 60s);
    queue_type queue(2);
    std::array<stoppable, 2 * each_side> waits;
    std::array<history, 2 * each_side> logs;
    std::jthread stopper([&](const std::stop_token& stop) {
      for (std::minstd_rand random(seed + 1); !stop.stop_requested();) waits[random() % waits.size()].stop();
    });
    {
      std::vector<std::jthread> consumers;
      for (std::size_t i = each_side; i != 2 * each_side; ++i)
        consumers.emplace_back([&, i] {
          for (;;) {
            const std::stop_token stop = waits[i].renewed();
            const auto began = fifo_history::now();
            const std::optional<std::uint64_t> item = queue.pop(stop);
            if (item) logs[i].push_back({action::popped, *item, began, fifo_history::now()});
            if (!item && queue.is_closed() && queue.empty()) return;
          }
        });
      std::vector<std::jthread> producers;
      for (std::size_t i = 0; i != each_side; ++i)
        producers.emplace_back([&, i] {
          for (std::uint64_t next = 0; next != values;) {
            const std::stop_token stop = waits[i].renewed();
            const auto began = fifo_history::now();
            if (queue.push(fifo_history::tagged(i, next), stop))
              logs[i].push_back({action::pushed, fifo_history::tagged(i, next++), began, fifo_history::now()});
          }
        });
      producers.clear();
      queue.close();
    }
    history all;
    for (const history& log : logs) {
      all.insert(all.end(), log.begin(), log.end());
      EXPECT_EQ(fifo_history::find_disorder(log).value_or("none"), "none");
    }
    EXPECT_EQ(fifo_history::find_fault(all, 2, true).value_or("none"), "none");
  });
}

// Every hand-over needs a wake-up: one that is lost stops everything.
TEST(bounded_queue_stress, many_threads_play_ping_pong_through_queues_of_one) {
  repeat(0.1, [](std::uint32_t seed) {
    constexpr int pairs = 4;
    constexpr std::uint64_t rounds = 500;
    const watchdog dog("ping-pong, seed " + std::to_string(seed), 60s);
    queue_type ping(1);
    queue_type pong(1);
    std::array<std::uint64_t, pairs> sums{};
    {
      std::vector<std::jthread> servers;
      for (int i = 0; i != pairs; ++i)
        servers.emplace_back([&] {
          while (const std::optional<std::uint64_t> item = ping.pop()) pong.push(*item + 1);
        });
      std::vector<std::jthread> clients;
      for (std::uint64_t& sum : sums)
        clients.emplace_back([&] {
          for (std::uint64_t i = 0; i != rounds; ++i) {
            ping.push(i);
            sum += *pong.pop();
          }
        });
      clients.clear();
      ping.close();
    }
    EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}), pairs * rounds * (rounds + 1) / 2);
    EXPECT_TRUE(ping.empty() && pong.empty());
  });
}

TEST(bounded_queue_stress, join_returns_after_the_last_item_of_every_round_is_done) {
  repeat(0.1, [](std::uint32_t seed) {
    const watchdog dog("join, seed " + std::to_string(seed), 60s);
    std::minstd_rand random(seed);
    queue_type queue(1 + random() % 4);
    std::atomic<std::uint64_t> dealt_with = 0;
    std::vector<std::jthread> consumers;
    for (int i = 0; i != 3; ++i)
      consumers.emplace_back([&] {
        while (queue.pop()) {
          ++dealt_with;
          queue.task_done();
        }
      });
    std::uint64_t put = 0;
    for (int round = 0; round != 300; ++round) {
      for (auto items = random() % 8; items != 0; --items, ++put) queue.push(put);
      std::jthread second([&] { queue.join(); });
      queue.join();
      EXPECT_EQ(dealt_with, put);
      EXPECT_EQ(queue.unfinished_tasks(), 0U);
    }
    queue.close();
  });
}

}  // namespace
