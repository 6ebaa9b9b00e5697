// SPDX-License-Identifier: MIT
// A cache with room for five entries, which end after two seconds, and three threads that use it.
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <plait/expiring_cache.hpp>

namespace {

using namespace std::chrono_literals;

// A clock that the program sets, so that it prints the same each time. Without one, a cache asks the system's.
struct set_clock {
  using duration = std::chrono::milliseconds;
  using time_point = std::chrono::time_point<set_clock, duration>;

  static time_point now() { return time_point(passed_.load()); }
  static void advance(duration by) { passed_ = passed_.load() + by; }

 private:
  inline static std::atomic<duration> passed_{0ms};
};

using cache =
    plait::expiring_cache<std::string, std::string, std::hash<std::string>, std::equal_to<>, set_clock>;

void work(cache& entries, int worker) {
  for (int i = 0; i < 10; ++i) {
    const std::string name = std::to_string(worker) + '_' + std::to_string(i);
    entries.put("key_" + name, "value_" + name);
    entries.get("key_" + name);  // may be gone already: the others put theirs
  }
}

void limit_of_entries() {
  cache entries({.capacity = 5, .time_to_live = 2s});
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 3; ++worker) workers.emplace_back([&, worker] { work(entries, worker); });
  }
  const plait::cache_statistics seen = entries.statistics();
  std::cout << "30 put, " << entries.size() << " left, " << seen.evictions << " pushed out, "
            << seen.expirations << " expired\n";

  set_clock::advance(2s);
  std::cout << "after 2 seconds " << entries.size() << " left, " << entries.statistics().expirations
            << " expired\n";
}

void limit_of_time() {
  cache entries({.capacity = 2, .time_to_live = 300s});
  entries.put("a", "1");
  entries.put("b", "2");
  entries.put("b", "3", 10s);  // it has had its place: nothing is pushed out, and it ends sooner
  std::cout << "a is " << entries.get("a").value_or("gone") << ", b is " << entries.get("b").value_or("gone");
  set_clock::advance(10s);
  std::cout << "; later a is " << entries.get("a").value_or("gone") << ", b is "
            << entries.get("b").value_or("gone") << '\n';
}

// get, and put if it was not there, are two calls: between them, others find nothing, too.
void one_load() {
  cache entries({.capacity = 5, .time_to_live = 2s});
  std::atomic<int> times = 0;
  const auto fetch = [&times] {
    ++times;
    std::this_thread::sleep_for(20ms);  // the others ask meanwhile, and wait
    return std::string("sunny");
  };
  std::array<std::string, 3> seen;
  {
    std::vector<std::jthread> workers;
    for (std::string& mine : seen) workers.emplace_back([&] { mine = entries.get_or_load("weather", fetch); });
  }
  std::cout << "3 asked: " << seen[0] << ", " << seen[1] << ", " << seen[2] << "; fetched " << times
            << " time\n";
}

}  // namespace

int main() {
  limit_of_entries();
  limit_of_time();
  one_load();
}
