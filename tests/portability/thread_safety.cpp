// SPDX-License-Identifier: MIT
// What Clang's -Wthread-safety and its warnings of dangling references know of locks. See CMakeLists.txt.
#include <chrono>
#include <mutex>
#include <vector>

#include <plait/lock_all.hpp>
#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>
#include <plait/synchronized_value.hpp>

namespace {

class guarded_number {
 public:
  void set(int number) {
    mutex_.lock();
    number_ = number;
#if !defined(FORGETS_TO_UNLOCK)
    mutex_.unlock();
#endif
  }
  bool try_set(int number) {
    if (!mutex_.try_lock_for(std::chrono::milliseconds(1))) return false;
    number_ = number;
    mutex_.unlock();
    return true;
  }
#if defined(READS_WITHOUT_THE_LOCK)
  int get() const { return number_; }
#endif

 private:
  plait::mutex mutex_;
  int number_ __attribute__((guarded_by(mutex_))) = 0;
};

}  // namespace

int main() {
  guarded_number number;
  number.set(1);
  if (!number.try_set(2)) return 1;

  plait::mutex first;
  plait::recursive_mutex second;
  {
    const auto held = plait::lock_all(first, second);
    const auto listed = plait::try_lock_all(std::vector{&first});
    const std::lock_guard again(second);
  }
  plait::synchronized_value<std::vector<int>> values;
  values.with([](auto& list) { list.push_back(3); });
  apply([](const auto& list) { return list.size(); }, values);
#if defined(KEEPS_A_REFERENCE)
  auto& kept = *values.lock();
  kept.clear();
#endif
  return values.wait([](const auto& list) { return !list.empty(); })->front() == 3 ? 0 : 1;
}
