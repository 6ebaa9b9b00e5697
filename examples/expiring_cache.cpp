// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <plait/expiring_cache.hpp>

using namespace std::chrono_literals;

int main() {
  // [prices]
  plait::expiring_cache<std::string, int> prices({.capacity = 10'000, .time_to_live = 5min});
  prices.put("tea", 3);
  prices.put("tea, today", 2, 10s);
  if (const std::optional<int> price = prices.get("tea")) std::printf("tea costs %d\n", *price);
  // [prices]
  return prices.size() == 2 && prices.remove("tea") && !prices.contains("tea") ? 0 : 1;
}
