// SPDX-License-Identifier: MIT
// absl: Abseil's Mutex.
#include <absl/synchronization/mutex.h>

#include "lock/lock.bench.hpp"

namespace {

class absl_mutex {
 public:
  void lock() { mutex_.Lock(); }
  void unlock() { mutex_.Unlock(); }

 private:
  absl::Mutex mutex_;
};

const bench::registration mutexes([] { bench::add_mutex<absl_mutex>("mutex", "absl"); });

}  // namespace
