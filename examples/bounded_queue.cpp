// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>

#include <plait/bounded_queue.hpp>
#include <plait/counter.hpp>

int main() {
  // [pipeline]
  plait::bounded_queue<int> queue(8);
  std::jthread producer([&] {
    for (int i = 1; i <= 100; ++i) queue.push(i);  // waits while 8 are in flight
    queue.close();                                 // no more: consumers drain what is left
  });
  int sum = 0;
  while (std::optional<int> item = queue.pop()) sum += *item;
  // [pipeline]
  std::printf("%d\n", sum);

  // [join]
  plait::bounded_queue<int> jobs(8);
  plait::counter squares;
  const auto work = [&] {
    while (const std::optional<int> job = jobs.pop()) {
      squares.add(std::int64_t{*job} * *job);
      jobs.task_done();
    }
  };
  std::jthread first(work), second(work);
  for (int job = 1; job <= 100; ++job) jobs.push(job);
  jobs.join();   // every job has been done, not only taken
  jobs.close();  // the workers find nothing more, and end
  // [join]
  std::printf("%lld\n", static_cast<long long>(squares.load()));

  // [deadline]
  using namespace std::chrono_literals;
  const auto late = jobs.try_pop_for(50ms);  // an item; or empty (too late) or closed
  if (!late && late.error() == plait::conqueue_status::closed) std::puts("closed and drained");
  // [deadline]
  return sum == 5050 && squares.load() == 338350 && !late ? 0 : 1;
}
