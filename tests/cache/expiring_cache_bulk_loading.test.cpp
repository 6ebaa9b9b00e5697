// SPDX-License-Identifier: MIT
// get_many_or_load of expiring_cache: one call for all that is not there, and one load of each key among all
// who want it in whatever way.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/expiring_cache.hpp>

#include "support/threads.hpp"

namespace {

using namespace std::chrono_literals;
using answers = std::map<int, int>;
using asked = std::vector<std::vector<int>>;
using cache_type = plait::expiring_cache<int, int>;

answers tenfold(std::span<const int> keys) {
  answers all;
  for (const int key : keys) all[key] = 10 * key;
  return all;
}

TEST(expiring_cache_bulk_loading, asks_once_for_all_that_is_not_there) {
  cache_type cache({.capacity = 100});
  asked calls;
  const auto load = [&](std::span<const int> keys) {
    calls.emplace_back(keys.begin(), keys.end());
    return tenfold(keys);
  };
  cache.put(2, 7);
  const std::vector keys{1, 2, 3, 1};
  EXPECT_EQ(cache.get_many_or_load(keys, load), (std::vector<std::optional<int>>{10, 7, 30, 10}));
  EXPECT_EQ(calls, (asked{{1, 3}})) << "each key once";
  EXPECT_EQ(cache.get_many_or_load(keys, load), (std::vector<std::optional<int>>{10, 7, 30, 10}));
  EXPECT_EQ(calls.size(), 1u) << "and nobody if all are there";
  EXPECT_TRUE(cache.get_many_or_load(std::vector<int>{}, load).empty());
  EXPECT_EQ(cache.statistics().loads, 1u);
  EXPECT_EQ(cache.statistics().misses, 3u);
}

TEST(expiring_cache_bulk_loading, a_partial_answer_is_kept_and_what_nobody_asked_for_is_not) {
  cache_type cache({.capacity = 100});
  const auto some = [](std::span<const int>) {
    return std::vector<std::pair<int, int>>{{3, 30}, {9, 90}, {1, 10}, {1, 11}};
  };
  EXPECT_EQ(cache.get_many_or_load(std::vector{1, 2, 3}, some),
            (std::vector<std::optional<int>>{10, std::nullopt, 30}));
  EXPECT_TRUE(cache.contains(1) && cache.contains(3));
  EXPECT_FALSE(cache.contains(2) || cache.contains(9));
  EXPECT_EQ(cache.get_or_load(2, [] { return 5; }), 5) << "nobody waits for it any more";
}

TEST(expiring_cache_bulk_loading, if_it_throws_nothing_is_put_in_and_the_next_one_loads) {
  cache_type cache({.capacity = 100});
  const auto fails = [](std::span<const int>) -> answers { throw std::runtime_error("refused"); };
  EXPECT_THROW(cache.get_many_or_load(std::vector{1, 2}, fails), std::runtime_error);
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.statistics().failed_loads, 1u);
  EXPECT_EQ(cache.get_many_or_load(std::vector{1, 2}, tenfold), (std::vector<std::optional<int>>{10, 20}));
}

TEST(expiring_cache_bulk_loading, options_hold_for_what_is_loaded) {
  cache_type cache({.capacity = 100});
  cache.get_many_or_load(std::vector{1, 2}, tenfold, {.time_to_live = 1h, .tags = {"a"}, .is_pinned = true});
  EXPECT_FALSE(cache.time_to_live(1)->is_endless());
  EXPECT_TRUE(cache.unpin(2));
  EXPECT_EQ(cache.invalidate_tag("a"), 2u);
}

TEST(expiring_cache_bulk_loading, keys_may_be_given_in_another_form_and_values_moved) {
  plait::expiring_cache<std::string, std::string> cache({.capacity = 100});
  const std::vector<std::string_view> keys{"one", "two"};
  const auto load = [](std::span<const std::string> all) {
    std::unordered_map<std::string, std::string> found;
    for (const std::string& key : all) found[key] = key + " and more than fits into the object";
    return found;
  };
  const auto found = cache.get_many_or_load(keys, load);
  EXPECT_EQ(found[1], "two and more than fits into the object");
  EXPECT_EQ(cache.get("one"), "one and more than fits into the object");
}

// The answer is somebody else's if it is given by reference: it is not moved from.
TEST(expiring_cache_bulk_loading, an_answer_by_reference_stays_as_it_is) {
  plait::expiring_cache<int, std::string> cache({.capacity = 100});
  const std::string text = "more than fits into the object, by far";
  std::map<int, std::string> own{{1, text}};
  cache.get_many_or_load(std::vector{1},
                         [&](std::span<const int>) -> std::map<int, std::string>& { return own; });
  EXPECT_EQ(own[1], text);
  EXPECT_EQ(cache.get(1), text);
}

// Who wants one of the keys meanwhile waits for the call, and has what that has found; or loads, if there is
// nothing.
TEST(expiring_cache_bulk_loading, who_asks_for_one_key_meanwhile_shares_the_answer) {
  cache_type cache({.capacity = 100});
  std::latch has_begun(1), goes_on(1);
  std::atomic<int> other_loads = 0;
  {
    std::jthread many([&] {
      cache.get_many_or_load(std::vector{1, 2}, [&](std::span<const int>) {
        has_begun.count_down();
        goes_on.wait();
        return answers{{1, 10}};
      });
    });
    has_begun.wait();
    std::vector<std::jthread> others;
    for (int i = 0; i != 4; ++i)
      others.emplace_back([&, i] {
        const int found = cache.get_or_load(1 + i % 2, [&] { return ++other_loads, 77; });
        EXPECT_EQ(found, i % 2 == 0 ? 10 : 77);
      });
    goes_on.count_down();
  }
  EXPECT_EQ(other_loads, 1) << "of the key that the call had nothing for, by one of those who want it";
}

TEST(expiring_cache_bulk_loading, what_others_load_is_not_asked_for) {
  cache_type cache({.capacity = 100});
  std::latch has_begun(1), goes_on(1);
  asked calls;
  std::jthread one([&] { cache.get_or_load(1, [&] { return has_begun.count_down(), goes_on.wait(), 5; }); });
  has_begun.wait();
  const auto found = cache.get_many_or_load(std::vector{1, 2, 3}, [&](std::span<const int> keys) {
    calls.emplace_back(keys.begin(), keys.end());
    goes_on.count_down();
    return tenfold(keys);
  });
  EXPECT_EQ(found, (std::vector<std::optional<int>>{5, 20, 30}));
  EXPECT_EQ(calls, (asked{{2, 3}}));
}

// Trap: two that want the same keys in another order, each with a part of them, wait for each other.
TEST(expiring_cache_bulk_loading, two_that_overlap_do_not_wait_for_each_other) {
  cache_type cache({.capacity = 10'000});  // nothing is evicted
  std::atomic<int> loaded = 0;
  const auto load = [&](std::span<const int> keys) {
    loaded += static_cast<int>(keys.size());
    return tenfold(keys);
  };
  for (int round = 0; round != 200; ++round) {
    std::vector<int> up, down;
    for (int i = 0; i != 8; ++i) up.push_back(8 * round + i);
    down.assign(up.rbegin(), up.rend());
    std::jthread first([&] { EXPECT_EQ(cache.get_many_or_load(up, load)[0], 10 * up[0]); });
    EXPECT_EQ(cache.get_many_or_load(down, load)[0], 10 * down[0]);
  }
  EXPECT_EQ(loaded, 1600) << "each key once";
}

// Trap: a load that ends after a removal puts back what was just removed.
TEST(expiring_cache_bulk_loading, a_key_that_was_removed_meanwhile_is_not_kept) {
  cache_type cache({.capacity = 100});
  const auto found = cache.get_many_or_load(std::vector{1, 2}, [&](std::span<const int> keys) {
    cache.remove(1);
    return tenfold(keys);
  });
  EXPECT_EQ(found[0], 10) << "who asked before is given it";
  EXPECT_FALSE(cache.contains(1));
  EXPECT_TRUE(cache.contains(2));
}

TEST(expiring_cache_bulk_loading, asking_for_one_of_its_own_keys_is_refused) {
  cache_type cache({.capacity = 100});
  const auto load = [&](std::span<const int> keys) {
    cache.get_or_load(keys[0], [] { return 1; });
    return tenfold(keys);
  };
  EXPECT_THROW(cache.get_many_or_load(std::vector{1, 2}, load), std::logic_error);
  EXPECT_EQ(cache.get_many_or_load(std::vector{1, 2}, tenfold)[1], 20);
}

TEST(expiring_cache_bulk_loading, who_waits_has_the_same_exception) {
  cache_type cache({.capacity = 100});
  std::latch has_begun(1), goes_on(1);
  std::jthread many([&] {
    const auto fails = [&](std::span<const int>) -> answers {
      has_begun.count_down();
      goes_on.wait();
      throw std::runtime_error("refused");
    };
    EXPECT_THROW(cache.get_many_or_load(std::vector{1, 2}, fails), std::runtime_error);
  });
  has_begun.wait();
  const auto load = [&](std::span<const int> keys) { return goes_on.count_down(), tenfold(keys); };
  EXPECT_THROW(cache.get_many_or_load(std::vector{2, 3}, load), std::runtime_error);
  EXPECT_EQ(cache.get(3), 30) << "what it has loaded itself is there";
}

// A weigher that throws for one of the values.
TEST(expiring_cache_bulk_loading, nobody_waits_for_ever_if_weighing_throws) {
  plait::expiring_cache<int, int> cache({.capacity = 100}, [](int key, int) {
    return key == 2 ? throw std::runtime_error("too odd to weigh") : 1;
  });
  EXPECT_THROW(cache.get_many_or_load(std::vector{1, 2, 3}, tenfold), std::runtime_error);
  EXPECT_EQ(cache.get_or_load(3, [] { return 4; }), 4);
  EXPECT_EQ(cache.get(1), 10);
}

}  // namespace
