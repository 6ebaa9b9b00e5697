// SPDX-License-Identifier: MIT
// Ends a test program that hangs, and says where. A lost wake-up would otherwise be a timeout without a
// message. The limit is for what hangs, not for what is slow: it only has to be below ctest's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

class watchdog {
 public:
  // Aborts the program if the watchdog still lives after `limit`.
  explicit watchdog(std::string what, std::chrono::seconds limit = std::chrono::seconds(100))
      : thread_([what = std::move(what), limit](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any over;
          std::unique_lock lock(mutex);
          over.wait_for(lock, stop, limit, [] { return false; });
          if (stop.stop_requested()) return;
          std::fprintf(stderr, "hangs: %s\n", what.c_str());
          std::abort();
        }) {}

 private:
  std::jthread thread_;
};
