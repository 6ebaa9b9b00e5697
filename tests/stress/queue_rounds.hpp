// SPDX-License-Identifier: MIT
// Rounds for queues with the interface of plait::bounded_queue, whatever their order: producers and consumers
// that use every operation, and the checks of their results.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/conqueue_status.hpp>

#include <verify/history/container_history.hpp>
#include <verify/history/fifo_monitor.hpp>
#include <verify/history/recorder.hpp>

#include "stress/check.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace stress {

using enum history::container_action;
using queue_recorder = history::recorder<history::container_operation>;
using queue_log = queue_recorder::log;

template <class Queue>
bool push(member& who, Queue& queue, std::uint64_t value, queue_log& log) {
  return who.does("push", [&] {
    const history::moment began = log.now();
    const bool is_in = queue.push(value);
    log.add(began, {is_in ? pushed : push_closed, value});
    return is_in;
  });
}

template <class Queue>
std::optional<std::uint64_t> pop(member& who, Queue& queue, queue_log& log) {
  return who.does("pop", [&] {
    const history::moment began = log.now();
    const std::optional<std::uint64_t> item = queue.pop();
    log.add(began, {item ? popped : pop_closed, item.value_or(0)});
    return item;
  });
}

template <class Queue>
void close(member& who, Queue& queue, queue_log& log) {
  who.does("close", [&] {
    const history::moment began = log.now();
    queue.close();
    log.add(began, {closed});
  });
}

// One producer: its queue and what it does there.
template <class Queue>
class producer {
 public:
  producer(Queue& queue, std::uint64_t number, queue_log& log)
      : queue_(queue), log_(log), next_(history::tagged(number, 0)) {}

  // Pushes `count` values by all kinds of push, or fewer if the queue is closed.
  void run(member& who, std::uint64_t count) {
    const std::uint64_t end = next_ + count;
    while (next_ < end && !is_closed_) {
      switch (who.random() % 5) {
        case 0:
          is_closed_ = !push(who, queue_, next_, log_);
          if (!is_closed_) ++next_;
          break;
        case 1:
          who.does("try_push", [&] {
            const history::moment began = log_.now();
            const status result = queue_.try_push(next_);
            if (result == status::full) log_.add(began, {found_full});
            note(began, result);
          });
          break;
        case 2: {
          // At the deadline it returns full even if it could not look; that is not recorded.
          const std::chrono::microseconds wait(who.random() % 50);
          who.does("try_push_for", [&] {
            const history::moment began = log_.now();
            note(began, queue_.try_push_for(next_, wait));
          });
          break;
        }
        default:
          push_batch(who, std::min<std::uint64_t>(1 + who.random() % batch_size, end - next_));
      }
    }
  }

 private:
  using status = plait::conqueue_status;
  static constexpr std::size_t batch_size = 6;

  void note(history::moment began, status result) {
    if (result == status::success) log_.add(began, {pushed, next_++});
    is_closed_ = result == status::closed;
    if (is_closed_) log_.add(began, {push_closed});
  }

  void push_batch(member& who, std::size_t count) {
    std::array<std::uint64_t, batch_size> batch{};
    std::iota(batch.begin(), batch.end(), next_);
    const bool waits = who.random() % 2 == 0;
    who.does(waits ? "push_n" : "try_push_n", [&] {
      const history::moment began = log_.now();
      const std::size_t in =
          waits ? queue_.push_n(batch.begin(), count) : queue_.try_push_n(batch.begin(), count);
      const history::moment ended = log_.end();
      for (std::size_t i = 0; i != in; ++i) log_.add(began, ended, {pushed, next_++});
      is_closed_ = waits && in != count;
      if (is_closed_) log_.add(began, ended, {push_closed});
    });
  }

  Queue& queue_;
  queue_log& log_;
  std::uint64_t next_;
  bool is_closed_ = false;
};

// One consumer: the mirror image.
template <class Queue>
class consumer {
 public:
  consumer(Queue& queue, queue_log& log) : queue_(queue), log_(log) {}

  // Pops by all kinds of pop until the queue is closed and drained.
  void run(member& who) {
    while (!is_closed_) {
      switch (who.random() % 5) {
        case 0:
          is_closed_ = !pop(who, queue_, log_);
          break;
        case 1:
          who.does("try_pop", [&] {
            const history::moment began = log_.now();
            const result item = queue_.try_pop();
            if (item == std::unexpected(status::empty)) log_.add(began, {found_empty});
            note(began, item);
          });
          break;
        case 2: {
          const std::chrono::microseconds wait(who.random() % 50);
          who.does("try_pop_for", [&] {
            const history::moment began = log_.now();
            note(began, queue_.try_pop_for(wait));
          });
          break;
        }
        default:
          pop_batch(who, 1 + who.random() % batch_size);
      }
    }
  }

 private:
  using status = plait::conqueue_status;
  using result = std::expected<std::uint64_t, status>;
  static constexpr std::size_t batch_size = 6;

  void note(history::moment began, const result& item) {
    if (item) log_.add(began, {popped, *item});
    is_closed_ = item == std::unexpected(status::closed);
    if (is_closed_) log_.add(began, {pop_closed});
  }

  void pop_batch(member& who, std::size_t count) {
    std::array<std::uint64_t, batch_size> batch{};
    const bool waits = who.random() % 2 == 0;
    who.does(waits ? "pop_n" : "try_pop_n", [&] {
      const history::moment began = log_.now();
      const std::size_t out =
          waits ? queue_.pop_n(batch.begin(), count) : queue_.try_pop_n(batch.begin(), count);
      const history::moment ended = log_.end();
      for (std::size_t i = 0; i != out; ++i) log_.add(began, ended, {popped, batch[i]});
      is_closed_ = waits && out == 0;
      if (is_closed_) log_.add(began, ended, {pop_closed});
    });
  }

  Queue& queue_;
  queue_log& log_;
  bool is_closed_ = false;
};

using queue_calls = std::vector<history::container_call>;

// Requires that a producer's values reach each consumer in order. The times do not show that within a batch.
inline void require_order_at_each_consumer(const queue_calls& calls) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> last;  // by consumer and producer
  for (const auto& [operation, begin, end, thread] : calls) {
    if (operation.what != popped) continue;
    const auto [before, is_first] = last.try_emplace({thread, operation.value >> 48}, operation.value);
    require(is_first || before->second < operation.value,
            fmt::format("thread {} popped {} and then {}", thread, history::name_of(before->second),
                        history::name_of(operation.value)));
    before->second = operation.value;
  }
}

// For queues whose pop_n takes all its values at one moment, in an order that the times do not show:
// may_precede(first, second) says whether they can have come out in this order.
template <class MayPrecede>
void require_order_in_each_batch(const queue_calls& calls, MayPrecede may_precede) {
  // Left out: discarded values, which are recorded as if popped at that time, but in no order; and calls of
  // length 0, of which a thread may make several at one moment of a slow clock.
  const auto closing =
      std::ranges::find(calls, history::container_operation{closed}, &history::container_call::operation);
  for (auto first = calls.begin(); first != calls.end(); ++first) {
    if (first->operation.what != popped || first->begin == first->end || first->begin == closing->begin)
      continue;
    for (auto second = first + 1; second != calls.end(); ++second) {
      if (second->thread != first->thread || second->begin != first->begin) break;
      const std::uint64_t a = first->operation.value;
      const std::uint64_t b = second->operation.value;
      require(may_precede(a, b), fmt::format("thread {} popped {} and then {} in one batch", first->thread,
                                             history::name_of(a), history::name_of(b)));
    }
  }
}

// find_fault(calls) is a monitor; `order` goes into the file of histories. Throws failure, or returns how much
// was checked. The queue is closed and drained.
template <class Queue, class FindFault>
tally check_drained(const Queue& queue, const queue_calls& calls, FindFault find_fault,
                    std::string_view order = {}) {
  history_kind kind{.order = order};
  if constexpr (requires { queue.capacity(); }) kind.capacity = queue.capacity();
  const tally done = check(calls, find_fault, kind);
  require(queue.empty(), "the queue is closed, drained and not empty");
  return done;
}

template <class Queue>
tally check_fifo(const Queue& queue, const queue_calls& calls) {
  const tally done = check_drained(
      queue, calls,
      [&](std::span<const history::container_call> some) {
        return history::find_fifo_fault(some, queue.capacity(), true);
      },
      "first_in_first_out");
  require_order_at_each_consumer(calls);
  return done;
}

// The values that close_and_discard() discarded, which were pushed and never popped, as pops by its caller
// during the call.
inline queue_calls discarded(const queue_calls& calls, std::size_t count) {
  std::set<std::uint64_t> left;
  for (const auto& each : calls)
    if (each.operation.what == pushed) left.insert(each.operation.value);
  for (const auto& each : calls)
    if (each.operation.what == popped) left.erase(each.operation.value);
  require(
      left.size() == count,
      fmt::format("close_and_discard() says {}, and {} items were pushed and not popped", count, left.size()));
  const auto closing =
      std::ranges::find(calls, history::container_operation{closed}, &history::container_call::operation);
  queue_calls all;
  for (const std::uint64_t value : left)
    all.push_back({{popped, value}, closing->begin, closing->end, closing->thread});
  return all;
}

enum class ending { when_all_is_pushed, in_the_middle, discarded };

inline std::size_t drawn_capacity(std::mt19937_64& random) {
  return std::array{1U, 2U, 3U, 1024U}[random() % 4];
}

// Producers push until the end; consumers pop until the queue is drained. Returns the recorded calls.
template <class Queue>
queue_calls told_by(Queue& queue, const round& of, ending how, std::mt19937_64& random) {
  const std::size_t producers = 1 + random() % (of.threads - 1);
  const std::uint64_t count = 100 + random() % 4000;

  queue_recorder told(of.threads, count);
  std::atomic<std::size_t> at_work = producers;
  std::size_t thrown_away = 0;
  team threads(of);
  for (std::size_t i = 0; i != producers; ++i)
    threads.add(fmt::format("producer {}", i), [&, i](member& who) {
      queue_log& log = told.thread(i);
      // The queue is closed by the last producer to finish, or by the first one in the middle of its work.
      const bool ends_early = how != ending::when_all_is_pushed && i == 0;
      producer<Queue>(queue, i, log).run(who, ends_early ? who.random() % count : count);
      const bool is_last = --at_work == 0;
      if (ends_early && how == ending::discarded) {
        who.does("close_and_discard", [&] {
          const history::moment began = log.now();
          thrown_away = queue.close_and_discard();
          log.add(began, {closed});
        });
      } else if (ends_early || (is_last && how == ending::when_all_is_pushed)) {
        close(who, queue, log);
      }
    });
  for (std::size_t i = producers; i != of.threads; ++i)
    threads.add(fmt::format("consumer {}", i - producers),
                [&, i](member& who) { consumer<Queue>(queue, told.thread(i)).run(who); });
  threads.run();

  queue_calls calls = told.collect();
  if (how == ending::discarded) {
    const queue_calls more = discarded(calls, thrown_away);
    calls.insert(calls.end(), more.begin(), more.end());
  }
  return calls;
}

// A round for a first-in, first-out queue.
template <class Queue>
tally push_and_pop(const round& of, ending how) {
  std::mt19937_64 random = of.random();
  Queue queue(drawn_capacity(random));
  return check_fifo(queue, told_by(queue, of, how, random));
}

// The workloads of a queue that any thread may close. Play(round, ending) plays a round with that ending.
template <tally (*Play)(const round&, ending)>
std::vector<workload> closing_workloads(const std::string& queue) {
  return {{queue + "/every_operation", [](const round& of) { return Play(of, ending::when_all_is_pushed); }},
          {queue + "/close_in_the_middle", [](const round& of) { return Play(of, ending::in_the_middle); }}};
}

// The workloads of a queue that any thread may close and discard.
template <tally (*Play)(const round&, ending)>
std::vector<workload> queue_workloads(const std::string& queue) {
  std::vector<workload> all = closing_workloads<Play>(queue);
  all.emplace_back(queue + "/discard_in_the_middle",
                   [](const round& of) { return Play(of, ending::discarded); });
  return all;
}

}  // namespace stress
