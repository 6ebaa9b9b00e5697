// SPDX-License-Identifier: MIT
#include <barrier>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/detail/thread/thread_registry.hpp>
#include <plait/detail/thread/thread_slots.hpp>

namespace {

using plait::detail::exit_hook;
using plait::detail::thread_id;
using plait::detail::thread_registry;

thread_id id_of_a_new_thread() {
  thread_id id = 0;
  std::thread([&] { id = thread_registry::this_thread(); }).join();
  return id;
}

TEST(thread_registry, a_thread_keeps_its_id) {
  EXPECT_EQ(thread_registry::this_thread(), thread_registry::this_thread());
}

TEST(thread_registry, threads_alive_together_have_different_ids_as_small_as_their_number) {
  constexpr int count = 20;
  thread_registry::this_thread();
  std::barrier all_have_one(count);
  std::mutex lock;
  std::set<thread_id> ids;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&] {
        const thread_id id = thread_registry::this_thread();
        {
          const std::lock_guard guard(lock);
          ids.insert(id);
        }
        all_have_one.arrive_and_wait();
      });
    }
  }
  EXPECT_EQ(ids.size(), count);
  EXPECT_LE(*ids.rbegin(), count);  // the main thread has one, too
  EXPECT_FALSE(ids.contains(thread_registry::this_thread()));
}

TEST(thread_registry, an_id_is_used_again_when_its_thread_has_ended) {
  const thread_id first = id_of_a_new_thread();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(id_of_a_new_thread(), first);
}

TEST(thread_registry, the_smallest_free_id_is_taken_first) {
  const thread_id smallest = id_of_a_new_thread();
  std::vector<thread_id> ids(3);
  std::barrier all_have_one(3);
  {
    std::vector<std::jthread> threads;
    for (thread_id& id : ids) {
      threads.emplace_back([&] {
        id = thread_registry::this_thread();
        all_have_one.arrive_and_wait();
      });
    }
  }
  EXPECT_EQ(std::set(ids.begin(), ids.end()), (std::set{smallest, smallest + 1, smallest + 2}));
  EXPECT_EQ(id_of_a_new_thread(), smallest);
}

struct remembers_id_when_destroyed {
  std::optional<thread_id>* seen = nullptr;
  ~remembers_id_when_destroyed() {
    if (seen != nullptr) *seen = thread_registry::this_thread();
  }
};
thread_local remembers_id_when_destroyed late;

TEST(thread_registry, the_destructors_of_thread_local_objects_still_have_the_same_id) {
  std::optional<thread_id> in_body;
  std::optional<thread_id> in_destructor;
  std::thread([&] {
    late.seen = &in_destructor;
    in_body = thread_registry::this_thread();
  }).join();
  EXPECT_EQ(in_destructor, in_body);
}

// Destructors of pthread keys run in unspecified order, so an id may be asked for after it was given back.
// Tested in several rounds, and with keys older and newer than plait's own.
TEST(thread_registry, an_id_taken_in_the_destructor_of_a_pthread_key_is_given_back_too) {
  const thread_id smallest = id_of_a_new_thread();
  pthread_key_t key{};
  ASSERT_EQ(pthread_key_create(&key,
                               [](void* value) {
                                 thread_registry::this_thread();
                                 static_cast<void>(value);
                               }),
            0);
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      thread_registry::this_thread();
      pthread_setspecific(key, &key);
    }).join();
  }
  EXPECT_EQ(id_of_a_new_thread(), smallest);
  pthread_key_delete(key);
}

// Hooks of one thread: the first arms the second, which must run as well, with the id still held.
struct hook_log {
  exit_hook first;
  exit_hook second;
};
hook_log* current_hooks = nullptr;
std::vector<thread_id> hook_calls;
thread_id others_meanwhile;

TEST(thread_registry, hooks_run_until_none_is_armed_and_before_the_id_goes) {
  hook_log hooks;
  hooks.first.run = []() noexcept {
    others_meanwhile = id_of_a_new_thread();
    hook_calls.push_back(thread_registry::this_thread());
    thread_registry::before_release(current_hooks->second);
  };
  hooks.second.run = []() noexcept { hook_calls.push_back(thread_registry::this_thread()); };
  current_hooks = &hooks;
  hook_calls.clear();
  thread_id id = 0;
  std::thread([&] {
    id = thread_registry::this_thread();
    thread_registry::before_release(hooks.first);
    thread_registry::before_release(hooks.first);  // armed already: runs once
  }).join();
  EXPECT_EQ(hook_calls, (std::vector{id, id}));
  EXPECT_NE(others_meanwhile, id);
}

TEST(thread_registry, what_was_written_under_an_id_is_seen_by_its_next_owner) {
  plait::detail::thread_slots<int> slots;  // plain ints: ThreadSanitizer watches the hand-over
  constexpr int rounds = 200;
  constexpr int threads_at_once = 4;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < threads_at_once; ++i) threads.emplace_back([&] { ++slots.mine(); });
  }
  int sum = 0;
  slots.for_each([&](int slot) { sum += slot; });
  EXPECT_EQ(sum, rounds * threads_at_once);
}

TEST(thread_registry, a_forked_child_keeps_its_id_and_can_start_threads) {
  const thread_id mine = thread_registry::this_thread();
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const bool same = thread_registry::this_thread() == mine;
    _exit(same && id_of_a_new_thread() != mine ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
