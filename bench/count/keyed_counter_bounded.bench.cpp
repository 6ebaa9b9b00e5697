// SPDX-License-Identifier: MIT
// keyed_counter with max_keys, against the one that keeps all keys and a Space-Saving under one lock.
#include <list>
#include <mutex>
#include <unordered_map>

#include <plait/keyed_counter.hpp>

#include "count/keyed_counter.bench.hpp"

namespace {

constexpr std::size_t max_keys = 1000;

class exact {
 public:
  using key_type = std::uint64_t;
  void add(bench::key_span<key_type> keys) {
    for (const std::uint64_t key : keys) counter_.add(key);
  }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<key_type> counter_;
};

class bounded {
 public:
  using key_type = std::uint64_t;
  void add(bench::key_span<key_type> keys) {
    for (const std::uint64_t key : keys) counter_.add(key);
  }
  std::int64_t total() {
    if (counter_.size() != max_keys) throw bench::wrong_result("does not keep as many keys as it may");
    return counter_.total();
  }

 private:
  plait::keyed_counter<key_type> counter_{{.max_keys = max_keys}};
};

class bounded_update {
 public:
  using key_type = std::uint64_t;
  void add(bench::key_span<key_type> keys) { counter_.update(keys); }
  std::int64_t total() { return counter_.total(); }

 private:
  plait::keyed_counter<key_type> counter_{{.max_keys = max_keys}};
};

// The stream summary of Metwally, Agrawal and El Abbadi, 2005: keys of equal counts are in one bucket, the
// lowest in front; a new key takes the place of one from there. Each add moves one key by one bucket.
class mutex_space_saving {
 public:
  using key_type = std::uint64_t;

  void add(bench::key_span<key_type> keys) {
    for (const std::uint64_t key : keys) add_one(key);
  }
  void add_one(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      raise(found->second);
    } else if (places_.size() != max_keys) {
      if (buckets_.empty() || buckets_.front().count != 1) buckets_.push_front({1, {}});
      places_[key] = {buckets_.begin(), buckets_.front().keys.insert(buckets_.front().keys.end(), key)};
    } else {
      place lowest{buckets_.begin(), buckets_.front().keys.begin()};
      places_.erase(*lowest.key);
      *lowest.key = key;
      raise(lowest);
      places_[key] = lowest;
    }
  }
  std::int64_t total() {
    std::int64_t sum = 0;
    for (const bucket& each : buckets_) sum += each.count * static_cast<std::int64_t>(each.keys.size());
    return sum;
  }

 private:
  struct bucket {
    std::int64_t count;
    std::list<std::uint64_t> keys;
  };
  struct place {
    std::list<bucket>::iterator in;
    std::list<std::uint64_t>::iterator key;
  };

  void raise(place& at) {
    const auto old = at.in;
    auto next = std::next(old);
    if (next == buckets_.end() || next->count != old->count + 1)
      next = buckets_.insert(next, {old->count + 1, {}});
    next->keys.splice(next->keys.end(), old->keys, at.key);
    at.in = next;
    if (old->keys.empty()) buckets_.erase(old);
  }

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, place> places_;
  std::list<bucket> buckets_;
};

template <class Counter>
void add(const std::string& name) {
  bench::add_for_threads("keyed_counter", "zipf_10k_max_1k", name,
                         bench::count_keys<Counter, bench::zipf_numbers>);
}

const bench::registration counters([] {
  add<bounded>("plait");
  add<bounded_update>("plait_update");
  add<exact>("plait_exact");
  add<mutex_space_saving>("mutex_space_saving");
});

}  // namespace
