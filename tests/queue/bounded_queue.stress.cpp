// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <plait/bounded_queue.hpp>

#include "stress/queue_rounds.hpp"
#include "stress/short_histories.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using history::tagged;
using stress::member;
using stress::queue_log;
using stress::queue_recorder;
using stress::round;
using stress::tally;
using stress::workload;
using queue_type = plait::bounded_queue<std::uint64_t>;

// Waits that another thread may stop at any time.
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

tally stop_requests(const round& of) {
  std::mt19937_64 random = of.random();
  const std::size_t producers = of.threads / 2;
  const std::uint64_t count = 50 + random() % 300;
  queue_type queue(1 + random() % 3);
  std::vector<stoppable> waits(of.threads);
  queue_recorder told(of.threads);
  std::atomic<std::size_t> pushing = producers;
  std::atomic<std::size_t> at_work = of.threads;

  stress::team threads(of);
  for (std::size_t i = 0; i != producers; ++i)
    threads.add(fmt::format("producer {}", i), [&, i](member& who) {
      queue_log& log = told.thread(i);
      for (std::uint64_t next = 0; next != count;) {
        const std::stop_token stop = waits[i].renewed();
        who.does("push", [&] {
          const history::moment began = log.now();
          if (queue.push(tagged(i, next), stop)) log.add(began, {stress::pushed, tagged(i, next++)});
        });
      }
      if (--pushing == 0) queue.close();
      --at_work;
    });
  for (std::size_t i = producers; i != of.threads; ++i)
    threads.add(fmt::format("consumer {}", i - producers), [&, i](member& who) {
      queue_log& log = told.thread(i);
      for (bool is_drained = false; !is_drained;) {
        const std::stop_token stop = waits[i].renewed();
        const std::optional<std::uint64_t> item = who.does("pop", [&] {
          const history::moment began = log.now();
          const std::optional<std::uint64_t> popped = queue.pop(stop);
          if (popped) log.add(began, {stress::popped, *popped});
          return popped;
        });
        is_drained = !item && queue.is_closed() && queue.empty();
      }
      --at_work;
    });
  threads.add("whoever stops them", [&](member& who) {
    while (at_work != 0) {
      who.does("request_stop", [&] { waits[who.random() % waits.size()].stop(); });
      std::this_thread::yield();
    }
  });
  threads.run();
  return stress::check_fifo(queue, told.collect());
}

// Every hand-over needs a wake-up: a lost one stops the test.
tally ping_pong(const round& of) {
  const std::size_t pairs = of.threads / 2;
  constexpr std::uint64_t hits = 500;
  queue_type ping(1);
  queue_type pong(1);
  queue_recorder pings(2 * pairs);
  queue_recorder pongs(2 * pairs);
  std::atomic<std::size_t> playing = pairs;

  stress::team threads(of);
  for (std::size_t i = 0; i != pairs; ++i) {
    threads.add(fmt::format("server {}", i), [&, i](member& who) {
      for (std::uint64_t n = 0; stress::pop(who, ping, pings.thread(i)); ++n)
        stress::push(who, pong, tagged(i, n), pongs.thread(i));
    });
    threads.add(fmt::format("client {}", i), [&, i](member& who) {
      for (std::uint64_t hit = 0; hit != hits; ++hit) {
        stress::push(who, ping, tagged(i, hit), pings.thread(pairs + i));
        stress::pop(who, pong, pongs.thread(pairs + i));
      }
      if (--playing == 0) stress::close(who, ping, pings.thread(pairs + i));
    });
  }
  threads.run();
  tally done = stress::check_fifo(ping, pings.collect());
  return done += stress::check_fifo(pong, pongs.collect());
}

tally join(const round& of) {
  queue_type queue(1 + of.random()() % 4);
  queue_recorder told(of.threads);
  std::atomic<std::uint64_t> dealt_with = 0;
  bool returned_early = false;

  stress::team threads(of);
  threads.add("producer", [&](member& who) {
    std::uint64_t put = 0;
    for (int time = 0; time != 300; ++time) {
      for (auto items = who.random() % 8; items != 0; --items) stress::push(who, queue, put++, told.thread(0));
      const std::jthread second([&] { queue.join(); });
      who.does("join", [&] { queue.join(); });
      returned_early = returned_early || dealt_with != put || queue.unfinished_tasks() != 0;
    }
    stress::close(who, queue, told.thread(0));
  });
  for (std::size_t i = 1; i != of.threads; ++i)
    threads.add(fmt::format("consumer {}", i), [&, i](member& who) {
      while (stress::pop(who, queue, told.thread(i))) {
        ++dealt_with;
        who.does("task_done", [&] { queue.task_done(); });
      }
    });
  threads.run();
  stress::require(!returned_early, "join() returned when not every item was done");
  return stress::check_fifo(queue, told.collect());
}

const auto usual = stress::queue_workloads<stress::push_and_pop<queue_type>>("bounded_queue");
const workload own[] = {{"bounded_queue/stop_requests", stop_requests},
                        {"bounded_queue/ping_pong", ping_pong},
                        {"bounded_queue/join", join}};

template <class T>
using queue_of = plait::bounded_queue<T>;

stress::tally play_short_histories(const stress::round& of) {
  return stress::play_short_histories<queue_of, model::first_in_first_out>(of, "first_in_first_out");
}

const stress::workload short_histories("bounded_queue/short_histories", play_short_histories);

}  // namespace
