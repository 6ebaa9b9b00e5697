// SPDX-License-Identifier: MIT
// Random operations on a cache and on what it is specified by, side by side, with a clock that the test moves:
// 100 thousand of each kind, or VERIFY_EFFORT=n hundred thousand.
//
//   is a dictionary                as long as the capacity is not reached
//   is a policy and a dictionary   what is evicted, too: the policy is told what the cache tells its own
//   is never wrong                 with several shards: an entry may be absent
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/cache/adaptive_tinylfu.hpp>
#include <plait/detail/cache/hit_counters.hpp>
#include <plait/detail/cache/window_trials.hpp>
#include <plait/expiring_cache.hpp>

#include "support/manual_clock.hpp"
#include "support/monitor_tests.hpp"

namespace {

using plait::detail::entry_number;
using std::chrono::nanoseconds;

// The same for every cache, so that the policy beside one sees the same hashes.
struct fixed_hash {
  std::uint64_t operator()(std::uint64_t key, std::uint64_t /*seed*/) const {
    std::uint64_t mixed = (key + 1) * 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 31) * 0xd6e8feb86659fd93;
    return mixed ^ mixed >> 29;
  }
  std::uint64_t operator()(const std::string& key, std::uint64_t seed) const {
    return (*this)(std::stoull(key), seed);
  }
  std::uint64_t operator()(std::uint64_t key) const { return (*this)(key, 0); }
  std::uint64_t operator()(const std::string& key) const { return (*this)(key, 0); }
};

struct words {
  using value = std::uint64_t;
  static std::uint64_t key(std::uint64_t number) { return number; }
  static value make(std::uint64_t number) { return number; }
};
struct texts {
  using value = std::string;
  static std::string key(std::uint64_t number) { return std::to_string(number); }
  static value make(std::uint64_t number) { return "the value with the number " + std::to_string(number); }
};

template <class Kind>
using cache_of = plait::expiring_cache<decltype(Kind::key(0)), typename Kind::value, fixed_hash,
                                       std::equal_to<>, manual_clock>;

constexpr nanoseconds tick{1 << 20};

// What a cache is specified by: a dictionary with deadlines.
class dictionary {
 public:
  struct entry {
    std::uint64_t value;
    std::int64_t deadline;  // in ticks
  };

  dictionary() : made_at_(manual_clock::now().time_since_epoch()) {}

  std::int64_t now() const { return ticks(nanoseconds(0)); }
  std::int64_t deadline(std::optional<nanoseconds> lives) const {
    return lives ? ticks(*lives) : std::int64_t{1} << 62;
  }
  const entry* find(std::uint64_t key) const {
    const auto at = entries_.find(key);
    return at != entries_.end() && at->second.deadline > now() ? &at->second : nullptr;
  }
  void put(std::uint64_t key, std::uint64_t value, std::optional<nanoseconds> lives) {
    entries_[key] = {value, deadline(lives)};
  }
  void remove(std::uint64_t key) { entries_.erase(key); }
  std::size_t size() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(entries_, [&](const auto& each) { return find(each.first) != nullptr; }));
  }

 private:
  std::int64_t ticks(nanoseconds ahead) const {
    return (manual_clock::now().time_since_epoch() + ahead - made_at_) / tick;
  }

  nanoseconds made_at_;
  std::unordered_map<std::uint64_t, entry> entries_;
};

// The policy, told of what happens as a cache with one shard tells its own.
class policy_beside {
 public:
  explicit policy_beside(std::uint64_t capacity) : policy_(capacity, plait::detail::counted_by_cache(hits_)) {}

  void hit(std::uint64_t key) {
    const entry_number entry = numbers_.at(key);
    hits_.add(entry);
    if (plait::detail::window_trials::samples(fixed_hash()(key), policy_.sampling_rate()) &&
        sample_.size() < 60)
      sample_.push_back(entry);
  }
  // Something is going to change.
  void begin_change() {
    for (const entry_number entry : sample_) policy_.sampled_hit(entry);
    sample_.clear();
  }
  template <class Evict>
  void insert(std::uint64_t key, Evict evict) {
    const entry_number entry = take_number();
    numbers_[key] = entry;
    keys_[entry] = key;
    policy_.insert(entry, fixed_hash()(key), 1, [&](entry_number gone) {
      evict(keys_.at(gone));
      forget(keys_.at(gone));
    });
  }
  void remove(std::uint64_t key) {
    policy_.erase(numbers_.at(key));
    forget(key);
  }
  bool contains(std::uint64_t key) const { return numbers_.contains(key); }

 private:
  entry_number take_number() {
    if (free_.empty()) return next_++;
    const entry_number taken = free_.back();
    free_.pop_back();
    return taken;
  }
  void forget(std::uint64_t key) {
    free_.push_back(numbers_.at(key));
    keys_.erase(numbers_.at(key));
    numbers_.erase(key);
  }

  plait::detail::hit_counters hits_;
  plait::detail::basic_adaptive_tinylfu<plait::detail::counted_by_cache> policy_;
  std::vector<entry_number> sample_;
  std::map<std::uint64_t, entry_number> numbers_;
  std::map<entry_number, std::uint64_t> keys_;
  std::vector<entry_number> free_;
  entry_number next_ = 0;
};

// How often each kind of thing happened, so that a test that tests nothing is noticed.
struct tally {
  int hits = 0, misses = 0, expired = 0, evicted = 0, replaced = 0, removed = 0;
};

enum class check { is_a_dictionary, is_policy_and_dictionary, is_never_wrong };

// Keys are drawn from `keys`, low ones more often.
template <class Kind>
tally compare(check what, std::uint64_t capacity, std::uint32_t keys, std::size_t operations) {
  cache_of<Kind> cache({.capacity = capacity, .time_to_live = 1000 * tick});
  dictionary expected;
  policy_beside policy(capacity);
  const bool has_policy = what == check::is_policy_and_dictionary;
  monitor_tests::dice dice(static_cast<std::uint32_t>(7 * capacity + keys));
  tally seen;

  const auto expire = [&] {
    const std::size_t size = cache.size();
    if (!has_policy) {
      EXPECT_TRUE(size == expected.size() || what == check::is_never_wrong);
      return;
    }
    policy.begin_change();
    for (std::uint32_t key = 0; key != keys; ++key)
      if (policy.contains(key) && expected.find(key) == nullptr) {
        policy.remove(key);
        expected.remove(key);
        ++seen.expired;
      }
    EXPECT_EQ(size, expected.size());
  };
  const auto store = [&](std::uint64_t key, std::uint64_t value, std::optional<nanoseconds> lives) {
    if (has_policy) {
      if (policy.contains(key)) {
        policy.hit(key);
      } else {
        policy.insert(key, [&](std::uint64_t gone) {
          ++seen.evicted;
          if (gone != key) expected.remove(gone);
        });
        if (!policy.contains(key)) return;
      }
    }
    expected.put(key, value, lives);
  };

  std::uint64_t value = 0;
  for (std::size_t i = 0; i != operations && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t key = std::min(dice.below(keys), dice.below(keys));
    const dictionary::entry* const there = expected.find(key);
    const std::optional<nanoseconds> lives =
        dice.one_in(8) ? std::nullopt : std::optional(nanoseconds(dice.below(2000) * (tick / 3)));
    const auto lifetime = lives ? plait::entry_lifetime(*lives) : plait::never_expires;
    const bool ends_at_once = lives && expected.deadline(lives) <= expected.now();
    const std::uint32_t action = dice.below(100);
    SCOPED_TRACE(testing::Message() << "operation " << i << ", action " << action << ", key " << key);
    if (action < 50) {
      const auto found = cache.get(Kind::key(key));
      if (found) {
        EXPECT_TRUE(there != nullptr && *found == Kind::make(there->value));
        ++seen.hits;
        if (has_policy && there != nullptr) policy.hit(key);
      } else {
        EXPECT_TRUE(there == nullptr || what == check::is_never_wrong);
        ++seen.misses;
        if (what == check::is_never_wrong) expected.remove(key);
      }
    } else if (action < 55) {
      const bool found = cache.contains(Kind::key(key));
      EXPECT_TRUE(found == (there != nullptr) || (!found && what == check::is_never_wrong));
    } else if (action < 95) {
      ++value;
      const bool adds = action < 65, replaces = action >= 90;
      const bool stored = adds       ? cache.add(Kind::key(key), Kind::make(value), lifetime)
                          : replaces ? cache.replace(Kind::key(key), Kind::make(value), lifetime)
                                     : cache.put(Kind::key(key), Kind::make(value), lifetime);
      if (has_policy) policy.begin_change();
      const bool stores = adds ? there == nullptr : replaces ? there != nullptr : true;
      if (what == check::is_never_wrong) {
        if (stored) {
          EXPECT_TRUE(!ends_at_once && (!replaces || there != nullptr));
          expected.put(key, value, lives);
        } else if (!adds || there == nullptr) {
          expected.remove(key);
        }
      } else if (stores && ends_at_once) {
        EXPECT_FALSE(stored);
        if (has_policy && there != nullptr) policy.remove(key);
        expected.remove(key);
      } else if (stores) {
        seen.replaced += there != nullptr ? 1 : 0;
        store(key, value, lives);
        EXPECT_EQ(stored, expected.find(key) != nullptr);
      } else {
        EXPECT_FALSE(stored);
      }
    } else if (action < 98) {
      const bool removed = cache.remove(Kind::key(key));
      EXPECT_TRUE(removed == (there != nullptr) || (!removed && what == check::is_never_wrong));
      seen.removed += removed ? 1 : 0;
      if (has_policy) policy.begin_change();
      if (has_policy && there != nullptr) policy.remove(key);
      expected.remove(key);
    } else {
      manual_clock::advance(nanoseconds(dice.below(60 * (1 << 20))));
      expire();
    }
    if (i % 64 == 0) {
      EXPECT_LE(cache.size(), capacity);
      policy.begin_change();
    }
  }
  for (std::uint64_t key = 0; key != keys; ++key) {
    const auto* const there = expected.find(key);
    const auto found = cache.get(Kind::key(key));
    EXPECT_TRUE(found ? there != nullptr && *found == Kind::make(there->value)
                      : there == nullptr || what == check::is_never_wrong);
  }
  return seen;
}

// Not fewer with a sanitizer: what a test wants to have seen takes so many.
std::size_t operations() {
  return std::max<std::size_t>(monitor_tests::scaled(200'000), 100'000);
}

template <class Kind>
class expiring_cache_reference : public testing::Test {};
using kinds = testing::Types<words, texts>;
class names {
 public:
  template <class Kind>
  static std::string GetName(int number) {
    return number == 0 ? "words" : "texts";
  }
};
TYPED_TEST_SUITE(expiring_cache_reference, kinds, names);

TYPED_TEST(expiring_cache_reference, is_a_dictionary_until_it_is_full) {
  for (const std::uint32_t keys : {20u, 200u}) {
    const tally seen = compare<TypeParam>(check::is_a_dictionary, keys, keys, operations() / 2);
    EXPECT_GT(std::min({seen.hits, seen.misses, seen.replaced, seen.removed}), 100);
  }
}

TYPED_TEST(expiring_cache_reference, evicts_what_its_policy_evicts) {
  for (const std::uint32_t capacity : {2u, 10u, 120u, 400u}) {
    const tally seen =
        compare<TypeParam>(check::is_policy_and_dictionary, capacity, 4 * capacity, operations() / 4);
    EXPECT_GT(std::min({seen.hits, seen.misses, seen.expired, seen.evicted, seen.replaced, seen.removed}), 10);
  }
}

TYPED_TEST(expiring_cache_reference, is_never_wrong_with_many_shards) {
  const tally seen = compare<TypeParam>(check::is_never_wrong, 2100, 6000, operations());
  EXPECT_GT(std::min({seen.hits, seen.misses, seen.removed}), 100);
}

}  // namespace
