// SPDX-License-Identifier: MIT
// The search through the executions of a scenario: what it gets to and leaves out, and what its reports and
// tokens say.
#include <cstdint>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

namespace {

using verify::check;
using verify::threads;
using namespace verify::sync;
using verify::sync::atomic;

std::string in_words(const verify::report& found) {
  std::ostringstream text;
  text << found;
  return text.str();
}

TEST(search, explores_steps_that_have_nothing_to_do_with_each_other_in_one_order) {
  const auto executions = [](bool reduced) {
    const verify::report found = verify::explore(
        [] {
          atomic<int> x{0}, y{0};
          threads([&] { x.store(1, relaxed), x.store(2, relaxed); },
                  [&] { y.store(1, relaxed), y.store(2, relaxed); });
        },
        {.priorities = 0, .random = 0, .reduced = reduced});
    EXPECT_TRUE(found.complete);
    return found.executions;
  };
  EXPECT_LT(executions(true), executions(false));
}

TEST(search, searches_preemptions_alone_with_a_part_of_its_executions) {
  const verify::body many_old_values = [] {
    atomic<int> x{0}, y{0};
    const auto write_and_read = [](atomic<int>& mine, const atomic<int>& other) {
      for (int i = 1; i != 6; ++i) mine.store(i, relaxed), other.load(relaxed);
    };
    threads([&] { write_and_read(x, y); }, [&] { write_and_read(y, x); });
  };
  const verify::report found =
      verify::explore(many_old_values, {.depth_first = 3'000, .priorities = 0, .random = 0, .scaled = false});
  EXPECT_TRUE(found) << found;
  EXPECT_EQ(found.plain_preemptions, 2);
  EXPECT_LT(found.complete_preemptions, 2);
  EXPECT_NE(in_words(found).find("up to 2 preemptions alone"), std::string::npos) << found;
}

// Counts its sleepers in the word on which they sleep, and wakes none while one has been woken and has not
// looked yet. Wrong, because that one may find the lock free, take it and be gone before another falls asleep:
// on a word that is as it expects it, because meanwhile a third was counted, with a bit that says that somebody
// is awake.
class lock_with_a_count {
 public:
  void lock() {
    if ((word_.fetch_or(locked, acquire) & locked) == 0) return;
    std::uint32_t counted = 0;
    for (std::uint32_t found = word_.load(relaxed);;) {
      const bool takes = (found & locked) == 0;
      const std::uint32_t others = counted == 0 ? found : (found & ~waking) - counted;
      const std::uint32_t next = takes ? others | locked : others + one_sleeper;
      if (next != found && !word_.compare_exchange_weak(found, next, acquire, relaxed)) continue;
      if (takes) return;
      counted = one_sleeper;
      futex_wait(word_, next, nullptr);
      found = word_.load(relaxed);
    }
  }
  void unlock() {
    bool wakes = false;
    for (std::uint32_t found = word_.load(relaxed), next = 0;;) {
      wakes = found >= one_sleeper && (found & waking) == 0;
      next = (found & ~locked) | (wakes ? waking : 0);
      if (word_.compare_exchange_weak(found, next, release, relaxed)) break;
    }
    if (wakes) futex_wake(word_, 1);
  }

 private:
  static constexpr std::uint32_t locked = 1, waking = 2, one_sleeper = 4;

  atomic<std::uint32_t> word_{0};
};

// Four preemptions, which a depth-first search does not get to.
TEST(search, finds_what_takes_many_preemptions_by_random_priorities) {
  const verify::report found = verify::explore(
      [] {
        lock_with_a_count guard;
        guard.lock();
        const auto use = [&] { guard.lock(), guard.unlock(); };
        threads([&] { guard.unlock(), use(), use(); }, [&] { use(), use(); }, use);
      },
      {.depth_first = 0, .priorities = 1'000'000, .random = 0, .scaled = false});
  EXPECT_NE(found.failure.find("lost wake-up"), std::string::npos) << found;
  std::cout << "             after " << found.executions << " executions\n";
}

// The first thread stops between two of its steps while the other spins many times, lets it go, and comes back.
TEST(search, holds_up_a_thread_while_another_spins) {
  const verify::report found = verify::explore(
      [] {
        atomic<std::uint32_t> word{0};
        atomic<int> turns{0};
        threads(
            [&] {
              const int before = turns.load(relaxed);
              for (int i = 0; i != 8; ++i) word.fetch_add(1, relaxed);
              check(before != 0 || turns.load(relaxed) != 6, "the other one has made all its turns meanwhile");
            },
            [&] {
              for (int i = 0; i != 6; ++i) yield(), turns.fetch_add(1, relaxed);
            });
      },
      {.depth_first = 0, .random = 0, .scaled = false});
  EXPECT_FALSE(found) << found;
}

// Where a thread yields, the others go on first, or no search would end. The second thread, once it has begun,
// has to make its next step there; only by chance it does not.
TEST(search, lets_a_thread_go_on_where_it_yields_by_chance_alone) {
  const auto shows_it = [](const verify::options& how) {
    bool shown = false;
    EXPECT_TRUE(verify::explore(
        [&] {
          atomic<int> begun{0}, x{0};
          bool is_first = false;
          int seen = 0;
          threads([&] { begun.fetch_add(1, relaxed), x.store(1, relaxed), yield(), x.store(2, relaxed); },
                  [&] { is_first = begun.fetch_add(1, relaxed) == 0, seen = x.load(relaxed); });
          shown = shown || (is_first && seen == 2);
        },
        how));
    return shown;
  };
  EXPECT_FALSE(shows_it({.priorities = 0, .random = 0, .preemptions = verify::unbounded}));
  EXPECT_TRUE(shows_it({.depth_first = 0, .priorities = 0}));
  EXPECT_TRUE(shows_it({.depth_first = 0, .random = 0}));
}

TEST(search, says_within_which_bounds_a_search_was_complete) {
  const verify::body handshake = [] {
    atomic<int> x{0}, y{0};
    threads([&] { x.store(1, relaxed), y.store(1, relaxed), y.load(relaxed); },
            [&] { y.load(relaxed), x.load(relaxed), x.store(2, relaxed); });
  };
  EXPECT_NE(in_words(verify::explore(handshake, {.preemptions = 1}))
                .find("complete up to 1 preemption, 2 old values, 1 spurious event, 1 reused address"),
            std::string::npos);
  EXPECT_NE(in_words(verify::explore(handshake, {.preemptions = 10, .stale_loads = verify::unbounded}))
                .find("complete up to any number of preemptions, any number of old values"),
            std::string::npos);
  EXPECT_EQ(in_words(verify::explore(handshake, {.depth_first = 1})).find("complete"), std::string::npos);
}

TEST(search, does_not_call_a_search_complete_that_ran_out_of_time) {
  const auto search = [](double seconds) {
    return verify::explore(
        [] {
          atomic<int> x{0};
          threads([&] { x.store(1, relaxed); }, [&] { x.store(2, relaxed); });
        },
        {.seconds = seconds, .scaled = false});
  };
  EXPECT_TRUE(search(1000).complete);
  const verify::report ended = search(0);
  EXPECT_TRUE(ended.passed());
  EXPECT_FALSE(ended.complete);
  EXPECT_EQ(ended.complete_preemptions, -1);
}

TEST(search, counts_the_uses_of_plain_data_only_so_far) {
  const auto write = [](int times) {
    return [times] {
      verify::plain<int> place(0);
      for (int i = 0; i != times; ++i) place.write(i);
    };
  };
  const verify::options once{.depth_first = 1, .priorities = 0, .random = 0};
  EXPECT_TRUE(verify::explore(write(32'000), once));
  const verify::report found = verify::explore(write(33'000), once);
  EXPECT_NE(found.failure.find("too long"), std::string::npos) << found;
}

TEST(search, warns_of_a_scenario_that_does_nothing_behind_the_seam) {
  EXPECT_NE(in_words(verify::explore([] {})).find("warning: not one step behind the seam"), std::string::npos);
}

TEST(search, reports_a_body_that_is_not_the_same_each_time) {
  unsigned runs = 0;
  const verify::report found = verify::explore(
      [&] {
        atomic<int> value{0};
        const unsigned count = ++runs % 3;
        threads(
            [&] {
              for (unsigned i = 0; i != count; ++i) value.store(1, relaxed);
            },
            [&] { value.load(relaxed), value.load(relaxed); });
      },
      {.priorities = 0, .random = 0});
  EXPECT_NE(found.failure.find("not the same each time"), std::string::npos) << found;
}

TEST(search, a_token_replays_its_failure) {
  const verify::body scenario = [] {
    atomic<int> x{0}, y{0};
    int a = 0, b = 0;
    threads([&] { x.store(1, relaxed), a = y.load(relaxed); },
            [&] { y.store(1, relaxed), b = x.load(relaxed); });
    check(a + b != 0, "one of them sees the other");
  };
  const verify::report found = verify::explore(scenario);
  ASSERT_FALSE(found);
  const verify::report again = verify::replay(scenario, found.token);
  EXPECT_EQ(again.failure, found.failure);
  EXPECT_EQ(again.trace, found.trace);
  EXPECT_TRUE(verify::replay(scenario, "0"));
  EXPECT_THROW(verify::replay(scenario, "5*x"), std::invalid_argument);
}

TEST(search, reports_a_token_that_does_not_fit) {
  const verify::body two = [] {
    atomic<int> value{0};
    threads([&] { value.store(1, relaxed); }, [&] { value.load(relaxed); });
  };
  EXPECT_NE(verify::replay(two, "7").failure.find("token does not fit"), std::string::npos);
  EXPECT_NE(verify::replay(two, "90*0,1").failure.find("token does not fit"), std::string::npos);
}

}  // namespace
