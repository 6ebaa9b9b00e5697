// SPDX-License-Identifier: MIT
// The operations of a queue, for scenarios with every pair of them, every pair with a close, and every pair of
// changes with a third operation that reads. Some order of the operations must explain their results, and a
// thread may wait only if it must.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <plait/conqueue_status.hpp>

#include <verify/scenario.hpp>
#include <verify/scenario_history.hpp>

#include "support/operation_pairs.hpp"
#include "support/sequential_queue.hpp"

namespace model {

// The steps of an operation, in their order: none, or several, between which other threads may act.
class steps {
 public:
  steps() = default;
  steps(const told& only) { add(only); }
  void add(const told& step) { made_.at(size_++) = step; }
  told* begin() { return made_.data(); }
  told* end() { return made_.data() + size_; }

 private:
  std::array<told, 16> made_{};
  std::size_t size_ = 0;
};

struct queue_state {
  std::string name;
  std::size_t capacity;
  int items = 0;
  bool closed = false;
};

inline const queue_state bounded_states[] = {
    {.name = "empty", .capacity = 1},
    {.name = "full", .capacity = 1, .items = 1},
    {.name = "one_of_two", .capacity = 2, .items = 1},
    {.name = "closed", .capacity = 2, .items = 1, .closed = true},
};
inline const queue_state unbounded_states[] = {
    {.name = "empty", .capacity = unlimited},
    {.name = "one", .capacity = unlimited, .items = 1},
    {.name = "closed", .capacity = unlimited, .items = 1, .closed = true},
};

template <class Queue, class Order>
class queue_world {
  using conqueue_status = plait::conqueue_status;

 public:
  explicit queue_world(const queue_state& from)
      : initially_{from.capacity}, queue_(make(from.capacity)), stop_(std::make_unique<std::stop_source>()) {
    // Two items that are not marked done yet, so that operations can mark them.
    for (; initially_.put != 2; ++initially_.put) {
      queue_.push(0);
      (void)queue_.pop();
    }
    // Greater than what is pushed later, so that a pop from a priority queue shows which pushes came before it.
    for (int i = 101; i <= 100 + from.items; ++i) {
      queue_.push(i);
      Order::put(initially_.items, i);
      ++initially_.put;
    }
    if (from.closed) queue_.close();
    initially_.closed = from.closed;
  }

  void push(int thread) {
    const waiting here(*this, told::kind::push_waits);
    record([&] { return pushed(thread * 10, queue_.push(thread * 10)); });
  }
  void push_or_stop(int thread) {
    const waiting here(*this, told::kind::push_waits);
    // After a stop request, false says nothing of the queue.
    record([&]() -> steps {
      if (queue_.push(thread * 10, stop_->get_token())) return pushed(thread * 10, true);
      return steps();
    });
  }
  // Busy claims nothing; the call is repeated.
  void try_push(int thread) {
    record([&] {
      conqueue_status status;
      do status = queue_.try_push(thread * 10);
      while (status == conqueue_status::busy);
      return told{.what = told::kind::push, .item = thread * 10, .status = status};
    });
  }
  // At a deadline too, full and empty are exact, and busy claims nothing.
  void try_push_for(int thread) {
    record([&]() -> steps {
      const conqueue_status status = queue_.try_push_for(thread * 10, std::chrono::milliseconds(1));
      if (status == conqueue_status::busy) return steps();
      return told{.what = told::kind::push, .item = thread * 10, .status = status};
    });
  }
  void push_n(int thread) {
    const waiting here(*this, told::kind::push_waits);
    record([&] {
      const std::array<int, 2> items{thread * 10, thread * 10 + 1};
      const std::size_t count = queue_.push_n(items.begin(), items.size());
      steps made;
      for (std::size_t i = 0; i != count; ++i) made.add({.what = told::kind::push, .item = items[i]});
      if (count != items.size()) made.add({.what = told::kind::push, .status = conqueue_status::closed});
      return made;
    });
  }
  void try_push_n(int thread) {
    record([&] {
      const std::array<int, 2> items{thread * 10, thread * 10 + 1};
      const std::size_t count = queue_.try_push_n(items.begin(), items.size());
      steps made;
      for (std::size_t i = 0; i != count; ++i) made.add({.what = told::kind::push, .item = items[i]});
      return made;
    });
  }

  void pop(int) {
    const waiting here(*this, told::kind::pop_waits);
    record([&] { return popped(queue_.pop()); });
  }
  void pop_or_stop(int) {
    const waiting here(*this, told::kind::pop_waits);
    record([&]() -> steps {
      if (const std::optional<int> got = queue_.pop(stop_->get_token())) return popped(got);
      return steps();
    });
  }
  void try_pop(int) {
    record([&] {
      auto got = queue_.try_pop();
      while (!got && got.error() == conqueue_status::busy) got = queue_.try_pop();
      return popped(got);
    });
  }
  void try_pop_for(int) {
    record([&]() -> steps {
      const auto got = queue_.try_pop_for(std::chrono::milliseconds(1));
      if (!got && got.error() == conqueue_status::busy) return steps();
      return popped(got);
    });
  }
  void pop_n(int) {
    const waiting here(*this, told::kind::pop_waits);
    record([&] {
      std::array<int, 2> items{};
      const std::size_t count = queue_.pop_n(items.begin(), items.size());
      steps made;
      for (std::size_t i = 0; i != count; ++i) made.add({.what = told::kind::pop, .item = items[i]});
      if (count == 0) made.add({.what = told::kind::pop, .status = conqueue_status::closed});
      return made;
    });
  }
  void try_pop_n(int) {
    record([&] {
      std::array<int, 2> items{};
      const std::size_t count = queue_.try_pop_n(items.begin(), items.size());
      steps made;
      for (std::size_t i = 0; i != count; ++i) made.add({.what = told::kind::pop, .item = items[i]});
      return made;
    });
  }

  void close(int) {
    record([&] {
      queue_.close();
      return told{.what = told::kind::close};
    });
  }
  void close_and_discard(int) {
    record([&] {
      const std::size_t count = queue_.close_and_discard();
      steps made;
      made.add({.what = told::kind::close});
      for (std::size_t i = 0; i != count; ++i) {
        made.add({.what = told::kind::pop, .item = told::any});
        made.add({.what = told::kind::task_done});
      }
      made.add({.what = told::kind::pop, .status = conqueue_status::closed});
      return made;
    });
  }
  void is_closed(int) {
    record([&] { return told{.what = told::kind::is_closed, .yes = queue_.is_closed()}; });
  }
  void size(int) {
    record([&] {
      const std::size_t said = queue_.size();
      verify::check(said <= initially_.capacity, "the size is never beyond the capacity");
      return told{.what = told::kind::size_at_least, .item = static_cast<int>(said)};
    });
  }
  void empty(int) {
    record([&] { return told{.what = told::kind::empty, .yes = queue_.empty()}; });
  }
  void task_done(int) {
    record([&] {
      try {
        queue_.task_done();
        return told{.what = told::kind::task_done};
      } catch (const std::logic_error&) {
        return told{.what = told::kind::task_done, .yes = false};
      }
    });
  }
  void unfinished_tasks(int) {
    record([&]() -> steps {
      if (queue_.unfinished_tasks() != 0) return steps();
      return told{.what = told::kind::joined};
    });
  }
  void join(int) {
    const waiting here(*this, told::kind::join_waits);
    record([&] {
      queue_.join();
      return told{.what = told::kind::joined};
    });
  }
  void join_or_stop(int) {
    const waiting here(*this, told::kind::join_waits);
    record([&]() -> steps {
      if (!queue_.join(stop_->get_token())) return steps();
      return told{.what = told::kind::joined};
    });
  }
  void try_join_for(int) {
    record([&]() -> steps {
      if (!queue_.try_join_for(std::chrono::milliseconds(1))) return steps();
      return told{.what = told::kind::joined};
    });
  }

  void let_out() {
    if (waiting_.empty()) return;
    for (const told::kind what : waiting_) record([&] { return told{.what = what}; });
    verify::request_stop(*stop_);
    for (bool more = true; more && queue_.unfinished_tasks() != 0;) {
      record([&] {
        try {
          queue_.task_done();
        } catch (const std::logic_error&) {
          more = false;
        }
        return told{.what = told::kind::task_done, .yes = more};
      });
    }
    close(0);
  }

  void judge() {
    // Items that are left come out in their order.
    if (!queue_.is_closed()) close(0);
    for (std::size_t left = queue_.size(); left != 0; --left) try_pop(0);
    try_pop(0);
    verify::check(history_.is_linearizable(initially_, is_possible<Order>), "the calls are linearizable");
  }

 private:
  // During its lifetime, the thread may be waiting.
  class waiting {
   public:
    waiting(queue_world& in, told::kind what) : in_(in), what_(what) { in_.waiting_.push_back(what); }
    ~waiting() { in_.waiting_.erase(std::ranges::find(in_.waiting_, what_)); }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;

   private:
    queue_world& in_;
    told::kind what_;
  };

  static Queue make(std::size_t capacity) {
    if constexpr (!std::default_initializable<Queue>) {
      return Queue(capacity);
    } else if constexpr (std::constructible_from<Queue, std::size_t>) {
      return capacity == unlimited ? Queue() : Queue(capacity);
    } else {
      return Queue();
    }
  }

  template <class Call>
  void record(Call call) {
    history_.record([&] {
      if constexpr (std::same_as<decltype(call()), steps>) {
        return numbered(call());
      } else {
        return call();
      }
    });
  }
  // Gives each step a bit of its own.
  steps numbered(steps made) {
    std::uint32_t before = 0;
    for (told& each : made) {
      each.after = before;
      before = each.step = std::uint32_t{1} << numbered_++;
    }
    return made;
  }

  sequential_queue<Order> initially_;
  Queue queue_;
  std::unique_ptr<std::stop_source> stop_;
  verify::scenario_history<told> history_;
  std::size_t numbered_ = 0;
  verify::detail::list<told::kind> waiting_;
};

// Pushes are by one user and pops by another, if the queue has one of each.
enum class ends { shared, of_one_thread_each };

template <class World>
std::vector<operation<World>> operations_of(ends which = ends::shared) {
  const int producer = which == ends::shared ? 0 : 1;
  const int consumer = which == ends::shared ? 0 : 2;
  return {
      {"push", &World::push, producer},
      {"push_or_stop", &World::push_or_stop, producer},
      {"try_push", &World::try_push, producer},
      {"try_push_for", &World::try_push_for, producer},
      {"push_n", &World::push_n, producer},
      {"try_push_n", &World::try_push_n, producer},
      {"pop", &World::pop, consumer},
      {"pop_or_stop", &World::pop_or_stop, consumer},
      {"try_pop", &World::try_pop, consumer},
      {"try_pop_for", &World::try_pop_for, consumer},
      {"pop_n", &World::pop_n, consumer},
      {"try_pop_n", &World::try_pop_n, consumer},
      {"close", &World::close},
      {"close_and_discard", &World::close_and_discard, consumer},
      {"is_closed", &World::is_closed},
      {"size", &World::size},
      {"empty", &World::empty},
      {"task_done", &World::task_done},
      {"unfinished_tasks", &World::unfinished_tasks},
      {"join", &World::join},
      {"join_or_stop", &World::join_or_stop},
      {"try_join_for", &World::try_join_for},
  };
}

template <class World>
std::vector<operation<World>> closes_of(ends which = ends::shared) {
  const int consumer = which == ends::shared ? 0 : 2;
  return {{"close", &World::close}, {"close_and_discard", &World::close_and_discard, consumer}};
}

// The operations that put or take items, and those whose results depend on them.
template <class World>
std::vector<operation<World>> changes_of(ends which = ends::shared) {
  const int producer = which == ends::shared ? 0 : 1;
  const int consumer = which == ends::shared ? 0 : 2;
  return {
      {"push", &World::push, producer},
      {"try_push", &World::try_push, producer},
      {"try_push_n", &World::try_push_n, producer},
      {"pop", &World::pop, consumer},
      {"try_pop", &World::try_pop, consumer},
      {"try_pop_n", &World::try_pop_n, consumer},
  };
}
template <class World>
std::vector<operation<World>> looks_of(ends which = ends::shared) {
  const int producer = which == ends::shared ? 0 : 1;
  const int consumer = which == ends::shared ? 0 : 2;
  return {
      {"try_push", &World::try_push, producer},
      {"try_pop", &World::try_pop, consumer},
      {"size", &World::size},
      {"empty", &World::empty},
  };
}

// How many schedules the search of a scenario tries, before it goes on with random ones.
struct pairs_allowance {
  unsigned two;
  unsigned with_a_close;
};

// The scenarios of a queue's test. They refer to this object, so it outlives them.
template <class Queue, class Order>
class pairs_of_queue {
  using world = queue_world<Queue, Order>;

 public:
  pairs_of_queue(std::span<const queue_state> states, pairs_allowance allowance, ends which = ends::shared)
      : states_(states),
        allowance_(allowance),
        operations_(operations_of<world>(which)),
        closes_(closes_of<world>(which)),
        changes_(changes_of<world>(which)),
        looks_(looks_of<world>(which)) {}
  pairs_of_queue(const pairs_of_queue&) = delete;
  pairs_of_queue& operator=(const pairs_of_queue&) = delete;

  std::vector<row> two() const {
    return scenarios(operations_).pairs({.depth_first = allowance_.two, .priorities = 50, .random = 50});
  }
  std::vector<row> with_a_close() const {
    return scenarios(operations_)
        .triples(closes_, {.depth_first = allowance_.with_a_close, .priorities = 50, .random = 0});
  }
  std::vector<row> with_a_look() const {
    return scenarios(changes_).triples(looks_, {.depth_first = 300, .priorities = 50, .random = 0});
  }

 private:
  using operations = std::vector<operation<world>>;

  scenarios_of<world, queue_state> scenarios(const operations& which) const { return {states_, which}; }

  std::span<const queue_state> states_;
  pairs_allowance allowance_;
  operations operations_, closes_, changes_, looks_;
};

}  // namespace model
