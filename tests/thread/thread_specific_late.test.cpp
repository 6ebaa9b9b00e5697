// SPDX-License-Identifier: MIT
// Values that are asked for while a thread ends, or the program.
#include <cstdlib>
#include <string>

#include <pthread.h>

#include <gtest/gtest.h>

#include <plait/counter.hpp>
#include <plait/thread_specific.hpp>

#include "support/thread_values.hpp"
#include "support/watchdog.hpp"

namespace {

using plait::thread_specific;
using thread_values::counted;
using thread_values::in_a_thread;

struct asks_when_destroyed {
  thread_specific<counted>* value = nullptr;
  int* seen = nullptr;
  ~asks_when_destroyed() {
    if (value != nullptr) *seen = value->get().number;
  }
};
thread_local asks_when_destroyed late;

TEST(thread_specific_late, the_destructor_of_a_thread_local_object_finds_the_value) {
  thread_specific<counted> value;
  int seen = 0;
  in_a_thread([&] {
    late.value = &value;
    late.seen = &seen;
    value->number = 7;
  });
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(counted::alive, 0);
}

TEST(thread_specific_late, what_a_pthread_key_asks_for_after_the_values_have_gone_is_made_anew_and_dropped) {
  thread_specific<counted> value;
  pthread_key_t key{};
  const auto ask = [](void* object) { static_cast<thread_specific<counted>*>(object)->get().number = 1; };
  ASSERT_EQ(pthread_key_create(&key, ask), 0);
  for (int i = 0; i != 3; ++i)
    in_a_thread([&] {
      value.get();
      pthread_setspecific(key, &value);
    });
  pthread_key_delete(key);
  EXPECT_EQ(counted::alive, 0);
}

TEST(thread_specific_late, a_value_whose_destructor_makes_it_anew_ends_with_the_object) {
  const watchdog limit("values that make values");
  struct phoenix {
    ~phoenix() {
      if (of != nullptr) (*of)->of = of;
    }
    thread_specific<phoenix>* of = nullptr;
    counted ashes;
  };
  {
    thread_specific<phoenix> value;
    in_a_thread([&] { value->of = &value; });
    EXPECT_EQ(value.size(), 1u);
    value.for_each([](phoenix& each) { each.of = nullptr; });
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(thread_specific_late, a_destructor_may_use_other_structures_of_the_thread) {
  plait::counter ended;
  thread_specific<int> another;
  struct reports {
    ~reports() {
      ended->add();
      another->get() = 1;
    }
    plait::counter* ended;
    thread_specific<int>* another;
  };
  {
    thread_specific<reports> value([&] { return reports{&ended, &another}; });
    for (int i = 0; i != 3; ++i) in_a_thread([&] { value.get(); });
  }
  EXPECT_EQ(ended.load(), 3);
  EXPECT_EQ(another.size(), 0u);
}

TEST(thread_specific_late_death, a_static_object_may_be_used_until_it_is_destroyed_at_exit) {
  const auto leave = [] {
    static thread_specific<std::string> value;
    static const auto last = [] {
      struct asks {
        ~asks() { value->append("."); }
      };
      value.get() = "a value longer than what a string holds in itself";
      return asks();
    }();
    static_cast<void>(last);
    std::exit(value->empty() ? 1 : 0);
  };
  EXPECT_EXIT(leave(), testing::ExitedWithCode(0), "");
}

}  // namespace
