// SPDX-License-Identifier: MIT
// The workloads must notice a queue, a map or a cache that is wrong: otherwise their figures mean nothing.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "cache/expiring_cache.bench.hpp"
#include "map/hash_map.bench.hpp"
#include "queue/bounded_queue.bench.hpp"
#include "support/busy_neighbours.hpp"
#include "support/latencies.hpp"

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

TEST(latencies, a_percentile_is_the_smallest_sample_that_covers_so_many_percent) {
  std::vector<std::chrono::nanoseconds> samples;
  for (int i = 1000; i != 0; --i) samples.emplace_back(i);
  const bench::latencies thousand(samples);
  EXPECT_EQ(thousand.percentile(0), 1ns);
  EXPECT_EQ(thousand.percentile(50), 500ns);
  EXPECT_EQ(thousand.percentile(99), 990ns);
  EXPECT_EQ(thousand.percentile(99.9), 999ns);
  EXPECT_EQ(thousand.percentile(99.91), 1000ns);
  EXPECT_EQ(thousand.percentile(100), 1000ns);
  EXPECT_EQ(thousand.longest(), 1000ns);
  const bench::latencies one({7ns});
  for (const double percent : {0.0, 50.0, 99.9, 100.0}) EXPECT_EQ(one.percentile(percent), 7ns);
}

TEST(latencies, items_are_due_at_a_steady_rate_and_rounding_does_not_add_up) {
  EXPECT_EQ(bench::due(0, 1e6), 0ns);
  EXPECT_EQ(bench::due(1, 10e3), 100us);
  EXPECT_EQ(bench::due(3, 3.0), 1s);
  EXPECT_EQ(bench::due(1, 3.0), 333'333'333ns);
  EXPECT_EQ(bench::due(3'000'000'000, 3e6), 1000s);
}

double extra_of(const bench::measurement& measured, const std::string& name) {
  const auto found = std::ranges::find(measured.extra, name, &bench::extra_figure::name);
  return found == measured.extra.end() ? -1 : found->value;
}

// Stops for a while before it lets the item in the middle in.
class stalling_queue : public test_queue<1> {
 public:
  using test_queue::test_queue;
  void push(value_type item) {
    if (item == bench::first_number + 500) std::this_thread::sleep_for(50ms);
    test_queue::push(item);
  }
};

TEST(latencies, a_stall_counts_for_every_item_that_was_due_meanwhile) {
  const bench::measurement steady = bench::paced<stalling_queue>(1000, 10e3);
  EXPECT_EQ(steady.items, 1000);
  EXPECT_GE(steady.seconds, 0.0999);
  // 500 items were due during the stall, of which the last half waited for less than 25 ms.
  EXPECT_GE(extra_of(steady, "max_us"), 50'000);
  EXPECT_GE(extra_of(steady, "p99.9_us"), 49'000);
  EXPECT_GE(extra_of(steady, "p99_us"), 40'000);
}

TEST(latencies, a_run_notices_a_lost_and_a_doubled_item) {
  EXPECT_THROW(bench::paced<test_queue<0>>(100, 100e3), bench::wrong_result);
  EXPECT_THROW(bench::paced<test_queue<2>>(100, 100e3), bench::wrong_result);
}

TEST(latencies, every_rate_is_kept_and_half_of_the_largest_is_found) {
  for (const bench::latency_rate& rate : bench::latency_rates) {
    const bench::measurement measured = bench::latency<test_queue<1>>(rate, false, 5ms);
    const double wanted = extra_of(measured, "per_second");
    EXPECT_EQ(rate.per_second.value_or(wanted), wanted) << rate.name;
    EXPECT_NEAR(measured.items / wanted, 0.005 * rate.longer, 0.001) << rate.name;
    EXPECT_LE(extra_of(measured, "p50_us"), extra_of(measured, "p99_us")) << rate.name;
    EXPECT_LE(extra_of(measured, "p99.9_us"), extra_of(measured, "max_us")) << rate.name;
  }
}

TEST(workloads, coarse_passes_every_block_once_in_every_shape) {
  for (const bench::queue_shape shape : bench::queue_shapes) {
    EXPECT_EQ(bench::coarse<test_queue<1>>(shape, 8).items, 8) << shape.name();
    EXPECT_EQ((bench::coarse<test_queue<1>, bench::in_any_order>(shape, 8).items), 8) << shape.name();
  }
  EXPECT_THROW(bench::coarse<test_queue<0>>({1, 1}, 8), bench::wrong_result);
  EXPECT_THROW(bench::coarse<test_queue<2>>({1, 1}, 8), bench::wrong_result);
}

TEST(workloads, a_coarse_block_knows_its_number) {
  const auto block = std::make_unique<bench::coarse_block>(12);
  EXPECT_TRUE(block->is_of(12));
  EXPECT_FALSE(block->is_of(13));
}

TEST(busy_neighbours, one_computes_on_each_processor_and_all_end_with_the_object) {
  std::vector<pid_t> processes;
  {
    const bench::busy_neighbours neighbours;
    processes = neighbours.processes();
    cpu_set_t usable;
    CPU_ZERO(&usable);
    ASSERT_EQ(::sched_getaffinity(0, sizeof usable, &usable), 0);
    ASSERT_EQ(static_cast<int>(processes.size()), CPU_COUNT(&usable));
    for (const pid_t process : processes) {
      EXPECT_EQ(::kill(process, 0), 0);
      // Until it computes: its processor time grows.
      const auto deadline = std::chrono::steady_clock::now() + 10s;
      clockid_t clock{};
      ASSERT_EQ(::clock_getcpuclockid(process, &clock), 0);
      timespec used{};
      while (used.tv_sec == 0 && used.tv_nsec < 1'000'000 && std::chrono::steady_clock::now() < deadline)
        ASSERT_EQ(::clock_gettime(clock, &used), 0);
      EXPECT_LT(std::chrono::steady_clock::now(), deadline);
    }
  }
  for (const pid_t process : processes) {
    EXPECT_EQ(::kill(process, 0), -1);
    EXPECT_EQ(errno, ESRCH);
  }
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
  EXPECT_EQ(of.extra.at(0).name, "hit_ratio");
  return of.extra.at(0).value;
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
