// SPDX-License-Identifier: MIT
// Abseil: its Mutex with the detection of deadlocks, and without. The former is only there if the library was
// compiled without NDEBUG, as Debian's is; else both are the same.
#include <absl/synchronization/mutex.h>

#include "lock/lock_order.bench.hpp"

namespace {

template <absl::OnDeadlockCycle Mode>
class mutex {
 public:
  mutex() { absl::SetMutexDeadlockDetectionMode(Mode); }  // for the whole process, and so for this run
  void lock() { mutex_.Lock(); }
  void unlock() { mutex_.Unlock(); }

 private:
  absl::Mutex mutex_;
};

const bench::registration lock_orders([] {
  bench::add_lock_order<mutex<absl::OnDeadlockCycle::kAbort>>("absl");
  bench::add_lock_order<mutex<absl::OnDeadlockCycle::kIgnore>>("absl_unchecked");
});

}  // namespace
