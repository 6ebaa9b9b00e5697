// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdio>
#include <thread>

#include <plait/counter.hpp>

namespace {

constexpr long visits = 1'000'000;

template <class Visit>
void by_two_threads(const Visit& visit) {
  const std::jthread first(visit), second(visit);
}

}  // namespace

int main() {
  // [lost]
  std::atomic<long> number = 0;
  const auto visit = [&] {
    for (long i = 0; i < visits; ++i) {
      const long seen = number.load(std::memory_order_relaxed);
      number.store(seen + 1, std::memory_order_relaxed);  // overwrites what others stored meanwhile
    }
  };
  // [lost]
  by_two_threads(visit);

  // [kept]
  plait::counter kept;
  const auto keep = [&] {
    for (long i = 0; i < visits; ++i) kept.add();
  };
  // [kept]
  by_two_threads(keep);

  std::printf("%ld lost, %ld kept\n", 2 * visits - number.load(), static_cast<long>(kept.load()));
  return kept.load() == 2 * visits ? 0 : 1;
}
