// SPDX-License-Identifier: MIT
// A thread and a coroutine that send each other one item, and two threads that do the same.
#include <coroutine>
#include <cstdint>
#include <optional>

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/unbounded_queue.hpp>

#include "queue/queue.bench.hpp"
#include "support/plait_queue.hpp"

namespace {

using queue_type = plait::bounded_queue<std::uint64_t>;

// A coroutine that starts when it is called and frees itself when it returns.
struct task {
  struct promise_type {
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { throw; }
  };
};

// One thread that resumes.
class event_loop {
 public:
  void post(std::coroutine_handle<> waiting) { ready_.push(waiting); }
  void stop() { ready_.close(); }
  void run() {
    while (const auto waiting = ready_.pop()) waiting->resume();
  }

 private:
  plait::unbounded_queue<std::coroutine_handle<>> ready_;
};

template <class Executor>
task send_back(plait::async_queue<queue_type, Executor> there, plait::async_queue<queue_type, Executor> back,
               Executor& executor) {
  while (const std::optional<std::uint64_t> number = co_await there.async_pop()) {
    const bool is_in = co_await back.async_push(*number);
    if (!is_in) break;
  }
  if constexpr (requires { executor.stop(); }) executor.stop();
}

template <class Executor>
bench::measurement ping_pong(std::chrono::nanoseconds time) {
  queue_type there(1);
  queue_type back(1);
  Executor executor;
  bench::stop_flag stop;
  bench::tally sent;
  bench::tally returned;
  send_back<Executor>({there, executor}, {back, executor}, executor);
  const bench::job ping = [&] {
    for (std::uint64_t number = bench::first_number; !stop(); ++number) {
      there.push(number);
      sent.add(number);
      returned.add(back.pop().value_or(0));
    }
    there.close();
  };
  std::vector<bench::job> jobs{ping};
  if constexpr (requires { executor.run(); }) jobs.push_back([&] { executor.run(); });
  return bench::counted(bench::run_together(jobs, time, stop), sent, returned);
}

const bench::registration workloads([] {
  const auto add = [](const char* implementation, int threads, auto run) {
    bench::suite().push_back(
        {"async_queue", "ping_pong", "1P1C", implementation, threads, run, bench::headline::time_per_item});
  };
  add("coroutine", 2, ping_pong<event_loop>);
  add("coroutine_resumed_inline", 1, ping_pong<plait::inline_executor>);
  add("threads", 2, bench::ping_pong<bench::blocking<queue_type>>);
});

}  // namespace
