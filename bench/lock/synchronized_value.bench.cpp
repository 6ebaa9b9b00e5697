// SPDX-License-Identifier: MIT
// synchronized_value compared with a value with a std::mutex beside it.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <plait/synchronized_value.hpp>

#include "lock/lock.bench.hpp"

namespace {

using number = std::uint64_t;

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

template <class Numbers>
bench::measurement change(std::size_t threads, std::chrono::nanoseconds time, void (Numbers::*call)(),
                          number sum_of_each) {
  Numbers numbers;
  bench::stop_flag stop;
  std::atomic<number> made = 0;
  const bench::job changer = [&] {
    constexpr int between_looks = 64;
    number mine = 0;
    for (; !stop(); mine += between_looks)
      for (int i = 0; i != between_looks; ++i) (numbers.*call)();
    made += mine;
  };
  bench::measurement measured = run_together(std::vector(threads, changer), time, stop);
  bench::check_count(made * sum_of_each, numbers.sum());
  measured.items = static_cast<double>(made);
  return measured;
}

template <class Numbers>
void add(const std::string& name) {
  bench::add_for_threads("synchronized_value", "add", name,
                         [](std::size_t threads, std::chrono::nanoseconds time) {
                           return change<Numbers>(threads, time, &Numbers::add, 1);
                         });
  bench::add_for_threads("synchronized_value", "apply_two", name,
                         [](std::size_t threads, std::chrono::nanoseconds time) {
                           return change<Numbers>(threads, time, &Numbers::transfer, 0);
                         });
}

const bench::registration values([] {
  add<synchronized_numbers<plait::mutex>>("plait");
  add<synchronized_numbers<std::mutex>>("plait_std_mutex");
  add<numbers_by_hand>("std_mutex_by_hand");
});

}  // namespace
