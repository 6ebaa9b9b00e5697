// SPDX-License-Identifier: MIT
// Scenarios that several queues share, for their tables. They use a `Queue` of numbers, unless they say
// otherwise, constructed with `Capacity` if one is given. A `Recorded` queue judges its results.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>

#include <plait/conqueue_status.hpp>

#include <verify/scenario.hpp>

namespace model {

using verify::check;
using verify::threads;

// -- calls that are judged --

template <class Recorded, std::size_t... Capacity>
void try_calls() {
  Recorded queue(Capacity...);
  threads([&] { queue.try_push(1), queue.try_pop(); }, [&] { queue.try_push(2), queue.try_pop(); });
}

template <class Recorded, std::size_t... Capacity>
void two_producers_and_a_trying_consumer() {
  Recorded queue(Capacity...);
  threads([&] { queue.try_push(1); }, [&] { queue.try_push(2); }, [&] { queue.try_pop(), queue.try_pop(); });
}

template <class Recorded, std::size_t... Capacity>
void close_among_pushes_and_pops() {
  Recorded queue(Capacity...);
  threads([&] { queue.push(1), queue.try_push(2); }, [&] { queue.try_pop(), queue.pop(); },
          [&] { queue.close(); });
}

template <class Recorded, std::size_t... Capacity>
void pushes_beside_a_trying_consumer() {
  Recorded queue(Capacity...);
  queue.push(2);
  threads([&] { queue.try_push(1), queue.try_push(3); }, [&] { queue.try_pop(), queue.try_pop(); });
}

template <class Recorded, std::size_t... Capacity>
void two_trying_consumers_and_a_producer() {
  Recorded queue(Capacity...);
  queue.push(2);
  threads([&] { queue.try_pop(); }, [&] { queue.try_pop(); }, [&] { queue.push(1); });
}

// Every answer must be true of some moment during the call: of a queue with room for two that always holds one
// or two items, no call may report full or empty when it is not.
template <class Recorded, std::size_t... Capacity>
void looks_of_a_third_thread(auto look) {
  Recorded queue(Capacity...);
  queue.push(2);
  threads([&] { queue.try_push(1); }, [&] { queue.try_pop(); }, [&] { look(queue); });
}
inline constexpr auto look_by_push = [](auto& queue) { queue.try_push(0); };
inline constexpr auto look_by_pop = [](auto& queue) { queue.try_pop(); };
inline constexpr auto look_at_empty = [](auto& queue) { queue.empty(); };
inline constexpr auto look_at_size = [](auto& queue) { queue.size_at_least(); };

// Counts that are read one after the other must not make up items.
template <class Queue, std::size_t... Capacity>
void size_beside_a_push_and_a_pop() {
  Queue queue(Capacity...);
  threads([&] { (void)queue.push(1), (void)queue.push(2); }, [&] { (void)queue.pop(); },
          [&] { check(queue.size() <= 2, "no more items than were pushed"); });
  check(queue.size() == 1);
}

// -- pushes and pops --

template <class Queue, std::size_t... Capacity>
void push_and_pop() {
  Queue queue(Capacity...);
  std::optional<int> got;
  threads([&] { check(queue.push(7)); }, [&] { got = queue.pop(); });
  check(got == 7);
  check(queue.empty());
}

// Passes 1, 2 ... `last` from one thread to another.
void pass_in_order(auto& queue, int last) {
  threads(
      [&] {
        for (int i = 1; i <= last; ++i) check(queue.push(i));
      },
      [&] {
        for (int i = 1; i <= last; ++i) check(queue.pop() == i);
      });
}

template <class Queue, std::size_t... Capacity>
void a_push_waits_for_room() {
  Queue queue(Capacity...);
  queue.push(1);
  threads([&] { check(queue.push(2)); }, [&] { check(queue.pop() == 1); });
  check(queue.pop() == 2);
}

template <class Queue, std::size_t... Capacity>
void two_producers_wait_for_room() {
  Queue queue(Capacity...);
  queue.push(1);
  queue.push(2);
  threads([&] { check(queue.push(3)); }, [&] { check(queue.push(4)); },
          [&] { (void)queue.pop(), (void)queue.pop(); });
  check(queue.size() == 2);
}

template <class Queue, std::size_t... Capacity>
void two_producers_and_a_consumer() {
  Queue queue(Capacity...);
  int sum = 0;
  threads([&] { check(queue.push(1)); }, [&] { check(queue.push(2)); },
          [&] {
            sum += *queue.pop();
            sum += *queue.pop();
          });
  check(sum == 3);
}

template <class Queue, std::size_t... Capacity>
void a_producer_and_two_consumers() {
  Queue queue(Capacity...);
  std::optional<int> a, b;
  threads([&] { queue.push(1), queue.push(2); }, [&] { a = queue.pop(); }, [&] { b = queue.pop(); });
  check(*a + *b == 3);
}

template <class Queue, std::size_t... Capacity>
void two_producers_and_two_consumers() {
  Queue queue(Capacity...);
  std::optional<int> a, b;
  threads([&] { queue.push(1); }, [&] { queue.push(2); }, [&] { a = queue.pop(); }, [&] { b = queue.pop(); });
  check(*a + *b == 3);
}

template <class Queue, std::size_t... Capacity>
void batches_of_two_producers() {
  Queue queue(Capacity...);
  const std::array items{1, 2};
  std::array<int, 3> got{};
  threads([&] { check(queue.push_n(items.begin(), 2) == 2); }, [&] { check(queue.push(3)); },
          [&] {
            std::size_t popped = 0;
            while (popped != 3) popped += queue.pop_n(got.begin() + popped, 3 - popped);
          });
  check(got[0] + got[1] + got[2] == 6);
}

// The same with std::unique_ptr<int>.
template <class Queue, std::size_t... Capacity>
void destroys_what_is_left() {
  Queue queue(Capacity...);
  threads([&] { queue.push(std::make_unique<int>(1)); }, [&] { queue.push(std::make_unique<int>(2)); });
}
template <class Queue, std::size_t... Capacity>
void destroys_what_a_pop_leaves() {
  Queue queue(Capacity...);
  queue.push(std::make_unique<int>(0));
  threads([&] { (void)queue.pop(); }, [&] { queue.push(std::make_unique<int>(1)); },
          [&] { queue.push(std::make_unique<int>(2)); });
}

// -- the end of waiting --

template <class Queue, std::size_t... Capacity>
void close_and_push() {
  Queue queue(Capacity...);
  bool pushed = false;
  threads([&] { pushed = queue.push(7); }, [&] { queue.close(); });
  check(queue.pop().has_value() == pushed, "what was accepted can be popped");
  check(!queue.pop());
}

template <class Queue, std::size_t... Capacity>
void close_and_a_push_that_waits() {
  Queue queue(Capacity...);
  queue.push(1);
  threads([&] { check(!queue.push(2)); }, [&] { queue.close(); });
  check(queue.pop() == 1);
  check(!queue.pop());
}

template <class Queue, std::size_t... Capacity>
void close_and_pop() {
  Queue queue(Capacity...);
  threads([&] { check(!queue.pop()); }, [&] { queue.close(); });
}

template <class Queue, std::size_t... Capacity>
void close_push_and_pop() {
  Queue queue(Capacity...);
  bool pushed = false;
  std::optional<int> got;
  threads([&] { pushed = queue.push(7); }, [&] { got = queue.pop(); }, [&] { queue.close(); });
  check(got.has_value() == pushed, "an item that was accepted reaches the consumer");
}

template <class Queue, std::size_t... Capacity>
void close_and_discard_against_push() {
  Queue queue(Capacity...);
  bool pushed = false;
  std::size_t discarded = 0;
  threads([&] { pushed = queue.push(7); }, [&] { discarded = queue.close_and_discard(); });
  check(discarded == (pushed ? 1u : 0u));
  check(queue.unfinished_tasks() == 0);
}
template <class Queue, std::size_t... Capacity>
void close_and_discard_against_pushes() {
  Queue queue(Capacity...);
  queue.push(1);
  bool pushed = false;
  std::size_t discarded = 0;
  threads([&] { pushed = queue.push(7); }, [&] { discarded = queue.close_and_discard(); });
  check(discarded == (pushed ? 2u : 1u));
}

template <class Queue, std::size_t... Capacity>
void a_pop_that_times_out() {
  Queue queue(Capacity...);
  bool got = false;
  threads([&] { got = queue.try_pop_for(std::chrono::milliseconds(1)).has_value(); },
          [&] { check(queue.push(7)); });
  check(queue.size() == (got ? 0u : 1u));
}

// Of two that wait, one gives up, perhaps just when it was to be woken: the other must not need a deadline.
template <class Queue>
void a_push_that_gives_up_takes_no_wake_along() {
  Queue queue(1);
  queue.push(1);
  bool in_time = false;
  threads(
      [&] { in_time = queue.try_push_for(2, std::chrono::milliseconds(1)) == plait::conqueue_status::success; },
      [&] { check(queue.push(3)); }, [&] { check(queue.pop().has_value() && queue.pop().has_value()); });
  check(queue.size() == (in_time ? 1u : 0u));
}

template <class Queue, std::size_t... Capacity>
void a_pop_that_gives_up_takes_no_wake_along() {
  Queue queue(Capacity...);
  bool in_time = false;
  threads([&] { in_time = queue.try_pop_for(std::chrono::milliseconds(1)).has_value(); },
          [&] { check(queue.pop().has_value()); }, [&] { check(queue.push(1) && queue.push(2)); });
  check(queue.size() == (in_time ? 0u : 1u));
}

template <class Queue, std::size_t... Capacity>
void a_stop_request_and_a_pop() {
  Queue queue(Capacity...);
  std::stop_source stop;
  threads([&] { check(!queue.pop(stop.get_token())); }, [&] { verify::request_stop(stop); });
}

// One batch makes room for two producers, or brings items for two consumers, and notifies once. The batch that
// it wakes has to notify the next.
template <class Queue>
void a_batch_hands_on_the_room_it_leaves() {
  Queue queue(2);
  queue.push(1);
  queue.push(2);
  threads([&] { check(queue.push_n(std::array{3}.begin(), 1) == 1); }, [&] { queue.push(4); },
          [&] {
            std::array<int, 2> got{};
            check(queue.pop_n(got.begin(), 2) == 2);
          });
}

template <class Queue, std::size_t... Capacity>
void a_batch_hands_on_the_items_it_leaves() {
  Queue queue(Capacity...);
  threads(
      [&] {
        std::array<int, 1> got{};
        check(queue.pop_n(got.begin(), 1) == 1);
      },
      [&] { check(queue.pop().has_value()); }, [&] { check(queue.push_n(std::array{1, 2}.begin(), 2) == 2); });
}

// As above, with elements that are read only once there is room.
template <class Queue>
void a_batch_that_makes_its_elements_hands_on_the_room_it_leaves() {
  Queue queue(2);
  queue.push(1);
  queue.push(2);
  threads(
      [&] {
        const auto made = std::views::iota(3, 4) | std::views::transform([](int each) { return each + 1; });
        check(queue.push_n(made.begin(), 1) == 1);
      },
      [&] { queue.push(5); },
      [&] {
        std::array<int, 2> got{};
        check(queue.pop_n(got.begin(), 2) == 2);
      });
}

template <class Queue, std::size_t... Capacity>
void join_push_and_task_done() {
  Queue queue(Capacity...);
  queue.push(1);
  threads([&] { queue.join(); },
          [&] {
            (void)queue.pop();
            queue.task_done();
          },
          [&] { queue.push(2); },
          [&] {
            (void)queue.pop();
            queue.task_done();
          });
}

// -- a thread to be stopped, and another --

template <class Queue>
void a_consumer_and_pushes() {
  Queue queue;
  queue.push(1);
  queue.push(2);
  threads([&] { (void)queue.try_pop(); }, [&] { queue.push(3), queue.push(4); });
}

template <class Queue>
void two_consumers() {
  Queue queue;
  queue.push(1);
  queue.push(2);
  threads([&] { (void)queue.try_pop(); }, [&] { (void)queue.try_pop(); });
}

// -- two queues --

// Two linearizable queues are linearizable together: of two threads that each change one queue and then read
// the other, one sees what the other did.
template <class Queue, std::size_t... Capacity>
verify::body one_of_two_sees(auto begin, auto change, auto sees) {
  return [=] {
    Queue a(Capacity...), b(Capacity...);
    begin(a), begin(b);
    bool sees_a = false, sees_b = false;
    threads([&] { change(a), sees_b = sees(b); }, [&] { change(b), sees_a = sees(a); });
    check(sees_a || sees_b);
  };
}

// The initial states,
inline constexpr auto nothing_inside = [](const auto&) {};
inline constexpr auto one_inside = [](auto& queue) { queue.push(1); };

// the changes,
inline constexpr auto put = [](auto& queue) { (void)queue.try_push(1); };
inline constexpr auto put_batch = [](auto& queue) {
  const int item = 1;
  (void)queue.try_push_n(&item, 1);
};
inline constexpr auto take = [](auto& queue) { check(queue.try_pop().has_value()); };
inline constexpr auto take_batch = [](auto& queue) {
  int item = 0;
  check(queue.try_pop_n(&item, 1) == 1);
};
inline constexpr auto close_it = [](auto& queue) { queue.close(); };
inline constexpr auto finish = [](auto& queue) { queue.task_done(); };

// and what a read may see.
inline constexpr auto an_item = [](auto& queue) {
  const auto got = queue.try_pop();
  return got || got.error() != plait::conqueue_status::empty;
};
inline constexpr auto room = [](auto& queue) { return queue.try_push(2) != plait::conqueue_status::full; };
inline constexpr auto that_none_is_left = [](const auto& queue) { return queue.size() == 0; };
inline constexpr auto that_all_is_done = [](const auto& queue) { return queue.unfinished_tasks() == 0; };
inline constexpr auto that_it_is_closed = [](const auto& queue) { return queue.is_closed(); };

}  // namespace model
