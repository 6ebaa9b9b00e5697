// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include <plait/cache_sweeper.hpp>
#include <plait/expiring_cache.hpp>

using namespace std::chrono_literals;

int main() {
  std::atomic<bool> is_closed = false;
  plait::expiring_cache<int, int> sessions({.capacity = 100, .time_to_live = 20ms});
  sessions.on_removal([&](int, int, plait::removal_cause) { is_closed = true, is_closed.notify_all(); });
  sessions.put(1, 1);
  // [sweeper]
  const std::jthread sweeper(plait::cache_sweeper(sessions, 1ms));  // to be destroyed before the cache
  // [sweeper]
  is_closed.wait(false);
  std::puts("closed, although nobody asked for it");
}
