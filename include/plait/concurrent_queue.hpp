// SPDX-License-Identifier: MIT
// concurrent_queue<Q>: what all queues of plait have in common, as a concept.
//
// Use it to write code for any of them: a pipeline stage that takes a bounded_queue today and a priority_queue
// tomorrow. The queues differ in which item comes next, in how many threads may push and pop, and in
// whether a push may have to wait; each header says so.
//
//   template <plait::concurrent_queue Queue>
//   auto sum_of(Queue& queue) {
//     typename Queue::value_type sum{};
//     while (auto item = queue.pop()) sum += *item;
//     return sum;
//   }
//
// The operations are those of P0260R22's concurrent queues; task tracking is that of Python's queue.Queue.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <expected>
#include <iterator>
#include <optional>
#include <stop_token>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// P0260's operations: push and pop, blocking or not, and close.
template <class Q, class T = typename Q::value_type>
concept basic_concurrent_queue = requires(Q queue, const Q& fixed, T&& value) {
  { queue.push(std::move(value)) } -> std::same_as<bool>;
  { queue.emplace(std::move(value)) } -> std::same_as<bool>;
  { queue.pop() } -> std::same_as<std::optional<T>>;
  { queue.try_push(std::move(value)) } -> std::same_as<conqueue_status>;
  { queue.try_emplace(std::move(value)) } -> std::same_as<conqueue_status>;
  { queue.try_pop() } -> std::same_as<std::expected<T, conqueue_status>>;
  { queue.close() } noexcept -> std::same_as<void>;
  { fixed.is_closed() } noexcept -> std::same_as<bool>;
};

// With plait's additions: deadlines, stop requests, batches, sizes, tasks. The queues of plait::remote have all
// of this too, but may throw where others cannot: code for a work_queue runs in one process or over many.
template <class Q, class T = typename Q::value_type>
concept work_queue =
    requires(Q queue, const Q& fixed, T&& value, T* items, std::size_t count, std::chrono::nanoseconds wait,
             std::chrono::sys_time<std::chrono::nanoseconds> when, const std::stop_token& stop) {
      { queue.push(std::move(value)) } -> std::same_as<bool>;
      { queue.push(std::move(value), stop) } -> std::same_as<bool>;
      { queue.emplace(std::move(value)) } -> std::same_as<bool>;
      { queue.pop() } -> std::same_as<std::optional<T>>;
      { queue.pop(stop) } -> std::same_as<std::optional<T>>;
      { queue.try_push(std::move(value)) } -> std::same_as<conqueue_status>;
      { queue.try_emplace(std::move(value)) } -> std::same_as<conqueue_status>;
      { queue.try_pop() } -> std::same_as<std::expected<T, conqueue_status>>;
      { queue.try_push_for(std::move(value), wait, stop) } -> std::same_as<conqueue_status>;
      { queue.try_push_until(std::move(value), when, stop) } -> std::same_as<conqueue_status>;
      { queue.try_pop_for(wait, stop) } -> std::same_as<std::expected<T, conqueue_status>>;
      { queue.try_pop_until(when, stop) } -> std::same_as<std::expected<T, conqueue_status>>;
      { queue.push_n(std::move_iterator(items), count) } -> std::same_as<std::size_t>;
      { queue.pop_n(items, count) } -> std::same_as<std::size_t>;
      { queue.try_push_n(std::move_iterator(items), count) } -> std::same_as<std::size_t>;
      { queue.try_pop_n(items, count) } -> std::same_as<std::size_t>;
      { queue.close() } -> std::same_as<void>;
      { queue.close_and_discard() } -> std::same_as<std::size_t>;
      { fixed.is_closed() } -> std::same_as<bool>;
      { fixed.size() } -> std::same_as<std::size_t>;
      { fixed.empty() } -> std::same_as<bool>;
      { queue.task_done() } -> std::same_as<void>;
      { fixed.unfinished_tasks() } -> std::same_as<std::size_t>;
      { queue.join() } -> std::same_as<void>;
      { queue.join(stop) } -> std::same_as<bool>;
      { queue.try_join_for(wait, stop) } -> std::same_as<bool>;
      { queue.try_join_until(when, stop) } -> std::same_as<bool>;
    };

// A work_queue of this process.
template <class Q, class T = typename Q::value_type>
concept concurrent_queue = basic_concurrent_queue<Q, T> && work_queue<Q, T> && requires(const Q& fixed) {
  { fixed.size() } noexcept;
  { fixed.empty() } noexcept;
  { fixed.unfinished_tasks() } noexcept;
};

}  // namespace PLAIT_NAMESPACE
