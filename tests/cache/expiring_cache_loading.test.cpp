// SPDX-License-Identifier: MIT
// get_or_load of expiring_cache: one load for each key however many ask, what a load is worth that was
// overtaken, and the statistics.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <latch>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/threads.hpp"

namespace {

using namespace std::chrono_literals;

using cache = plait::expiring_cache<std::string, std::string>;
using timed_cache =
    plait::expiring_cache<int, int, plait::detail::key_hash<int>, std::equal_to<>, manual_clock>;

struct refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A load that begins, and goes on when it is told to.
class held_load {
 public:
  std::string operator()() {
    ++calls;
    has_begun_.count_down();
    goes_on_.wait();
    return "old";
  }
  void wait_until_begun() { has_begun_.wait(); }
  void go_on() { goes_on_.count_down(); }

  std::atomic<int> calls = 0;

 private:
  std::latch has_begun_{1}, goes_on_{1};
};

TEST(expiring_cache_loading, loads_what_is_not_there_and_keeps_it) {
  cache tested({.capacity = 10});
  int loads = 0;
  for (int i = 0; i != 3; ++i) EXPECT_EQ(tested.get_or_load("a", [&] { return ++loads, "loaded"; }), "loaded");
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(tested.get("a"), "loaded");
}

TEST(expiring_cache_loading, loads_again_what_has_expired) {
  timed_cache tested({.capacity = 10, .time_to_live = 10s});
  int loads = 0;
  const auto load = [&] { return ++loads; };
  EXPECT_EQ(tested.get_or_load(1, load), 1);
  manual_clock::advance(9s);
  EXPECT_EQ(tested.get_or_load(1, load), 1);
  manual_clock::advance(1s);
  EXPECT_EQ(tested.get_or_load(1, load, 1min), 2);
  manual_clock::advance(30s);
  EXPECT_EQ(tested.get_or_load(1, load), 2);
}

TEST(expiring_cache_loading, what_lives_for_no_time_is_returned_and_not_kept) {
  timed_cache tested({.capacity = 10});
  EXPECT_EQ(tested.get_or_load(1, [] { return 5; }, 0s), 5);
  EXPECT_FALSE(tested.contains(1));
}

// Trap: a stampede. Everybody finds that a value is missing, and computes it.
TEST(expiring_cache_loading, sixteen_threads_that_miss_one_key_run_one_load) {
  for (int round = 0; round != 20; ++round) {
    cache tested({.capacity = 10});
    std::atomic<int> loads = 0, right = 0;
    std::latch all_there(16);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i != 16; ++i)
        threads.emplace_back([&] {
          all_there.arrive_and_wait();
          const std::string found = tested.get_or_load("key", [&] {
            ++loads;
            std::this_thread::sleep_for(1ms);
            return "a value that somebody had to compute";
          });
          right += found == "a value that somebody had to compute" ? 1 : 0;
        });
    }
    EXPECT_EQ(loads, 1);
    EXPECT_EQ(right, 16);
    EXPECT_EQ(tested.statistics().loads, 1u);
  }
}

TEST(expiring_cache_loading, who_waits_has_the_same_exception_and_the_next_one_loads) {
  cache tested({.capacity = 10});
  // Held here until all threads have ended: ThreadSanitizer does not see how the C++ library counts its users.
  const std::exception_ptr thrown_by_first = std::make_exception_ptr(refused("by the first"));
  std::latch has_begun(1), goes_on(1);
  const auto expect_refused = [&](auto load) {
    try {
      tested.get_or_load("a", load);
      ADD_FAILURE() << "nothing thrown";
    } catch (const refused& thrown) {
      EXPECT_STREQ(thrown.what(), "by the first");
    }
  };
  std::jthread first([&] {
    expect_refused([&]() -> std::string {
      has_begun.count_down();
      goes_on.wait();
      std::rethrow_exception(thrown_by_first);
    });
  });
  has_begun.wait();
  threads::sleeper second([&] { expect_refused([]() -> std::string { throw refused("by the second"); }); });
  goes_on.count_down();
  first.join();
  second.join();
  EXPECT_FALSE(tested.contains("a"));
  EXPECT_EQ(tested.get_or_load("a", [] { return "loaded"; }), "loaded");
  EXPECT_EQ(tested.statistics().failed_loads, 1u);
}

// A value of which this thread's n-th copy from now on throws, if n is not 0.
struct hard_to_copy {
  hard_to_copy() = default;
  hard_to_copy(const hard_to_copy& /*other*/) {
    if (until_throw != 0 && --until_throw == 0) throw refused("to be copied");
  }
  hard_to_copy(hard_to_copy&& /*other*/) noexcept {}
  hard_to_copy& operator=(const hard_to_copy&) = default;
  ~hard_to_copy() = default;

  inline static thread_local int until_throw = 0;
};

// Once, a load ended twice: with its value, and then with what copying it for the one who loaded had thrown.
TEST(expiring_cache_loading, who_waits_has_a_value_that_cannot_be_copied_for_who_loaded_it) {
  for (int round = 0; round != 100; ++round) {
    plait::expiring_cache<int, hard_to_copy> tested({.capacity = 10});
    std::latch has_begun(1), goes_on(1);
    std::jthread first([&] {
      const auto load = [&] {
        has_begun.count_down();
        goes_on.wait();
        hard_to_copy::until_throw = 2;  // the first is the cache's
        return hard_to_copy();
      };
      EXPECT_THROW(tested.get_or_load(1, load), refused);
    });
    has_begun.wait();
    const auto wait = [&] { EXPECT_NO_THROW(tested.get_or_load(1, [] { return hard_to_copy(); })); };
    threads::sleeper second(wait), third(wait);
    goes_on.count_down();
    first.join(), second.join(), third.join();
    EXPECT_EQ(tested.statistics().loads, 1u);
    EXPECT_TRUE(tested.contains(1));
  }
}

TEST(expiring_cache_loading, a_load_may_use_the_cache) {
  cache tested({.capacity = 10});
  EXPECT_EQ(tested.get_or_load("a",
                               [&] {
                                 tested.put("c", "put");
                                 return tested.get_or_load("b", [] { return "b"; }) + *tested.get("c");
                               }),
            "bput");
}

TEST(expiring_cache_loading, a_load_that_asks_for_its_own_key_is_told_so) {
  cache tested({.capacity = 10});
  const auto load = [&] { return tested.get_or_load("a", [] { return "never"; }); };
  EXPECT_THROW(tested.get_or_load("a", load), std::logic_error);
  EXPECT_THROW(tested.get_or_load("b", [&] { return tested.get_or_load("a", load); }), std::logic_error);
  EXPECT_EQ(tested.get_or_load("a", [] { return "loaded"; }), "loaded") << "nothing is left over";
}

TEST(expiring_cache_loading, two_loads_that_would_wait_for_each_other_are_told_so) {
  cache tested({.capacity = 10});
  std::latch both(2);
  std::atomic<int> told = 0;
  const auto load = [&](const char* own, const char* other) {
    try {
      tested.get_or_load(own, [&] {
        both.arrive_and_wait();
        return tested.get_or_load(other, [] { return "never, or after the other has given up"; });
      });
    } catch (const std::logic_error&) {
      ++told;
    }
  };
  {
    std::jthread first(load, "a", "b");
    std::jthread second(load, "b", "a");
  }
  EXPECT_GE(told, 1);
}

// Trap: a load that ends after the key was changed puts the old value back.
void expect_not_kept(const std::function<void(cache&)>& change, const std::optional<std::string>& kept) {
  cache tested({.capacity = 10});
  held_load load;
  threads::sleeper loader([&] { EXPECT_EQ(tested.get_or_load("a", std::ref(load)), "old"); });
  load.wait_until_begun();
  change(tested);
  load.go_on();
  loader.join();
  EXPECT_EQ(tested.get("a"), kept);
}

TEST(expiring_cache_loading, what_was_loaded_before_a_remove_is_not_kept) {
  expect_not_kept([](cache& in) { in.remove("a"); }, std::nullopt);
}
TEST(expiring_cache_loading, what_was_loaded_before_a_clear_is_not_kept) {
  expect_not_kept([](cache& in) { in.clear(); }, std::nullopt);
}
TEST(expiring_cache_loading, what_was_loaded_before_a_put_is_not_kept) {
  expect_not_kept([](cache& in) { in.put("a", "new"); }, "new");
}
TEST(expiring_cache_loading, what_was_loaded_before_an_add_is_not_kept) {
  expect_not_kept([](cache& in) { in.add("a", "new"); }, "new");
}
TEST(expiring_cache_loading, what_was_loaded_before_a_put_that_stores_nothing_is_not_kept) {
  expect_not_kept([](cache& in) { in.put("a", "new", 0s); }, std::nullopt);
}
TEST(expiring_cache_loading, what_was_loaded_before_a_put_and_a_replacement_is_not_kept) {
  expect_not_kept([](cache& in) { in.put("a", "new"), in.replace("a", "newer"); }, "newer");
}
TEST(expiring_cache_loading, what_changes_nothing_or_another_key_is_no_reason_to_forget_a_load) {
  expect_not_kept([](cache& in) { in.replace("a", "new"), in.put("b", "b"), in.remove("c"), in.size(); },
                  "old");
}

TEST(expiring_cache_loading, who_asks_after_a_remove_does_not_wait_for_the_old_value) {
  cache tested({.capacity = 10});
  held_load load;
  threads::sleeper loader([&] { EXPECT_EQ(tested.get_or_load("a", std::ref(load)), "old"); });
  load.wait_until_begun();
  tested.remove("a");
  EXPECT_EQ(tested.get_or_load("a", [] { return "new"; }), "new");
  load.go_on();
  loader.join();
  EXPECT_EQ(tested.get("a"), "new");
}

TEST(expiring_cache_statistics, count_what_happened) {
  timed_cache tested({.capacity = 10, .time_to_live = 10s});
  for (int i = 0; i != 10; ++i) tested.put(i, i);
  for (int i = 0; i != 15; ++i) tested.get(i);
  tested.visit(1, [](int) {});
  tested.contains(1), tested.contains(99);
  plait::cache_statistics seen = tested.statistics();
  EXPECT_EQ(seen.hits, 11u);
  EXPECT_EQ(seen.misses, 5u);
  EXPECT_DOUBLE_EQ(seen.hit_ratio(), 11.0 / 16);
  for (int i = 100; i != 107; ++i) tested.put(i, i);
  EXPECT_EQ(tested.statistics().evictions, 7u);
  tested.remove(106);
  EXPECT_EQ(tested.statistics().evictions, 7u) << "removed, not evicted";
  manual_clock::advance(10s);
  const auto there = static_cast<std::uint64_t>(tested.size());
  EXPECT_EQ(there, 0u);
  EXPECT_EQ(tested.statistics().expirations, 9u);
  EXPECT_EQ(tested.get_or_load(1, [] { return 5; }), 5);
  EXPECT_THROW(tested.get_or_load(2, []() -> int { throw refused(""); }), refused);
  seen = tested.statistics();
  EXPECT_EQ(seen.misses, 7u);
  EXPECT_EQ(seen.loads, 1u);
  EXPECT_EQ(seen.failed_loads, 1u);
  EXPECT_EQ(plait::cache_statistics().hit_ratio(), 0);
}

}  // namespace
