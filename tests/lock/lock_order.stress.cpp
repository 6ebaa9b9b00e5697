// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <random>
#include <shared_mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <plait/lock_order.hpp>

#include "stress/team.hpp"
#include "stress/workload.hpp"
#include "support/sanitizer.hpp"

#if PLAIT_UNDER_TSAN
// Whose own detector would report what is done here on purpose, and ends a program that holds 64 locks.
extern "C" const char* __tsan_default_options();  // NOLINT: its name
extern "C" const char* __tsan_default_options() {
  return "detect_deadlocks=0";
}
#endif

namespace {

using plait::lock_order_report;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;
using mutex = plait::checked<std::shared_mutex>;

// Has reports counted while it lives.
class listener {
 public:
  listener() {
    plait::lock_order::on_report([this](const lock_order_report& each) {
      const std::lock_guard guard(lock_);
      all_.push_back(each);
    });
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() { plait::lock_order::on_report(nullptr); }

  std::vector<lock_order_report> told() {
    const std::lock_guard guard(lock_);
    return all_;
  }

 private:
  std::mutex lock_;
  std::vector<lock_order_report> all_;
};

// Every thread takes some of the locks, upwards, now and then one of its own, and never hears of it.
tally in_order(const round& of) {
  constexpr int times = 500;
  listener heard;
  std::array<mutex, 8> locks;
  std::array<std::int64_t, 8> guarded{};
  std::atomic<std::int64_t> sum = 0;
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      for (int time = 0; time != times; ++time) {
        std::vector<std::size_t> taken;
        for (std::size_t at = 0; at != locks.size(); ++at)
          if (who.random() % 3 == 0) taken.push_back(at);
        mutex own;
        who.does("nest", [&] {
          for (const std::size_t at : taken) {
            locks[at].lock();
            ++guarded[at];
          }
          if (who.random() % 4 == 0) {
            own.lock();
            own.unlock();
          }
          sum += static_cast<std::int64_t>(taken.size());
          for (const std::size_t at : taken) locks[at].unlock();
        });
      }
    });
  threads.run();
  for (const lock_order_report& each : heard.told()) throw stress::failure(each.text());
  const std::int64_t counted = std::accumulate(guarded.begin(), guarded.end(), std::int64_t{0});
  stress::require(counted == sum, "two threads held a lock at once");
  return {.operations = of.threads * times, .histories = 0};
}

// The threads agree on an order, and then one of them, once, closes a cycle of a random length. That, and only
// that, is reported.
tally one_that_is_wrong(const round& of) {
  std::mt19937_64 random = of.random();
  listener heard;
  std::vector<mutex> locks(2 + random() % 6);
  std::vector<std::size_t> order(locks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::shuffle(order, random);
  const auto nest = [&](std::size_t outer, std::size_t inner) {
    const std::lock_guard first(locks[order[outer]]);
    const std::lock_guard second(locks[order[inner]]);
  };
  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("thread {}", i), [&](member& who) {
      for (std::size_t n = 0; n != 3 * locks.size(); ++n) {
        const std::size_t at = n < locks.size() - 1 ? n : who.random() % (locks.size() - 1);
        who.does("nest", [&] { nest(at, at + 1); });
      }
    });
  threads.run();
  stress::require(heard.told().empty(), "a consistent order was reported");

  stress::team last(of);
  last.add("wrong", [&](member& who) { who.does("nest", [&] { nest(locks.size() - 1, 0); }); });
  last.run();
  const auto told = heard.told();
  stress::require(told.size() == 1, fmt::format("{} reports of one wrong nesting", told.size()));
  stress::require(told[0].steps.size() == locks.size(),
                  fmt::format("a cycle of {} locks is said to have {}", locks.size(), told[0].steps.size()));
  return {.operations = of.threads * 3 * locks.size() + 1, .histories = 0};
}

const workload all[] = {{"lock_order/in_order", in_order}, {"lock_order/one_that_is_wrong", one_that_is_wrong}};

}  // namespace
