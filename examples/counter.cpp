// SPDX-License-Identifier: MIT
#include <cstdio>
#include <plait/counter.hpp>
#include <thread>
#include <vector>

int main() {
  // [count]
  plait::counter served;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i)
      workers.emplace_back([&] {
        for (int request = 0; request < 1000; ++request) served.add();
      });
  }
  std::printf("%lld\n", static_cast<long long>(served.load()));  // 4000
  // [count]
  return served.load() == 4000 ? 0 : 1;
}
