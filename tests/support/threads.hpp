// SPDX-License-Identifier: MIT
// Waits until a thread has fallen asleep or has come to rest, so that tests need not guess how long that takes.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace threads {

// Runs `body` in a thread of its own. The constructor returns when that thread sleeps, or has ended: sleeps for
// a moment at least, since it may have to wait for memory, or for a sanitizer, on its way.
class sleeper {
 public:
  template <class Body>
  explicit sleeper(Body body)
      : thread_([this, work = std::move(body)]() mutable {
          id_ = gettid();
          work();
          has_returned_ = true;
        }) {
    while (!has_returned_ && !sleeps_through(std::chrono::microseconds(200))) std::this_thread::yield();
  }

  bool has_returned() const { return has_returned_; }
  void join() { thread_.join(); }
  pthread_t handle() { return thread_.native_handle(); }

  // Waits until it sleeps on, after what little it may still have to do. False if it uses the processor again
  // and again.
  bool comes_to_rest() {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!has_returned_ && std::chrono::steady_clock::now() < patience) {
      if (sleeps_through(std::chrono::milliseconds(50))) return true;
      std::this_thread::yield();
    }
    return false;
  }

 private:
  // The kernel's view: the state follows the name, which ends with the last parenthesis.
  bool is_asleep() const {
    const pid_t id = id_;
    if (id == 0) return false;
    std::ifstream file("/proc/self/task/" + std::to_string(id) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    return name_end != std::string::npos && line.compare(name_end, 3, ") S") == 0;
  }

  bool sleeps_through(std::chrono::microseconds time) {
    if (!is_asleep()) return false;
    const std::chrono::nanoseconds before = processor_time();
    std::this_thread::sleep_for(time);
    return is_asleep() && processor_time() == before;
  }

  // Exact while it sleeps; 0 if it has ended.
  std::chrono::nanoseconds processor_time() {
    clockid_t clock{};
    timespec used{};
    if (pthread_getcpuclockid(handle(), &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  }

  std::atomic<pid_t> id_ = 0;
  std::atomic<bool> has_returned_ = false;
  std::jthread thread_;  // last, because it uses the other members
};

}  // namespace threads
