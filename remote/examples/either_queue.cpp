// SPDX-License-Identifier: MIT
// A program for a queue of this process or of many: either_queue [URL].
#include <cstdio>
#include <thread>

#include <plait/bounded_queue.hpp>
#include <plait/concurrent_queue.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

namespace {

template <plait::work_queue Queue>
long sum_of_squares(Queue& numbers) {
  long sum = 0;
  const std::jthread producer([&] {
    for (int i = 1; i <= 100; ++i) numbers.push(i);
    numbers.close();
  });
  while (const auto number = numbers.pop()) {
    sum += static_cast<long>(*number) * *number;
    numbers.task_done();
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) {
    plait::bounded_queue<int> numbers(10);
    std::printf("%ld\n", sum_of_squares(numbers));
  } else {
    const plait::remote::connection server(arguments[1]);
    plait::remote::queue<int> numbers(server, "numbers", {.capacity = 10});
    std::printf("%ld\n", sum_of_squares(numbers));
  }
}
