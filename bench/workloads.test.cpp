// SPDX-License-Identifier: MIT
// The workloads must notice a queue, a map or a cache that is wrong: otherwise their figures mean nothing.
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include "cache/expiring_cache.bench.hpp"
#include "map/hash_map.bench.hpp"
#include "queue/bounded_queue.bench.hpp"

namespace {

using namespace std::chrono_literals;

// A queue that holds the first number CopiesOfFirst times, the others once.
template <int CopiesOfFirst>
class test_queue {
 public:
  using value_type = std::uint64_t;
  explicit test_queue(std::size_t) {}

  void push(value_type item) {
    const std::lock_guard lock(mutex_);
    int copies = 1;
    if (item >= bench::first_number && !std::exchange(first_is_past_, true)) copies = CopiesOfFirst;
    for (; copies != 0; --copies) items_.push_back(item);
  }
  value_type pop() {
    for (;; std::this_thread::yield()) {
      const std::lock_guard lock(mutex_);
      if (items_.empty()) continue;
      const value_type item = items_.front();
      items_.pop_front();
      return item;
    }
  }

 private:
  std::mutex mutex_;
  bool first_is_past_ = false;
  std::deque<value_type> items_;
};

TEST(workloads, throughput_counts_what_was_consumed_in_every_shape) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_GT(bench::throughput<test_queue<1>>(shape, 20ms).items, 0) << shape.name();
}

TEST(workloads, throughput_notices_a_lost_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<test_queue<0>>(shape, 20ms), bench::wrong_result) << shape.name();
}

TEST(workloads, throughput_notices_a_doubled_item) {
  for (const bench::queue_shape shape : bench::queue_shapes)
    EXPECT_THROW(bench::throughput<test_queue<2>>(shape, 20ms), bench::wrong_result) << shape.name();
}

enum class map_fault { none, finds_another_value, forgets_a_key, loses_an_increment, keeps_what_was_erased };

template <class Key, map_fault Fault>
class test_map {
 public:
  using key_type = Key;

  std::optional<std::uint64_t> find(bench::lookup_key<Key> key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(Key(key));
    if (found == map_.end()) return std::nullopt;
    return Fault == map_fault::finds_another_value && once() ? ~found->second : found->second;
  }
  bool insert(const Key& key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    if (Fault == map_fault::forgets_a_key && once()) return true;
    return map_.emplace(key, value).second;
  }
  bool erase(bench::lookup_key<Key> key) {
    const std::lock_guard lock(mutex_);
    if (Fault == map_fault::keeps_what_was_erased && map_.contains(Key(key)) && once()) return true;
    return map_.erase(Key(key)) != 0;
  }
  void increment(bench::lookup_key<Key> key) {
    const std::lock_guard lock(mutex_);
    if (Fault == map_fault::loses_an_increment && once()) return;
    ++map_.find(Key(key))->second;
  }

 private:
  bool once() { return !std::exchange(was_, true); }

  std::mutex mutex_;
  bool was_ = false;
  std::unordered_map<Key, std::uint64_t> map_;
};

template <map_fault Fault>
using map_of_numbers = test_map<std::uint64_t, Fault>;

TEST(workloads, maps_are_read_updated_churned_and_grown) {
  EXPECT_GT((bench::read_and_update<map_of_numbers<map_fault::none>, 100, 8>(2, 5ms).items), 0);
  EXPECT_GT((bench::read_and_update<test_map<std::string, map_fault::none>, 100, 8>(2, 5ms).items), 0);
  EXPECT_GT((bench::churn<map_of_numbers<map_fault::none>, 100>(2, 5ms).items), 0);
  EXPECT_EQ((bench::grow<map_of_numbers<map_fault::none>, 100>(2, 5ms).items), 100);
}

TEST(workloads, reads_notice_another_keys_value) {
  EXPECT_THROW((bench::read_and_update<map_of_numbers<map_fault::finds_another_value>, 100, 0>(2, 5ms)),
               bench::wrong_result);
}

TEST(workloads, updates_notice_one_that_is_lost) {
  EXPECT_THROW((bench::read_and_update<map_of_numbers<map_fault::loses_an_increment>, 100, 1>(2, 5ms)),
               bench::wrong_result);
}

TEST(workloads, churn_notices_a_key_that_stays) {
  EXPECT_THROW((bench::churn<map_of_numbers<map_fault::keeps_what_was_erased>, 100>(2, 5ms)),
               bench::wrong_result);
}

TEST(workloads, growing_notices_a_lost_key) {
  EXPECT_THROW((bench::grow<map_of_numbers<map_fault::forgets_a_key>, 100>(2, 5ms)), bench::wrong_result);
}

TEST(workloads, keys_of_a_map_are_all_different) {
  std::unordered_map<std::string, std::size_t> words;
  std::unordered_map<std::uint64_t, std::size_t> numbers;
  for (std::size_t i = 0; i != 50'000; ++i) {
    const std::string word = bench::key_of<std::string>(i).key;
    EXPECT_TRUE(words.emplace(word, i).second) << word;
    EXPECT_TRUE(numbers.emplace(bench::key_of<std::uint64_t>(i).key, i).second) << i;
    ASSERT_GE(word.size(), 8U);
    ASSERT_LE(word.size(), 24U);
  }
}

enum class cache_fault { none, keeps_nothing, finds_another_value };

template <cache_fault Fault>
class test_cache {
 public:
  test_cache(std::size_t /*capacity*/, bool /*expires*/) {}

  std::optional<std::uint64_t> get(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return std::nullopt;
    return Fault == cache_fault::finds_another_value ? found->second + 1 : found->second;
  }
  void put(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    if (Fault != cache_fault::keeps_nothing) map_[key] = value;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> map_;
};

const bench::cache_requests* few_requests() {
  static const bench::cache_requests made{.first = {1, 2, 3}, .keys = {3, 2, 1, 1}};
  return &made;
}
const bench::cache_workload look_up_few{"look_up", 3, false, few_requests};
const bench::cache_workload insert_few{"insert", 3, false, nullptr};

double hit_ratio(const bench::measurement& of) {
  EXPECT_GT(of.items, 0);
  EXPECT_EQ(of.extra.at(0).first, "hit_ratio");
  return of.extra.at(0).second;
}

TEST(workloads, caches_are_judged_by_what_they_keep_too) {
  using right = test_cache<cache_fault::none>;
  EXPECT_EQ(hit_ratio(bench::look_up<right>(look_up_few, 2, 5ms)), 1);
  EXPECT_EQ(hit_ratio(bench::insert_new<right>(insert_few, 2, 5ms)), 1);
  using forgetful = test_cache<cache_fault::keeps_nothing>;
  EXPECT_EQ(hit_ratio(bench::look_up<forgetful>(look_up_few, 2, 5ms)), 0);
  EXPECT_EQ(hit_ratio(bench::insert_new<forgetful>(insert_few, 2, 5ms)), 0);
}

TEST(workloads, a_cache_with_another_keys_value_is_noticed) {
  using wrong = test_cache<cache_fault::finds_another_value>;
  EXPECT_THROW(bench::look_up<wrong>(look_up_few, 2, 5ms), bench::wrong_result);
  EXPECT_THROW(bench::insert_new<wrong>(insert_few, 2, 5ms), bench::wrong_result);
}

// Programs are told of the keys by a file, and what they answer counts.
TEST(workloads, requests_of_caches_are_written_for_programs_in_other_languages) {
  const std::string path = testing::TempDir() + "plait_requests." + std::to_string(getpid());
  bench::write_requests(*few_requests(), path);
  std::vector<std::uint64_t> numbers(9);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(numbers.data()), 9 * sizeof(std::uint64_t));
  EXPECT_EQ(in.gcount(), 8 * sizeof(std::uint64_t));
  numbers.pop_back();
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{3, 1, 2, 3, 3, 2, 1, 1}));
  std::filesystem::remove(path);
}

TEST(workloads, time_runs_until_the_last_thread_is_done) {
  bench::stop_flag stop;
  const bench::measurement measured =
      bench::run_together({[] {}, [] { std::this_thread::sleep_for(20ms); }}, 1ms, stop);
  EXPECT_GE(measured.seconds, 0.020);
  EXPECT_TRUE(stop());
}

}  // namespace
