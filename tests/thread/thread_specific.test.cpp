// SPDX-License-Identifier: MIT
#include <atomic>
#include <barrier>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/thread_specific.hpp>

#include "support/allocations.hpp"
#include "support/monitor_tests.hpp"
#include "support/sanitizer.hpp"
#include "support/thread_values.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::drop_at_exit;
using plait::fold_at_exit;
using plait::keep_at_exit;
using plait::thread_specific;
using thread_values::counted;
using thread_values::in_a_thread;

std::vector<int> sorted(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

template <class T>
std::vector<int> visited(thread_specific<T>& values) {
  std::vector<int> all;
  values.for_each([&](T& each) { all.push_back(static_cast<int>(each)); });
  return sorted(all);
}

// -- get, find, reset --

TEST(thread_specific, a_value_is_made_when_its_thread_first_asks_and_found_again) {
  int made = 0;
  thread_specific<int> value([&] { return ++made; });
  EXPECT_EQ(made, 0);
  int& mine = value.get();
  EXPECT_EQ(mine, 1);
  mine = 7;
  EXPECT_EQ(value.get(), 7);
  EXPECT_EQ(&value.get(), &mine);
  EXPECT_EQ(made, 1);
}

TEST(thread_specific, each_thread_has_a_value_of_its_own) {
  thread_specific<int> value;
  value.get() = 1;
  in_a_thread([&] {
    EXPECT_EQ(value.get(), 0);
    value.get() = 2;
  });
  EXPECT_EQ(value.get(), 1);
}

TEST(thread_specific, each_object_has_values_of_its_own) {
  std::vector<std::unique_ptr<thread_specific<int>>> objects;
  for (int i = 0; i != 100; ++i) objects.push_back(std::make_unique<thread_specific<int>>());
  in_a_thread([&] {
    for (int i = 0; i != 100; ++i) objects[static_cast<std::size_t>(i)]->get() = i;
    for (int i = 0; i != 100; ++i) EXPECT_EQ(objects[static_cast<std::size_t>(i)]->get(), i);
  });
}

TEST(thread_specific, star_and_arrow_are_get) {
  thread_specific<std::string> word([] { return std::string("made"); });
  EXPECT_EQ(word->size(), 4u);
  *word += "!";
  EXPECT_EQ(word.get(), "made!");
}

TEST(thread_specific, find_makes_nothing) {
  thread_specific<counted> value;
  EXPECT_EQ(value.find(), nullptr);
  EXPECT_EQ(counted::alive, 0);
  const counted* const made = &value.get();
  EXPECT_EQ(value.find(), made);
  EXPECT_EQ(std::as_const(value).find(), made);
  in_a_thread([&] { EXPECT_EQ(value.find(), nullptr); });
}

TEST(thread_specific, reset_destroys_the_own_value_and_no_other) {
  thread_specific<counted> value;
  value.reset();
  value->number = 1;
  std::barrier meet(2);
  std::jthread other([&] {
    value->number = 2;
    meet.arrive_and_wait();
    meet.arrive_and_wait();
    EXPECT_EQ(value->number, 2);
  });
  meet.arrive_and_wait();
  value.reset();
  EXPECT_EQ(counted::alive, 1);
  EXPECT_EQ(value.find(), nullptr);
  EXPECT_EQ(value->number, 0) << "the old value came back";
  meet.arrive_and_wait();
}

TEST(thread_specific, a_destructor_does_not_find_the_value_that_reset_destroys) {
  struct looks_back {
    ~looks_back() {
      if (of != nullptr) *found = of->find();
    }
    thread_specific<looks_back>* of = nullptr;
    looks_back** found = nullptr;
  };
  thread_specific<looks_back> value;
  looks_back* found = &value.get();
  value->of = &value;
  value->found = &found;
  value.reset();
  EXPECT_EQ(found, nullptr);
}

// -- when a thread ends --

TEST(thread_specific, a_value_is_dropped_when_its_thread_ends) {
  thread_specific<counted> value;
  std::thread::id ended;
  in_a_thread([&] {
    ended = std::this_thread::get_id();
    value.get();
  });
  EXPECT_EQ(counted::alive, 0);
  EXPECT_EQ(counted::destroyed_by.load(), ended);
  EXPECT_EQ(value.size(), 0u);
}

TEST(thread_specific, a_kept_value_stays_until_the_object_goes) {
  {
    thread_specific<counted> value(keep_at_exit);
    for (int i = 0; i != 3; ++i) in_a_thread([&] { value.get(); });
    EXPECT_EQ(counted::alive, 3);
    EXPECT_EQ(value.size(), 3u);
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(thread_specific, folded_values_are_one_value_which_combine_counts_and_for_each_does_not) {
  thread_specific<int> sum([] { return 0; }, fold_at_exit(std::plus<>()));
  for (int i = 1; i <= 10; ++i) in_a_thread([&] { sum.get() = i; });
  sum.get() = 100;
  EXPECT_EQ(sum.combine(0, std::plus<>()), 155);
  EXPECT_EQ(visited(sum), std::vector{100});
  EXPECT_EQ(sum.size(), 1u);
}

TEST(thread_specific, the_fold_of_a_value_that_cannot_be_moved_builds_the_total_in_place) {
  struct hits {
    explicit hits(long first = 0) : count(first) {}
    std::atomic<long> count;
  };
  thread_specific<hits> all(fold_at_exit([](const hits& a, const hits& b) { return hits(a.count + b.count); }));
  for (int i = 0; i != 5; ++i) in_a_thread([&] { all->count += 2; });
  EXPECT_EQ(all.combine(0L, [](long sum, const hits& each) { return sum + each.count; }), 10);
}

TEST(thread_specific, a_value_whose_fold_throws_is_kept) {
  thread_specific<int> sum(fold_at_exit([](int, int) -> int { throw std::runtime_error("full"); }));
  for (int i = 1; i <= 3; ++i) in_a_thread([&] { sum.get() = i; });
  EXPECT_EQ(sum.combine(0, std::plus<>()), 6);
}

TEST(thread_specific, many_threads_that_end_at_once_are_folded_once_each) {
  constexpr int threads = 16;
  constexpr int rounds = 50;
  thread_specific<long> sum(fold_at_exit(std::plus<>()));
  long added = 0;
  for (int round = 0; round != rounds; ++round) {
    std::vector<std::jthread> running;
    for (int i = 0; i != threads; ++i, added += i) running.emplace_back([&sum, i] { sum.get() = i + 1; });
  }
  EXPECT_EQ(sum.combine(0L, std::plus<>()), added);
  EXPECT_EQ(sum.size(), 0u);
}

// -- for_each, combine, size --

TEST(thread_specific, for_each_visits_the_values_of_all_threads_that_are_alive) {
  constexpr int count = 8;
  thread_specific<int> value;
  std::barrier meet(count + 1);
  std::vector<std::jthread> threads;
  for (int i = 0; i != count; ++i)
    threads.emplace_back([&, i] {
      value.get() = i;
      meet.arrive_and_wait();
      meet.arrive_and_wait();
      EXPECT_EQ(value.get(), i + 100);
    });
  meet.arrive_and_wait();
  EXPECT_EQ(visited(value), (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(value.size(), std::size_t{count});
  EXPECT_EQ(std::as_const(value).combine(0, std::plus<>()), 28);
  value.for_each([](int& each) { each += 100; });
  int seen = 0;
  std::as_const(value).for_each([&](const int&) { ++seen; });
  EXPECT_EQ(seen, count);
  meet.arrive_and_wait();
}

TEST(thread_specific, combine_of_no_value_is_the_initial_one) {
  const thread_specific<int> value;
  EXPECT_EQ(value.combine(std::string("none"), [](std::string, int) { return std::string("some"); }), "none");
}

TEST(thread_specific, a_visited_value_outlives_its_thread) {
  thread_specific<counted> value;
  std::latch is_made(1), may_end(1);
  std::thread owner([&] {
    value->number = 7;
    is_made.count_down();
    may_end.wait();
  });
  is_made.wait();
  int seen = 0;
  value.for_each([&](const counted& each) {
    may_end.count_down();
    owner.join();
    EXPECT_EQ(counted::alive, 1);
    seen = each.number;
  });
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(counted::alive, 0);
}

TEST(thread_specific, a_visitor_that_throws_leaves_everything_as_it_was) {
  thread_specific<counted> value;
  value.get();
  EXPECT_THROW(value.for_each([](counted&) { throw std::runtime_error("seen enough"); }), std::runtime_error);
  EXPECT_EQ(counted::alive, 1);
  EXPECT_EQ(value.size(), 1u);
}

// -- no code of the user runs under a lock --

TEST(thread_specific, destructors_visitors_folds_and_makers_may_use_the_object) {
  const watchdog limit("user code under a lock");
  struct nosy {
    explicit nosy(thread_specific<nosy>*& of) : object(of) { look(); }
    ~nosy() { look(); }
    void look() const {
      static_cast<void>(object->size());
      object->for_each([](nosy&) {});
    }
    thread_specific<nosy>*& object;
  };
  thread_specific<nosy>* object = nullptr;
  thread_specific<nosy> values([&] { return nosy(object); }, fold_at_exit([&](const nosy& a, const nosy&) {
                                 a.look();
                                 return nosy(object);
                               }));
  object = &values;
  for (int i = 0; i != 3; ++i) in_a_thread([&] { values.get(); });
  values.get();
  values.for_each([](nosy& each) { each.look(); });
  values.reset();
}

TEST(thread_specific, a_maker_that_asks_for_its_own_value_gets_one_and_it_stays) {
  int calls = 0;
  thread_specific<int>* object = nullptr;
  thread_specific<int> value([&] {
    const int call = ++calls;
    if (call == 1) {
      EXPECT_EQ(object->get(), 2);
    }
    return call;
  });
  object = &value;
  EXPECT_EQ(value.get(), 2);
  EXPECT_EQ(value.size(), 1u);
}

// -- what is never found again --

TEST(thread_specific, an_object_at_the_address_and_with_the_number_of_an_old_one_has_no_value) {
  std::optional<thread_specific<int>> value;
  for (int i = 1; i != 20; ++i) {
    value.emplace();
    EXPECT_EQ(value->find(), nullptr);
    EXPECT_EQ(value->get(), 0);
    value->get() = i;
  }
}

TEST(thread_specific, a_thread_that_got_the_id_of_an_ended_one_has_no_value) {
  thread_specific<int> value(keep_at_exit);
  for (int i = 0; i != 20; ++i)
    in_a_thread([&] {
      EXPECT_EQ(value.find(), nullptr);
      value.get() = i + 1;
    });
  EXPECT_EQ(value.size(), 20u);
}

TEST(thread_specific, the_destructor_destroys_the_values_of_threads_that_go_on) {
  auto value = std::make_unique<thread_specific<counted>>();
  std::barrier meet(2);
  std::jthread other([&] {
    value->get();
    meet.arrive_and_wait();
    meet.arrive_and_wait();
    const thread_specific<counted> next;
    EXPECT_EQ(next.find(), nullptr);
  });
  meet.arrive_and_wait();
  value.reset();
  EXPECT_EQ(counted::alive, 0);
  meet.arrive_and_wait();
}

TEST(thread_specific, the_destructor_waits_for_a_thread_that_is_just_dropping_its_value) {
  struct slow {
    ~slow() {
      started->count_down();
      std::this_thread::sleep_for(50ms);
      *is_over = true;
    }
    std::latch* started = nullptr;
    std::atomic<bool>* is_over = nullptr;
  };
  std::latch started(1);
  std::atomic<bool> is_over = false;
  auto value = std::make_unique<thread_specific<slow>>();
  std::jthread ending([&] {
    (*value)->started = &started;
    (*value)->is_over = &is_over;
  });
  started.wait();
  value.reset();
  EXPECT_TRUE(is_over);
}

// -- faults --

TEST(thread_specific, a_maker_that_throws_leaves_no_value_and_may_be_asked_again) {
  int calls = 0;
  thread_specific<int> value([&] {
    if (++calls == 1) throw std::runtime_error("not now");
    return calls;
  });
  EXPECT_THROW(value.get(), std::runtime_error);
  EXPECT_EQ(value.find(), nullptr);
  EXPECT_EQ(value.get(), 2);
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(thread_specific, every_allocation_that_fails_leaves_everything_as_it_was) {
  std::size_t failures = 0;
  for (bool has_failed = true; has_failed; failures += has_failed) {
    std::vector<std::unique_ptr<thread_specific<counted>>> others;
    for (int i = 0; i != 20; ++i) others.push_back(std::make_unique<thread_specific<counted>>());
    has_failed = false;
    in_a_thread([&] {
      allocations::until_failure = failures + 1;
      std::optional<thread_specific<counted>> value;
      try {
        value.emplace();
        value->get();
        value->for_each([](counted&) {});
      } catch (const std::bad_alloc&) {
        has_failed = true;
      }
      allocations::until_failure = 0;
      if (!value) value.emplace();
      EXPECT_EQ(value->size(), value->find() != nullptr ? 1u : 0u);
      value->get();
      EXPECT_EQ(value->size(), 1u);
    });
    ASSERT_EQ(counted::alive, 0);
  }
  EXPECT_GE(failures, 3u);  // the value, the table, the visitor's pointers
}

// Five thousand; a million with VERIFY_EFFORT=200.
TEST(thread_specific, memory_does_not_grow_with_threads_and_objects_that_have_ended) {
  const auto many = static_cast<long>(monitor_tests::scaled(10'000));
  thread_specific<std::string> dropped;
  thread_specific<long> folded(fold_at_exit(std::plus<>()));
  const auto live = [&] {
    dropped->assign(100, 'x');
    ++folded.get();
    thread_specific<int> short_lived;
    ++short_lived.get();
  };
  for (int i = 0; i != 10; ++i) in_a_thread(live);
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  for (long i = 0; i != many; ++i) in_a_thread(live);
  EXPECT_LE(allocations::bytes_held_by_all - before, 0);
  EXPECT_EQ(folded.combine(0L, std::plus<>()), many + 10);
}
#endif

thread_specific<std::atomic<int>>* signalled = nullptr;

TEST(thread_specific, a_signal_handler_finds_the_value_of_the_thread_that_it_interrupts) {
  thread_specific<std::atomic<int>> hits;
  signalled = &hits;
  struct sigaction act{};
  act.sa_handler = [](int) { ++signalled->get(); };
  ASSERT_EQ(sigaction(SIGUSR1, &act, nullptr), 0);
  std::atomic<bool> has_begun = false, enough = false;
  std::jthread target([&] {
    hits.get();
    has_begun = true;
    while (!enough) {
      std::vector<std::unique_ptr<thread_specific<int>>> others;  // so many that the table has to grow
      for (int i = 0; i != 30; ++i) others.push_back(std::make_unique<thread_specific<int>>());
      for (const auto& each : others) each->get();
    }
    EXPECT_GT(hits.get(), 0);
  });
  while (!has_begun) std::this_thread::yield();
  for (int i = 0; i != 1000; ++i) pthread_kill(target.native_handle(), SIGUSR1);
  enough = true;
}

TEST(thread_specific, a_forked_child_has_the_values_of_the_thread_that_forked_and_what_was_kept_or_folded) {
  thread_specific<int> value;
  thread_specific<int> kept(keep_at_exit);
  thread_specific<int> folded(fold_at_exit(std::plus<>()));
  in_a_thread([&] { value.get() = kept.get() = folded.get() = 1; });
  value.get() = kept.get() = folded.get() = 2;
  std::barrier meet(2);
  std::jthread other([&] {
    value.get() = kept.get() = folded.get() = 4;
    meet.arrive_and_wait();
    meet.arrive_and_wait();
  });
  meet.arrive_and_wait();
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const auto sum = [](const thread_specific<int>& of) { return of.combine(0, std::plus<>()); };
    if (value.get() != 2 || sum(value) != 2) _exit(1);
    if (sum(kept) != 3) _exit(2);
    if (sum(folded) != 3) _exit(3);
#if !PLAIT_UNDER_TSAN  // which lets no such child start a thread
    in_a_thread([&] { value.get() = kept.get() = folded.get() = 8; });
    if (sum(value) != 2 || sum(kept) != 11 || sum(folded) != 11) _exit(4);
#endif
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(value.combine(0, std::plus<>()), 6) << "the parent is as it was";
  meet.arrive_and_wait();
}

// -- any T --

struct awkward {
  awkward* operator&() = delete;
  const awkward* operator&() const = delete;
  awkward() = default;
  awkward(awkward&&) = delete;
  alignas(256) int number = 3;
};

TEST(thread_specific, t_may_be_over_aligned_immovable_final_and_overload_its_address) {
  thread_specific<awkward> value;
  EXPECT_EQ(value->number, 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(value.find()) % 256, 0u);
  value.for_each([](awkward& each) { each.number = 4; });
  EXPECT_EQ((*value).number, 4);

  struct last final {
    std::unique_ptr<int> owned;
  };
  thread_specific<last> movable([] { return last{std::make_unique<int>(5)}; });
  EXPECT_EQ(*movable->owned, 5);
}

}  // namespace
