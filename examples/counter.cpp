// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include <plait/counter.hpp>

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
  if (served.load() != 4000) return 1;

  // [harvest]
  plait::counter events;
  std::int64_t reported = 0;
  {
    const std::jthread worker([&] {
      for (int i = 0; i < 1'000'000; ++i) events.add();
    });
    for (int report = 0; report < 10; ++report)
      reported += events.exchange(0);  // takes what came since the last report
  }
  reported += events.exchange(0);  // 1,000,000: each event was reported once
  // [harvest]
  return reported == 1'000'000 ? 0 : 1;
}
