// SPDX-License-Identifier: MIT
// The contract of hash_set: a test for each row of its table, with keys that are read without a lock, strings
// of which some are, and objects.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <random>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/hash_set.hpp>

#include "support/allocations.hpp"
#include "support/map_values.hpp"

namespace {

using map_values::make;

template <class K>
class hash_set : public testing::Test {
 protected:
  static K key(int number) { return make<K>(number); }

  void fill(int first, int last) {
    for (int i = first; i != last; ++i) EXPECT_TRUE(set.insert(key(i)));
  }
  void expect_content(const std::set<K>& content) {
    EXPECT_EQ(set.size(), content.size());
    for (const K& each : content) EXPECT_TRUE(set.contains(each));
    const std::vector<K> all = set.snapshot();
    EXPECT_EQ(all.size(), content.size());
    EXPECT_EQ((std::set<K>(all.begin(), all.end())), content);
  }

  plait::hash_set<K> set;
};

using keys = testing::Types<int, std::string, std::wstring>;
class names {
 public:
  template <class K>
  static std::string GetName(int number) {
    return std::vector<std::string>{"words", "strings", "objects"}[static_cast<std::size_t>(number)];
  }
};
TYPED_TEST_SUITE(hash_set, keys, names);

TYPED_TEST(hash_set, insert_and_erase_say_whether_they_have_changed_it) {
  EXPECT_TRUE(this->set.empty());
  EXPECT_FALSE(this->set.contains(this->key(1)));
  EXPECT_TRUE(this->set.insert(this->key(1)));
  EXPECT_FALSE(this->set.insert(this->key(1)));
  EXPECT_TRUE(this->set.contains(this->key(1)));
  EXPECT_FALSE(this->set.contains(this->key(2)));
  EXPECT_TRUE(this->set.erase(this->key(1)));
  EXPECT_FALSE(this->set.erase(this->key(1)));
  this->expect_content({});
}

// From one block over segments that double to some that are split, and back.
TYPED_TEST(hash_set, holds_what_a_set_under_a_lock_would) {
  std::set<TypeParam> content;
  std::mt19937 random(1);
  for (const int range : {10, 300, 12'000}) {
    for (int i = 0; i != 3 * range; ++i) {
      const TypeParam key = this->key(static_cast<int>(random() % static_cast<unsigned>(range)));
      switch (random() % 3) {
        case 0:
          EXPECT_EQ(this->set.insert(key), content.insert(key).second);
          break;
        case 1:
          EXPECT_EQ(this->set.erase(key), content.erase(key) == 1);
          break;
        default:
          EXPECT_EQ(this->set.contains(key), content.contains(key));
      }
    }
    this->expect_content(content);
  }
  this->set.clear();
  this->expect_content({});
  this->fill(0, 100);
}

TYPED_TEST(hash_set, contains_many_and_insert_many) {
  std::vector<TypeParam> some;
  std::list<TypeParam> wanted;
  for (int i = 0; i != 100; ++i) {
    some.push_back(this->key(i));
    wanted.push_back(this->key(2 * i));
  }
  this->set.insert(this->key(0));
  EXPECT_EQ(this->set.insert_many(some), 99u);
  EXPECT_EQ(this->set.insert_many(some | std::views::transform([](const TypeParam& key) { return key; })), 0u);
  const auto check = [&](const std::vector<bool>& found) {
    ASSERT_EQ(found.size(), 100u);
    for (int i = 0; i != 100; ++i) EXPECT_EQ(found[static_cast<std::size_t>(i)], 2 * i < 100) << i;
  };
  check(this->set.contains_many(wanted));
  check(this->set.contains_many(std::views::iota(0, 100) |
                                std::views::transform([&](int i) { return this->key(2 * i); })));
}

TYPED_TEST(hash_set, erase_if_clear_and_merge) {
  this->fill(0, 5000);
  EXPECT_EQ(
      this->set.erase_if([&](const TypeParam& key) { return key == this->key(17) || key == this->key(4999); }),
      2u);
  EXPECT_EQ(this->set.size(), 4998u);
  plait::hash_set<TypeParam> other;
  other.insert(this->key(1));
  other.insert(this->key(17));
  this->set.merge(other);
  EXPECT_EQ(this->set.size(), 4999u);
  EXPECT_TRUE(this->set.contains(this->key(17)));
  EXPECT_EQ(other.snapshot(), std::vector{this->key(1)});
  this->set.merge(this->set);
  EXPECT_EQ(this->set.size(), 4999u);
  this->set.clear();
  this->expect_content({});
}

TYPED_TEST(hash_set, scan_meets_every_key_once_though_the_set_grows_meanwhile) {
  this->fill(0, 3000);
  std::multiset<TypeParam> seen;
  int added = 3000;
  typename plait::hash_set<TypeParam>::cursor at;
  while (!at.is_at_end()) {
    const std::vector<TypeParam> some = this->set.scan(at);
    seen.insert(some.begin(), some.end());
    this->fill(added, added + 2000);
    added += 2000;
  }
  EXPECT_TRUE(this->set.scan(at).empty());
  for (int i = 0; i != 3000; ++i) EXPECT_EQ(seen.count(this->key(i)), 1u);
  EXPECT_EQ(seen.size(), (std::set<TypeParam>(seen.begin(), seen.end()).size()));
}

TYPED_TEST(hash_set, for_each_may_use_the_set_and_erase_if_may_not) {
  this->fill(0, 10);
  EXPECT_THROW(this->set.erase_if([&](const TypeParam&) { return this->set.insert(this->key(99)); }),
               std::logic_error);
  EXPECT_FALSE(this->set.contains(this->key(99)));
  int visited = 0;
  this->set.for_each([&](const TypeParam& key) {
    ++visited;
    this->set.erase(key);
  });
  EXPECT_EQ(visited, 10);
  EXPECT_TRUE(this->set.empty());
}

TYPED_TEST(hash_set, shrink_to_fit_keeps_all_keys) {
  this->set.reserve(1000);
  this->fill(0, 20'000);
  this->set.erase_if([&](const TypeParam& key) { return key != this->key(7) && key != this->key(8); });
  this->set.shrink_to_fit();
  this->expect_content({this->key(7), this->key(8)});
  this->fill(100, 5000);
}

// Of threads that insert the same key, exactly one is told that it was first.
TYPED_TEST(hash_set, one_of_many_threads_was_first) {
  constexpr int distinct = 3000;
  std::vector<std::size_t> first(4);
  {
    std::vector<std::jthread> all;
    for (std::size_t thread = 0; thread != first.size(); ++thread)
      all.emplace_back([&, thread] {
        for (int i = 0; i != distinct; ++i) first[thread] += this->set.insert(this->key(i)) ? 1 : 0;
      });
  }
  EXPECT_EQ(std::accumulate(first.begin(), first.end(), std::size_t{0}), distinct);
  EXPECT_EQ(this->set.size(), distinct);
}

TEST(hash_set_keys, strings_are_looked_up_without_making_one) {
  plait::hash_set<std::string> set;
  const std::string long_key(100, 'x');
  const char* const literal = long_key.c_str();
  set.insert(literal);
#if PLAIT_COUNTS_ALLOCATIONS
  const std::size_t before = allocations::calls;
#endif
  EXPECT_TRUE(set.contains(std::string_view(long_key)));
  EXPECT_FALSE(set.insert(literal));
  EXPECT_TRUE(set.erase(std::string_view(long_key)));
#if PLAIT_COUNTS_ALLOCATIONS
  EXPECT_EQ(allocations::calls, before);
#endif
}

TEST(hash_set_keys, may_be_move_only_and_stay_if_they_are_not_put_in) {
  struct by_content {
    std::size_t operator()(const std::unique_ptr<int>& key) const { return static_cast<std::size_t>(*key); }
    bool operator()(const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) const { return *a == *b; }
  };
  plait::hash_set<std::unique_ptr<int>, by_content, by_content> set;
  EXPECT_TRUE(set.insert(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(1);
  EXPECT_FALSE(set.insert(std::move(second)));
  EXPECT_NE(second, nullptr);
  EXPECT_TRUE(set.erase(second));
}

TEST(hash_set_keys, of_64_bytes_are_words_and_of_one_byte_take_one) {
  struct large {
    std::int64_t numbers[8];
    bool operator==(const large&) const = default;
  };
  struct hash {
    std::size_t operator()(const large& key) const { return static_cast<std::size_t>(key.numbers[7]); }
  };
  plait::hash_set<large, hash> set;
  plait::hash_set<char> letters;
  for (char i = 0; i != 100; ++i) {
    EXPECT_TRUE(set.insert(large{{0, 0, 0, 0, 0, 0, 0, i}}));
    EXPECT_TRUE(letters.insert(i));
  }
  EXPECT_TRUE(set.contains(large{{0, 0, 0, 0, 0, 0, 0, 99}}));
  EXPECT_FALSE(set.contains(large{{1, 0, 0, 0, 0, 0, 0, 99}}));
  EXPECT_TRUE(letters.contains('a'));
  EXPECT_FALSE(letters.contains(100));
}

TEST(hash_set_allocator, is_used_for_blocks_and_for_what_is_in_them) {
  std::pmr::monotonic_buffer_resource memory;
  using string = std::pmr::string;
  using set_type = plait::hash_set<string, plait::detail::key_hash<string>, std::equal_to<>,
                                   std::pmr::polymorphic_allocator<>>;
  std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
  {
    set_type set(&memory);
    for (int i = 0; i != 1000; ++i) {
      const string text(make<std::string>(i), &memory);
      EXPECT_TRUE(set.insert(std::string_view(text)));
    }
    EXPECT_TRUE(set.contains("400"));
    EXPECT_EQ(set.get_allocator().resource(), &memory);
  }
  std::pmr::set_default_resource(before);
}

#if PLAIT_COUNTS_ALLOCATIONS

TEST(hash_set_memory, an_empty_set_has_none_and_a_key_takes_no_more_than_57_bytes) {
  plait::hash_set<std::uint64_t> warm;
  warm.insert(1);  // the thread gets its counters
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  for (const std::uint64_t count : {16'000u, 30'000u, 70'000u, 100'000u, 140'000u}) {
    plait::hash_set<std::uint64_t> set;
    EXPECT_EQ(allocations::bytes_held_by_all, before);
    for (std::uint64_t i = 0; i != count; ++i) set.insert(i);
    EXPECT_LE(allocations::bytes_held_by_all - before, static_cast<std::ptrdiff_t>(57 * count)) << count;
  }
  EXPECT_EQ(allocations::bytes_held_by_all, before);
}

#endif

}  // namespace
