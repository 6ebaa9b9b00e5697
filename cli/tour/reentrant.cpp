// SPDX-License-Identifier: MIT
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include "tour/chapters.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

using clock = std::chrono::steady_clock;

// A plain lock, taken again by the thread that holds it: a deadline ends what would never end.
void wait_for_oneself(page& out) {
  plait::mutex plain;
  plait::recursive_mutex recursive;
  const auto take_again = [](auto& lock) {
    const std::lock_guard outer(lock);
    const clock::time_point start = clock::now();
    const std::unique_lock inner(lock, std::chrono::milliseconds(50));
    const std::chrono::duration<double, std::milli> elapsed = clock::now() - start;
    return fmt::format("{} after {:.1f} ms", inner.owns_lock() ? "taken" : "not taken", elapsed.count());
  };
  out.say("Live: the thread that holds a lock takes it again, and waits for at most 50 ms.");
  out.row("{:<24} {}", "plait::mutex", take_again(plain));
  out.row("{:<24} {}", "plait::recursive_mutex", take_again(recursive));
  out.gap();
}

// The same mistake, with a lock that is checked.
void be_told(page& out) {
  plait::lock_order::set_mode(plait::lock_order_mode::throw_error);
  plait::checked<std::mutex> lock("dict");
  std::string told = "nothing was reported, which is WRONG: please report a bug";
  try {
    const std::lock_guard outer(lock);
    const std::lock_guard inner(lock);
  } catch (const plait::lock_order_error& error) {
    told = error.what();
  }
  plait::lock_order::set_mode(plait::lock_order_mode::log);
  out.say("A checked lock says so instead of hanging:");
  out.row("{}", told.substr(0, told.find('\n')));
  out.gap();
}

// As in the lesson, without the statistics.
class dict {
 public:
  void put(const std::string& key, const std::string& value) {
    const std::lock_guard hold(lock_);
    data_[key] = value;
  }
  std::optional<std::string> get(const std::string& key) {
    const std::lock_guard hold(lock_);
    const auto found = data_.find(key);
    return found == data_.end() ? std::nullopt : std::optional(found->second);
  }
  bool rename(const std::string& from, const std::string& to) {
    const std::lock_guard hold(lock_);
    const std::optional<std::string> value = get(from);
    if (!value) return false;
    put(to, *value);
    data_.erase(from);
    return true;
  }

 private:
  plait::recursive_mutex lock_;
  std::unordered_map<std::string, std::string> data_;
};

void rename_together(page& out) {
  constexpr int times = 20'000;
  dict toys;
  toys.put("ball", "red");
  run_together(2, [&](unsigned) {
    for (int i = 0; i != times; ++i)
      if (!toys.rename("ball", "toy")) toys.rename("toy", "ball");
  });
  const int left = (toys.get("ball").has_value() ? 1 : 0) + (toys.get("toy").has_value() ? 1 : 0);
  out.say("Live: two threads renamed one toy back and forth, {} times each. There is {} of it{}.",
          grouped(times), left,
          left == 1 ? ", because nobody came between the calls" : ", which is WRONG: please report a bug");
}

template <class Mutex>
double nested_locks() {
  Mutex mutex;
  return nanoseconds_each(1, [&] {
    const std::lock_guard outer(mutex);
    const std::lock_guard inner(mutex);
  });
}

void compare_nested_locks(page& out) {
  const std::vector<double> time =
      medians_in_turn({nested_locks<plait::recursive_mutex>, nested_locks<std::recursive_mutex>});
  out.say("What two locks of one cost, the second within the first (median of 5 times 50 ms):");
  out.row("{:<24} {:>8.1f} ns", "plait::recursive_mutex", time[0]);
  out.row("{:<24} {:>8.1f} ns", "std::recursive_mutex", time[1]);
  out.gap();
}

}  // namespace

void reentrant(page& out) {
  out.say(
      "A method that holds the lock calls another one that takes it. With a plain lock it waits for itself:");
  wait_for_oneself(out);
  be_told(out);
  out.say(
      "A recursive_mutex knows its holder, and counts how often it has been taken. So one method may call "
      "others:");
  out.code("lessons/reentrant", "again");
  rename_together(out);
  compare_nested_locks(out);
}

}  // namespace plait::cli::tour
