// SPDX-License-Identifier: MIT
// Waits until a thread has fallen asleep, so that tests need not guess how long that takes.
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

// Runs `body` in a thread of its own. The constructor returns when that thread sleeps or has ended.
class sleeper {
 public:
  template <class Body>
  explicit sleeper(Body body)
      : thread_([this, work = std::move(body)]() mutable {
          id_ = gettid();
          work();
          has_returned_ = true;
        }) {
    while (!has_returned_ && !is_asleep()) std::this_thread::yield();
  }

  bool has_returned() const { return has_returned_; }
  void join() { thread_.join(); }
  pthread_t handle() { return thread_.native_handle(); }

  std::chrono::nanoseconds processor_time() {
    clockid_t clock{};
    timespec used{};
    if (pthread_getcpuclockid(handle(), &clock) != 0 || clock_gettime(clock, &used) != 0) std::terminate();
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
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

  std::atomic<pid_t> id_ = 0;
  std::atomic<bool> has_returned_ = false;
  std::jthread thread_;  // last, because it uses the other members
};

}  // namespace threads
