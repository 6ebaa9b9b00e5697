// SPDX-License-Identifier: MIT
// Abseil's Mutex, with its detection of deadlocks and without. The detection is there only if the library was
// compiled without NDEBUG, as Debian's is; otherwise both are the same.
#include <absl/synchronization/mutex.h>

#include "lock/lock.bench.hpp"
#include "lock/lock_order.bench.hpp"
#include "lock/shared_lock.bench.hpp"

namespace {

template <absl::OnDeadlockCycle Mode>
class mutex {
 public:
  mutex() { absl::SetMutexDeadlockDetectionMode(Mode); }  // for the whole process, and so for this run
  void lock() { mutex_.Lock(); }
  void unlock() { mutex_.Unlock(); }
  void lock_shared() { mutex_.ReaderLock(); }
  void unlock_shared() { mutex_.ReaderUnlock(); }

 private:
  absl::Mutex mutex_;
};

using checked_mutex = mutex<absl::OnDeadlockCycle::kAbort>;
using unchecked_mutex = mutex<absl::OnDeadlockCycle::kIgnore>;

const bench::registration mutexes([] {
  bench::add_mutex<unchecked_mutex>("mutex", "absl");
  bench::add_shared_mutex<unchecked_mutex>("absl");
  bench::add_lock_order<checked_mutex>("absl");
  bench::add_lock_order<unchecked_mutex>("absl_unchecked");
});

}  // namespace
