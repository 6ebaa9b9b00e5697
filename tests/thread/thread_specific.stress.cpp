// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <plait/thread_specific.hpp>

#include "stress/counter_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

using stress::counter_recorder;
using stress::member;
using stress::round;
using stress::tally;
using stress::workload;

struct part {
  explicit part(std::int64_t first = 0) : number(first) {}
  part(part&& other) noexcept : number(other.number.load(std::memory_order_relaxed)) {}
  std::int64_t load() const { return number.load(std::memory_order_relaxed); }

  std::atomic<std::int64_t> number;
};

// A counter made of values that are folded, or kept, when their threads end.
class summed {
 public:
  template <class Policy>
  explicit summed(Policy then) : parts_(then) {}

  void add(std::int64_t n) { parts_->number.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t load() const {
    return parts_.combine(std::int64_t{0},
                          [](std::int64_t sum, const part& each) { return sum + each.load(); });
  }

 private:
  plait::thread_specific<part> parts_;
};

const auto folded = plait::fold_at_exit([](const part& a, const part& b) { return part(a.load() + b.load()); });

// Threads come and go, and everything that they added is in the sum exactly once at every moment.
template <class Policy>
tally short_lives(const round& of, Policy then) {
  constexpr int lives = 20;
  constexpr int adds = 50;
  summed sum(then);
  counter_recorder told(of.threads);
  std::atomic<std::size_t> living = of.threads - 1;

  stress::team threads(of);
  threads.add("reader", [&](member& who) {
    while (living != 0) stress::load(who, sum, told.thread(0));
    stress::load(who, sum, told.thread(0));
  });
  for (std::size_t i = 1; i != of.threads; ++i)
    threads.add(fmt::format("parent {}", i), [&, i](member& who) {
      for (int life = 0; life != lives; ++life)
        std::thread([&] {
          for (int n = 0; n != adds; ++n) stress::add(who, sum, 1, told.thread(i));
        }).join();
      --living;
    });
  threads.run();
  return stress::check_counter(told);
}

tally folded_lives(const round& of) {
  return short_lives(of, folded);
}
tally kept_lives(const round& of) {
  return short_lives(of, plait::keep_at_exit);
}

// Objects come and go while threads that have values in them end: each value is destroyed once.
tally objects_come_and_go(const round& of) {
  constexpr int lives = 100;
  static std::atomic<std::int64_t> alive = 0;
  struct living {
    living() { ++alive; }
    ~living() { --alive; }
    living(const living&) = delete;
    living& operator=(const living&) = delete;
    std::size_t owner = 0;
  };
  std::atomic<std::uint64_t> strangers = 0;
  std::atomic<std::uint64_t> leftovers = 0;

  stress::team threads(of);
  for (std::size_t i = 0; i != of.threads; ++i)
    threads.add(fmt::format("owner {}", i), [&, i](member& who) {
      std::vector<std::jthread> ending_late;
      for (int life = 0; life != lives; ++life) {
        plait::thread_specific<living> values;
        std::atomic<int> users = 0;
        std::jthread ending([&] {
          values->owner = i;
          ++users;
        });
        who.does("get", [&] {
          if (values.find() != nullptr) ++strangers;
          values->owner = i;
        });
        who.does("for_each", [&] { values.for_each([&](const living&) {}); });
        while (users == 0) std::this_thread::yield();
        if (who.random() % 2 == 0) {
          ending.join();
          if (values.size() != 1) ++leftovers;
        } else {
          ending_late.push_back(std::move(ending));  // so that the object is destroyed while the thread ends
        }
      }
    });
  threads.run();
  stress::require(strangers == 0, fmt::format("a new object had a value, {} times", strangers.load()));
  stress::require(leftovers == 0, fmt::format("a value outlived its thread, {} times", leftovers.load()));
  stress::require(alive == 0, fmt::format("{} values were not destroyed", alive.load()));
  return {.operations = of.threads * lives * 4, .histories = 0};
}

const workload all[] = {{"thread_specific/folded_lives", folded_lives},
                        {"thread_specific/kept_lives", kept_lives},
                        {"thread_specific/objects_come_and_go", objects_come_and_go}};

}  // namespace
