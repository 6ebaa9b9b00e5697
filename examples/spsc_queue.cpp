// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <thread>

#include <plait/spsc_queue.hpp>

int main() {
  // [stream]
  plait::spsc_queue<int> queue(64);
  std::jthread producer([&] {
    for (int i = 1; i <= 100; ++i) queue.push(i);
    queue.close();
  });
  int sum = 0;
  while (std::optional<int> item = queue.pop()) sum += *item;
  // [stream]
  std::printf("%d\n", sum);

  // [in place]
  plait::spsc_queue<float> samples(1024);
  std::jthread source([&] {
    for (int left = 10'000; left > 0;) {
      const std::span<float> room = samples.reserve(256);  // waits until there is some
      std::ranges::fill(room, 0.5F);  // read(), decode, receive ... straight into the queue
      samples.commit(room.size());
      left -= static_cast<int>(room.size());
    }
    samples.close();
  });
  double total = 0;
  for (std::span<float> some; !(some = samples.peek(256)).empty(); samples.consume(some.size()))
    for (const float sample : some) total += sample;
  // [in place]
  std::printf("%g\n", total);
  return sum == 5050 && total >= 5000 ? 0 : 1;
}
