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
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/cache/adaptive_tinylfu.hpp>
#include <plait/detail/cache/entry_pieces.hpp>
#include <plait/detail/cache/hit_counters.hpp>
#include <plait/detail/cache/short_hash.hpp>
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

// As a cache of one shard tells it to its policy.
template <class K>
std::uint64_t hash_of(const K& key) {
  return plait::detail::short_hash::of(fixed_hash()(key), 1);
}

struct words {
  using value = std::uint64_t;
  static std::uint64_t key(std::uint64_t number) { return number; }
  static std::uint64_t number(std::uint64_t key) { return key; }
  static value make(std::uint64_t number) { return number; }
};
struct texts {
  using value = std::string;
  static std::string key(std::uint64_t number) { return std::to_string(number); }
  static std::uint64_t number(const std::string& key) { return std::stoull(key); }
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
    std::uint32_t tags;     // a bit for each
    std::uint64_t order;    // in which values were put
    bool is_pinned;
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
  void put(std::uint64_t key, std::uint64_t value, std::optional<nanoseconds> lives, std::uint32_t tags) {
    entry& own = entries_[key];
    own = {value, deadline(lives), tags, ++puts_, own.is_pinned && own.deadline > now()};
  }
  // What pin and unpin say.
  bool set_pinned(std::uint64_t key, bool pins) {
    const auto at = entries_.find(key);
    if (at == entries_.end() || at->second.deadline <= now()) return false;
    const bool was_pinned = std::exchange(at->second.is_pinned, pins);
    return pins || was_pinned;
  }
  // In the order in which they were put.
  std::vector<std::uint64_t> keys_with(std::uint32_t tag) const {
    std::map<std::uint64_t, std::uint64_t> found;
    for (const auto& [key, own] : entries_)
      if ((own.tags >> tag & 1) != 0 && own.deadline > now()) found[own.order] = key;
    std::vector<std::uint64_t> keys;
    for (const auto& [order, key] : found) keys.push_back(key);
    return keys;
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
  std::uint64_t puts_ = 0;
};

// The policy, told of what happens as a cache with one shard tells its own.
class policy_beside {
 public:
  explicit policy_beside(std::uint64_t capacity)
      : policy_(capacity, capacity + 1, plait::detail::counted_by_cache(hits_),
                plait::detail::short_hashes(0, capacity + 1)) {}

  void hit(std::uint64_t key) {
    const entry_number entry = numbers_.at(key);
    hits_.add(entry);
    if (plait::detail::window_trials::samples(hash_of(key), policy_.sampling_rate()) && sample_.size() < 60)
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
    policy_.insert(entry, hash_of(key), 1, [&](entry_number gone) {
      evict(keys_.at(gone));
      forget(keys_.at(gone));
    });
  }
  void remove(std::uint64_t key) {
    policy_.erase(numbers_.at(key));
    forget(key);
  }
  void set_pinned(std::uint64_t key, bool pins) {
    const entry_number entry = numbers_.at(key);
    if (pins) {
      policy_.pin(entry);
    } else if (policy_.is_pinned(entry)) {
      policy_.unpin(entry);
    }
  }
  template <class Evict>
  void set_capacity(std::uint64_t capacity, Evict evict) {
    policy_.set_capacity(capacity, [&](entry_number gone) {
      evict(keys_.at(gone));
      forget(keys_.at(gone));
    });
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

  plait::detail::hit_counters hits_{plait::detail::entry_pieces(std::numeric_limits<std::uint64_t>::max())};
  plait::detail::basic_adaptive_tinylfu<plait::detail::counted_by_cache, plait::detail::short_hashes> policy_;
  std::vector<entry_number> sample_;
  std::map<std::uint64_t, entry_number> numbers_;
  std::map<entry_number, std::uint64_t> keys_;
  std::vector<entry_number> free_;
  entry_number next_ = 0;
};

std::vector<plait::cache_tag> tags_in(std::uint32_t bits) {
  std::vector<plait::cache_tag> all;
  for (std::uint32_t tag = 0; bits >> tag != 0; ++tag)
    if ((bits >> tag & 1) != 0) all.emplace_back(tag);
  return all;
}

// How often each kind of thing happened, so that a test that tests nothing is noticed.
struct tally {
  int hits = 0, misses = 0, expired = 0, evicted = 0, replaced = 0, removed = 0, pinned = 0, tagged = 0,
      resized = 0, loaded = 0;
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
  const auto store = [&](std::uint64_t key, std::uint64_t value, std::optional<nanoseconds> lives,
                         std::uint32_t tags) {
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
    expected.put(key, value, lives, tags);
  };
  const auto evict = [&](std::uint64_t gone) {
    ++seen.evicted;
    expected.remove(gone);
  };

  constexpr std::uint32_t tag_count = 5;
  const std::uint64_t first_capacity = capacity;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i != operations && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t key = std::min(dice.below(keys), dice.below(keys));
    const dictionary::entry* const there = expected.find(key);
    const std::optional<nanoseconds> lives =
        dice.one_in(8) ? std::nullopt : std::optional(nanoseconds(dice.below(2000) * (tick / 3)));
    const auto lifetime = lives ? plait::entry_lifetime(*lives) : plait::never_expires;
    const std::uint32_t tags = dice.one_in(4) ? dice.below(1 << tag_count) : 0;
    const bool ends_at_once = lives && expected.deadline(lives) <= expected.now();
    const plait::put_options how{.time_to_live = lifetime, .tags = tags_in(tags)};
    const std::uint32_t action = dice.below(112);
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
      const bool stored = adds       ? cache.add(Kind::key(key), Kind::make(value), how)
                          : replaces ? cache.replace(Kind::key(key), Kind::make(value), how)
                                     : cache.put(Kind::key(key), Kind::make(value), how);
      if (has_policy) policy.begin_change();
      const bool stores = adds ? there == nullptr : replaces ? there != nullptr : true;
      if (what == check::is_never_wrong) {
        if (stored) {
          EXPECT_TRUE(!ends_at_once && (!replaces || there != nullptr));
          expected.put(key, value, lives, tags);
        } else if (!adds || there == nullptr) {
          expected.remove(key);
        }
      } else if (stores && ends_at_once) {
        EXPECT_FALSE(stored);
        if (has_policy && there != nullptr) policy.remove(key);
        expected.remove(key);
      } else if (stores) {
        seen.replaced += there != nullptr ? 1 : 0;
        store(key, value, lives, tags);
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
    } else if (action < 100) {
      manual_clock::advance(nanoseconds(dice.below(60 * (1 << 20))));
      expire();
    } else if (action < 108) {
      const bool pins = action < 103;
      const bool done = pins ? cache.pin(Kind::key(key)) : cache.unpin(Kind::key(key));
      if (has_policy && there != nullptr) policy.set_pinned(key, pins);
      const bool expects = expected.set_pinned(key, pins);
      EXPECT_TRUE(done == expects || (!done && what == check::is_never_wrong));
      seen.pinned += pins && done ? 1 : 0;
      if (pins && !done) expected.remove(key);
    } else if (action < 109) {
      const std::uint32_t tag = dice.below(tag_count);
      const std::vector<std::uint64_t> doomed = expected.keys_with(tag);
      const std::size_t gone = cache.invalidate_tag(tag);
      EXPECT_TRUE(gone == doomed.size() || (gone < doomed.size() && what == check::is_never_wrong));
      for (const std::uint64_t each : doomed) {
        EXPECT_FALSE(cache.contains(Kind::key(each)));
        if (has_policy) policy.remove(each);
        expected.remove(each);
      }
      seen.tagged += static_cast<int>(gone);
    } else if (action >= 110) {
      std::map<std::uint64_t, std::uint64_t> loaded;  // every other key that is not there has a value
      std::vector<decltype(Kind::key(0))> wanted;
      for (std::uint64_t other = key; wanted.size() != 4 && other < keys; other += 1 + dice.below(3))
        wanted.push_back(Kind::key(other));
      std::size_t missing = 0;
      const auto load = [&](auto absent) {
        std::vector<std::pair<decltype(Kind::key(0)), typename Kind::value>> answers;
        for (const auto& each : absent)
          if (missing++ % 2 == 0) answers.emplace_back(each, Kind::make(loaded[Kind::number(each)] = ++value));
        return answers;
      };
      const auto found = cache.get_many_or_load(wanted, load, how);
      for (std::size_t at = 0; at != wanted.size(); ++at) {
        const std::uint64_t own = Kind::number(wanted[at]);
        const dictionary::entry* const was_there = expected.find(own);
        const auto answer = loaded.find(own);
        if (answer != loaded.end()) {
          EXPECT_TRUE(found[at] == Kind::make(answer->second));
          EXPECT_TRUE(was_there == nullptr || what == check::is_never_wrong);
        } else if (found[at]) {
          EXPECT_TRUE(was_there != nullptr && *found[at] == Kind::make(was_there->value));
          if (has_policy && was_there != nullptr) policy.hit(own);
        } else {
          EXPECT_TRUE(was_there == nullptr || what == check::is_never_wrong);
          if (what == check::is_never_wrong) expected.remove(own);
        }
      }
      for (const auto& [own, made] : loaded) {
        if (has_policy) policy.begin_change();
        if (ends_at_once) {
          expected.remove(own);
        } else {
          store(own, made, lives, tags);
        }
      }
      seen.loaded += static_cast<int>(loaded.size());
    } else if (what != check::is_a_dictionary && dice.one_in(4)) {
      capacity = (first_capacity + 255) / 256 * 8 + dice.below(static_cast<std::uint32_t>(2 * first_capacity));
      cache.set_capacity(capacity);
      if (has_policy) policy.set_capacity(capacity, evict);
      EXPECT_LE(cache.size(), capacity);
      if (has_policy) policy.begin_change();
      ++seen.resized;
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

// What a test wants to have seen takes 60,000 at least.
std::size_t operations() {
  return std::max<std::size_t>(monitor_tests::scaled(200'000), 60'000);
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
    EXPECT_GT(
        std::min({seen.hits, seen.misses, seen.replaced, seen.removed, seen.pinned, seen.tagged, seen.loaded}),
        100);
  }
}

TYPED_TEST(expiring_cache_reference, evicts_what_its_policy_evicts) {
  for (const std::uint32_t capacity : {2u, 10u, 120u, 400u}) {
    const tally seen =
        compare<TypeParam>(check::is_policy_and_dictionary, capacity, 4 * capacity, operations() / 4);
    EXPECT_GT(std::min({seen.hits, seen.misses, seen.expired, seen.evicted, seen.replaced, seen.removed,
                        seen.pinned, seen.tagged, seen.resized, seen.loaded}),
              10);
  }
}

TYPED_TEST(expiring_cache_reference, is_never_wrong_with_many_shards) {
  const tally seen = compare<TypeParam>(check::is_never_wrong, 2100, 6000, operations());
  EXPECT_GT(
      std::min({seen.hits, seen.misses, seen.removed, seen.pinned, seen.tagged, seen.resized, seen.loaded}),
      100);
}

}  // namespace
