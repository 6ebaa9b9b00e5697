// SPDX-License-Identifier: MIT
// The eviction policy of caches, and its parts, against references written the slow and obvious way.
#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/detail/cache/adaptive_tinylfu.hpp>

#include "support/slow_tinylfu.hpp"

namespace {

using plait::detail::adaptive_tinylfu;
using plait::detail::entry_lists;
using plait::detail::entry_number;
using plait::detail::frequency_sketch;
using plait::detail::lazy_queues;
using plait::detail::window_trials;
using slow_tinylfu::hash_of;
using slow_tinylfu::slow_adaptive;
using slow_tinylfu::slow_queues;

struct request {
  entry_number key;
  std::uint64_t weight;
};

// Requests for some keys often and for others seldom, with scans and loops between them.
std::vector<request> mixed_requests(std::size_t count, entry_number keys, std::uint64_t most_weight,
                                    unsigned seed) {
  std::mt19937 random(seed);
  std::vector<request> requests;
  entry_number at = 0;
  while (requests.size() < count) {
    const bool loops = random() % 4 == 0;
    const std::size_t phase = random() % (2 * keys);
    for (std::size_t i = 0; i != phase; ++i) {
      const auto drawn = static_cast<entry_number>(random() % keys);
      const entry_number key =
          loops ? at++ % keys : std::min(drawn, static_cast<entry_number>(random() % keys));
      requests.push_back({key, 1 + hash_of(key) % most_weight});
    }
  }
  requests.resize(count);
  return requests;
}

// A frequency sketch whose keys do not share counters.
TEST(frequency_sketch, counts_to_15_and_no_further) {
  frequency_sketch sketch;
  sketch.make_room(1000);
  EXPECT_EQ(sketch.frequency(hash_of(1)), 0u);
  for (unsigned i = 1; i <= 20; ++i) {
    sketch.add(hash_of(1));
    EXPECT_EQ(sketch.frequency(hash_of(1)), std::min(i, 15u));
  }
  EXPECT_EQ(sketch.frequency(hash_of(2)), 0u);
}

TEST(frequency_sketch, is_never_too_low_and_seldom_too_high) {
  frequency_sketch sketch;
  sketch.make_room(1000);
  std::map<std::uint64_t, unsigned> counts;
  for (std::uint64_t i = 0; i != 3000; ++i) {
    const std::uint64_t key = i * i % 997;
    sketch.add(hash_of(key));
    ++counts[key];
  }
  std::size_t too_high = 0;
  for (const auto& [key, count] : counts) {
    EXPECT_GE(sketch.frequency(hash_of(key)), std::min(count, 15u));
    too_high += sketch.frequency(hash_of(key)) > count;
  }
  EXPECT_LT(too_high, counts.size() / 20);
}

TEST(frequency_sketch, halves_all_counters_after_ten_adds_for_each_word) {
  frequency_sketch sketch;  // eight words
  for (int i = 0; i != 12; ++i) sketch.add(hash_of(7));
  for (std::uint64_t i = 12; i != 79; ++i) sketch.add(hash_of(100 + i));
  EXPECT_GE(sketch.frequency(hash_of(7)), 12u);
  sketch.add(hash_of(500));
  EXPECT_LE(sketch.frequency(hash_of(7)), 7u);
  EXPECT_GE(sketch.frequency(hash_of(7)), 6u);
}

TEST(frequency_sketch, a_halved_counter_gives_nothing_to_its_neighbour) {
  frequency_sketch sketch;
  for (std::uint64_t i = 0; i != 79; ++i) sketch.add(hash_of(i % 40));
  std::map<std::uint64_t, unsigned> before;
  for (std::uint64_t i = 0; i != 200; ++i) before[i] = sketch.frequency(hash_of(i));
  sketch.add(hash_of(1000));
  for (const auto& [key, frequency] : before) EXPECT_LE(sketch.frequency(hash_of(key)), (frequency + 1) / 2);
}

TEST(frequency_sketch, keeps_what_it_knows_when_it_grows) {
  frequency_sketch sketch;
  std::map<std::uint64_t, unsigned> before;
  for (std::uint64_t i = 0; i != 60; ++i) sketch.add(hash_of(i % 9));
  for (std::uint64_t i = 0; i != 50; ++i) before[i] = sketch.frequency(hash_of(i));
  sketch.make_room(300);
  for (const auto& [key, frequency] : before) EXPECT_EQ(sketch.frequency(hash_of(key)), frequency);
}

template <class Lists>
class entry_lists_of : public testing::Test {};
using nodes = testing::Types<entry_lists<2>, entry_lists<2, plait::detail::small_list_node<2>>>;
TYPED_TEST_SUITE(entry_lists_of, nodes);

TYPED_TEST(entry_lists_of, entries_keep_order_size_and_weight) {
  TypeParam lists;
  for (const entry_number entry : {5u, 0u, 9u}) {
    lists.make_room(entry, entry + 1);
    lists.push_front(0, entry, entry + 1);
  }
  EXPECT_EQ(lists.back(0), 5u);
  EXPECT_EQ(lists.before(5), 0u);
  EXPECT_EQ(lists.before(9), 5u) << "from the front on to the back";
  EXPECT_EQ(lists.weight(0), 17u);
  lists.move_to_front(1, 0);
  EXPECT_EQ(lists.before(5), 9u);
  EXPECT_EQ(lists.weight(0), 16u);
  EXPECT_EQ(lists.weight(1), 1u);
  EXPECT_TRUE(lists.contains(1, 0));
  EXPECT_FALSE(lists.contains(0, 0));
  EXPECT_FALSE(lists.contains(1)) << "it never entered";
  lists.remove(0);
  EXPECT_TRUE(lists.empty(1));
  EXPECT_FALSE(lists.contains(0));
  EXPECT_EQ(lists.size(0), 2u);
}

TEST(small_list_node, has_room_for_the_largest_neighbours) {
  using node = plait::detail::small_list_node<4>;
  EXPECT_EQ(sizeof(node), 6u);
  EXPECT_EQ(node().list(), node::nowhere);
  for (const std::uint32_t next : {0u, 0xffffu, 0x10000u, node::end - 1})
    for (const std::uint32_t previous : {0u, 0xffffu, 0x10000u, node::end - 1})
      for (std::uint32_t list = 0; list != 4; ++list) {
        node own(1, 2, list);
        own.set_next(next);
        own.set_previous(previous);
        EXPECT_EQ(own.next(), next);
        EXPECT_EQ(own.previous(), previous);
        EXPECT_EQ(own.list(), list);
      }
}

struct workload {
  std::uint64_t capacity;
  entry_number keys;
  std::uint64_t most_weight;
};
constexpr std::array small_workloads{workload{1, 4, 1},   workload{2, 5, 1},   workload{10, 20, 1},
                                     workload{20, 30, 7}, workload{9, 40, 12}, workload{40, 25, 1},
                                     workload{60, 200, 1}};

TEST(lazy_queues, evict_what_the_slow_ones_evict) {
  for (const workload& each : small_workloads) {
    for (const double window : {0.0, 0.3, 1.0}) {
      const auto part = static_cast<std::uint64_t>(window * static_cast<double>(each.capacity));
      lazy_queues fast(each.capacity, part, lazy_queues::role::real);
      slow_queues slow(each.capacity, part, true);
      frequency_sketch fast_sketch, slow_sketch;
      unsigned step = 0;
      for (const auto& [key, weight] : mixed_requests(3000, each.keys, each.most_weight, 11)) {
        SCOPED_TRACE(++step);
        ASSERT_EQ(fast.contains(key), slow.contains(key));
        if (fast.contains(key) && step % 19 == 0) {
          fast.erase(key);
          slow.erase(key);
        } else if (fast.contains(key)) {
          fast.hit(key);
          slow.hit(key);
        } else {
          std::vector<std::uint64_t> gone;
          fast.insert(key, hash_of(key), weight, fast_sketch,
                      [&](entry_number other) { gone.push_back(other); });
          ASSERT_EQ(gone, slow.insert(key, hash_of(key), weight, slow_sketch));
        }
        ASSERT_LE(fast.weight(), each.capacity);
        ASSERT_EQ(fast.weight(), slow.weight());
        ASSERT_EQ(fast.size(), slow.size());
      }
    }
  }
}

// Runs both, and returns all windows that were in use and the sampling rate at the end.
std::pair<std::set<double>, std::size_t> run_both(const std::vector<request>& requests,
                                                  std::uint64_t capacity) {
  adaptive_tinylfu fast(capacity);
  slow_adaptive slow(capacity);
  std::set<entry_number> there;
  std::set<double> windows;
  unsigned step = 0;
  for (const auto& [key, weight] : requests) {
    ++step;
    EXPECT_EQ(there.contains(key), slow.contains(key)) << step;
    if (there.contains(key) && step % 97 == 0) {
      fast.erase(key);
      slow.erase(key);
      there.erase(key);
      continue;
    }
    std::vector<std::uint64_t> gone;
    if (there.contains(key)) {
      fast.hit(key);
    } else {
      there.insert(key);
      fast.insert(key, hash_of(key), weight, [&](entry_number other) {
        there.erase(other);
        gone.push_back(other);
      });
    }
    EXPECT_EQ(gone, slow.ask(key, weight)) << step;
    EXPECT_LE(fast.weight(), capacity);
    EXPECT_EQ(fast.window(), slow.window()) << step;
    windows.insert(fast.window());
    if (testing::Test::HasFailure()) break;
  }
  return {windows, slow.rate()};
}

TEST(adaptive_tinylfu, evicts_what_the_slow_one_evicts) {
  for (const workload& each : small_workloads) {
    if (each.capacity == 1) continue;  // the slow one has no window for it
    SCOPED_TRACE(each.capacity);
    run_both(mixed_requests(5000, each.keys, each.most_weight, 5), each.capacity);
  }
}

TEST(adaptive_tinylfu, changes_its_window_as_the_slow_one_does) {
  std::vector<request> requests;
  const auto ask = [&](entry_number key) { requests.push_back({key, 1}); };
  for (entry_number i = 0; i != 5000; ++i) {  // each key again after 40 others, and then for a long time not
    ask(i % 3000);
    if (i >= 20) ask((i - 20) % 3000);
  }
  for (entry_number i = 0; i != 15'000; ++i) ask(i % 100);
  EXPECT_GE(run_both(requests, 60).first.size(), 3u) << "it hardly ever changed";
}

TEST(adaptive_tinylfu, takes_smaller_samples_as_it_grows_like_the_slow_one) {
  EXPECT_EQ(run_both(mixed_requests(9000, 3000, 1, 3), 1100).second, 4u);
}

TEST(adaptive_tinylfu, holds_one_entry) {
  adaptive_tinylfu policy(1);
  std::vector<entry_number> gone;
  for (const entry_number entry : {0u, 1u, 0u, 1u})
    policy.insert(entry, hash_of(entry), 1, [&](entry_number other) { gone.push_back(other); });
  EXPECT_EQ(gone.size(), 3u);
  EXPECT_EQ(policy.weight(), 1u);
}

TEST(adaptive_tinylfu, refuses_a_capacity_of_0) {
  EXPECT_THROW(adaptive_tinylfu(0), std::invalid_argument);
}

TEST(adaptive_tinylfu, an_entry_heavier_than_the_cache_leaves_at_once_and_nothing_else_does) {
  adaptive_tinylfu policy(10);
  policy.insert(0, hash_of(0), 10, [](entry_number) { FAIL(); });
  std::vector<entry_number> gone;
  policy.insert(1, hash_of(1), 11, [&](entry_number other) { gone.push_back(other); });
  EXPECT_EQ(gone, std::vector<entry_number>{1});
  EXPECT_EQ(policy.weight(), 10u);
}

double hit_ratio(const std::vector<entry_number>& keys, std::uint64_t capacity) {
  adaptive_tinylfu policy(capacity);
  std::set<entry_number> there;
  double hits = 0;
  for (const entry_number key : keys) {
    if (there.contains(key)) {
      ++hits;
      policy.hit(key);
    } else {
      there.insert(key);
      policy.insert(key, hash_of(key), 1, [&](entry_number other) { there.erase(other); });
    }
  }
  return hits / static_cast<double>(keys.size());
}

TEST(adaptive_tinylfu, keeps_a_part_of_a_loop_that_does_not_fit) {
  std::vector<entry_number> keys;
  for (entry_number i = 0; i != 40'000; ++i) keys.push_back(i % 400);
  EXPECT_GT(hit_ratio(keys, 200), 0.4) << "LRU has 0, and half of it fits";
}

TEST(adaptive_tinylfu, widens_its_window_for_keys_that_come_twice_and_never_again) {
  std::vector<entry_number> keys;  // each again after 150 others: a window of 1 % never sees that
  for (entry_number i = 0; i != 30'000; ++i) {
    keys.push_back(i);
    if (i >= 75) keys.push_back(i - 75);
  }
  EXPECT_GT(hit_ratio(keys, 400), 0.45) << "half of all requests can be hits";
}

TEST(adaptive_tinylfu, is_not_fooled_by_a_sample_that_fits_where_the_whole_does_not) {
  // Every second key is sampled, but fewer of these are: their loop fits into the trials with all of it in the
  // window, and the whole loop does not fit into the cache.
  const auto is_sampled = [](entry_number key) { return (hash_of(key) * 0x9e3779b97f4a7c15 >> 56) % 2 == 0; };
  std::vector<entry_number> loop;
  std::size_t sampled = 0;
  for (entry_number key = 0; loop.size() != 1010; ++key) {
    if (is_sampled(key) && sampled == 480) continue;
    sampled += is_sampled(key);
    loop.push_back(key);
  }
  std::vector<entry_number> keys;
  for (entry_number i = 0; i != 10'000; ++i) {  // each again after 900 others: the window becomes large
    keys.push_back(3000 + i);
    if (i >= 450) keys.push_back(3000 + i - 450);
  }
  for (int round = 0; round != 100; ++round) keys.insert(keys.end(), loop.begin(), loop.end());
  EXPECT_GT(hit_ratio(keys, 1000), 0.5) << "the window stayed large";
}

}  // namespace
