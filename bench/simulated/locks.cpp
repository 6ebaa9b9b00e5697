// SPDX-License-Identifier: MIT
// Locks on simulated cores, around nothing.
#include <cstdint>
#include <mutex>
#include <shared_mutex>

#include <plait/mutex.hpp>
#include <plait/shared_mutex.hpp>

#include "simulated/workload.hpp"

namespace simulated {
namespace {

template <class Mutex>
class locking {
 public:
  explicit locking(unsigned /*threads*/) {}
  std::function<void()> operation(unsigned /*number*/) {
    return [this] { const std::scoped_lock held(mutex_); };
  }

 private:
  Mutex mutex_;
};

class sharing {
 public:
  explicit sharing(unsigned /*threads*/) {}
  // Read as often as a lock has to be before readers use memory of their own: with 64 cores that takes longer
  // than the warm-up.
  std::function<void()> operation(unsigned number) {
    for (int reads = 0; number == 0 && reads != 2000; ++reads) const std::shared_lock held(mutex_);
    return [this] { const std::shared_lock held(mutex_); };
  }

 private:
  plait::shared_mutex mutex_;
};

const registration locks([] {
  add_alike<locking<plait::mutex>>("mutex", "lock", "plait");
  add_alike<locking<simulate::mutex>>("mutex", "lock", "std");
  add_alike<sharing>("shared_mutex", "read", "plait");
});

}  // namespace
}  // namespace simulated
