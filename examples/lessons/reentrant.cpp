// SPDX-License-Identifier: MIT
// A dictionary with statistics, one of whose methods calls another: what that takes of a lock.
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

namespace {

using namespace std::chrono_literals;

class stats_dict {
 public:
  void put(const std::string& key, const std::string& value) {
    const std::lock_guard hold(lock_);
    data_[key] = value;
    ++accesses_["put_" + key];
  }

  std::optional<std::string> get(const std::string& key) {
    const std::lock_guard hold(lock_);
    ++accesses_["get_" + key];
    const auto found = data_.find(key);
    return found == data_.end() ? std::nullopt : std::optional(found->second);
  }

  // [again]
  // Calls the two others. Nobody comes in between, because the lock is held all the time.
  bool rename(const std::string& from, const std::string& to) {
    const std::lock_guard hold(lock_);
    const std::optional<std::string> value = get(from);  // takes the lock again
    if (!value) return false;
    put(to, *value);  // and again
    data_.erase(from);
    return true;
  }
  // [again]

  std::map<std::string, int> stats() {
    const std::lock_guard hold(lock_);
    return accesses_;
  }

 private:
  plait::recursive_mutex lock_;
  std::map<std::string, std::string> data_;
  std::map<std::string, int> accesses_;
};

}  // namespace

int main() {
  plait::mutex plain;
  plain.lock();
  std::cout << "a mutex, taken again by its holder: " << (plain.try_lock_for(10ms) ? "taken" : "still waiting")
            << " after 10 ms\n";
  plain.unlock();

  plait::recursive_mutex recursive;
  recursive.lock();
  std::cout << "a recursive_mutex: " << (recursive.try_lock_for(10ms) ? "taken" : "still waiting")
            << " at once\n";
  recursive.unlock();
  std::cout << "held after one unlock: " << (recursive.held_by_me() ? "yes" : "no") << '\n';
  recursive.unlock();
  std::cout << "and after another: " << (recursive.held_by_me() ? "yes" : "no") << '\n';

  stats_dict dict;
  dict.put("ball", "red");
  std::vector<std::jthread> players;
  for (int i = 0; i < 2; ++i)
    players.emplace_back([&] {
      for (int n = 0; n < 100; ++n)
        if (!dict.rename("ball", "toy")) dict.rename("toy", "ball");
    });
  players.clear();  // waits for them
  int balls = 0;
  for (const char* key : {"ball", "toy"}) balls += dict.get(key).has_value() ? 1 : 0;
  std::cout << "after 200 renames by two threads there is " << balls << " ball\n";
  return balls == 1 ? 0 : 1;
}
