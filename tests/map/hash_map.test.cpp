// SPDX-License-Identifier: MIT
// The contract of hash_map: a test for each row of its table, with keys and values that are read without a
// lock, strings of which some are, and objects.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/hash_map.hpp>

#include "support/allocations.hpp"
#include "support/map_values.hpp"
#include "support/sanitizer.hpp"

namespace {

using map_values::make;
using map_values::wide;
using namespace std::string_view_literals;

template <class Map>
class hash_map : public testing::Test {
 protected:
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  static key_type key(int number) { return make<key_type>(number); }
  static value_type value(int number) { return make<value_type>(number); }

  void fill(int first, int last) {
    for (int i = first; i != last; ++i) EXPECT_TRUE(map.insert(key(i), value(i)));
  }
  void expect_content(const std::map<key_type, value_type>& content) {
    EXPECT_EQ(map.size(), content.size());
    for (const auto& [key, value] : content) EXPECT_EQ(map.find(key), value);
    const auto all = map.snapshot();
    EXPECT_EQ(all.size(), content.size());
    EXPECT_EQ((std::map<key_type, value_type>(all.begin(), all.end())), content);
  }

  Map map;
};

using maps = testing::Types<plait::hash_map<int, int>, plait::hash_map<int, wide>,
                            plait::hash_map<std::string, wide>, plait::hash_map<std::string, std::string>>;
class names {
 public:
  template <class Map>
  static std::string GetName(int number) {
    return std::vector<std::string>{"words", "wide", "strings", "objects"}[static_cast<std::size_t>(number)];
  }
};
TYPED_TEST_SUITE(hash_map, maps, names);

TYPED_TEST(hash_map, find_returns_a_copy_or_nothing) {
  EXPECT_EQ(this->map.find(this->key(1)), std::nullopt);
  EXPECT_FALSE(this->map.contains(this->key(1)));
  EXPECT_TRUE(this->map.empty());
  EXPECT_TRUE(this->map.insert(this->key(1), this->value(10)));
  EXPECT_EQ(this->map.find(this->key(1)), this->value(10));
  EXPECT_TRUE(this->map.contains(this->key(1)));
  EXPECT_FALSE(this->map.contains(this->key(2)));
}

TYPED_TEST(hash_map, insert_leaves_the_value_that_is_there) {
  EXPECT_TRUE(this->map.insert(this->key(1), this->value(10)));
  EXPECT_FALSE(this->map.insert(this->key(1), this->value(11)));
  EXPECT_TRUE(this->map.try_emplace(this->key(2), this->value(20)));
  EXPECT_FALSE(this->map.try_emplace(this->key(2), this->value(21)));
  this->expect_content({{this->key(1), this->value(10)}, {this->key(2), this->value(20)}});
}

TYPED_TEST(hash_map, insert_or_assign_replaces_it) {
  EXPECT_TRUE(this->map.insert_or_assign(this->key(1), this->value(10)));
  EXPECT_FALSE(this->map.insert_or_assign(this->key(1), this->value(11)));
  this->expect_content({{this->key(1), this->value(11)}});
}

TYPED_TEST(hash_map, update_changes_what_is_there) {
  EXPECT_FALSE(this->map.update(this->key(1), [](auto&) { ADD_FAILURE(); }));
  this->map.insert(this->key(1), this->value(10));
  EXPECT_TRUE(this->map.update(this->key(1), [&](auto& it) {
    EXPECT_EQ(it, this->value(10));
    it = this->value(11);
  }));
  this->expect_content({{this->key(1), this->value(11)}});
}

TYPED_TEST(hash_map, upsert_puts_or_changes) {
  const auto change = [&](auto& it) { it = this->value(11); };
  EXPECT_TRUE(this->map.upsert(this->key(1), change, this->value(10)));
  EXPECT_EQ(this->map.find(this->key(1)), this->value(10));
  EXPECT_FALSE(this->map.upsert(this->key(1), change, this->value(10)));
  EXPECT_EQ(this->map.find(this->key(1)), this->value(11));
}

TYPED_TEST(hash_map, compare_exchange_puts_replaces_and_erases) {
  using value = std::optional<typename TypeParam::mapped_type>;
  value seen;
  EXPECT_TRUE(this->map.compare_exchange(this->key(1), seen, this->value(10)));  // it is not there: put
  EXPECT_FALSE(this->map.compare_exchange(this->key(1), seen, this->value(11)));
  EXPECT_EQ(seen, this->value(10));
  EXPECT_TRUE(this->map.compare_exchange(this->key(1), seen, this->value(11)));  // replaced
  EXPECT_EQ(this->map.find(this->key(1)), this->value(11));
  EXPECT_FALSE(this->map.compare_exchange(this->key(1), seen, std::nullopt));
  EXPECT_EQ(seen, this->value(11));
  EXPECT_TRUE(this->map.compare_exchange(this->key(1), seen, std::nullopt));  // erased
  EXPECT_FALSE(this->map.compare_exchange(this->key(1), seen, std::nullopt));
  EXPECT_EQ(seen, std::nullopt);
  EXPECT_TRUE(this->map.compare_exchange(this->key(1), seen, std::nullopt));  // nothing to nothing
  this->expect_content({});
}

TYPED_TEST(hash_map, erase_and_extract_take_it_out) {
  this->fill(0, 3);
  EXPECT_TRUE(this->map.erase(this->key(0)));
  EXPECT_FALSE(this->map.erase(this->key(0)));
  EXPECT_EQ(this->map.extract(this->key(1)), this->value(1));
  EXPECT_EQ(this->map.extract(this->key(1)), std::nullopt);
  EXPECT_FALSE(this->map.erase_if(this->key(2), [](const auto&) { return false; }));
  EXPECT_TRUE(this->map.erase_if(this->key(2), [&](const auto& it) { return it == this->value(2); }));
  EXPECT_FALSE(this->map.erase_if(this->key(2), [](const auto&) { return true; }));
  this->expect_content({});
}

// From one block over segments that double to some that are split, and back.
TYPED_TEST(hash_map, holds_what_a_map_under_a_lock_would) {
  using K = typename TypeParam::key_type;
  using V = typename TypeParam::mapped_type;
  std::map<K, V> content;
  std::mt19937 random(1);
  for (const int range : {10, 300, 12'000}) {
    for (int i = 0; i != 3 * range; ++i) {
      const int number = static_cast<int>(random() % static_cast<unsigned>(range));
      const K key = this->key(number);
      switch (random() % 4) {
        case 0:
          EXPECT_EQ(this->map.insert(key, this->value(i)), content.emplace(key, this->value(i)).second);
          break;
        case 1:
          EXPECT_EQ(this->map.insert_or_assign(key, this->value(i)),
                    content.insert_or_assign(key, this->value(i)).second);
          break;
        case 2:
          EXPECT_EQ(this->map.erase(key), content.erase(key) == 1);
          break;
        default:
          EXPECT_EQ(this->map.contains(key), content.contains(key));
      }
    }
    this->expect_content(content);
  }
  this->map.clear();
  this->expect_content({});
  this->fill(0, 100);
}

TYPED_TEST(hash_map, erase_if_clear_and_merge) {
  this->fill(0, 5000);
  EXPECT_EQ(this->map.erase_if([&](const auto& key, const auto& it) {
    EXPECT_TRUE(key == this->key(0) || it != this->value(0));
    return it == this->value(17) || it == this->value(4999);
  }),
            2u);
  EXPECT_EQ(this->map.size(), 4998u);
  TypeParam other;
  other.insert(this->key(1), this->value(-1));
  other.insert(this->key(17), this->value(17));
  this->map.merge(other);
  EXPECT_EQ(this->map.size(), 4999u);
  EXPECT_EQ(this->map.find(this->key(1)), this->value(1));
  EXPECT_EQ(other.size(), 1u);
  EXPECT_EQ(other.find(this->key(1)), this->value(-1));
  this->map.merge(this->map);
  EXPECT_EQ(this->map.size(), 4999u);
  this->map.clear();
  this->expect_content({});
}

TYPED_TEST(hash_map, get_many_and_put_many) {
  using K = typename TypeParam::key_type;
  using V = typename TypeParam::mapped_type;
  std::vector<std::pair<K, V>> pairs;
  std::list<K> keys;
  for (int i = 0; i != 100; ++i) {
    pairs.emplace_back(this->key(i), this->value(i));
    keys.push_back(this->key(2 * i));
  }
  this->map.insert(this->key(0), this->value(-1));
  EXPECT_EQ(this->map.put_many(pairs), 99u);
  EXPECT_EQ(this->map.put_many(pairs | std::views::transform([](const auto& pair) { return pair; })), 0u);
  const auto check = [&](const std::vector<std::optional<V>>& found) {
    ASSERT_EQ(found.size(), 100u);
    for (int i = 0; i != 100; ++i)
      EXPECT_EQ(found[static_cast<std::size_t>(i)],
                2 * i < 100 ? std::optional(this->value(2 * i)) : std::nullopt);
  };
  check(this->map.get_many(keys));
  check(this->map.get_many(std::views::iota(0, 100) |
                           std::views::transform([&](int i) { return this->key(2 * i); })));
}

TYPED_TEST(hash_map, scan_meets_every_key_once_though_the_map_grows_meanwhile) {
  using K = typename TypeParam::key_type;
  this->fill(0, 3000);
  std::map<K, int> seen;
  int added = 3000;
  typename TypeParam::cursor at;
  EXPECT_FALSE(at.is_at_end());
  while (!at.is_at_end()) {
    for (const auto& [key, value] : this->map.scan(at)) ++seen[key];
    this->fill(added, added + 2000);
    added += 2000;
  }
  EXPECT_TRUE(this->map.scan(at).empty());
  for (int i = 0; i != 3000; ++i) EXPECT_EQ(seen[this->key(i)], 1);
  for (const auto& [key, times] : seen) EXPECT_EQ(times, 1);
}

TYPED_TEST(hash_map, what_only_reads_may_use_the_map_in_its_callback) {
  this->fill(0, 10);
  EXPECT_TRUE(this->map.visit(this->key(1), [&](const auto& it) {
    EXPECT_EQ(it, this->value(1));
    EXPECT_TRUE(this->map.erase(this->key(1)));
  }));
  EXPECT_FALSE(this->map.cvisit(this->key(1), [](const auto&) { ADD_FAILURE(); }));
  int visited = 0;
  this->map.for_each([&](const auto& key, const auto&) {
    ++visited;
    this->map.erase(key);
  });
  EXPECT_EQ(visited, 9);
  EXPECT_TRUE(this->map.empty());
}

TYPED_TEST(hash_map, what_changes_throws_if_its_callback_uses_the_map) {
  this->fill(0, 10);
  const auto use = [&](auto&&...) -> bool { return this->map.insert(this->key(99), this->value(99)); };
  EXPECT_THROW(this->map.update(this->key(1), use), std::logic_error);
  EXPECT_THROW(this->map.upsert(this->key(1), use, this->value(1)), std::logic_error);
  EXPECT_THROW(this->map.erase_if(this->key(1), use), std::logic_error);
  EXPECT_THROW(this->map.erase_if(use), std::logic_error);
  EXPECT_THROW(this->map.update(this->key(1), [&](auto&) { this->map.reserve(100'000); }), std::logic_error);
  TypeParam other;
  other.insert(this->key(1), this->value(1));
  EXPECT_THROW(this->map.update(this->key(1), [&](auto&) { other.update(this->key(1), use); }),
               std::logic_error);
  EXPECT_FALSE(this->map.contains(this->key(99)));
  this->map.update(this->key(1), [&](auto&) { other.insert(this->key(2), this->value(2)); });  // another one
  EXPECT_EQ(other.size(), 2u);
  EXPECT_TRUE(use());
}

TYPED_TEST(hash_map, get_or_insert_with_computes_once) {
  int calls = 0;
  const auto compute = [&] {
    ++calls;
    return this->value(10);
  };
  EXPECT_EQ(this->map.get_or_insert_with(this->key(1), compute), this->value(10));
  EXPECT_EQ(this->map.get_or_insert_with(this->key(1), compute), this->value(10));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(this->map.find(this->key(1)), this->value(10));
}

TYPED_TEST(hash_map, get_or_insert_with_may_use_the_map_but_not_ask_for_its_own_key) {
  const auto chain = [&](const auto& self, int number) -> typename TypeParam::mapped_type {
    return this->map.get_or_insert_with(this->key(number),
                                        [&] { return number == 0 ? this->value(0) : self(self, number - 1); });
  };
  EXPECT_EQ(chain(chain, 5), this->value(0));
  EXPECT_EQ(this->map.size(), 6u);
  this->map.clear();
  const auto ring = [&](const auto& self, int number) -> typename TypeParam::mapped_type {
    return this->map.get_or_insert_with(this->key(number % 3), [&] { return self(self, number + 1); });
  };
  EXPECT_THROW(ring(ring, 0), std::logic_error);
  EXPECT_TRUE(this->map.empty());
}

TYPED_TEST(hash_map, the_next_caller_computes_after_a_throw) {
  EXPECT_THROW(this->map.get_or_insert_with(
                   this->key(1), []() -> typename TypeParam::mapped_type { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_FALSE(this->map.contains(this->key(1)));
  EXPECT_EQ(this->map.get_or_insert_with(this->key(1), [&] { return this->value(2); }), this->value(2));
}

TYPED_TEST(hash_map, shrink_to_fit_keeps_all_keys) {
  this->fill(0, 20'000);
  this->map.erase_if([&](const auto& key, const auto&) { return key != this->key(7) && key != this->key(8); });
  this->map.shrink_to_fit();
  this->expect_content({{this->key(7), this->value(7)}, {this->key(8), this->value(8)}});
  this->fill(100, 5000);
  this->map.shrink_to_fit();
  EXPECT_EQ(this->map.size(), 4902u);
  EXPECT_EQ(this->map.find(this->key(4999)), this->value(4999));
  this->map.clear();
  this->map.shrink_to_fit();
  this->fill(0, 10);
}

using numbers = plait::hash_map<std::uint64_t, std::uint64_t>;

struct constant_hash {
  std::size_t operator()(std::uint64_t) const { return 7; }
};
struct upper_bits {
  std::size_t operator()(std::uint64_t key) const { return key << 48; }
};

template <class Hash>
void expect_all_found(std::uint64_t count) {
  plait::hash_map<std::uint64_t, std::uint64_t, Hash> map;
  for (std::uint64_t i = 0; i != count; ++i) EXPECT_TRUE(map.insert(i, i));
  for (std::uint64_t i = 0; i != count; ++i) ASSERT_EQ(map.find(i), i);
  EXPECT_FALSE(map.contains(count));
  for (std::uint64_t i = 0; i != count; i += 2) EXPECT_TRUE(map.erase(i));
  for (std::uint64_t i = 0; i != count; ++i) ASSERT_EQ(map.contains(i), i % 2 == 1);
}

TEST(hash_map_hash, a_constant_hash_is_slow_and_right) {
  expect_all_found<constant_hash>(under_sanitizer ? 300 : 1500);
}
TEST(hash_map_hash, the_identity_and_constant_low_bits_will_do) {
  constexpr std::uint64_t keys = under_sanitizer ? 5'000 : 50'000;
  expect_all_found<std::hash<std::uint64_t>>(keys);
  expect_all_found<upper_bits>(keys);
}

TEST(hash_map_keys, strings_are_looked_up_without_making_one) {
  plait::hash_map<std::string, int> map;
  const std::string long_key(100, 'x');
  const char* const literal = long_key.c_str();
  map.insert(literal, 1);
#if PLAIT_COUNTS_ALLOCATIONS
  const std::size_t before = allocations::calls;
#endif
  EXPECT_EQ(map.find(std::string_view(long_key)), 1);
  EXPECT_TRUE(map.contains(literal));
  EXPECT_TRUE(map.update(literal, [](int& value) { ++value; }));
  EXPECT_FALSE(map.upsert(std::string_view(long_key), [](int& value) { ++value; }, 0));
  EXPECT_FALSE(map.insert(literal, 5));
  EXPECT_FALSE(map.insert_or_assign(std::string_view(long_key), 5));
  EXPECT_TRUE(map.erase(literal));
#if PLAIT_COUNTS_ALLOCATIONS
  EXPECT_EQ(allocations::calls, before);
#endif
}

// A copy that ends where its memory does, so that a sanitizer sees what is read beyond.
class exact_copy {
 public:
  explicit exact_copy(std::string_view text) : characters_(text.begin(), text.end()) {}
  std::string_view view() const { return {characters_.data(), characters_.size()}; }

 private:
  std::vector<char> characters_;
};

TEST(hash_map_strings, of_every_size_are_told_apart) {
  const std::set<std::string> texts = map_values::similar_texts();
  plait::hash_map<std::string, std::size_t> map;
  std::map<std::string, std::size_t> content;
  for (const std::string& text : texts) {
    EXPECT_FALSE(map.contains(exact_copy(text).view()));
    EXPECT_TRUE(map.insert(exact_copy(text).view(), content.size()));
    content.emplace(text, content.size());
  }
  for (const auto& [text, number] : content) EXPECT_EQ(map.find(exact_copy(text).view()), number);
  const auto all = map.snapshot();
  EXPECT_EQ((std::map<std::string, std::size_t>(all.begin(), all.end())), content);
  EXPECT_EQ(map.erase_if([](const std::string& text, std::size_t) { return text.size() % 2 == 0; }),
            static_cast<std::size_t>(
                std::ranges::count_if(texts, [](const std::string& text) { return text.size() % 2 == 0; })));
  for (const auto& [text, number] : content) {
    EXPECT_EQ(map.contains(text), text.size() % 2 == 1);
    EXPECT_EQ(map.erase(exact_copy(text).view()), text.size() % 2 == 1);
  }
  EXPECT_TRUE(map.empty());
}

TEST(hash_map_strings, of_up_to_31_characters_are_read_without_a_lock) {
  plait::hash_map<std::string, wide> map;
  const std::string text(31, 'x');
  const std::string longer(32, 'x');
  map.insert(text, {1, 1});
  map.insert(longer, {1, 1});
  map.update(text, [&](wide& value) {
    value = {2, 2};
    std::thread([&] { EXPECT_EQ(map.find(text), (wide{1, 1})); }).join();
    EXPECT_EQ(map.find(text), (wide{1, 1}));
    EXPECT_THROW(map.find(longer), std::logic_error);
    EXPECT_THROW(map.contains(longer), std::logic_error);
  });
  EXPECT_EQ(map.find(text), (wide{2, 2}));
  EXPECT_EQ(map.find(longer), (wide{1, 1}));
}

TEST(hash_map_strings, that_the_hash_or_equal_of_the_user_wants_are_objects) {
  struct first_character {
    bool operator()(const std::string& left, const std::string& right) const { return left[0] == right[0]; }
  };
  struct constant {
    std::size_t operator()(const std::string&) const { return 1; }
  };
  plait::hash_map<std::string, int, constant, first_character> map;
  EXPECT_TRUE(map.insert("apples", 1));
  EXPECT_FALSE(map.insert("apricots", 2));
  EXPECT_EQ(map.find("a"), 1);
}

TEST(hash_map_strings, stand_in_blocks_of_the_map_s_allocator_with_long_ones_elsewhere) {
  std::pmr::monotonic_buffer_resource memory;
  std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
  {
    plait::hash_map<std::string, int, plait::detail::key_hash<std::string>, std::equal_to<>,
                    std::pmr::polymorphic_allocator<>>
        map(&memory);
    for (int i = 0; i != 1000; ++i) EXPECT_TRUE(map.insert(make<std::string>(i), i));
    for (int i = 0; i != 1000; ++i) EXPECT_EQ(map.find(make<std::string>(i)), i);
  }
  std::pmr::set_default_resource(before);
}

#if PLAIT_COUNTS_ALLOCATIONS
TEST(hash_map_strings, have_memory_of_their_own_from_32_characters_on_until_they_are_erased) {
  plait::hash_map<std::string, int> map;
  map.reserve(100);
  map.insert("x", 1);  // the thread gets its counters
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  const auto held = [&] { return allocations::bytes_held_by_all - before; };
  map.insert(std::string(31, 'x'), 1);
  EXPECT_EQ(held(), 0);
  map.insert(std::string(32, 'x'), 1);
  map.insert(std::string(33, 'x'), 1);
  map.insert(std::string(34, 'x'), 1);
  EXPECT_GE(held(), 32 + 33 + 34);
  map.erase(std::string(32, 'x'));
  map.erase_if([](const std::string& text, int) { return text.size() == 33; });
  EXPECT_LT(held(), 32 + 33);
  map.clear();
  EXPECT_EQ(held(), 0);
}
#endif

TEST(hash_map_keys, views_are_keys_whose_characters_may_go_when_they_are_erased) {
  plait::hash_map<std::string_view, int> map;
  auto text = std::make_unique<std::string>("abc");
  map.insert(*text, 1);
  EXPECT_EQ(map.find("abc"sv), 1);
  EXPECT_TRUE(map.erase("abc"sv));
  text.reset();
  EXPECT_FALSE(map.contains("abc"sv));
}

TEST(hash_map_values, may_be_move_only) {
  plait::hash_map<int, std::unique_ptr<int>> map;
  EXPECT_TRUE(map.insert(1, std::make_unique<int>(10)));
  auto second = std::make_unique<int>(20);
  EXPECT_FALSE(map.insert(1, std::move(second)));
  ASSERT_NE(second, nullptr) << "a value that is not put in is not moved from";
  EXPECT_FALSE(map.insert_or_assign(1, std::move(second)));
  EXPECT_TRUE(map.update(1, [](std::unique_ptr<int>& value) { ++*value; }));
  const std::optional<std::unique_ptr<int>> out = map.extract(1);
  ASSERT_TRUE(out);
  EXPECT_EQ(**out, 21);
}

TEST(hash_map_values, are_destroyed_when_no_lock_is_held) {
  struct uses_map {
    plait::hash_map<int, std::shared_ptr<uses_map>>* map;
    ~uses_map() { map->contains(1); }
  };
  plait::hash_map<int, std::shared_ptr<uses_map>> map;
  const auto make_value = [&] { return std::make_shared<uses_map>(&map); };
  map.insert(1, make_value());
  map.insert_or_assign(1, make_value());
  map.erase(1);
  map.insert(1, make_value());
  map.extract(1);
  map.insert(1, make_value());
  map.clear();
  map.insert(1, make_value());
  std::optional<std::shared_ptr<uses_map>> seen = map.find(1);
  EXPECT_TRUE(map.compare_exchange(1, seen, std::nullopt));
}

TEST(hash_map_allocator, is_used_for_blocks_and_for_what_is_in_them) {
  std::pmr::monotonic_buffer_resource memory;
  using string = std::pmr::string;
  using map_type = plait::hash_map<string, string, plait::detail::key_hash<string>, std::equal_to<>,
                                   std::pmr::polymorphic_allocator<>>;
  std::pmr::memory_resource* const before = std::pmr::set_default_resource(std::pmr::null_memory_resource());
  {
    map_type map(&memory);
    for (int i = 0; i != 5000; ++i) {
      const string text(make<std::string>(i), &memory);
      EXPECT_TRUE(map.insert(std::string_view(text), std::string_view(text)));
    }
    EXPECT_TRUE(map.contains("4000"));
    EXPECT_EQ(map.get_allocator().resource(), &memory);
  }
  std::pmr::set_default_resource(before);
}

#if PLAIT_COUNTS_ALLOCATIONS

template <class Map>
std::ptrdiff_t bytes_of(Map& map, int keys) {
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  for (int i = 0; i != keys; ++i) map.insert(static_cast<typename Map::key_type>(i), 0u);
  return allocations::bytes_held_by_all - before;
}

TEST(hash_map_memory, an_empty_map_has_none_and_a_small_one_little) {
  numbers warm;
  warm.insert(1, 1);  // the thread gets its counters
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  {
    numbers map;
    EXPECT_EQ(allocations::bytes_held_by_all, before);
    EXPECT_LE(bytes_of(map, 6), 320);
  }
  EXPECT_EQ(allocations::bytes_held_by_all, before);
}

// The largest number of bytes for a key that the map had, of all its sizes in [first, last].
template <class Map, class MakeKey>
std::ptrdiff_t most_bytes_of_a_key(MakeKey make, int first, int last) {
  Map map;
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  std::ptrdiff_t most = 0;
  for (int i = 1; i <= last; ++i) {
    map.insert(make(i), 0u);
    if (i >= first) most = std::max(most, (allocations::bytes_held_by_all - before + i - 1) / i);
  }
  return most;
}

TEST(hash_map_memory, a_key_takes_no_more_than_75_bytes_and_twice_that_in_a_small_map_that_has_just_grown) {
  const auto number = [](int i) { return static_cast<std::uint64_t>(i); };
  EXPECT_LE(most_bytes_of_a_key<numbers>(number, 100, 16'000), 170);
  EXPECT_LE(most_bytes_of_a_key<numbers>(number, 16'000, 140'000), 75);
}

TEST(hash_map_memory, a_string_of_up_to_31_characters_takes_no_more_than_166_bytes_and_more_in_a_small_map) {
  using words = plait::hash_map<std::string, std::uint64_t>;
  const auto word = [](int i) { return "twenty-three characters " + std::to_string(i); };
  EXPECT_LE(most_bytes_of_a_key<words>(word, 100, 16'000), 400);
  EXPECT_LE(most_bytes_of_a_key<words>(word, 16'000, 100'000), 166);
}

TEST(hash_map_memory, blocks_of_erased_keys_are_used_again) {
  numbers map;
  bytes_of(map, 20'000);
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  // As many keys as before, but others, again and again.
  for (std::uint64_t i = 20'000; i != 400'000; ++i) {
    EXPECT_TRUE(map.insert(i, i));
    EXPECT_TRUE(map.erase(i - 20'000));
  }
  EXPECT_LE(allocations::bytes_held_by_all, before + before / 4);
}

TEST(hash_map_memory, shrink_to_fit_gives_it_back) {
  numbers warm;
  warm.insert(1, 1);  // the thread gets its counters
  numbers map;
  const std::ptrdiff_t before = allocations::bytes_held_by_all;
  bytes_of(map, 50'000);
  map.erase_if([](std::uint64_t key, std::uint64_t) { return key >= 100; });
  map.shrink_to_fit();
  EXPECT_EQ(map.size(), 100u);
  EXPECT_LE(allocations::bytes_held_by_all - before, 100 * 70);
  map.clear();
  map.shrink_to_fit();
  EXPECT_EQ(allocations::bytes_held_by_all, before);
}

#endif

}  // namespace
