// SPDX-License-Identifier: MIT
// Interruptions of a thread or a process in the middle of an operation: signals, cancellation, fork(), a clock
// that is set.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <iostream>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/bounded_queue.hpp>
#include <plait/counter.hpp>
#include <plait/keyed_counter.hpp>
#include <plait/mutex.hpp>
#include <plait/readiness_fd.hpp>
#include <plait/shared_mutex.hpp>
#include <plait/until_signal.hpp>

#include "support/queue_kinds.hpp"
#include "support/sanitizer.hpp"
#include "support/threads.hpp"
#include "support/watchdog.hpp"

namespace {

using plait::bounded_queue;
using plait::conqueue_status;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using threads::sleeper;

void report(const char* what, int count) {
  EXPECT_GT(count, 0);
  testing::Test::RecordProperty(what, count);
  std::cout << what << ": " << count << '\n';
}

// -- signals --

// During its lifetime, it interrupts threads by signals after which system calls return EINTR.
class bombardment {
 public:
  explicit bombardment(std::vector<pthread_t> targets)
      : shooting_([targets = std::move(targets)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            for (const pthread_t target : targets) pthread_kill(target, SIGUSR1);
            std::this_thread::sleep_for(50us);
          }
        }) {}

  static void handle() {
    struct sigaction action{};
    action.sa_handler = [](int) { ++hits; };  // and no SA_RESTART
    ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  }

  static inline std::atomic<int> hits = 0;

 private:
  std::jthread shooting_;
};

TEST(bounded_queue_interruptions, signals_end_no_wait_neither_early_nor_late) {
  const watchdog limit("waits under signals");
  bombardment::handle();
  bounded_queue<int> empty(1);
  bounded_queue<int> filled(1);
  filled.push(1);

  std::optional<int> popped;
  bool pushed = false;
  sleeper popper([&] { popped = empty.pop(); });
  sleeper pusher([&] { pushed = filled.push(2); });
  sleeper joiner([&] { filled.join(); });

  const auto deadline = steady_clock::now() + 200ms;
  const auto expect_timed_out = [&](bool nothing_done) {
    EXPECT_TRUE(nothing_done);
    EXPECT_GE(steady_clock::now(), deadline);
  };
  bounded_queue<int> never_filled(1);
  sleeper timed_popper([&] { expect_timed_out(!never_filled.try_pop_until(deadline)); });
  sleeper timed_pusher([&] { expect_timed_out(filled.try_push_until(2, deadline) == conqueue_status::full); });
  sleeper timed_joiner([&] { expect_timed_out(!filled.try_join_until(deadline)); });
  {
    const bombardment signals({popper.handle(), pusher.handle(), joiner.handle(), timed_popper.handle(),
                               timed_pusher.handle(), timed_joiner.handle()});
    while (!timed_popper.has_returned() || !timed_pusher.has_returned() || !timed_joiner.has_returned() ||
           bombardment::hits == 0)
      std::this_thread::yield();
    EXPECT_FALSE(popper.has_returned() || pusher.has_returned() || joiner.has_returned());

    empty.push(7);
    EXPECT_EQ(filled.pop(), 1);
    filled.task_done();
    while (!popper.has_returned() || !pusher.has_returned()) std::this_thread::yield();
    EXPECT_EQ(filled.pop(), 2);
    filled.task_done();
    while (!joiner.has_returned()) std::this_thread::yield();
  }
  EXPECT_EQ(popped, 7);
  EXPECT_TRUE(pushed);
  report("signals", bombardment::hits.exchange(0));
}

TEST(bounded_queue_interruptions, signals_lose_no_item_in_full_flow) {
  const watchdog limit("flow under signals");
  bombardment::handle();
  constexpr int count = 20'000;
  bounded_queue<int> queue(2);  // so that both ends sleep again and again
  std::int64_t sum = 0;
  std::jthread producer([&] {
    for (int i = 1; i <= count; ++i) queue.push(i);
  });
  std::jthread consumer([&] {
    for (int i = 1; i <= count; ++i) sum += queue.pop().value_or(0);
  });
  {
    const bombardment signals({producer.native_handle(), consumer.native_handle()});
    while (queue.unfinished_tasks() != count || !queue.empty()) std::this_thread::sleep_for(1ms);
  }
  consumer.join();
  EXPECT_EQ(sum, std::int64_t{count} * (count + 1) / 2);
  report("signals", bombardment::hits.exchange(0));
}

// Interrupts the thread until it returns: a signal may come before it has fallen asleep.
void interrupt_until_it_returns(sleeper& waiting) {
  const bombardment signals({waiting.handle()});
  while (!waiting.has_returned()) std::this_thread::yield();
}

TEST(bounded_queue_interruptions, a_signal_ends_a_wait_until_signal) {
  const watchdog limit("waits until_signal");
  bombardment::handle();
  bounded_queue<int> empty(1);
  bounded_queue<int> filled(1);
  filled.push(1);
  conqueue_status answer{};
  const auto expect_interrupted = [&](auto wait) {
    {
      sleeper waiting([&] { answer = wait(); });
      EXPECT_FALSE(waiting.has_returned());
      interrupt_until_it_returns(waiting);
    }
    EXPECT_EQ(answer, conqueue_status::interrupted);
  };
  const std::stop_source source;
  const std::stop_token stop = source.get_token();
  expect_interrupted([&] { return empty.wait_to_pop(plait::until_signal()); });
  expect_interrupted([&] { return empty.wait_to_pop(plait::until_signal(), stop); });
  expect_interrupted([&] { return empty.wait_to_pop_for(1h, plait::until_signal()); });
  expect_interrupted([&] { return empty.wait_to_pop_until(steady_clock::now() + 1h, plait::until_signal()); });
  expect_interrupted([&] { return filled.wait_to_push(plait::until_signal()); });
  expect_interrupted([&] { return filled.wait_to_push_for(1h, plait::until_signal()); });
  expect_interrupted(
      [&] { return filled.wait_to_push_until(steady_clock::now() + 1h, plait::until_signal()); });
  report("signals", bombardment::hits.exchange(0));
}

// Locks that give up at a signal leave nothing behind: readers come in again, and the lock can be taken.
TEST(lock_interruptions, a_signal_ends_a_wait_until_signal) {
  const watchdog limit("locks until_signal");
  bombardment::handle();
  const auto expect_interrupted = [](auto wait) {
    const auto when = steady_clock::now() + 1h;
    bool is_locked = true;
    {
      sleeper waiting([&] { is_locked = wait(when); });
      EXPECT_FALSE(waiting.has_returned());
      interrupt_until_it_returns(waiting);
    }
    EXPECT_FALSE(is_locked);
  };
  {
    plait::mutex lock;
    lock.lock();
    expect_interrupted([&](auto when) { return lock.try_lock_until(when, plait::until_signal()); });
    lock.unlock();
    EXPECT_TRUE(lock.try_lock_until(steady_clock::now(), plait::until_signal()));
    EXPECT_FALSE(lock.try_lock_until(steady_clock::now() + 1ms, plait::until_signal()));
    lock.unlock();
  }
  plait::shared_mutex often_read{plait::detail::begin_biased()};
  plait::shared_mutex rarely_read;
  for (plait::shared_mutex* const lock : {&often_read, &rarely_read}) {
    lock->lock_shared();
    expect_interrupted([&](auto when) { return lock->try_lock_until(when, plait::until_signal()); });
    EXPECT_TRUE(lock->try_lock_shared_until(steady_clock::now() + 1h, plait::until_signal()));
    lock->unlock_shared();
    lock->unlock_shared();
    lock->lock();
    expect_interrupted([&](auto when) { return lock->try_lock_shared_until(when, plait::until_signal()); });
    EXPECT_FALSE(lock->try_lock_shared_until(steady_clock::now() + 1ms, plait::until_signal()));
    lock->unlock();
    EXPECT_TRUE(lock->try_lock_until(steady_clock::now() + 1h, plait::until_signal()));
    lock->unlock();
  }
  report("signals", bombardment::hits.exchange(0));
}

TEST(bounded_queue_interruptions, a_wait_until_signal_ends_for_every_other_reason_too) {
  const watchdog limit("waits until_signal");
  bounded_queue<int> queue(1);
  EXPECT_EQ(queue.wait_to_pop_for(1ms, plait::until_signal()), conqueue_status::empty);
  std::stop_source source;
  {
    const sleeper waiting([&] {
      EXPECT_EQ(queue.wait_to_pop(plait::until_signal(), source.get_token()), conqueue_status::stopped);
    });
    source.request_stop();
  }
  {
    const sleeper waiting(
        [&] { EXPECT_EQ(queue.wait_to_pop(plait::until_signal()), conqueue_status::success); });
    queue.push(1);
  }
  EXPECT_EQ(queue.wait_to_push_for(1ms, plait::until_signal()), conqueue_status::full);
  {
    const sleeper waiting(
        [&] { EXPECT_EQ(queue.wait_to_push(plait::until_signal()), conqueue_status::closed); });
    queue.close();
  }
}

// Consumers that wait until_signal, and one that pops: no wake is lost with one that a signal has ended.
TEST(bounded_queue_interruptions, waits_until_signal_lose_no_wake) {
  const watchdog limit("waits until_signal in full flow");
  bombardment::handle();
  constexpr int count = 5'000;
  bounded_queue<int> queue(2);
  std::atomic<std::int64_t> sum = 0;
  std::atomic<int> interrupted = 0;
  {
    const auto consume = [&] {
      for (;;) {
        while (const auto item = queue.try_pop()) sum += *item;
        switch (queue.wait_to_pop(plait::until_signal())) {
          case conqueue_status::closed:
            return;
          case conqueue_status::interrupted:
            ++interrupted;
            break;
          default:
            break;
        }
      }
    };
    std::jthread one(consume);
    std::jthread other(consume);
    std::jthread popper([&] {
      while (const auto item = queue.pop()) sum += *item;
    });
    const bombardment signals({one.native_handle(), other.native_handle()});
    for (int i = 1; i <= count; ++i) {
      queue.push(i);
      if (i % 100 == 0) std::this_thread::sleep_for(1ms);  // so that the consumers fall asleep
    }
    while (!queue.empty() || interrupted == 0) std::this_thread::sleep_for(1ms);
    queue.close();
  }
  EXPECT_EQ(sum, std::int64_t{count} * (count + 1) / 2);
  report("interrupted waits", interrupted);
}

// -- cancellation --

// No operation is a cancellation point: a cancelled thread ends after it, not in the middle.
TEST(bounded_queue_interruptions, a_thread_cancelled_while_it_waits_first_gets_its_item) {
  const watchdog limit("a cancelled wait");
  bounded_queue<int> queue(1);
  std::optional<int> item;
  std::atomic<bool> went_on = false;
  {
    sleeper consumer([&] {
      item = queue.pop();
      pthread_testcancel();
      went_on = true;
    });
    ASSERT_EQ(pthread_cancel(consumer.handle()), 0);
    std::this_thread::sleep_for(10ms);
    queue.push(3);
  }
  EXPECT_EQ(item, 3);
  EXPECT_FALSE(went_on);
  queue.push(4);
  EXPECT_EQ(queue.pop(), 4);
}

// -- clocks --

// A steady clock that tests can set.
struct settable_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<settable_clock>;
  [[maybe_unused]] static constexpr bool is_steady = false;

  static time_point now() { return time_point(steady_clock::now().time_since_epoch() + set_by.load()); }
  static inline std::atomic<duration> set_by = duration(0);
};

TEST(bounded_queue_interruptions, a_clock_set_during_a_wait_makes_it_neither_shorter_nor_longer) {
  const watchdog limit("a wait while its clock is set");
  for (const settable_clock::duration jump : {settable_clock::duration(24h), settable_clock::duration(-24h)}) {
    bounded_queue<int> empty(1);
    bounded_queue<int> filled(1);
    filled.push(1);
    const auto began = steady_clock::now();
    const auto when = settable_clock::now() + 100ms;
    const auto expect_timed_out = [&](bool nothing_done) {
      EXPECT_TRUE(nothing_done);
      EXPECT_GE(steady_clock::now() - began, 100ms);
    };
    {
      sleeper popper([&] { expect_timed_out(!empty.try_pop_until(when)); });
      sleeper pusher([&] { expect_timed_out(filled.try_push_until(2, when) == conqueue_status::full); });
      sleeper joiner([&] { expect_timed_out(!filled.try_join_until(when)); });
      settable_clock::set_by = jump;
    }
    settable_clock::set_by = settable_clock::duration(0);
  }
}

TEST(bounded_queue_interruptions, a_clock_set_before_a_wait_counts) {
  bounded_queue<int> queue(1);
  const auto when = settable_clock::now() + 24h;
  settable_clock::set_by = 25h;
  EXPECT_EQ(queue.try_pop_until(when), std::unexpected(conqueue_status::empty));
  settable_clock::set_by = settable_clock::duration(0);
}

// -- fork --

// Whether body() soon returns true in a child of this process.
bool is_fine_in_child(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(100);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFSIGNALED(status)) << "killed by signal " << WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Threads that call work(number) again and again until this is destroyed.
class load {
 public:
  load(int threads, const std::function<void(int)>& work) {
    for (int i = 0; i != threads; ++i)
      threads_.emplace_back([=, this] {
        while (!over_) {
          work(i);
          ++calls_;
        }
      });
    while (calls_ < 100) std::this_thread::yield();
  }
  ~load() { over_ = true; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<int> calls_ = 0;
  std::vector<std::jthread> threads_;
};

constexpr int forks = under_sanitizer ? 10 : 50;
const std::string long_text = " is a text too long to stay in place";

TEST(bounded_queue_interruptions, a_child_of_fork_destroys_the_queue_and_uses_one_of_its_own) {
  const watchdog limit("fork while queues are at work");
  for (int i = 0; i != forks; ++i) {
    std::optional<bounded_queue<std::string>> queue(std::in_place, 3);
    std::atomic<int> pushed = 0;
    std::atomic<int> popped = 0;
    {
      const load both_ends(2, [&](int number) {
        if (number == 0) {
          pushed += queue->try_push(std::to_string(pushed) + long_text) == conqueue_status::success;
        } else {
          popped += queue->try_pop().has_value();
        }
      });
      EXPECT_TRUE(is_fine_in_child([&] {
        queue.reset();
        bounded_queue<std::string> own(2);
        own.push("a" + long_text);
        const bool right = own.pop() == "a" + long_text && !own.try_pop_for(1ms);
        own.close();
        return right && !own.pop();
      }));
    }
    EXPECT_EQ(queue->size(), static_cast<std::size_t>(pushed - popped));  // and the parent goes on
  }
  report("forks", forks);
}

TEST(counter_interruptions, a_child_of_fork_goes_on_counting_and_so_does_its_parent) {
  const watchdog limit("fork while counters are at work");
  plait::counter counter;
  std::atomic<std::int64_t> added = 0;
  for (int i = 0; i != forks; ++i) {
    const load adders(3, [&](int) {
      counter.add();
      ++added;
      std::jthread([&] { plait::counter().add(); });  // takes numbers and ids, and gives them back
    });
    EXPECT_TRUE(is_fine_in_child([&] {
      const std::int64_t before = counter.load();
      counter.add(5);
      plait::counter own;
      own.add(2);
      return counter.load() == before + 5 && own.exchange(1) == 2 && own.load() == 1;
    }));
  }
  EXPECT_EQ(counter.load(), added);
  report("forks", forks);
}

TEST(keyed_counter_interruptions, a_child_of_fork_destroys_the_counter_and_uses_one_of_its_own) {
  const watchdog limit("fork while keyed counters are at work");
  for (int i = 0; i != forks; ++i) {
    std::optional<plait::keyed_counter<std::string>> counter(std::in_place);
    std::atomic<std::int64_t> added = 0;
    {
      const load users(3, [&](int number) {
        if (number == 0) {
          counter->size();
        } else {
          const std::int64_t next = ++added;
          counter->add(std::to_string(next) + long_text);
        }
      });
      EXPECT_TRUE(is_fine_in_child([&] {
        counter.reset();
        plait::keyed_counter<std::string> own;
        own.add("a" + long_text, 2);
        return own.size() == 1 && own.count("a" + long_text) == 2;
      }));
    }
    EXPECT_EQ(counter->total(), added);
  }
  report("forks", forks);
}

template <class Kind>
class queue_interruptions : public testing::Test {};

TYPED_TEST_SUITE(queue_interruptions, queue_kinds::all, queue_kinds::name_of);

TYPED_TEST(queue_interruptions, a_child_of_fork_goes_on_with_a_queue_at_which_other_threads_waited) {
  const watchdog limit("fork while threads wait");
  auto queue = queue_kinds::make<TypeParam, std::string>(2);
  queue.push("a" + long_text);
  (void)queue.pop();
  sleeper popper([&] { EXPECT_EQ(queue.pop(), "b" + long_text); });
  sleeper joiner([&] { queue.join(); });
  EXPECT_TRUE(is_fine_in_child([&] {
    queue.reset_after_fork();
    const auto before = plait::detail::sync::futex_calls();
    queue.push("c" + long_text);
    const bool wakes_nobody = plait::detail::sync::futex_calls() == before;
    const bool right = queue.pop() == "c" + long_text && !queue.try_pop_for(1ms);
    queue.close();
    return wakes_nobody && right && !queue.pop();
  }));
  queue.push("b" + long_text);
  queue.task_done();
  queue.task_done();
}

TEST(readiness_fd_interruptions,
     a_child_of_fork_destroys_a_queue_at_which_another_threads_descriptor_is_armed) {
  const watchdog limit("fork beside a readiness_fd");
  std::optional<bounded_queue<int>> queue(std::in_place, 1);
  const sleeper event_loop([&] {
    const plait::readiness_fd ready(*queue);
    pollfd waited_for{ready.native_handle(), POLLIN, 0};
    EXPECT_EQ(::poll(&waited_for, 1, -1), 1);
  });
  EXPECT_TRUE(is_fine_in_child([&] {
    queue.reset();
    return true;
  }));
  queue->push(1);
}

// A key whose copying can be held up in one thread.
struct held_up {
  explicit held_up(int number) : value(number) {}
  held_up(const held_up& other) noexcept : value(other.value) {
    if (std::exchange(next_waits, false)) {
      is_waiting = true;
      while (is_waiting) std::this_thread::yield();
    }
  }
  ~held_up() { ++destroyed; }
  bool operator==(const held_up&) const = default;

  int value;
  static inline thread_local bool next_waits = false;
  static inline std::atomic<bool> is_waiting = false;
  static inline std::atomic<int> destroyed = 0;
};
struct hash_of_held_up {
  std::size_t operator()(const held_up& key) const { return std::hash<int>()(key.value); }
};

TEST(bounded_queue_interruptions, a_child_of_fork_leaves_alone_what_another_thread_was_pushing) {
  std::optional<bounded_queue<held_up>> queue(std::in_place, 3);
  const held_up first(1);
  const held_up second(2);
  queue->push(first);
  std::jthread pusher([&] {
    held_up::next_waits = true;
    queue->push(second);
  });
  while (!held_up::is_waiting) std::this_thread::yield();
  EXPECT_TRUE(is_fine_in_child([&] {
    const int before = held_up::destroyed;
    queue.reset();
    return held_up::destroyed - before == 1;  // the first
  }));
  held_up::is_waiting = false;
  pusher.join();
  EXPECT_EQ(queue->size(), 2U);
}

// In whatever state fork() finds the other thread's table.
TEST(keyed_counter_interruptions, a_child_of_fork_leaves_alone_what_another_thread_was_counting) {
  std::optional<plait::keyed_counter<held_up, hash_of_held_up>> counter(std::in_place);
  counter->add(held_up(1));
  const held_up key(2);
  const held_up held_up_key(3);
  std::jthread adder([&] {
    counter->add(key);
    held_up::next_waits = true;
    counter->add(held_up_key);
  });
  while (!held_up::is_waiting) std::this_thread::yield();
  EXPECT_TRUE(is_fine_in_child([&] {
    const int before = held_up::destroyed;
    counter.reset();
    return held_up::destroyed - before == 1;  // that of the thread that forked
  }));
  held_up::is_waiting = false;
  adder.join();
  EXPECT_EQ(counter->size(), 3U);
}

}  // namespace
