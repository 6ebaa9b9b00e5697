// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>

namespace {

struct account {
  plait::mutex lock;
  long balance = 0;
};

}  // namespace

int main() {
  using namespace std::chrono_literals;
  // [transfer]
  const auto transfer = [](account& from, account& to, long amount) {
    const auto held = plait::lock_all(from.lock, to.lock);  // also if both are the same account
    from.balance -= amount;
    to.balance += amount;
  };
  // [transfer]

  // [both ways]
  account first, second;
  {
    const std::jthread there([&] {
      for (int i = 0; i < 1000; ++i) transfer(first, second, 2);
    });
    const std::jthread back([&] {
      for (int i = 0; i < 1000; ++i) transfer(second, first, 1);
    });
  }
  std::printf("%ld %ld\n", first.balance, second.balance);  // -1000 1000
  // [both ways]
  if (first.balance != -1000 || second.balance != 1000) return 1;

  // [range]
  std::vector<account> accounts(8);
  std::vector<plait::mutex*> locks;
  for (account& each : accounts) locks.push_back(&each.lock);
  if (const auto held = plait::try_lock_all_for(10ms, locks)) {
    long sum = 0;
    for (const account& each : accounts) sum += each.balance;  // of one moment
    std::printf("in all %ld\n", sum);
  } else {
    std::printf("too busy\n");
  }
  // [range]
  transfer(first, first, 1);
}
