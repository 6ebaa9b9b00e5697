// SPDX-License-Identifier: MIT
// std::thread, std::jthread and std::this_thread under the checker. They exist inside of an execution only.
#pragma once

#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include <verify/clock.hpp>
#include <verify/execution.hpp>
#include <verify/value_word.hpp>

namespace verify {

// A stop request as one step: its callbacks run in this thread before any other thread continues, so that none
// of them can be destroyed meanwhile. std::stop_token itself is not modelled: all threads see the request at
// once, and it orders nothing.
bool request_stop(std::stop_source& source, site where = site::current());

class thread {
 public:
  class id {
   public:
    constexpr id() noexcept = default;
    auto operator<=>(const id&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const id& which) { return out << 'T' << which.number_; }

   private:
    friend class thread;
    friend struct std::hash<id>;
    friend id this_thread_id() noexcept;
    explicit constexpr id(int number) noexcept : number_(number) {}

    int number_ = -1;  // -1: no thread
  };

  thread() noexcept = default;
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, thread>)
  explicit thread(Function&& function, site where = site::current()) {
    start(std::forward<Function>(function), where);
  }
  template <class Function, class First, class... Rest>
    requires(!std::same_as<std::remove_cvref_t<First>, site>)
  [[gnu::always_inline]] explicit thread(Function&& function, First&& first, Rest&&... rest) {
    start(
        [called = std::decay_t<Function>(std::forward<Function>(function)),
         arguments = std::tuple<std::decay_t<First>, std::decay_t<Rest>...>(
             std::forward<First>(first), std::forward<Rest>(rest)...)]() mutable {
          std::apply([&](auto&... each) { std::invoke(std::move(called), std::move(each)...); }, arguments);
        },
        detail::called_here());
  }
  // std::terminate(), if it was neither joined nor detached.
  ~thread() {
    if (joinable()) must_be_joined("destroyed");
  }
  thread(thread&& other) noexcept : number_(std::exchange(other.number_, none)) {}
  thread& operator=(thread&& other) noexcept {
    if (joinable()) must_be_joined("assigned to");
    number_ = std::exchange(other.number_, none);
    return *this;
  }

  bool joinable() const noexcept { return number_ != none; }
  void join(site where = site::current());
  void detach() noexcept { number_ = none; }
  void swap(thread& other) noexcept { std::swap(number_, other.number_); }
  id get_id() const noexcept { return joinable() ? id(static_cast<int>(number_)) : id(); }
  static unsigned hardware_concurrency() noexcept;

 private:
  static constexpr unsigned none = static_cast<unsigned>(-1);

  template <class Function>
  void start(Function&& function, const site& where) {
    using stored = std::decay_t<Function>;
    detail::execution& now = *detail::execution::current();
    number_ = now.spawn(
        [](void* own) {
          const std::unique_ptr<stored> called(static_cast<stored*>(own));
          (*called)();
        },
        new stored(std::forward<Function>(function)));
    now.point(where);
  }
  static void must_be_joined(const char* what) noexcept;

  unsigned number_ = none;
};

class jthread {
 public:
  jthread() noexcept : stop_(std::nostopstate) {}
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, jthread>)
  explicit jthread(Function&& function, site where = site::current())
      : thread_(with_token(std::forward<Function>(function)), where) {}
  template <class Function, class First, class... Rest>
    requires(!std::same_as<std::remove_cvref_t<First>, site>)
  explicit jthread(Function&& function, First&& first, Rest&&... rest)
      : thread_(with_token(std::forward<Function>(function)), std::forward<First>(first),
                std::forward<Rest>(rest)...) {}
  ~jthread() { stop_and_join(); }
  jthread(jthread&&) noexcept = default;
  jthread& operator=(jthread&& other) noexcept {
    if (this == &other) return *this;
    stop_and_join();
    stop_ = std::move(other.stop_);
    thread_ = std::move(other.thread_);
    return *this;
  }

  bool joinable() const noexcept { return thread_.joinable(); }
  void join(site where = site::current()) { thread_.join(where); }
  void detach() noexcept { thread_.detach(); }
  thread::id get_id() const noexcept { return thread_.get_id(); }
  std::stop_source get_stop_source() const noexcept { return stop_; }
  std::stop_token get_stop_token() const noexcept { return stop_.get_token(); }
  bool request_stop(site where = site::current()) { return verify::request_stop(stop_, where); }
  static unsigned hardware_concurrency() noexcept { return thread::hardware_concurrency(); }

 private:
  // Hands the stop token to a function that takes one.
  template <class Function>
  auto with_token(Function&& function) {
    return [token = stop_.get_token(),
            called = std::decay_t<Function>(std::forward<Function>(function))](auto&&... arguments) mutable {
      if constexpr (std::invocable<std::decay_t<Function>, std::stop_token, decltype(arguments)...>) {
        std::invoke(std::move(called), std::move(token), std::forward<decltype(arguments)>(arguments)...);
      } else {
        std::invoke(std::move(called), std::forward<decltype(arguments)>(arguments)...);
      }
    };
  }
  void stop_and_join() {
    if (!joinable()) return;
    request_stop();
    join();
  }

  // What it allocates is none of the scenario's business: std::jthread's allocations are not specified.
  static std::stop_source new_source() {
    const detail::untracked own;
    return std::stop_source();
  }

  std::stop_source stop_ = new_source();
  thread thread_;
};

thread::id this_thread_id() noexcept;

namespace this_thread {

inline thread::id get_id() noexcept {
  return this_thread_id();
}
inline void yield(site where = site::current()) noexcept {
  if (auto* const now = detail::execution::current()) now->step_aside("yield", where);
}
// How long a thread sleeps decides nothing: others run first, and the clock moves on.
template <class Rep, class Period>
void sleep_for(const std::chrono::duration<Rep, Period>& time, site where = site::current()) {
  if (auto* const now = detail::execution::current()) {
    now->step_aside("sleep", where);
    now->pass(std::chrono::ceil<std::chrono::nanoseconds>(time).count());
  }
}
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& until, site where = site::current()) {
  static_cast<void>(detail::deadline_of(until));
  sleep_for(until - Clock::now(), where);
}

}  // namespace this_thread
}  // namespace verify

template <>
struct std::hash<verify::thread::id> {
  std::size_t operator()(const verify::thread::id& which) const noexcept {
    return std::hash<int>()(which.number_);
  }
};
