// SPDX-License-Identifier: MIT
// plait's own keyed_counter, word by word and in batches, and a map with one lock.
#include "count/keyed_counter.bench.hpp"

#include <mutex>
#include <unordered_map>

#include <plait/keyed_counter.hpp>

namespace {

class one_by_one {
 public:
  void add(bench::word_stream words) {
    for (const std::string_view word : words) counter_.add(word);
  }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<std::string> counter_;
};

class many_at_a_time {
 public:
  void add(bench::word_stream words) { counter_.update(words); }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<std::string> counter_;
};

class mutex_unordered_map {
 public:
  void add(bench::word_stream words) {
    for (const std::string_view word : words) {
      const std::lock_guard lock(mutex_);
      if (const auto found = counts_.find(word); found != counts_.end()) {
        ++found->second;
      } else {
        counts_.emplace(word, 1);
      }
    }
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (const auto& [word, count] : counts_) sum += count;
    return sum;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t, bench::string_hash, std::equal_to<>> counts_;
};

const bench::registration counters([] {
  bench::add_keyed_counter<one_by_one>("plait");
  bench::add_keyed_counter<many_at_a_time>("plait_update");
  bench::add_keyed_counter<mutex_unordered_map>("mutex_unordered_map");
});

}  // namespace
