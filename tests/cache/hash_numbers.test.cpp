// SPDX-License-Identifier: MIT
// The numbers that hashes have as long as they are held, against a map that counts holders.
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/cache/hash_numbers.hpp>

namespace {

using plait::detail::entry_number;
using plait::detail::hash_numbers;

TEST(hash_numbers, a_hash_keeps_its_number_until_the_last_holder_lets_go) {
  hash_numbers numbers;
  const entry_number first = numbers.hold(7);
  EXPECT_EQ(numbers.hold(7), first);
  numbers.hold_again(first);
  const entry_number second = numbers.hold(8);
  EXPECT_NE(second, first);
  for (int i = 0; i != 2; ++i) numbers.let_go(first);
  EXPECT_EQ(numbers.hold(7), first);
  for (int i = 0; i != 2; ++i) numbers.let_go(first);
  EXPECT_EQ(numbers.held(), 1u);
  EXPECT_EQ(numbers.hold(9), first) << "a number that nobody holds is used again";
  EXPECT_EQ(numbers.hash_of(first), 9u);
  EXPECT_EQ(numbers.hash_of(second), 8u);
}

TEST(hash_numbers, agree_with_a_map_that_counts_holders) {
  struct held {
    entry_number number;
    int holders;
  };
  std::mt19937_64 random(1);
  hash_numbers numbers;
  std::map<std::uint64_t, held> reference;
  std::size_t most = 0;
  for (int i = 0; i != 100'000; ++i) {
    // First many hashes, later few; some of them alike in their upper half, others in their lower half.
    const std::uint64_t drawn = random() % (i < 50'000 ? 3000 : 50);
    const std::uint64_t hash = drawn % 2 == 0 ? drawn : drawn << 32;
    const auto found = reference.find(hash);
    if (random() % 2 == 0) {
      const entry_number number = numbers.hold(hash);
      held& own = reference.try_emplace(hash, number, 0).first->second;
      ASSERT_EQ(number, own.number);
      ++own.holders;
    } else if (found != reference.end()) {
      numbers.let_go(found->second.number);
      if (--found->second.holders == 0) reference.erase(found);
    }
    ASSERT_EQ(numbers.held(), reference.size());
    most = std::max(most, reference.size());
  }
  std::set<entry_number> different;
  for (const auto& [hash, each] : reference) {
    EXPECT_EQ(numbers.hash_of(each.number), hash);
    different.insert(each.number);
  }
  EXPECT_EQ(different.size(), reference.size());
  EXPECT_EQ(numbers.size(), most) << "numbers are as small as they can be";
}

}  // namespace
