// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>

#include <plait/mutex.hpp>

int main() {
  // [guard]
  plait::mutex door;
  long inside = 0;
  const auto enter = [&] {
    for (int i = 0; i < 1000; ++i) {
      const std::lock_guard hold(door);
      ++inside;
    }
  };
  {
    const std::jthread first(enter), second(enter);
  }
  std::printf("%ld\n", inside);  // 2000
  // [guard]
  if (inside != 2000) return 1;

  // [give up]
  using namespace std::chrono_literals;
  const std::unique_lock hold(door);
  std::jthread impatient([&](const std::stop_token& stop) {
    if (!door.try_lock_for(1ms)) std::printf("not within a millisecond\n");
    if (!door.lock(stop)) std::printf("asked to stop\n");  // it waits until the thread is to end
  });
  impatient.request_stop();
  impatient.join();
  // [give up]
  return 0;
}
