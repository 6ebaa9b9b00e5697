// SPDX-License-Identifier: MIT
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include <plait/shared_mutex.hpp>

int main() {
  // [read and write]
  std::map<std::string, int> prices;
  plait::shared_mutex lock;
  const auto price = [&](const std::string& what) {
    const std::shared_lock reads(lock);
    const auto found = prices.find(what);
    return found == prices.end() ? 0 : found->second;
  };
  const auto set_price = [&](const std::string& what, int value) {
    const std::unique_lock writes(lock);
    prices[what] = value;
  };
  // [read and write]

  // [upgrade]
  const auto price_or_set = [&](const std::string& what, int value) {
    lock.lock_upgrade();  // reads, beside other readers
    const auto found = prices.find(what);
    const bool is_there = found != prices.end();
    if (!is_there) {
      lock.unlock_upgrade_and_lock();  // nobody has written in between
      prices[what] = value;
      lock.unlock_and_lock_upgrade();
    }
    const int now = prices.find(what)->second;
    lock.unlock_upgrade();
    return now;
  };
  // [upgrade]

  set_price("bread", 3);
  int bread = 0, salt = 0;
  {
    const std::jthread reader([&] { bread = price("bread"); });
    const std::jthread other([&] { salt = price_or_set("salt", 1); });
  }
  return bread == 3 && salt == 1 && price("salt") == 1 && price("tea") == 0 ? 0 : 1;
}
