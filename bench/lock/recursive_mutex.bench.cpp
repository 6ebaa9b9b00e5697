// SPDX-License-Identifier: MIT
// recursive_mutex compared with std::recursive_mutex, taken once and three times.
#include <mutex>

#include <plait/recursive_mutex.hpp>

#include "lock/lock.bench.hpp"

namespace {

// Each lock() takes it three times, as nested function calls do.
template <class Mutex>
class three_deep {
 public:
  void lock() {
    for (int i = 0; i != 3; ++i) mutex_.lock();
  }
  void unlock() {
    for (int i = 0; i != 3; ++i) mutex_.unlock();
  }

 private:
  Mutex mutex_;
};

template <class Mutex>
void add(const std::string& name) {
  bench::add_for_threads("recursive_mutex", "lock", name, bench::lock_and_add<Mutex>);
  bench::add_for_threads("recursive_mutex", "three_deep", name, bench::lock_and_add<three_deep<Mutex>>);
}

const bench::registration mutexes([] {
  add<plait::recursive_mutex>("plait");
  add<std::recursive_mutex>("std");
});

}  // namespace
