// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <mutex>
#include <random>
#include <stop_token>

#include <fmt/format.h>

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"
#include "support/coroutines.hpp"

namespace {

using coroutines::task;
using plait::conqueue_status;
using stress::member;
using stress::queue_log;
using stress::round;
using stress::tally;
using queue_type = plait::bounded_queue<std::uint64_t>;

// Stops whatever wait is under way, at any moment of it.
class stopper {
 public:
  // For the next wait.
  std::stop_token renewed() {
    const std::scoped_lock hold(lock_);
    source_ = std::stop_source();
    return source_.get_token();
  }
  void stop() { current().request_stop(); }

 private:
  std::stop_source current() {
    const std::scoped_lock hold(lock_);
    return source_;
  }

  std::mutex lock_;
  std::stop_source source_;
};

// One coroutine for each `stopper`, beside threads that push and pop.
class round_of_tasks {
 public:
  static constexpr std::size_t producers = 1;
  static constexpr std::size_t consumers = 2;
  static constexpr std::size_t tasks = producers + consumers;

  explicit round_of_tasks(const round& of) : round_(of), queue_(drawn_capacity()) {}

  tally play() {
    std::mt19937_64 random = round_.random();
    const std::size_t threads = round_.threads;
    const std::uint64_t count = 50 + random() % 500;
    const std::size_t thread_producers = random() % threads;
    stress::queue_recorder told(threads + tasks, count);
    producers_at_work_ = thread_producers + producers;

    std::deque<task> waiting;
    {
      coroutines::thread_pool pool(1 + random() % 2);
      pool_ = &pool;
      for (std::size_t i = 0; i != tasks; ++i) {
        queue_log& log = told.thread(threads + i);
        waiting.push_back(i < producers ? produce(history::tagged(threads + i, 0), count, log, random)
                                        : consume(stoppers_[i], log, random));
        random.discard(1);
      }
      stress::team team(round_);
      for (std::size_t i = 0; i != threads; ++i) {
        queue_log& log = told.thread(i);
        if (i < thread_producers) {
          team.add(fmt::format("producer {}", i), [&, i](member& who) {
            stress::producer<queue_type>(queue_, i, log).run(who, count);
            end_producer(log);
          });
        } else {
          team.add(fmt::format("consumer {}", i - thread_producers),
                   [&](member& who) { stress::consumer<queue_type>(queue_, log).run(who); });
        }
      }
      team.add("timers", [&](member& who) { who.does("run", [&] { timers_.run(all_ended_.get_token()); }); });
      team.add("who stops", [&](member& who) {
        while (tasks_at_work_ != 0) who.does("request_stop", [&] { stoppers_[who.random() % tasks].stop(); });
      });
      team.run();
    }
    return stress::check_fifo(queue_, told.collect());
  }

 private:
  std::size_t drawn_capacity() const {
    std::mt19937_64 random = round_.random();
    return stress::drawn_capacity(random);
  }

  plait::async_queue<queue_type, coroutines::thread_pool> async() { return {queue_, *pool_}; }

  void end_producer(queue_log& log) {
    if (--producers_at_work_ != 0) return;
    const history::moment began = log.now();
    queue_.close();
    log.add(began, {stress::closed});
  }
  void end_task() {
    if (--tasks_at_work_ == 0) all_ended_.request_stop();
  }

  task produce(std::uint64_t next, std::uint64_t count, queue_log& log, std::mt19937_64 random) {
    for (const std::uint64_t end = next + count; next != end;) {
      const history::moment began = log.now();
      conqueue_status answer{};
      if (random() % 2 == 0) {
        const bool is_in = co_await async().async_push(next);
        answer = is_in ? conqueue_status::success : conqueue_status::closed;
      } else {
        answer = co_await async().async_push_for(next, std::chrono::microseconds(random() % 200), timers_);
      }
      if (answer == conqueue_status::success) log.add(began, {stress::pushed, next++});
    }
    end_producer(log);
    end_task();
  }

  task consume(stopper& stop, queue_log& log, std::mt19937_64 random) {
    for (;;) {
      const history::moment began = log.now();
      const std::chrono::microseconds wait(random() % 2 == 0 ? 60'000'000 : random() % 200);
      const auto item = co_await async().async_pop_for(wait, timers_, stop.renewed());
      if (item) log.add(began, {stress::popped, *item});
      if (item == std::unexpected(conqueue_status::closed)) {
        log.add(began, {stress::pop_closed});
        break;
      }
    }
    end_task();
  }

  const round round_;
  queue_type queue_;
  plait::async_timers timers_;
  coroutines::thread_pool* pool_ = nullptr;
  stopper stoppers_[tasks];
  std::atomic<std::size_t> producers_at_work_ = 0;
  std::atomic<std::size_t> tasks_at_work_ = tasks;
  std::stop_source all_ended_;
};

tally coroutines_and_threads(const round& of) {
  return round_of_tasks(of).play();
}

const stress::workload all[] = {{"async_queue/coroutines_and_threads", coroutines_and_threads}};

}  // namespace
