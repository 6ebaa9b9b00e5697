// SPDX-License-Identifier: MIT
// leased_queue: the operations that remote::queue and remote::priority_queue have in common. Each derives from
// it and says what they promise; users name the queue.
//
// Items: how a T travels. It has encode(const T&) and decode(bytes), as codec<T>, and `order`, an item_order.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/conqueue_status.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/lease.hpp>
#include <plait/remote/queue_end.hpp>
#include <plait/remote/queue_options.hpp>

namespace plait::remote {

template <class T, class Items>
class leased_queue {
 public:
  using value_type = T;
  using size_type = std::size_t;

  leased_queue(const connection& server, std::string_view name, const queue_options& options = {})
      : session_(server.shared_session()),
        options_(options),
        end_(open_queue(*session_, name, options, Items::order)) {}
  ~leased_queue() { end_->leave(); }
  leased_queue(const leased_queue&) = delete;
  leased_queue& operator=(const leased_queue&) = delete;

  // Waits for room; false if the queue is closed, or a stop was requested.
  bool push(const T& value, const std::stop_token& stop = {}) {
    return put(value, true, wait_limits::with(stop)) == conqueue_status::success;
  }
  template <class... Args>
  bool emplace(Args&&... args) {
    return push(T(std::forward<Args>(args)...));
  }

  // Waits for an item; nothing if the queue is closed and nothing is ready, or a stop was requested.
  [[nodiscard]] std::optional<T> pop(const std::stop_token& stop = {}) {
    auto item = take(true, wait_limits::with(stop));
    return item ? std::optional<T>(std::move(*item)) : std::nullopt;
  }

  // success, full, closed or busy.
  [[nodiscard]] conqueue_status try_push(const T& value) { return put(value, false, {}); }
  template <class... Args>
  [[nodiscard]] conqueue_status try_emplace(Args&&... args) {
    return try_push(T(std::forward<Args>(args)...));
  }

  // An item; or empty, closed or busy.
  [[nodiscard]] std::expected<T, conqueue_status> try_pop() { return take(false, {}); }

  // As push, until the deadline: success, closed, full, busy or stopped.
  template <class Rep, class Period>
  [[nodiscard]] conqueue_status try_push_for(const T& value, const std::chrono::duration<Rep, Period>& wait,
                                             const std::stop_token& stop = {}) {
    return put(value, true, wait_limits::after(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] conqueue_status try_push_until(const T& value,
                                               const std::chrono::time_point<Clock, Duration>& when,
                                               const std::stop_token& stop = {}) {
    return put(value, true, wait_limits::at(when, stop));
  }

  // As pop, until the deadline: an item; closed, empty, busy or stopped.
  template <class Rep, class Period>
  [[nodiscard]] std::expected<T, conqueue_status> try_pop_for(const std::chrono::duration<Rep, Period>& wait,
                                                              const std::stop_token& stop = {}) {
    return take(true, wait_limits::after(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::expected<T, conqueue_status> try_pop_until(
      const std::chrono::time_point<Clock, Duration>& when, const std::stop_token& stop = {}) {
    return take(true, wait_limits::at(when, stop));
  }

  // Pushes `count` values and returns how many went in: all, or fewer if the queue is closed or a stop
  // requested.
  template <std::input_iterator Iterator>
  size_type push_n(Iterator first, size_type count, const std::stop_token& stop = {}) {
    return put_n(first, count, true, wait_limits::with(stop));
  }
  template <std::input_iterator Iterator>
  [[nodiscard]] size_type try_push_n(Iterator first, size_type count) {
    return put_n(first, count, false, {});
  }

  // Pops at least one and at most `max_count` items; 0 if the queue is closed and nothing is ready, or a stop
  // was requested.
  template <std::output_iterator<T> Iterator>
  [[nodiscard]] size_type pop_n(Iterator out, size_type max_count, const std::stop_token& stop = {}) {
    return take_n(out, max_count, true, wait_limits::with(stop));
  }
  template <std::output_iterator<T> Iterator>
  [[nodiscard]] size_type try_pop_n(Iterator out, size_type max_count) {
    return take_n(out, max_count, false, {});
  }

  // As pop, for work that changes threads or may fail: the item is finished by done() or given back. They throw
  // std::logic_error if the queue delivers at most once, for then there is nothing to give back.
  [[nodiscard]] std::optional<lease<T>> pop_leased(const std::stop_token& stop = {}) {
    auto item = take_leased(true, wait_limits::with(stop));
    return item ? std::optional<lease<T>>(std::move(*item)) : std::nullopt;
  }
  [[nodiscard]] std::expected<lease<T>, conqueue_status> try_pop_leased() { return take_leased(false, {}); }
  template <class Rep, class Period>
  [[nodiscard]] std::expected<lease<T>, conqueue_status> try_pop_leased_for(
      const std::chrono::duration<Rep, Period>& wait, const std::stop_token& stop = {}) {
    return take_leased(true, wait_limits::after(wait, stop));
  }

  // From now on every push fails; pops drain what is left.
  void close() { end_->close(); }
  // Closes and drops what is ready, marked as done. Returns how many there were.
  size_type close_and_discard() { return end_->close_and_discard(); }

  // The server forgets all of it after this time, counted from now.
  void expire_after(std::chrono::seconds time) { end_->expire_after(time); }

  [[nodiscard]] bool is_closed() const { return end_->look().closed; }
  [[nodiscard]] size_type size() const { return static_cast<size_type>(end_->look().items); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] size_type capacity() const noexcept { return options_.capacity; }  // 0: no bound

  void task_done() { end_->done(end_->oldest_of_this_thread()); }
  [[nodiscard]] size_type unfinished_tasks() const { return static_cast<size_type>(end_->look().unfinished); }

  void join() { (void)end_->join({}); }
  [[nodiscard]] bool join(const std::stop_token& stop) {
    return end_->join(wait_limits::with(stop)) == conqueue_status::success;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_join_for(const std::chrono::duration<Rep, Period>& wait,
                                  const std::stop_token& stop = {}) {
    return end_->join(wait_limits::after(wait, stop)) == conqueue_status::success;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_join_until(const std::chrono::time_point<Clock, Duration>& when,
                                    const std::stop_token& stop = {}) {
    return end_->join(wait_limits::at(when, stop)) == conqueue_status::success;
  }

  // How many items this object has marked done, or given back, after somebody else might have got them.
  [[nodiscard]] size_type lost_leases() const { return static_cast<size_type>(end_->lost_leases()); }

 private:
  conqueue_status put(const T& value, bool waits, const wait_limits& limits) {
    size_type accepted = 0;
    return end_->push({Items::encode(value)}, accepted, waits, limits);
  }

  template <class Iterator>
  size_type put_n(Iterator first, size_type count, bool waits, const wait_limits& limits) {
    std::vector<std::string> values;
    for (size_type i = 0; i < count; ++i, ++first) values.push_back(Items::encode(*first));
    size_type accepted = 0;
    end_->push(std::move(values), accepted, waits, limits);
    return accepted;
  }

  std::expected<T, conqueue_status> take(bool waits, const wait_limits& limits) {
    std::optional<T> result;
    const conqueue_status status = take_into(1, waits, limits, [&](delivered_item&& item, T&& value) {
      result.emplace(std::move(value));
      if (options_.deliver == delivery::at_least_once) end_->remember(std::move(item));
    });
    if (status != conqueue_status::success) return std::unexpected(status);
    return std::move(*result);
  }

  template <class Iterator>
  size_type take_n(Iterator out, size_type max_count, bool waits, const wait_limits& limits) {
    size_type count = 0;
    if (max_count == 0) return 0;
    take_into(max_count, waits, limits, [&](delivered_item&& item, T&& value) {
      *out = std::move(value);
      ++out;
      ++count;
      if (options_.deliver == delivery::at_least_once) end_->remember(std::move(item));
    });
    return count;
  }

  std::expected<lease<T>, conqueue_status> take_leased(bool waits, const wait_limits& limits) {
    if (options_.deliver == delivery::at_most_once)
      throw std::logic_error("plait::remote::queue: pop_leased() of a queue that delivers at most once");
    std::optional<lease<T>> result;
    const conqueue_status status = take_into(1, waits, limits, [&](delivered_item&& item, T&& value) {
      result.emplace(end_, std::move(item), std::move(value));
    });
    if (status != conqueue_status::success) return std::unexpected(status);
    return std::move(*result);
  }

  // Calls `use` with each item; what cannot be decoded is no item. Where it is not buried, that is said as an
  // exception, when the others that came with it have been used.
  conqueue_status take_into(size_type most, bool waits, const wait_limits& limits, auto use) {
    for (;;) {
      std::vector<delivered_item> items;
      const conqueue_status status = end_->take(items, most, waits, limits);
      if (status != conqueue_status::success) return status;
      bool used = false;
      std::optional<std::string> dropped;
      for (delivered_item& item : items) {
        if (auto value = Items::decode(item.payload)) {
          use(std::move(item), std::move(*value));
          used = true;
        } else if (options_.deliver == delivery::at_least_once) {
          end_->bury(item, std::move(value.error().reason));
        } else {
          dropped = std::move(value.error().reason);
        }
      }
      if (dropped) throw error(errc::wrong_type, "plait::remote::queue: an item is dropped: " + *dropped);
      if (used) return status;
    }
  }

  std::shared_ptr<session> session_;
  const queue_options options_;
  std::shared_ptr<queue_end> end_;
};

}  // namespace plait::remote
