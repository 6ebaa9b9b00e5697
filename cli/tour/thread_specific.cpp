// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <plait/thread_specific.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

struct buffer {
  buffer() {
    const int now = ++alive;
    if (now > most_alive) most_alive = now;
  }
  ~buffer() { --alive; }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;

  std::vector<char> bytes;
  static inline std::atomic<int> alive = 0;
  static inline std::atomic<int> most_alive = 0;
};

void outlive_no_thread(page& out) {
  constexpr int threads = 1000;
  plait::thread_specific<buffer> buffers;
  for (int i = 0; i != threads; ++i) std::thread([&] { buffers->bytes.resize(1000); }).join();
  out.say(
      "Live: {} threads, one after the other, used a buffer each. The most that there were at once: {}. Left "
      "now: {}{}.",
      grouped(threads), buffer::most_alive.load(), buffer::alive.load(),
      buffer::alive == 0 ? "" : ", which is WRONG: please report a bug");
}

void miss_no_thread(page& out) {
  constexpr int lives = 300;
  constexpr std::int64_t steps = 100;
  const auto add = [](std::int64_t a, std::int64_t b) { return a + b; };
  const unsigned parents = some_threads();
  plait::thread_specific<std::int64_t> steps_done(plait::fold_at_exit(add));
  run_together(parents, [&](unsigned) {
    for (int life = 0; life != lives; ++life) std::thread([&] { steps_done.get() = steps; }).join();
  });
  const std::int64_t sum = steps_done.combine(std::int64_t{0}, add);
  const bool is_right = sum == parents * lives * steps && steps_done.size() == 0;
  out.say(
      "Live: {} threads did {} steps each and have ended. Left are {} values, and one total, which says {}{}.",
      grouped(parents * lives), steps, steps_done.size(), grouped(sum),
      is_right ? ": every step, once" : ", which is WRONG: please report a bug");
}

void compare_thread_specifics(page& out) {
  plait::thread_specific<std::int64_t> specific;
  std::mutex mutex;
  std::map<std::thread::id, std::int64_t> by_thread;
  const auto own = [&] { ++specific.get(); };
  const auto plain = [] {
    [[maybe_unused]] thread_local std::int64_t number = 0;
    ++number;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  };
  const auto looked_up = [&] {
    const std::lock_guard lock(mutex);
    ++by_thread[std::this_thread::get_id()];
  };
  const unsigned many = some_threads();
  const std::vector<double> time = medians_in_turn({
      [&] { return nanoseconds_each(many, own); },
      [&] { return nanoseconds_each(many, plain); },
      [&] { return nanoseconds_each(many, looked_up); },
  });
  out.say("What it costs to find the own value and add to it, with {} threads (median of 5 times 50 ms):",
          many);
  out.row("{:<40} {:>8.1f} ns", "plait::thread_specific", time[0]);
  out.row("{:<40} {:>8.1f} ns", "thread_local, one for the program", time[1]);
  out.row("{:<40} {:>8.1f} ns", "std::map by thread, under a std::mutex", time[2]);
  out.gap();
  out.say("So thread_specific is {} the map, which also keeps the values of threads that have ended.",
          compared(time[0], time[2]));
}

}  // namespace

void thread_specific(page& out) {
  out.say(
      "A buffer, a random generator, a connection: an object needs one in every thread that uses it, and "
      "threads must not share it. A thread_local variable is one for the whole program. This is one for each "
      "object:");
  out.code("thread_specific", "buffer");
  outlive_no_thread(out);

  out.say("Where each thread gathers a part of a result, the parts of threads that end become one value:");
  out.code("thread_specific", "fold");
  miss_no_thread(out);
  compare_thread_specifics(out);
}

}  // namespace plait::cli::tour
