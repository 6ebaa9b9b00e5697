// SPDX-License-Identifier: MIT
// The names of std:: that the checker offers: each does what the standard says, and lets the checker find what
// goes wrong with it. Written as a user would, by the public names alone.
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <verify/verify.hpp>

#include "support/search_results.hpp"

namespace {

namespace threading = verify;
using model::expect_clean;
using model::expect_failure;
using verify::check;
using verify::threads;
using namespace std::chrono_literals;

TEST(atomic, has_the_operators_of_std) {
  expect_clean([] {
    threading::atomic<int> number = 1;
    number = 5;
    check(number == 5 && number++ == 5 && ++number == 7 && number-- == 7 && --number == 5);
    check((number += 3) == 8 && (number -= 2) == 6 && (number |= 1) == 7 && (number &= 5) == 5);
    check((number ^= 1) == 4 && (number = 2) == 2);
    int row[4] = {};
    threading::atomic<int*> place = row;
    check(++place == row + 1 && place++ == row + 1 && (place += 2) == row + 4 && --place == row + 3);
    check((place -= 3) == row);
    threading::atomic half = 0.5;
    check((half += 1.0) == 1.5 && (half -= 0.5) == 1.0);
    threading::atomic_bool flag;
    check(!flag);
    flag = true;
    check(flag);
  });
}

template <class T>
concept counts = requires(T value) { ++value; };
static_assert(counts<threading::atomic<int>> && counts<threading::atomic<int*>>);
static_assert(!counts<threading::atomic<bool>> && !counts<threading::atomic<double>>);
static_assert(!std::is_copy_constructible_v<threading::atomic<int>>);

TEST(atomic, operators_are_checked_as_functions_are) {
  const auto add_twice = [](bool at_once) {
    return [at_once] {
      threading::atomic<int> count = 0;
      const auto add = [&] {
        if (at_once) {
          ++count;
        } else {
          count = count + 1;
        }
      };
      threads(add, add);
      check(count == 2, "no add is lost");
    };
  };
  expect_clean(add_twice(true));
  expect_failure(add_twice(false), "no add is lost");
}

TEST(atomic, wait_returns_when_the_value_has_changed) {
  expect_clean([] {
    threading::atomic<bool> ready = false;
    threading::plain<int> data = 0;
    threads(
        [&] {
          ready.wait(false, threading::memory_order_acquire);
          check(data == 1, "the value comes with the notification");
        },
        [&] {
          data = 1;
          ready.store(true, threading::memory_order_release);
          ready.notify_one();
        });
  });
}

TEST(atomic, wait_misses_a_notification_that_comes_before_the_store) {
  expect_failure(
      [] {
        threading::atomic<bool> ready = false;
        threads([&] { ready.wait(false); }, [&] { ready.notify_one(), ready = true; });
      },
      "lost wake-up or deadlock: T1 sleeps at std_names.model.cpp");
  expect_failure(
      [] {
        threading::atomic<int> tickets = 0;
        threads([&] { tickets.wait(0); }, [&] { tickets.wait(0); }, [&] { tickets = 2, tickets.notify_one(); });
      },
      "lost wake-up");
}

TEST(atomic, wait_by_a_relaxed_load_orders_nothing) {
  expect_failure(
      [] {
        threading::atomic<bool> ready = false;
        threading::plain<int> data = 0;
        threads(
            [&] {
              ready.wait(false, threading::memory_order_relaxed);
              static_cast<void>(data.read());
            },
            [&] { data = 1, ready = true, ready.notify_one(); });
      },
      "data race");
}

TEST(atomic_flag, is_a_lock_if_it_is_set_with_acquire_and_cleared_with_release) {
  const auto guarded = [](threading::memory_order clear) {
    return [clear] {
      threading::atomic_flag taken;
      threading::plain<int> sum = 0;
      const auto add = [&] {
        while (taken.test_and_set(threading::memory_order_acquire)) taken.wait(true);
        ++sum;
        taken.clear(clear);
        taken.notify_one();
      };
      threads(add, add);
      check(sum == 2);
    };
  };
  expect_clean(guarded(threading::memory_order_release));
  expect_failure(guarded(threading::memory_order_relaxed), "data race");
}

TEST(atomic_thread_fence, orders_relaxed_operations) {
  const auto publish = [](threading::memory_order fence) {
    return [fence] {
      threading::atomic<bool> ready = false;
      threading::plain<int> data = 0;
      threads(
          [&] {
            data = 1;
            threading::atomic_thread_fence(fence);
            ready.store(true, threading::memory_order_relaxed);
          },
          [&] {
            if (!ready.load(threading::memory_order_relaxed)) return;
            threading::atomic_thread_fence(threading::memory_order_acquire);
            check(data == 1);
          });
    };
  };
  expect_clean(publish(threading::memory_order_release));
  expect_failure(publish(threading::memory_order_acquire), "data race");
}

TEST(thread, takes_arguments_moves_and_joins) {
  expect_clean([] {
    threading::plain<int> sum = 0;
    threading::thread first([&](int a, int b) { sum = a + b; }, 1, 2);
    threading::thread second = std::move(first);
    check(!first.joinable() && second.joinable());
    check(second.get_id() != threading::this_thread::get_id() && first.get_id() == threading::thread::id());
    second.join();
    check(sum == 3);
    threading::thread by_reference([](threading::plain<int>& to) { to = 4; }, std::ref(sum));
    by_reference.join();
    check(sum == 4);
  });
}

TEST(thread, that_is_not_joined_is_a_failure) {
  expect_failure([] { threading::thread forgotten([] {}); }, "neither joined nor detached");
  expect_failure(
      [] {
        threading::thread once([] {});
        once.join();
        once.join();
      },
      "joined, moved or detached already");
  expect_clean([] { threading::thread([] {}).detach(); });
}

TEST(thread, races_with_whoever_does_not_wait_for_its_end) {
  expect_failure(
      [] {
        threading::plain<int> data = 0;
        threading::thread writer([&] { data = 1; });
        static_cast<void>(data.read());
        writer.join();
      },
      "data race");
}

TEST(jthread, is_asked_to_stop_and_joined_at_the_end_of_its_scope) {
  expect_clean([] {
    threading::atomic<int> rounds = 0;
    {
      const threading::jthread working([&](std::stop_token stop) {
        while (!stop.stop_requested()) threading::this_thread::yield();
        ++rounds;
      });
    }
    check(rounds == 1);
    {
      const threading::jthread adding([&](int n) { rounds += n; }, 2);
    }
    check(rounds == 3);
  });
}

TEST(mutex, guards_and_scopes_find_a_forgotten_lock) {
  const auto add_twice = [](bool locked) {
    return [locked] {
      threading::mutex guard;
      threading::plain<int> sum = 0;
      const auto add = [&] {
        threading::unique_lock lock(guard, threading::defer_lock);
        if (locked) lock.lock();
        ++sum;
      };
      threads(add, [&] {
        const threading::lock_guard lock(guard);
        ++sum;
      });
      check(sum == 2);
    };
  };
  expect_clean(add_twice(true));
  expect_failure(add_twice(false), "data race");
}

TEST(mutex, scoped_lock_takes_several_without_deadlock) {
  const auto use_both = [](bool at_once) {
    return [at_once] {
      threading::mutex a, b;
      const auto use = [at_once](threading::mutex& first, threading::mutex& second) {
        if (at_once) {
          const threading::scoped_lock both(first, second);
        } else {
          const threading::scoped_lock one(first);
          const threading::scoped_lock other(second);
        }
      };
      threads([&] { use(a, b); }, [&] { use(b, a); });
    };
  };
  expect_clean(use_both(true));
  expect_failure(use_both(false), "waits for a mutex at std_names.model.cpp");
}

TEST(recursive_mutex, may_be_taken_again_by_the_thread_that_holds_it) {
  expect_clean([] {
    threading::recursive_mutex guard;
    threading::plain<int> sum = 0;
    const auto add = [&] {
      const threading::lock_guard outer(guard);
      const threading::lock_guard inner(guard);
      ++sum;
    };
    threads(add, add);
    check(sum == 2);
  });
}

TEST(shared_mutex, lets_readers_in_together_and_a_writer_alone) {
  expect_clean([] {
    threading::shared_mutex guard;
    threading::plain<int> data = 0;
    const auto read = [&] {
      const threading::shared_lock lock(guard);
      check(data == 0 || data == 1);
    };
    threads(read, read, [&] {
      const threading::unique_lock lock(guard);
      data = 1;
    });
  });
  bool together = false;
  expect_clean([&] {
    threading::shared_mutex guard;
    threading::atomic<int> inside = 0;
    const auto read = [&] {
      const threading::shared_lock lock(guard);
      if (++inside == 2) together = true;
      --inside;
    };
    threads(read, read);
  });
  EXPECT_TRUE(together);
}

TEST(shared_mutex, does_not_let_readers_write) {
  expect_failure(
      [] {
        threading::shared_mutex guard;
        threading::plain<int> sum = 0;
        const auto add = [&] {
          const threading::shared_lock lock(guard);
          ++sum;
        };
        threads(add, add);
      },
      "data race");
  // Not even one after the other: nothing orders two readers.
  expect_failure(
      [] {
        threading::shared_mutex guard;
        threading::atomic<bool> left = false;
        threading::plain<int> data = 0;
        threads(
            [&] {
              const threading::shared_lock lock(guard);
              data = 1;
              left.store(true, threading::memory_order_relaxed);
            },
            [&] {
              if (!left.load(threading::memory_order_relaxed)) return;
              const threading::shared_lock lock(guard);
              static_cast<void>(data.read());
            });
      },
      "data race");
}

TEST(shared_mutex, finds_who_unlocks_what_it_does_not_hold) {
  expect_failure(
      [] {
        threading::shared_mutex guard;
        guard.lock();
        guard.unlock_shared();
      },
      "does not share it");
  expect_failure(
      [] {
        threading::shared_mutex guard;
        guard.lock_shared();
        guard.unlock();
      },
      "does not hold it");
  expect_failure(
      [] {
        threading::shared_mutex guard;
        guard.lock_shared();
        guard.lock_shared();
      },
      "locked again");
}

// A flag and a condition variable. `locks`: the notifying thread sets the flag under the mutex.
verify::body wait_for_a_flag(bool locks, bool looks_first) {
  return [=] {
    threading::mutex guard;
    threading::condition_variable changed;
    threading::atomic<bool> ready = false;
    threads(
        [&] {
          threading::unique_lock lock(guard);
          if (looks_first) {
            changed.wait(lock, [&] { return ready.load(); });
          } else {
            changed.wait(lock);
          }
          check(ready, "it is ready");
        },
        [&] {
          {
            threading::unique_lock lock(guard, threading::defer_lock);
            if (locks) lock.lock();
            ready = true;
          }
          changed.notify_one();
        });
  };
}

TEST(condition_variable, wakes_whoever_waits) {
  expect_clean(wait_for_a_flag(true, true));
}

TEST(condition_variable, loses_the_wake_up_if_the_flag_is_set_without_the_lock) {
  expect_failure(wait_for_a_flag(false, true), "lost wake-up or deadlock: T1 sleeps at std_names.model.cpp");
}

TEST(condition_variable, loses_the_wake_up_of_who_did_not_look_first_or_wakes_for_no_reason) {
  const verify::report found = verify::explore(wait_for_a_flag(true, false));
  EXPECT_FALSE(found);
}

TEST(condition_variable, notify_one_wakes_one_of_two) {
  const auto wait_for_two = [](bool all) {
    return [all] {
      threading::mutex guard;
      threading::condition_variable changed;
      threading::plain<bool> ready = false;
      const auto wait = [&] {
        threading::unique_lock lock(guard);
        changed.wait(lock, [&] { return ready.read(); });
      };
      threads(wait, wait, [&] {
        {
          const threading::lock_guard lock(guard);
          ready = true;
        }
        if (all) {
          changed.notify_all();
        } else {
          changed.notify_one();
        }
      });
    };
  };
  expect_clean(wait_for_two(true));
  expect_failure(wait_for_two(false), "lost wake-up");
}

TEST(condition_variable, gives_up_at_a_deadline) {
  bool early = false, late = false;
  expect_clean([&] {
    threading::mutex guard;
    threading::condition_variable changed;
    threading::plain<bool> ready = false;
    const auto until = threading::chrono::steady_clock::now() + 1ms;
    threads(
        [&] {
          threading::unique_lock lock(guard);
          if (changed.wait_until(lock, until, [&] { return ready.read(); })) {
            early = true;
          } else {
            late = true;
            check(threading::chrono::steady_clock::now() >= until, "the deadline has passed");
          }
          check(lock.owns_lock());
        },
        [&] {
          {
            const threading::lock_guard lock(guard);
            ready = true;
          }
          changed.notify_one();
        });
  });
  EXPECT_TRUE(early);
  EXPECT_TRUE(late);
}

TEST(condition_variable_any, waits_with_any_lock_and_for_a_stop_request) {
  expect_clean([] {
    threading::shared_mutex guard;
    threading::condition_variable_any changed;
    threading::plain<bool> ready = false;
    threads(
        [&] {
          threading::shared_lock lock(guard);
          changed.wait(lock, [&] { return ready.read(); });
        },
        [&] {
          const threading::lock_guard lock(guard);
          ready = true;
          changed.notify_all();
        });
  });
  expect_clean([] {
    threading::mutex guard;
    threading::condition_variable_any changed;
    threading::jthread waiting([&](std::stop_token stop) {
      threading::unique_lock lock(guard);
      check(!changed.wait(lock, stop, [] { return false; }), "it was asked to stop");
    });
    waiting.request_stop();
  });
}

TEST(this_thread, sleeps_without_delay_and_yields) {
  expect_clean([] {
    const auto begin = threading::chrono::steady_clock::now();
    threading::this_thread::sleep_for(1h);
    check(threading::chrono::steady_clock::now() - begin >= 1h);
    threading::this_thread::sleep_until(begin + 2h);
    check(threading::chrono::steady_clock::now() - begin >= 2h);
    threading::this_thread::yield();
  });
}

TEST(plain, can_be_used_as_the_value) {
  expect_clean([] {
    threading::plain<int> number = 1;
    number = number + 1;
    check(number++ == 2 && (number += 2) == 5 && (number -= 1) == 4 && --number == 3 && ++number == 4);
    const threading::plain<int> copy = number;
    number = copy;
    std::pair<int, int> both{1, 2};
    threading::plain<std::pair<int, int>*> pointer = &both;
    check(pointer->second == 2 && (*pointer).first == 1);
    threading::plain<std::string> word = std::string("a word that is too long to be kept in place");
    const std::string taken = std::move(word);
    check(taken.size() > 20);
  });
}

}  // namespace
