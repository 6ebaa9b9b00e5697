// SPDX-License-Identifier: MIT
// Rounds of many short histories: 2 to 5 threads make 3 to 6 calls each, of every operation of a queue with
// room for 1 to 4 items or without a bound, and an exact search says whether a sequential queue can have
// given all the answers. (--threads takes any number: 6 means 2, 7 means 3, and so on.)
//
// Judged exactly: success, full, empty and closed, also at a deadline; which item comes out; is_closed; that
// task_done is done; size and unfinished_tasks of calls that no other call overlaps; and, of calls that no push
// overlaps, that empty() or try_join_for is true, unfinished_tasks 0, or task_done one too many. (A push that
// is under way may have taken effect, so that others see its item or a close after it, and not be counted yet.)
//
// Judged as far as something is promised: an overlapped size() is not above the capacity; `stopped` comes after
// a stop request, and so does a push or pop with a token that fails, unless the queue is closed. A batch is
// judged as its single steps, one after the other; a push_n of which only a part went in, as if one more step
// had found the queue closed.
//
// Not judged, because nothing is promised: busy; empty() or try_join_for that is false; why a try_push_n or
// try_pop_n did not do more; whether a stop request had to end a wait. Not judged at all, nor counted:
// histories with more than 64 steps, which close_and_discard on a queue without a bound can make.
//
// Half of the rounds use items whose moves take long, so that operations overlap. The threads are reused from
// one history to the next, and start each by spinning on one word, within some hundred nanoseconds of each
// other.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/conqueue_status.hpp>

#include <verify/history/recorder.hpp>
#include <verify/history/timeline.hpp>

#include "stress/history_file.hpp"
#include "stress/queue_call.hpp"
#include "stress/slow_item.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"
#include "support/item_order.hpp"

namespace stress {

// Where threads wait until the first of them has prepared the next history.
class start_line {
 public:
  explicit start_line(std::size_t threads) : others_(threads - 1) {}

  // For the first thread: waits until all others have come; and starts them.
  void wait_for_others() const {
    spin_until([this] { return come_.load(std::memory_order_acquire) == others_; });
  }
  void start() {
    come_.store(0, std::memory_order_relaxed);  // relaxed: no thread comes before it sees the next store
    started_.store(started_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // The others: that they have come, and until the `time`-th start, from 1.
  void come() { come_.fetch_add(1, std::memory_order_release); }
  void wait_for_start(std::size_t time) const {
    spin_until([&] { return started_.load(std::memory_order_acquire) == time; });
  }

 private:
  template <class Condition>
  static void spin_until(Condition is_met) {
    for (int looks = 0; !is_met(); ++looks)
      if (looks > 200) std::this_thread::yield();
  }

  std::size_t others_;
  alignas(128) std::atomic<std::size_t> come_ = 0;
  alignas(128) std::atomic<std::size_t> started_ = 0;
};

enum class queue_ends { shared, of_one_thread_each };

// One round. `Order` is that of support/item_order.hpp; its name goes into the file of histories.
template <class Queue, class Order, queue_ends Ends = queue_ends::shared>
class short_histories {
  using status = plait::conqueue_status;
  using recorder = history::recorder<queue_operation>;
  using log = recorder::log;

 public:
  explicit short_histories(const round& of, const char* order)
      : of_(of),
        order_(order),
        threads_(2 + (of.threads - 2) % 4),
        line_(threads_),
        tokens_(threads_),
        told_(threads_, histories * 8),
        begins_(threads_) {
    plans_.reserve(histories);  // no reallocation while threads read the last one
  }

  tally play() {
    team threads(of_);
    for (std::size_t i = 0; i != threads_; ++i)
      threads.add(fmt::format("thread {}", i), [this, i](member& who) { take_part(who, i); });
    threads.run();
    return {.operations = calls_.load(), .histories = judged_.load()};
  }

 private:
  static constexpr std::size_t histories = 400;  // of a round
  static constexpr bool can_have_a_bound = std::constructible_from<Queue, std::size_t>;
  static constexpr bool must_have_a_bound = !std::default_initializable<Queue>;
  static constexpr std::size_t most_claims = 64;  // that the search can judge

  // What the threads of one history have to agree on. The thread that ends it makes no call that may wait for
  // ever.
  struct plan {
    std::size_t capacity;
    std::size_t ender;
    std::optional<queue_action> ending;  // close or close_and_discard
    bool is_stopped;                     // by a stop request
    std::size_t end_at;                  // which call of the ending thread, counted from its first
    std::size_t stop_at;

    bool may_wait(std::size_t thread) const { return ending && thread != ender; }
    bool may_wait_with_token(std::size_t thread) const { return (ending || is_stopped) && thread != ender; }
  };

  void take_part(member& who, std::size_t thread) {
    log& mine = told_.thread(thread);
    begins_[thread].reserve(histories + 1);
    const auto next_begins = [&] { begins_[thread].push_back(mine.calls().size()); };
    for (std::size_t time = 0; time != histories; ++time) {
      if (thread == 0) {
        line_.wait_for_others();
        if (time != 0) finish(who, mine);
        next_begins();
        prepare(who, mine);
        line_.start();
      } else {
        next_begins();
        line_.come();
        line_.wait_for_start(time + 1);
      }
      make_calls(who, thread, mine);
    }
    if (thread == 0) {
      line_.wait_for_others();
      finish(who, mine);
      next_begins();
      line_.start();
    } else {
      next_begins();
      line_.come();
      line_.wait_for_start(histories + 1);
    }
    for (std::size_t time = thread; time < histories; time += threads_) judge(time);
  }

  // Makes a new queue with some items, while no other thread runs.
  void prepare(member& who, log& mine) {
    queue_.reset();
    plan& next = plans_.emplace_back();
    next.capacity = model::unlimited;
    if constexpr (can_have_a_bound) {
      if (must_have_a_bound || who.random() % 8 != 0) next.capacity = 1 + who.random() % 4;
    }
    if constexpr (can_have_a_bound) {
      if (next.capacity != model::unlimited) queue_.emplace(next.capacity);
    }
    if constexpr (!must_have_a_bound) {
      if (!queue_) queue_.emplace();
    }
    next.ender = who.random() % threads_;
    switch (who.random() % 8) {
      case 0:
      case 1:
      case 2:
        next.ending = queue_action::close;
        break;
      case 3:
        if (Ends == queue_ends::of_one_thread_each) next.ender = consumer;
        next.ending = queue_action::close_and_discard;
        break;
      default:
        break;
    }
    next.is_stopped = who.random() % 4 == 0;
    next.end_at = who.random() % fewest_calls;
    next.stop_at = who.random() % fewest_calls;
    std::stop_source stop;
    for (std::stop_token& each : tokens_) each = stop.get_token();
    stop_ = std::move(stop);

    const std::size_t most = std::min<std::size_t>(next.capacity, 4);
    for (auto items = who.random() % (most + 1); items != 0; --items) {
      const int item = new_item(who, 9, static_cast<int>(items));
      record(mine, queue_action::try_push,
             [&](queue_operation& made) { push_one(made, item, queue_->try_push(item)); });
    }
  }

  // Takes the rest, when no other thread runs any more.
  void finish(member& /*who*/, log& mine) {
    const auto look = [&](queue_action what, auto ask) {
      record(mine, what, [&](queue_operation& made) { made.count = static_cast<int>(ask()); });
    };
    look(queue_action::size, [&] { return queue_->size(); });
    look(queue_action::unfinished_tasks, [&] { return queue_->unfinished_tasks(); });
    look(queue_action::is_closed, [&] { return queue_->is_closed(); });
    record(mine, queue_action::close, [&](queue_operation&) { queue_->close(); });
    // A queue without a bound may hold more than the search can judge.
    bool is_over = false;
    for (int pops = 0; pops != 8 && !is_over; ++pops)
      record(mine, queue_action::try_pop, [&](queue_operation& made) {
        pop_one(made, queue_->try_pop());
        is_over = made.status != status::success;
      });
  }

  void make_calls(member& who, std::size_t thread, log& mine) {
    const plan& now = plans_.back();
    // Each thread prefers pushes or pops, or neither.
    const auto pushes_of_eight = 1 + 3 * (who.random() % 3);
    const std::size_t calls = fewest_calls + who.random() % 4;
    int made = 0;
    if (who.random() % 2 == 0) idle(who.random() % 400);
    for (std::size_t at = 0; at != calls; ++at) {
      if (thread == now.ender && now.is_stopped && at == now.stop_at)
        record(who, mine, queue_action::request_stop, [&](queue_operation&) { stop_.request_stop(); });
      if (thread == now.ender && now.ending && at == now.end_at)
        end(who, mine, *now.ending);
      else
        make_call(who, thread, mine, now, pushes_of_eight, made);
      if (who.random() % 8 == 0) idle(who.random() % 300);
    }
  }

  void end(member& who, log& mine, queue_action how) {
    record(who, mine, how, [&](queue_operation& made) {
      if (how == queue_action::close)
        queue_->close();
      else
        made.count = static_cast<int>(queue_->close_and_discard());
    });
  }

  void make_call(member& who, std::size_t thread, log& mine, const plan& now, std::uint64_t pushes_of_eight,
                 int& items_made) {
    const bool may_push = Ends == queue_ends::shared || thread == producer;
    const bool may_pop = Ends == queue_ends::shared || thread == consumer;
    if (who.random() % 8 == 0 || (!may_push && !may_pop)) return look(who, mine, now);
    const bool pushes = may_push && (!may_pop || who.random() % 8 < pushes_of_eight);
    const queue_action what = drawn(who, thread, now, pushes);
    const auto wait = std::chrono::microseconds(who.random() % 4);
    const std::stop_token& stop = tokens_[thread];
    queue_operation::batch batch{};
    if (pushes)
      for (int& each : batch) each = new_item(who, static_cast<int>(thread), ++items_made);
    const int item = batch[0];

    record(who, mine, what, [&](queue_operation& made) {
      const auto said = [](bool is_done, status otherwise) { return is_done ? status::success : otherwise; };
      const auto popped = [](const auto& got, status otherwise) {
        return got ? std::expected<int, status>(*got) : std::unexpected(otherwise);
      };
      switch (what) {
        using enum queue_action;
        case push:
          return push_one(made, item, said(queue_->push(item), status::closed));
        case push_or_stop:
          return push_one(made, item, said(queue_->push(item, stop), status::stopped));
        case try_push:
          return push_one(made, item, queue_->try_push(item));
        case try_push_for:
          return push_one(made, item, queue_->try_push_for(item, wait, stop));
        case push_n:
          return push_batch(made, batch, queue_->push_n(batch.begin(), batch.size()));
        case try_push_n:
          return push_batch(made, batch, queue_->try_push_n(batch.begin(), batch.size()));
        case pop:
          return pop_one(made, popped(queue_->pop(), status::closed));
        case pop_or_stop:
          return pop_one(made, popped(queue_->pop(stop), status::stopped));
        case try_pop:
          return pop_one(made, queue_->try_pop());
        case try_pop_for:
          return pop_one(made, queue_->try_pop_for(wait, stop));
        case pop_n:
          return pop_batch(made, queue_->pop_n(made.items.begin(), made.items.size()));
        default:
          return pop_batch(made, queue_->try_pop_n(made.items.begin(), made.items.size()));
      }
    });
  }

  // Most calls do not wait, so that many histories take little time.
  static queue_action drawn(member& who, std::size_t thread, const plan& now, bool pushes) {
    using enum queue_action;
    const bool may_wait = now.may_wait(thread);
    const bool may_wait_with_token = now.may_wait_with_token(thread);
    switch (who.random() % 16) {
      case 0:
        return pushes ? try_push_n : try_pop_n;
      case 1:
      case 2:
        return pushes ? try_push_for : try_pop_for;
      case 3:
        return may_wait ? (pushes ? push_n : pop_n) : (pushes ? try_push : try_pop);
      case 4:
      case 5:
        return may_wait ? (pushes ? push : pop) : (pushes ? try_push : try_pop);
      case 6:
        return may_wait_with_token ? (pushes ? push_or_stop : pop_or_stop) : (pushes ? try_push : try_pop);
      default:
        return pushes ? try_push : try_pop;
    }
  }

  void look(member& who, log& mine, const plan& now) {
    using enum queue_action;
    constexpr std::array all{is_closed, size, empty, unfinished_tasks, try_join_for, task_done, task_done};
    queue_action what = all[who.random() % all.size()];
    // Discarding an item marks it done, so no other thread may have done so before.
    if (what == task_done && now.ending == close_and_discard) what = size;
    record(who, mine, what, [&](queue_operation& made) {
      switch (what) {
        case is_closed:
          made.count = queue_->is_closed() ? 1 : 0;
          break;
        case size:
          made.count = static_cast<int>(queue_->size());
          break;
        case empty:
          made.count = queue_->empty() ? 1 : 0;
          break;
        case unfinished_tasks:
          made.count = static_cast<int>(queue_->unfinished_tasks());
          break;
        case try_join_for:
          made.count = queue_->try_join_for(std::chrono::microseconds(0)) ? 1 : 0;
          break;
        default:
          try {
            queue_->task_done();
            made.count = 1;
          } catch (const std::logic_error&) {
            made.count = 0;
          }
      }
    });
  }

  // call(made) makes the call and stores the answer in `made`.
  template <class Call>
  static void record(log& mine, queue_action what, Call call) {
    queue_operation made{.what = what};
    const history::moment began = mine.now();
    call(made);
    mine.add(began, made);
  }
  template <class Call>
  static void record(member& who, log& mine, queue_action what, Call call) {
    who.does_at_once(name_of(what), [&] { record(mine, what, call); });
  }

  static void push_one(queue_operation& made, int item, status said) {
    made.items[0] = item;
    made.status = said;
  }
  static void push_batch(queue_operation& made, const queue_operation::batch& batch, std::size_t count) {
    made.items = batch;
    made.asked = static_cast<int>(batch.size());
    made.count = static_cast<int>(count);
  }
  template <class Item>
  static void pop_one(queue_operation& made, const std::expected<Item, status>& got) {
    made.items[0] = got ? int{*got} : 0;
    made.status = got ? status::success : got.error();
  }
  static void pop_batch(queue_operation& made, std::size_t count) {
    made.asked = static_cast<int>(longest_batch);
    made.count = static_cast<int>(count);
  }

  static int new_item(member& who, int thread, int number) {
    return static_cast<int>(who.random() % 3) * 1000 + thread * 100 + number;
  }

  static void idle(std::uint64_t turns) {
    for (; turns != 0; --turns) std::atomic_signal_fence(std::memory_order_seq_cst);  // so that the loop stays
  }

  void judge(std::size_t time) {
    const std::size_t capacity = plans_[time].capacity;
    std::vector<queue_call> calls;
    for (std::size_t thread = 0; thread != threads_; ++thread) {
      const auto& all = told_.thread(thread).calls();
      const auto begin = all.begin();
      calls.insert(calls.end(), begin + static_cast<std::ptrdiff_t>(begins_[thread][time]),
                   begin + static_cast<std::ptrdiff_t>(begins_[thread][time + 1]));
    }
    history::moment first = history::never;
    for (const queue_call& each : calls) first = std::min(first, each.begin);
    for (queue_call& each : calls) {
      each.begin -= first;
      each.end -= first;
    }
    const std::vector<claim> claims = claims_of(calls);
    if (claims.size() > most_claims) return;
    export_history({.order = order_, .capacity = capacity}, std::span<const queue_call>(calls),
                   [](const queue_operation& made) {
                     return call_in_words{name_of(made.what), arguments_of(made), answer_of(made)};
                   });
    if (!can_be_explained<Order>(claims, capacity))
      throw failure(
          fmt::format("{}: no order of these calls explains all the answers\n\n{}",
                      capacity == model::unlimited ? "no bound" : fmt::format("capacity {}", capacity),
                      history::timeline(calls)));
    calls_ += calls.size();
    ++judged_;
  }

  // The threads' numbers, for a queue with one producer and one consumer.
  static constexpr std::size_t producer = 0;
  static constexpr std::size_t consumer = 1;
  static constexpr std::size_t fewest_calls = 3;

  const round of_;
  const char* const order_;
  const std::size_t threads_;
  start_line line_;
  // Written by the first thread while no other one runs.
  std::optional<Queue> queue_;
  std::vector<plan> plans_;
  std::vector<std::stop_token> tokens_;  // one for each thread
  std::stop_source stop_;
  // Each thread's own.
  recorder told_;
  std::vector<std::vector<std::size_t>> begins_;  // by thread: where in its calls each history begins
  // How much was judged.
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> judged_ = 0;
};

// A round of Queue<int> or Queue<slow_item>, for a workload.
template <template <class> class Queue, class Order, queue_ends Ends = queue_ends::shared>
tally play_short_histories(const round& of, const char* order) {
  if (of.random()() % 2 == 0) return short_histories<Queue<int>, Order, Ends>(of, order).play();
  return short_histories<Queue<slow_item>, Order, Ends>(of, order).play();
}

}  // namespace stress
