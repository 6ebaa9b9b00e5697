// SPDX-License-Identifier: MIT
#include <cstdio>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include <plait/bounded_queue.hpp>
#include <plait/queue_scopes.hpp>
#include <plait/unbounded_queue.hpp>

namespace {

int square_sum() {
  plait::bounded_queue<int> jobs(8);
  plait::unbounded_queue<int> results;
  // [work]
  const auto work = [&](const std::stop_token& stop) {
    for (const int job : plait::items_of(jobs, stop)) {
      const plait::task_guard done(jobs);
      results.push(job * job);
    }
  };
  // [work]
  const std::jthread first(work), second(work);
  for (int job = 1; job <= 10; ++job) jobs.push(job);
  jobs.join();
  results.close();
  int sum = 0;
  for (const int result : plait::items_of(results)) sum += result;
  return sum;
}

int sum_until_it_fails() {
  plait::bounded_queue<int> numbers(2);
  int sum = 0;
  try {
    // [producer]
    std::jthread consumer([&] {
      for (const int number : plait::items_of(numbers)) sum += number;
    });
    const plait::producer out(numbers);  // closes the queue when it goes
    for (int number = 1; number <= 10; ++number) {
      if (number == 6) throw std::runtime_error("no more numbers");
      out->push(number);
    }
    // [producer]
  } catch (const std::runtime_error& error) {
    std::printf("%s\n", error.what());
  }
  return sum;
}

}  // namespace

int main() {
  const int squares = square_sum();
  const int sum = sum_until_it_fails();
  std::printf("%d %d\n", squares, sum);
  return squares == 385 && sum == 15 ? 0 : 1;
}
