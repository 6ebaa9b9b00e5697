// SPDX-License-Identifier: MIT
// synchronized_value compared with a value with a std::mutex beside it.
#include "lock/synchronized_value.bench.hpp"

#include <mutex>

#include <plait/synchronized_value.hpp>

#include "lock/lock.bench.hpp"

namespace {

using bench::number;

template <class Mutex>
class synchronized_numbers {
 public:
  void add() {
    first_.with([](number& n) { ++n; });
  }
  void transfer() {
    apply([](number& from, number& to) { --from, ++to; }, first_, second_);
  }
  number sum() { return first_.load() + second_.load(); }

 private:
  alignas(64) plait::synchronized_value<number, Mutex> first_;
  alignas(64) plait::synchronized_value<number, Mutex> second_;
};

class numbers_by_hand {
 public:
  void add() {
    const std::lock_guard hold(first_.mutex);
    ++first_.count;
  }
  void transfer() {
    const std::scoped_lock hold(first_.mutex, second_.mutex);
    --first_.count, ++second_.count;
  }
  number sum() const { return first_.count + second_.count; }

 private:
  bench::guarded_count<std::mutex> first_, second_;
};

const bench::registration values([] {
  bench::add_synchronized_value<synchronized_numbers<plait::mutex>>("plait");
  bench::add_synchronized_value<synchronized_numbers<std::mutex>>("plait_std_mutex");
  bench::add_synchronized_value<numbers_by_hand>("std_mutex_by_hand");
});

}  // namespace
