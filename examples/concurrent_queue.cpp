// SPDX-License-Identifier: MIT
#include <plait/bounded_queue.hpp>
#include <plait/concurrent_queue.hpp>
#include <plait/spsc_queue.hpp>

// [any queue]
template <plait::concurrent_queue Queue>
auto sum_of(Queue& queue) {
  typename Queue::value_type sum{};
  while (auto item = queue.pop()) sum += *item;
  return sum;
}
// [any queue]

int main() {
  plait::bounded_queue<int> many(4);
  plait::spsc_queue<double> one(4);
  for (int i = 1; i <= 4; ++i) many.push(i), one.push(i / 2.0);
  many.close();
  one.close();
  return sum_of(many) == 10 && sum_of(one) == 5.0 ? 0 : 1;
}
