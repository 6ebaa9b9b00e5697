// SPDX-License-Identifier: MIT
// Counters on simulated cores.
#include <cstdint>
#include <memory>

#include <plait/counter.hpp>
#include <plait/keyed_counter.hpp>

#include "simulated/workload.hpp"
#include "support/zipf.hpp"

namespace simulated {
namespace {

class own_cells {
 public:
  explicit own_cells(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [this] { counter_.add(1); };
  }

 private:
  plait::counter counter_;
};

// What everybody writes, for comparison.
class one_atomic {
 public:
  explicit one_atomic(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [this] { value_.fetch_add(1, std::memory_order_relaxed); };
  }

 private:
  simulate::atomic<std::int64_t> value_{0};
};

class one_mutex {
 public:
  explicit one_mutex(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [this] {
      mutex_.lock();
      ++value_;
      mutex_.unlock();
    };
  }

 private:
  simulate::mutex mutex_;
  std::int64_t value_ = 0;
};

class one_key {
 public:
  explicit one_key(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [this] { counts_.add(1); };
  }

 private:
  plait::keyed_counter<std::uint64_t> counts_;
};

class zipf_keys {
 public:
  explicit zipf_keys(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned number) {
    return [this, keys = std::make_shared<bench::zipf_ranks>(10'000, number)] { counts_.add(keys->next()); };
  }

 private:
  plait::keyed_counter<std::uint64_t> counts_;
};

const registration counts([] {
  add_alike<own_cells>("counter", "add", "plait");
  add_alike<one_atomic>("counter", "add", "std_atomic");
  add_alike<one_mutex>("counter", "add", "mutex");
  add_alike<one_key>("keyed_counter", "one_key", "plait");
  add_alike<zipf_keys>("keyed_counter", "zipf_10k", "plait");
});

}  // namespace
}  // namespace simulated
