// SPDX-License-Identifier: MIT
// A coroutine that sums what threads push, and one that is told when nothing comes for a while. Both run in an
// event loop, which is all that the program has to write: here it is the thread of main().
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <expected>
#include <optional>
#include <thread>

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/queue_scopes.hpp>
#include <plait/unbounded_queue.hpp>

using namespace std::chrono_literals;

namespace {

// A coroutine that starts when it is called and frees itself when it returns. They run in one thread.
class task {
 public:
  static bool any_runs() { return running_ != 0; }

  struct promise_type {
    task get_return_object() { return ++running_, task(); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() { --running_; }
    void unhandled_exception() { std::terminate(); }
  };

 private:
  static inline int running_ = 0;
};

// [executor]
// Resumes coroutines in the thread that calls run(), and ends their waits at their deadlines.
class event_loop {
 public:
  void post(std::coroutine_handle<> waiting) { ready_.push(waiting); }

  // Until every coroutine has returned: one that still waits would never be resumed.
  void run(plait::async_timers& timers) {
    while (task::any_runs()) {
      const auto next = timers.expire().value_or(std::chrono::steady_clock::now() + 1h);
      if (const auto waiting = ready_.try_pop_until(next)) waiting->resume();
    }
  }

 private:
  plait::unbounded_queue<std::coroutine_handle<>> ready_;
};
// [executor]

// [task]
task sum_up(plait::async_queue<plait::bounded_queue<int>, event_loop> numbers, int& sum) {
  while (std::optional<int> number = co_await numbers.async_pop()) sum += *number;
}
// [task]

// [deadline]
task watch(plait::async_queue<plait::bounded_queue<int>, event_loop> alarms, plait::async_timers& timers,
           int& silences) {
  while (silences != 3) {
    const std::expected<int, plait::conqueue_status> alarm = co_await alarms.async_pop_for(5ms, timers);
    if (!alarm) ++silences;
  }
}
// [deadline]

}  // namespace

int main() {
  plait::bounded_queue<int> numbers(4);
  plait::bounded_queue<int> alarms(1);
  plait::async_timers timers;
  event_loop loop;
  int sum = 0;
  int silences = 0;
  sum_up({numbers, loop}, sum);
  watch({alarms, loop}, timers, silences);
  std::jthread worker([&] {
    const plait::producer out(numbers);
    for (int i = 1; i <= 100; ++i) out->push(i);
  });
  loop.run(timers);
  std::printf("%d, and %d silences\n", sum, silences);
  return sum == 5050 && silences == 3 ? 0 : 1;
}
