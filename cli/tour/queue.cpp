// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <expected>
#include <new>
#include <optional>
#include <string_view>
#include <thread>

#include <sys/resource.h>

#include <plait/async_queue.hpp>
#include <plait/bounded_queue.hpp>
#include <plait/conqueue_status.hpp>

#include "tour/chapters.hpp"
#include "tour/hand_made_queue.hpp"

namespace plait::cli::tour {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

void show_back_pressure(page& out) {
  plait::bounded_queue<int> queue(8);
  std::atomic<int> pushed = 0, popped = 0;
  const std::jthread producer([&] {
    while (queue.push(pushed)) ++pushed;
  });
  const std::jthread consumer([&] {
    while (queue.pop()) {
      ++popped;
      std::this_thread::sleep_for(2ms);
    }
  });
  out.say("Live: a producer that could go on for ever, a consumer that takes 2 ms for each item, 8 places.");
  out.row("{:>8}  {:>8}  {:>8}  {:>12}", "after", "pushed", "popped", "in the queue");
  const auto start = clock::now();
  std::size_t most = 0;
  for (int i = 1; i <= 5; ++i) {
    std::this_thread::sleep_for(80ms);
    const std::size_t size = queue.size();
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
    out.row("{:>5} ms  {:>8}  {:>8}  {:>12}", elapsed.count(), pushed.load(), popped.load(), size);
    most = std::max(most, size);
  }
  queue.close_and_discard();
  out.gap();
  out.say(
      "Five looks found at most {} items inside: the producer sleeps in push() until there is room, and memory "
      "stays bounded.",
      most);
}

void join_all(page& out) {
  constexpr int jobs = 200'000;
  plait::bounded_queue<int> queue(64);
  std::atomic<int> done = 0;
  const auto work = [&] {
    while (queue.pop()) {
      ++done;
      queue.task_done();
    }
  };
  const std::jthread first(work), second(work);
  const auto start = clock::now();
  for (int job = 0; job != jobs; ++job) queue.push(job);
  queue.join();
  const std::chrono::duration<double, std::milli> elapsed = clock::now() - start;
  out.say("{} jobs for 2 workers: join() returned after {:.1f} ms, with {} jobs done and {} unfinished.",
          grouped(jobs), elapsed.count(), grouped(done.load()), queue.unfinished_tasks());
  queue.close();
}

std::chrono::duration<double, std::milli> processor_time_of_this_thread() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto time = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return time(used.ru_utime) + time(used.ru_stime);
}

void close_and_time_out(page& out) {
  plait::bounded_queue<int> queue(8);
  for (int i = 0; i != 3; ++i) queue.push(i);
  queue.close();
  const bool taken = queue.push(3);
  int drained = 0;
  while (queue.pop()) ++drained;
  out.say("close() with 3 items inside: the next push returned {}, {} items came out, then nothing.", taken,
          drained);

  plait::bounded_queue<int> empty(8);
  const auto start = clock::now();
  const auto used_before = processor_time_of_this_thread();
  const std::expected<int, conqueue_status> late = empty.try_pop_for(50ms);
  const auto used = processor_time_of_this_thread() - used_before;
  const std::chrono::duration<double, std::milli> waited = clock::now() - start;
  out.say(
      "Waiting has a limit where you want one. try_pop_for(50ms) on an empty queue said '{}' after {:.2f} ms "
      "and used {:.2f} ms of processor time meanwhile.",
      late ? std::string_view("an item") : to_string(late.error()), waited.count(), used.count());
}

// A coroutine that starts when it is called and frees itself when it returns, and tells the size of all frames.
struct coroutine {
  struct promise_type {
    static void* operator new(std::size_t size) {
      all_frames += size;
      return ::operator new(size);
    }
    static void operator delete(void* frame) { ::operator delete(frame); }

    coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };

  static inline std::size_t all_frames = 0;
};

coroutine add_one_item(plait::async_queue<plait::bounded_queue<int>> queue, std::int64_t& sum) {
  const std::optional<int> item = co_await queue.async_pop();
  sum += item.value_or(0);
}

void wait_as_coroutines(page& out) {
  constexpr int count = 10'000;
  plait::bounded_queue<int> queue(8);
  std::int64_t sum = 0;
  coroutine::all_frames = 0;
  for (int i = 0; i != count; ++i) add_one_item(plait::async_queue(queue), sum);
  const auto start = clock::now();
  for (int i = 1; i <= count; ++i) queue.push(i);
  const std::chrono::duration<double, std::milli> elapsed = clock::now() - start;
  out.say(
      "{} coroutines waited at a queue, in {} bytes each and without a thread. As many pushes, of 1, 2, 3 and "
      "so on, resumed all of them within {:.1f} ms, and together they got {}.",
      grouped(count), coroutine::all_frames / count, elapsed.count(), grouped(sum));
}

void compare_queues(page& out) {
  const auto [one, two] =
      compare_throughput<plait::bounded_queue<std::int64_t>, hand_made_queue<std::deque<std::int64_t>>>(
          out, 2, "plait::bounded_queue", "mutex + deque + 2 condition variables");
  out.say(
      "With one on each side plait::bounded_queue is {} the hand-made queue; with two it is {} the other. "
      "Threads that wait sleep in both.",
      one, two);
}

}  // namespace

void queue(page& out) {
  out.say(
      "A producer that is faster than its consumers fills the memory, unless something makes it wait. And "
      "somebody has to say when there is no more:");
  out.code("bounded_queue", "pipeline");
  show_back_pressure(out);

  out.say("An item that was taken is not yet an item that was dealt with. join() knows the difference:");
  out.code("bounded_queue", "join");
  join_all(out);
  close_and_time_out(out);

  out.say("A coroutine waits at the same queue without holding up a thread. Who resumes it, the program says:");
  out.code("async_queue", "task");
  wait_as_coroutines(out);
  compare_queues(out);
}

}  // namespace plait::cli::tour
