// SPDX-License-Identifier: MIT
// What shared_mutex promises, row by row: with readers in the word, and with readers in slots.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/lock_all.hpp>
#include <plait/shared_mutex.hpp>
#include <plait/synchronized_value.hpp>

#include "support/threads.hpp"

#if !defined(__clang__)  // GCC 12 takes the constructor of std::stop_source for a use of what it constructs.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

using plait::shared_mutex;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constinit shared_mutex global;

class shared_mutex_of : public testing::TestWithParam<bool> {
 protected:
  shared_mutex_of() {
    if (!GetParam()) return;
    for (int i = 0; i != 10'000; ++i) {  // then readers use slots
      lock_.lock_shared();
      lock_.unlock_shared();
    }
  }

  template <class Ask>
  static bool elsewhere(Ask ask) {
    bool answer = false;
    std::jthread([&] { answer = ask(); }).join();
    return answer;
  }
  bool can_read() {
    return elsewhere([this] {
      const bool has_it = lock_.try_lock_shared();
      if (has_it) lock_.unlock_shared();
      return has_it;
    });
  }
  bool can_upgrade() {
    return elsewhere([this] {
      const bool has_it = lock_.try_lock_upgrade();
      if (has_it) lock_.unlock_upgrade();
      return has_it;
    });
  }
  bool can_write() {
    return elsewhere([this] {
      const bool has_it = lock_.try_lock();
      if (has_it) lock_.unlock();
      return has_it;
    });
  }

  shared_mutex lock_;
};

INSTANTIATE_TEST_SUITE_P(readers, shared_mutex_of, testing::Bool(),
                         [](const auto& test) { return test.param ? "in_slots" : "in_the_word"; });

TEST(shared_mutex, has_eight_bytes) {
  EXPECT_EQ(sizeof(shared_mutex), 8u);
  const std::shared_lock hold(global);
}

TEST_P(shared_mutex_of, readers_share_and_keep_writers_out) {
  lock_.lock_shared();
  EXPECT_TRUE(can_read());
  EXPECT_TRUE(can_upgrade());
  EXPECT_FALSE(can_write());
  lock_.unlock_shared();
  EXPECT_TRUE(can_write());
}

TEST_P(shared_mutex_of, a_writer_keeps_everybody_out) {
  lock_.lock();
  EXPECT_FALSE(can_read() || can_upgrade() || can_write());
  lock_.unlock();
  EXPECT_TRUE(can_read() && can_upgrade() && can_write());
}

TEST_P(shared_mutex_of, an_upgrade_lock_lets_readers_in_and_nobody_else) {
  lock_.lock_upgrade();
  EXPECT_TRUE(can_read());
  EXPECT_FALSE(can_upgrade() || can_write());
  lock_.unlock_upgrade();
  EXPECT_TRUE(can_upgrade() && can_write());
}

TEST_P(shared_mutex_of, an_upgrade_waits_for_readers_and_becomes_a_writer) {
  lock_.lock_shared();
  std::atomic<bool> writes = false;
  threads::sleeper upgrader([&] {
    lock_.lock_upgrade();
    lock_.unlock_upgrade_and_lock();
    writes = true;
    EXPECT_FALSE(can_read());
    lock_.unlock_and_lock_upgrade();
    EXPECT_TRUE(can_read() && !can_upgrade());
    lock_.unlock_upgrade_and_lock_shared();
    EXPECT_TRUE(can_upgrade() && !can_write());
    lock_.unlock_shared();
  });
  EXPECT_FALSE(writes);
  EXPECT_FALSE(can_read()) << "who waits to write keeps readers out";
  lock_.unlock_shared();
  upgrader.join();
  EXPECT_TRUE(writes);
  EXPECT_TRUE(can_write());
}

TEST_P(shared_mutex_of, a_writer_becomes_a_reader_without_giving_it_up) {
  lock_.lock();
  lock_.unlock_and_lock_shared();
  EXPECT_TRUE(can_read());
  EXPECT_FALSE(can_write());
  lock_.unlock_shared();
  EXPECT_TRUE(can_write());
}

TEST_P(shared_mutex_of, an_upgrade_that_gives_up_is_still_one) {
  lock_.lock_shared();
  EXPECT_TRUE(elsewhere([this] {
    lock_.lock_upgrade();
    const auto start = clock::now();
    const bool writes =
        lock_.try_unlock_upgrade_and_lock_for(20ms) || lock_.try_unlock_upgrade_and_lock_until(clock::now());
    const bool waited = clock::now() - start >= 20ms;
    const bool reads = can_read() && !can_upgrade();
    lock_.unlock_upgrade();
    return !writes && waited && reads;
  }));
  EXPECT_TRUE(can_upgrade());
  lock_.unlock_shared();
  lock_.lock_upgrade();
  EXPECT_TRUE(lock_.try_unlock_upgrade_and_lock_for(-1s));
  lock_.unlock();
  EXPECT_TRUE(can_write());
}

TEST_P(shared_mutex_of, deadlines_end_the_wait_and_not_before) {
  const auto takes_20_ms = [](auto wait) {
    const auto start = clock::now();
    return !wait() && clock::now() - start >= 20ms;
  };
  lock_.lock_shared();
  EXPECT_TRUE(elsewhere([&] { return takes_20_ms([&] { return lock_.try_lock_for(20ms); }); }));
  EXPECT_TRUE(
      elsewhere([&] { return takes_20_ms([&] { return lock_.try_lock_until(clock::now() + 20ms); }); }));
  EXPECT_FALSE(elsewhere([&] { return lock_.try_lock_for(-1s); }));
  EXPECT_TRUE(can_read()) << "who has given up keeps no reader out";
  lock_.unlock_shared();
  lock_.lock();
  EXPECT_TRUE(elsewhere([&] { return takes_20_ms([&] { return lock_.try_lock_shared_for(20ms); }); }));
  EXPECT_TRUE(elsewhere([&] { return takes_20_ms([&] { return lock_.try_lock_upgrade_for(20ms); }); }));
  EXPECT_FALSE(elsewhere([&] { return lock_.try_lock_shared_until(clock::now()); }));
  EXPECT_FALSE(elsewhere([&] { return lock_.try_lock_upgrade_until(clock::now()); }));
  lock_.unlock();
  EXPECT_TRUE(can_write());
}

TEST_P(shared_mutex_of, stop_requests_end_the_wait) {
  std::stop_source stop;
  std::atomic<int> got = 0;
  lock_.lock();
  std::deque<threads::sleeper> waiting;
  waiting.emplace_back([&] { got += lock_.lock(stop.get_token()); });
  waiting.emplace_back([&] { got += lock_.lock_shared(stop.get_token()); });
  waiting.emplace_back([&] { got += lock_.lock_upgrade(stop.get_token()); });
  stop.request_stop();
  waiting.clear();
  lock_.unlock();
  lock_.lock_shared();
  {
    threads::sleeper writer([&] { got += lock_.lock(stop.get_token()); });
  }
  EXPECT_EQ(got, 0);
  EXPECT_TRUE(can_read());
  lock_.unlock_shared();
  EXPECT_TRUE(lock_.lock(stop.get_token())) << "the last try, after the request";
  lock_.unlock();
}

TEST_P(shared_mutex_of, everybody_who_waits_is_let_in) {
  lock_.lock();
  std::atomic<int> done = 0;
  std::deque<threads::sleeper> waiting;
  for (int i = 0; i != 3; ++i) {
    waiting.emplace_back([&] { lock_.lock(), ++done, lock_.unlock(); });
    waiting.emplace_back([&] { lock_.lock_shared(), ++done, lock_.unlock_shared(); });
    waiting.emplace_back([&] { lock_.lock_upgrade(), ++done, lock_.unlock_upgrade(); });
  }
  EXPECT_EQ(done, 0);
  lock_.unlock();
  waiting.clear();
  EXPECT_EQ(done, 9);
}

TEST_P(shared_mutex_of, a_writer_sleeps_until_the_last_reader_has_left) {
  lock_.lock_shared();
  threads::sleeper writer([&] { lock_.lock(), lock_.unlock(); });
  EXPECT_TRUE(writer.comes_to_rest());
  EXPECT_FALSE(writer.has_returned());
  lock_.unlock_shared();
  writer.join();
}

TEST_P(shared_mutex_of, a_writer_comes_in_while_readers_never_pause) {
  std::atomic<bool> is_over = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i != 4; ++i)
    readers.emplace_back([&] {
      while (!is_over) {
        const std::shared_lock hold(lock_);
        std::this_thread::sleep_for(100us);  // so that there is always one
      }
    });
  for (int i = 0; i != 20; ++i) {
    EXPECT_TRUE(lock_.try_lock_for(10s));
    lock_.unlock();
  }
  is_over = true;
}

TEST(shared_mutex, a_writer_that_waits_for_a_reader_lets_no_others_into_slots) {
  shared_mutex lock;
  lock.lock_shared();  // without a slot
  std::thread([&] {
    for (int read = 0; read != 5'000; ++read) {
      lock.lock_shared();
      lock.unlock_shared();
    }
  }).join();  // since when others use slots
  threads::sleeper writer([&] {
    lock.lock();
    lock.unlock();
  });
  const auto end = std::chrono::steady_clock::now() + 20s;
  bool comes_in = true;
  std::thread([&] {
    while (comes_in && std::chrono::steady_clock::now() < end) {
      comes_in = lock.try_lock_shared();
      if (comes_in) lock.unlock_shared();
    }
  }).join();
  EXPECT_FALSE(comes_in);
  lock.unlock_shared();
  writer.join();
}

TEST(shared_mutex, a_writer_that_gives_up_lets_nobody_into_slots_while_another_waits) {
  shared_mutex lock{plait::detail::begin_biased()};
  lock.lock_upgrade();  // without a slot
  threads::sleeper writer([&] {
    lock.lock();
    lock.unlock();
  });
  bool has_it = true, comes_in = true;
  std::thread([&] {
    has_it = lock.try_lock_for(50ms);
    const auto end = clock::now() + 5s;
    while (comes_in && clock::now() < end) {  // until the first one has looked again
      comes_in = lock.try_lock_shared();
      if (comes_in) lock.unlock_shared();
    }
  }).join();
  EXPECT_FALSE(has_it);
  EXPECT_FALSE(comes_in);
  lock.unlock_upgrade();
  writer.join();
}

TEST_P(shared_mutex_of, one_thread_may_read_many_locks) {
  std::deque<shared_mutex> many(20);
  for (int round = 0; round != 10'000; ++round) {
    for (shared_mutex& each : many) each.lock_shared();
    for (shared_mutex& each : many) each.unlock_shared();
  }
  for (shared_mutex& each : many) {
    each.lock_shared();
    EXPECT_FALSE(elsewhere([&] { return each.try_lock(); }));
  }
  for (shared_mutex& each : many) {
    each.unlock_shared();
    EXPECT_TRUE(each.try_lock());
  }
}

TEST_P(shared_mutex_of, works_with_the_standard_guards_and_with_plaits) {
  {
    std::mutex other;
    const std::scoped_lock both(lock_, other);
  }
  {
    shared_mutex other;
    const auto both = plait::lock_all(lock_, other);
    EXPECT_FALSE(can_read());
  }
  const plait::synchronized_value<int, shared_mutex> value(7);
  const auto reads = value.rlock();
  EXPECT_TRUE(elsewhere([&] { return value.load() == 7; }));
}

TEST(shared_mutex, threads_that_end_leave_their_slots_to_others) {
  shared_mutex lock;
  for (int i = 0; i != 300; ++i)
    std::jthread([&] {
      for (int n = 0; n != 100; ++n) {
        const std::shared_lock hold(lock);
      }
    }).join();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(shared_mutex, in_a_child_of_fork_a_new_lock_had_readers_that_another_thread_had_let_into_the_old_one) {
  shared_mutex kept{plait::detail::begin_biased()}, reused{plait::detail::begin_biased()};
  kept.lock_shared();
  std::binary_semaphore is_over(0);
  threads::sleeper reader([&] {
    const std::shared_lock hold(reused);
    is_over.acquire();
  });
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    std::construct_at(&reused, plait::detail::begin_biased());
    const bool can_write = reused.try_lock_for(1s);
    kept.unlock_shared();  // the thread that forks keeps what it holds
    _exit(can_write && kept.try_lock() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(reused.try_lock()) << "the parent forgets nobody";
  kept.unlock_shared();
  is_over.release();
  reader.join();
}

TEST(shared_mutex, readers_and_writers_count_without_a_loss) {
  shared_mutex lock;
  std::uint64_t first = 0, second = 0;
  constexpr int writes = 2'000, threads = 4;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i != threads; ++i)
      all.emplace_back([&] {
        for (int n = 0; n != writes; ++n) {
          for (int reads = 0; reads != 20; ++reads) {
            const std::shared_lock hold(lock);
            if (first != second) ADD_FAILURE() << "a reader sees half of a write";
          }
          const std::unique_lock hold(lock);
          ++first, ++second;
        }
      });
  }
  EXPECT_EQ(first, std::uint64_t{threads} * writes);
}

}  // namespace
