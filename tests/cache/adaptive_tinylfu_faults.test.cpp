// SPDX-License-Identifier: MIT
// The parts of the eviction policy with every allocation in them failing in turn, and how many bytes they hold.
#include <cstddef>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include <plait/detail/cache/adaptive_tinylfu.hpp>
#include <plait/detail/cache/timer_wheel.hpp>

#include "support/faults.hpp"
#include "support/sanitizer.hpp"

namespace {

using plait::detail::adaptive_tinylfu;
using plait::detail::entry_number;
using plait::detail::frequency_sketch;
using plait::detail::hash_numbers;
using plait::detail::timer_wheel;
using plait::detail::window_trials;

#if PLAIT_COUNTS_ALLOCATIONS

std::uint64_t hash_of(std::uint64_t key) {
  return std::mt19937_64(key)();
}

using adaptive_tinylfu_faults = faults::test;

TEST_F(adaptive_tinylfu_faults, a_hash_without_memory_for_its_number_has_none) {
  for (const std::uint64_t before : {0u, 1u, 16u, 24u}) {
    inject([&](faults::trial& trial) {
      hash_numbers numbers;
      for (std::uint64_t i = 0; i != before; ++i) numbers.hold(hash_of(i));
      const bool has_one = trial.returns([&] { numbers.hold(hash_of(before)); });
      EXPECT_EQ(numbers.held(), before + (has_one ? 1 : 0));
      for (std::uint64_t i = 0; i != before; ++i) {
        const entry_number number = numbers.hold(hash_of(i));
        EXPECT_EQ(number, i);
        for (int holders = 0; holders != 2; ++holders) numbers.let_go(number);
      }
      EXPECT_EQ(numbers.held(), has_one ? 1 : 0);
    });
  }
}

// Once, a key whose hold was lost stayed in the table of keys for ever.
TEST_F(adaptive_tinylfu_faults, trials_without_memory_for_a_key_do_not_hold_it) {
  for (const std::uint64_t before : {0u, 3u, 16u, 24u, 36u}) {
    inject([&](faults::trial& trial) {
      frequency_sketch sketch;
      window_trials trials(1000);
      for (std::uint64_t i = 0; i != before; ++i) trials.ask(hash_of(i), 1, sketch);
      const bool was_asked = trial.returns([&] { trials.ask(hash_of(before), 1, sketch); });
      EXPECT_EQ(trials.keys(), before + (was_asked ? 1 : 0));
      for (std::uint64_t i = 0; i != before; ++i)
        EXPECT_EQ(trials.ask(hash_of(i), 1, sketch), (1u << window_trials::count) - 1)
            << "all trials have " << i;
      EXPECT_EQ(trials.ask(hash_of(before), 1, sketch), was_asked ? (1u << window_trials::count) - 1 : 0u);
      EXPECT_EQ(trials.keys(), before + 1);
    });
  }
}

// A full policy of that many entries of weight 1, with many different keys asked for.
double bytes_for_each_of(std::size_t entries) {
  const std::ptrdiff_t before = allocations::bytes_held;
  adaptive_tinylfu policy(entries);
  std::vector<entry_number> free;
  for (std::size_t number = entries + 1; number != 0; --number)
    free.push_back(static_cast<entry_number>(number - 1));
  const std::ptrdiff_t with_numbers = allocations::bytes_held;
  const std::size_t keys = 3 * entries;
  for (std::size_t i = 0; i != keys; ++i) {
    const entry_number number = free.back();
    free.pop_back();
    policy.insert(number, hash_of(i), 1, [&](entry_number gone) { free.push_back(gone); });
  }
  EXPECT_EQ(policy.weight(), entries);
  const std::ptrdiff_t of_numbers = static_cast<std::ptrdiff_t>(free.capacity() * sizeof(entry_number));
  EXPECT_GE(with_numbers - before, of_numbers);
  return static_cast<double>(allocations::bytes_held - before - of_numbers) / static_cast<double>(entries);
}

TEST(adaptive_tinylfu_memory, is_as_small_as_the_design_note_says) {
  if (!under_sanitizer) {
    EXPECT_LE(bytes_for_each_of(100'000), 32);
  }
  EXPECT_LE(bytes_for_each_of(10'000), 40);
  EXPECT_LE(bytes_for_each_of(1000), 130);
}

TEST(adaptive_tinylfu_memory, of_a_wheel_is_four_bytes_for_each_entry) {
  constexpr entry_number entries = 100'000;
  constexpr std::size_t heads = 4096;
  constexpr std::size_t page = 4096;  // to which the allocator rounds a block of this size
  const std::ptrdiff_t before = allocations::bytes_held;
  timer_wheel wheel(entries);
  for (entry_number i = 0; i != entries; ++i) {
    wheel.make_room(i);
    wheel.add(i, i);
  }
  EXPECT_LE(allocations::bytes_held - before,
            static_cast<std::ptrdiff_t>(std::size_t{4} * entries + heads + page));
}

// A deadline that is before the turn of the list in which the number is takes more than its place there.
TEST(adaptive_tinylfu_memory, of_a_wheel_does_not_grow_with_each_new_deadline) {
  constexpr entry_number entries = 10;
  const std::ptrdiff_t before = allocations::bytes_held;
  timer_wheel wheel;
  std::array<plait::detail::cache_tick, entries> deadlines{};
  for (std::uint64_t i = 0; i != 100'000; ++i) {
    const auto entry = static_cast<entry_number>(i % entries);
    deadlines[entry] = i < entries ? 1'000'000 : 700'000 - i / 4;
    wheel.make_room(entry);
    wheel.add(entry, deadlines[entry]);
    wheel.advance(1, 16, [&](entry_number each) { return deadlines[each]; }, [](entry_number) { FAIL(); });
  }
  EXPECT_LE(allocations::bytes_held - before, 8192);
}

#endif

}  // namespace
