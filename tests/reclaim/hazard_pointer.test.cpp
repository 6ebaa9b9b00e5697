// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <plait/hazard_pointer.hpp>

namespace {

using plait::hazard_pointer;
using plait::make_hazard_pointer;

std::atomic<int> alive = 0;

struct counted : plait::hazard_pointer_obj_base<counted> {
  counted() { ++alive; }
  ~counted() {
    --alive;
    canary = 0;
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  static constexpr int living = 0x11fe;
  volatile int canary = living;  // volatile: the last store is seen only after a free
};

constexpr int many = 100'000;

// The documented bound for as many hazard pointers as this process ever had: a few, and those kept by threads.
int garbage_bound() {
  return 2 * static_cast<int>(plait::detail::retired_objects::batch());
}

// Retires enough other objects that everything that may be freed is freed.
void retire_others() {
  for (int i = 0; i < 2 * garbage_bound(); ++i) (new counted)->retire();
}

// Whether the destructor of the one object has run.
struct watched : plait::hazard_pointer_obj_base<watched> {
  explicit watched(bool& destroyed) : flag(&destroyed) {}
  ~watched() { *flag = true; }
  bool* flag;
};

TEST(hazard_pointer, is_empty_unless_made) {
  EXPECT_TRUE(hazard_pointer().empty());
  EXPECT_FALSE(make_hazard_pointer().empty());
}

TEST(hazard_pointer, is_empty_when_moved_from) {
  hazard_pointer a = make_hazard_pointer();
  hazard_pointer b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_FALSE(b.empty());
  a = std::move(b);
  EXPECT_FALSE(a.empty());
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move): that is the promise
}

TEST(hazard_pointer, swap_exchanges_what_is_protected) {
  bool destroyed = false;
  std::atomic<watched*> source = new watched(destroyed);
  hazard_pointer a = make_hazard_pointer();
  hazard_pointer b;
  a.protect(source);
  swap(a, b);
  EXPECT_TRUE(a.empty());
  source.load()->retire();
  retire_others();
  EXPECT_FALSE(destroyed);
  a.swap(b);
  a.reset_protection();
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, protect_returns_what_the_source_leads_to) {
  counted object;
  std::atomic<counted*> source = &object;
  hazard_pointer guard = make_hazard_pointer();
  EXPECT_EQ(guard.protect(source), &object);
  source = nullptr;
  EXPECT_EQ(guard.protect(source), nullptr);
}

TEST(hazard_pointer, try_protect_fails_and_says_what_is_there_if_the_source_has_changed) {
  counted first;
  counted second;
  std::atomic<counted*> source = &second;
  hazard_pointer guard = make_hazard_pointer();
  counted* object = &first;
  EXPECT_FALSE(guard.try_protect(object, source));
  EXPECT_EQ(object, &second);
  EXPECT_TRUE(guard.try_protect(object, source));
  EXPECT_EQ(object, &second);
}

TEST(hazard_pointer, a_try_protect_that_fails_protects_nothing) {
  bool destroyed = false;
  watched* object = new watched(destroyed);
  watched* const tried = object;
  const std::atomic<watched*> source = nullptr;
  hazard_pointer guard = make_hazard_pointer();
  EXPECT_FALSE(guard.try_protect(object, source));
  tried->retire();
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, a_protected_object_lives_until_the_protection_is_reset) {
  bool destroyed = false;
  std::atomic<watched*> source = new watched(destroyed);
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(source)->retire();
  retire_others();
  EXPECT_FALSE(destroyed);
  guard.reset_protection();
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, a_protected_object_lives_until_another_one_is_protected) {
  bool destroyed = false;
  counted other;
  std::atomic<watched*> source = new watched(destroyed);
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(source)->retire();
  guard.reset_protection(&other);
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, a_protected_object_lives_until_the_hazard_pointer_ends) {
  bool destroyed = false;
  std::atomic<watched*> source = new watched(destroyed);
  {
    hazard_pointer guard = make_hazard_pointer();
    guard.protect(source)->retire();
    retire_others();
    EXPECT_FALSE(destroyed);
  }
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, protection_outlives_the_thread_that_began_it) {
  bool destroyed = false;
  std::atomic<watched*> source = new watched(destroyed);
  hazard_pointer guard;
  std::thread([&] {
    guard = make_hazard_pointer();
    guard.protect(source);
  }).join();
  source.load()->retire();
  retire_others();
  EXPECT_FALSE(destroyed);
  guard = {};
  retire_others();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, an_object_is_found_whatever_its_first_base_is) {
  struct other {
    virtual ~other() = default;
    long padding = 0;
  };
  struct derived : other, plait::hazard_pointer_obj_base<derived> {
    explicit derived(bool& destroyed) : flag(&destroyed) {}
    ~derived() override { *flag = true; }
    bool* flag;
  };
  bool destroyed = false;
  std::atomic<derived*> source = new derived(destroyed);
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(source)->retire();
  retire_others();
  EXPECT_FALSE(destroyed);
  guard.reset_protection();
  retire_others();
  EXPECT_TRUE(destroyed);
}

struct told_deleted;
struct tells {
  std::unique_ptr<told_deleted*> told;  // makes the deleter move-only; its destructor counts as well
  void operator()(told_deleted* which) const;
};
struct told_deleted : plait::hazard_pointer_obj_base<told_deleted, tells> {
  explicit told_deleted(told_deleted*& out) : deleted(&out) {}
  told_deleted** deleted;
};
void tells::operator()(told_deleted* which) const {
  *which->deleted = *told;
}

TEST(hazard_pointer, the_deleter_gets_the_object_and_may_be_move_only) {
  told_deleted* deleted = nullptr;
  told_deleted object(deleted);
  object.retire(tells{std::make_unique<told_deleted*>(&object)});
  retire_others();
  EXPECT_EQ(deleted, &object);
}

TEST(hazard_pointer, garbage_is_bounded_while_a_reader_sleeps) {
  std::atomic<counted*> source = new counted;
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(source)->retire();
  const int before = alive;
  int most = 0;
  for (int i = 0; i < many; ++i) {
    (new counted)->retire();
    most = std::max<int>(most, alive - before);
  }
  EXPECT_LE(most, garbage_bound());
}

TEST(hazard_pointer, no_call_of_retire_frees_more_than_two) {
  int most = 0;
  for (int i = 0; i < many; ++i) {
    auto* const object = new counted;
    const int before = alive;
    object->retire();
    most = std::max<int>(most, before - alive);
  }
  EXPECT_LE(most, 2);
  EXPECT_GT(most, 0);
}

struct chain : plait::hazard_pointer_obj_base<chain> {
  explicit chain(chain* after) : next(after) { ++alive; }
  ~chain() {
    --alive;
    if (next != nullptr) next->retire();
  }
  chain(const chain&) = delete;
  chain& operator=(const chain&) = delete;
  chain* next;
};

TEST(hazard_pointer, what_deleters_retire_is_freed_in_its_turn) {
  const int before = alive;
  chain* first = nullptr;
  for (int i = 0; i < 1000; ++i) first = new chain(first);
  first->retire();
  int calls = 0;
  for (; alive - before > garbage_bound() && calls < 100 * many; ++calls) (new counted)->retire();
  EXPECT_LT(calls, 100 * many);
}

struct wide : plait::hazard_pointer_obj_base<wide> {
  ~wide() {
    for (int i = 0; i < 1000; ++i) (new counted)->retire();
  }
};

TEST(hazard_pointer, a_deleter_may_retire_many_that_go_in_their_turn) {
  const int before = alive;
  (new wide)->retire();
  for (int i = 0; i < 1000; ++i) retire_others();
  EXPECT_LE(alive - before, garbage_bound());
}

TEST(hazard_pointer, an_ending_thread_frees_what_it_has_retired) {
  const int before = alive;
  std::thread([] {
    for (int i = 0; i < 10; ++i) (new counted)->retire();
  }).join();
  EXPECT_EQ(alive, before);
}

// A list in which each node's deleter retires the next node.
struct link : plait::hazard_pointer_obj_base<link> {
  explicit link(int length) : next(length == 1 ? nullptr : new link(length - 1)) { ++alive; }
  ~link() {
    --alive;
    if (next != nullptr) next->retire();
  }
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  link* next;
};

TEST(hazard_pointer, what_deleters_retire_while_their_thread_ends_is_freed_at_its_end) {
  const int before = alive;
  std::thread([] { (new link(3))->retire(); }).join();
  EXPECT_EQ(alive, before);
}

TEST(hazard_pointer, what_an_ending_thread_cannot_free_is_freed_by_others) {
  bool destroyed = false;
  std::atomic<watched*> source = new watched(destroyed);
  hazard_pointer guard = make_hazard_pointer();
  guard.protect(source);
  std::thread([&] { source.load()->retire(); }).join();
  EXPECT_FALSE(destroyed);
  guard.reset_protection();
  std::thread(retire_others).join();
  EXPECT_TRUE(destroyed);
}

TEST(hazard_pointer, records_of_ended_threads_are_used_again) {
  const auto use = [] {
    counted object;
    std::atomic<counted*> source = &object;
    make_hazard_pointer().protect(source);
  };
  std::thread(use).join();
  const std::size_t before = plait::detail::hazard_records::count();
  for (int i = 0; i < 1000; ++i) std::thread(use).join();
  EXPECT_EQ(plait::detail::hazard_records::count(), before);
}

// A key whose destructor runs after those of thread_local objects, and after plait's own hook if plait's key is
// older: as late as code can run in a thread.
pthread_key_t late_key() {
  static const pthread_key_t key = [] {
    pthread_key_t made{};
    pthread_key_create(&made, [](void* source) {
      hazard_pointer guard = make_hazard_pointer();
      guard.protect(*static_cast<std::atomic<counted*>*>(source))->retire();
      guard.reset_protection();
      (new counted)->retire();
    });
    return made;
  }();
  return key;
}

TEST(hazard_pointer, works_in_the_last_destructors_of_a_thread) {
  make_hazard_pointer();
  (new counted)->retire();  // plait has its key
  const int before = alive;
  std::atomic<counted*> source = new counted;
  std::thread([&] {
    make_hazard_pointer();
    pthread_setspecific(late_key(), &source);
  }).join();
  EXPECT_EQ(alive, before);
}

// The destructor of a pthread key runs when the thread has given back its records, its garbage and its id.
TEST(hazard_pointer, what_a_thread_gave_back_at_its_end_is_had_again_by_a_later_destructor) {
  static std::atomic<counted*> source;
  source = new counted;
  const int before = alive;
  pthread_key_t key{};
  ASSERT_EQ(pthread_key_create(&key,
                               [](void*) {
                                 hazard_pointer guard = make_hazard_pointer();
                                 EXPECT_EQ(guard.protect(source)->canary, counted::living);
                                 source.exchange(new counted)->retire();
                               }),
            0);
  constexpr int rounds = 20;
  for (int i = 0; i < rounds; ++i) {
    std::thread([&] {
      hazard_pointer guard = make_hazard_pointer();
      EXPECT_EQ(guard.protect(source)->canary, counted::living);
      source.exchange(new counted)->retire();
      guard.reset_protection();
      pthread_setspecific(key, &key);
    }).join();
  }
  pthread_key_delete(key);
  EXPECT_EQ(alive, before);
  delete source.load();
}

TEST(hazard_pointer, may_live_as_long_as_a_thread) {
  const int before = alive;
  std::atomic<counted*> source = new counted;
  std::thread([&] {
    thread_local hazard_pointer guard;
    guard = make_hazard_pointer();
    guard.protect(source);
  }).join();
  std::thread([&] { source.load()->retire(); }).join();
  EXPECT_EQ(alive, before);
}

// As before membarrier is registered, or on a system without it.
TEST(hazard_pointer, works_without_membarrier) {
  std::atomic<bool>& registered = plait::detail::sync::asymmetric::is_registered;
  const bool before = registered.exchange(false);
  std::atomic<counted*> source = new counted;
  std::atomic<bool> stop = false;
  std::jthread reader([&] {
    hazard_pointer guard = make_hazard_pointer();
    while (!stop) EXPECT_EQ(guard.protect(source)->canary, counted::living);
  });
  for (int i = 0; i < many; ++i) source.exchange(new counted)->retire();
  stop = true;
  reader.join();
  delete source.load();
  registered = before;
}

TEST(hazard_pointer, works_in_the_child_of_a_fork) {
  std::latch is_protected(1);
  std::latch over(1);
  std::atomic<counted*> source = new counted;
  std::jthread reader([&] {
    hazard_pointer guard = make_hazard_pointer();
    guard.protect(source);
    is_protected.count_down();
    over.wait();
  });
  is_protected.wait();
  const pid_t child = fork();
  if (child == 0) {
    hazard_pointer guard = make_hazard_pointer();
    bool destroyed = false;
    std::atomic<watched*> mine = new watched(destroyed);
    guard.protect(mine)->retire();
    retire_others();
    if (destroyed) _exit(1);
    guard.reset_protection();
    retire_others();
    if (!destroyed) _exit(2);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  over.count_down();
  reader.join();
  delete source.load();
}

// Last: there are many records from now on, and so more garbage.
TEST(hazard_pointer, any_number_can_be_used_at_once) {
  constexpr std::size_t count = 1000;
  std::vector<hazard_pointer> guards;
  std::vector<std::unique_ptr<std::atomic<counted*>>> sources;
  const int before = alive;
  for (std::size_t i = 0; i < count; ++i) {
    guards.push_back(make_hazard_pointer());
    sources.push_back(std::make_unique<std::atomic<counted*>>(new counted));
    guards.back().protect(*sources.back())->retire();
  }
  retire_others();
  EXPECT_GE(alive - before, static_cast<int>(count));
  guards.clear();
  retire_others();
  EXPECT_LE(alive - before, garbage_bound());
}

}  // namespace
