// SPDX-License-Identifier: MIT
// Keys that somebody has chosen, and hashes that spread badly: how many blocks a lookup looks at, which no load
// of the machine changes.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/map/map_table.hpp>

namespace {

namespace detail = plait::detail;

constexpr std::size_t key_count = 1 << 14;
constexpr std::uint64_t seeds[] = {0, 0x0123456789abcdef, 0xfedcba9876543210, 0x5555aaaa5555aaaa};

// The blocks that a lookup looks at, on average over all keys, and for the worst one.
struct probes {
  double average = 0;
  std::size_t most = 0;
};

template <class Key, class Hash>
probes probes_of(const std::vector<Key>& keys, std::uint64_t seed) {
  using table_type = detail::map_table<Key, int, Hash, std::allocator<int>>;
  table_type table({Hash(), seed}, {});
  for (const Key& key : keys) {
    const std::uint64_t hash = table.hash()(key);
    table.template change<true>(
        hash, [&](const Key& other) { return other == key; },
        [&](typename table_type::chain& held, const typename table_type::place& at) -> std::optional<bool> {
          EXPECT_FALSE(at.is_taken);
          return table.append(held, at, hash, key, 0) ? std::optional(true) : std::nullopt;
        });
  }
  std::size_t all = 0;
  probes found;
  for (typename table_type::position at; !at.is_end;)
    at = *table.visit_segment(at, [&](typename table_type::chain& held) {
      std::size_t before = 0;
      held.for_each([&](const auto&, auto) {
        const std::size_t blocks = before++ / table_type::block::slot_count + 1;
        all += blocks;
        found.most = std::max(found.most, blocks);
      });
    });
  found.average = static_cast<double>(all) / static_cast<double>(keys.size());
  return found;
}

std::vector<std::uint64_t> random_numbers() {
  std::mt19937_64 random(1);  // NOLINT(bugprone-random-generator-seed): the same each time
  std::vector<std::uint64_t> keys(key_count);
  std::ranges::generate(keys, std::ref(random));
  return keys;
}

// At most 8 times the blocks of random keys, on average; and in no chain 8 times as many as in their longest.
template <class Key, class Hash>
void expect_as_good_as_random(const std::string& name, const std::vector<Key>& keys, const probes& of_random) {
  for (const std::uint64_t seed : seeds) {
    const probes found = probes_of<Key, Hash>(keys, seed);
    EXPECT_LE(found.average, 8 * of_random.average) << name << ", seed " << seed;
    EXPECT_LE(found.most, 8 * of_random.most) << name << ", seed " << seed;
  }
}

// -- numbers --

struct family {
  std::string name;
  std::vector<std::uint64_t> keys;
};

// Numbers that differ in a few of their bits alone, or that a multiplication or a mixing with no seed makes so.
std::vector<family> families() {
  std::vector<family> all;
  const auto add = [&](const std::string& name, auto key_of) {
    std::vector<std::uint64_t> keys;
    for (std::uint64_t i = 0; i != key_count; ++i) keys.push_back(key_of(i));
    all.push_back({name, std::move(keys)});
  };
  for (const int shift : {0, 3, 9, 16, 23, 32, 41, 50})
    add("shifted by " + std::to_string(shift), [&](std::uint64_t i) { return i << shift; });
  add("in both halves", [](std::uint64_t i) { return i << 32 | i; });
  add("inverses", [](std::uint64_t i) { return i * 0xf1de83e19937733d; });  // of 0x9e3779b97f4a7c15
  add("backwards", [](std::uint64_t i) { return ~i; });
  add("with alternating bits", [](std::uint64_t i) { return i * 0x5555555555555555; });
  // All of these have a 0 where the home, the tag or the segment is read, if the seed is 0.
  const auto collide = [&](const std::string& name, std::uint64_t mask) {
    std::vector<std::uint64_t> keys;
    for (std::uint64_t key = 0; keys.size() != key_count; ++key)
      if ((detail::mix(key) & mask) == 0) keys.push_back(key);
    all.push_back({name, std::move(keys)});
  };
  collide("one home without a seed", 0x1ff);
  collide("one segment without a seed", std::uint64_t{0xff} << 56);
  return all;
}

struct identity {
  std::uint64_t operator()(std::uint64_t key) const { return key; }
};
template <int Bits>
struct constant_low_bits {
  std::uint64_t operator()(std::uint64_t key) const { return key << Bits; }
};
template <int Bits>
struct constant_high_bits {
  std::uint64_t operator()(std::uint64_t key) const { return key & ~std::uint64_t{0} >> Bits; }
};

template <class Hash>
class hash_map_flooding : public testing::Test {};
using hashes = testing::Types<detail::key_hash<std::uint64_t>, std::hash<std::uint64_t>, identity>;
TYPED_TEST_SUITE(hash_map_flooding, hashes);

TYPED_TEST(hash_map_flooding, with_numbers_makes_no_long_chains) {
  const probes of_random = probes_of<std::uint64_t, TypeParam>(random_numbers(), 0);
  EXPECT_LT(of_random.average, 1.5);
  for (const auto& [name, keys] : families()) {
    if (name.ends_with("without a seed")) {
      for (const std::uint64_t seed : seeds) {
        if (seed == 0) continue;  // which no map has, but by chance
        const probes found = probes_of<std::uint64_t, TypeParam>(keys, seed);
        EXPECT_LE(found.average, 8 * of_random.average) << name << ", seed " << seed;
      }
    } else {
      expect_as_good_as_random<std::uint64_t, TypeParam>(name, keys, of_random);
    }
  }
}

TEST(hash_map_bad_hashes, may_leave_half_of_their_bits_constant) {
  const probes of_random = probes_of<std::uint64_t, identity>(random_numbers(), 0);
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i != key_count; ++i) keys.push_back(i);
  expect_as_good_as_random<std::uint64_t, constant_low_bits<20>>("low", keys, of_random);
  expect_as_good_as_random<std::uint64_t, constant_low_bits<40>>("lower", keys, of_random);
  expect_as_good_as_random<std::uint64_t, constant_high_bits<40>>("high", keys, of_random);
}

// -- strings --

using hash_of_strings = detail::key_hash<std::string>;

// The bits of `number` at some bits of a text.
void flip(std::string& text, std::uint64_t number, std::size_t first_bit, int count) {
  for (int i = 0; i != count; ++i) {
    const std::size_t bit = first_bit + static_cast<std::size_t>(i);
    text[bit / 8] = static_cast<char>(static_cast<unsigned char>(text[bit / 8]) ^ (number >> i & 1) << bit % 8);
  }
}

probes of_random_strings() {
  std::vector<std::string> keys;
  for (const std::uint64_t number : random_numbers()) keys.push_back(std::to_string(number));
  return probes_of<std::string, hash_of_strings>(keys, 0);
}

TEST(hash_map_flooding_by_strings, that_differ_in_few_bits_makes_no_long_chains) {
  const probes of_random = of_random_strings();
  for (const std::size_t size : {8U, 16U, 24U, 40U})
    for (std::size_t bit = 0; bit + 14 <= 8 * size; bit += 7) {
      std::vector<std::string> keys(key_count, std::string(size, 'a'));
      for (std::size_t i = 0; i != key_count; ++i) flip(keys[i], i, bit, 14);
      const probes found = probes_of<std::string, hash_of_strings>(keys, seeds[1]);
      EXPECT_LE(found.average, 8 * of_random.average) << size << " bytes, from bit " << bit;
    }
}

// Flips of a word's highest bits change only the highest bits of its product with an odd number, whatever the
// seed is. If the next word is combined with that by an exclusive or, flips of the same bits undo it.
TEST(hash_map_flooding_by_strings, whose_second_word_undoes_the_first_makes_no_long_chains) {
  const probes of_random = of_random_strings();
  constexpr int bits = 7;
  for (const std::size_t size : {16U, 24U, 32U})
    for (std::size_t place = 0; place != 64 - bits; ++place) {
      std::vector<std::string> keys(key_count, std::string(size, 'a'));
      for (std::size_t i = 0; i != key_count; ++i) {
        flip(keys[i], i, 64 - bits, bits);
        flip(keys[i], i >> bits, 64 + place, bits);
      }
      const probes found = probes_of<std::string, hash_of_strings>(keys, seeds[1]);
      EXPECT_LE(found.average, 8 * of_random.average) << size << " bytes, undone at bit " << place;
    }
}

// 2^14 texts of 28 pairs of words, of which the second undoes the first.
TEST(hash_map_flooding_by_strings, of_many_words_that_undo_each_other_makes_no_long_chains) {
  const probes of_random = of_random_strings();
  for (std::size_t place = 0; place != 64; ++place) {
    std::vector<std::string> keys(key_count, std::string(14 * 16 + 16, 'a'));
    for (std::size_t i = 0; i != key_count; ++i)
      for (std::size_t pair = 0; pair != 14; ++pair) {
        flip(keys[i], i >> pair, 128 * pair + 63, 1);
        flip(keys[i], i >> pair, 128 * pair + 64 + place, 1);
      }
    const probes found = probes_of<std::string, hash_of_strings>(keys, seeds[2]);
    EXPECT_LE(found.average, 8 * of_random.average) << "undone at bit " << place;
  }
}

}  // namespace
