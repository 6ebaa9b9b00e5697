// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <plait/expiring_cache.hpp>

using namespace std::chrono_literals;

namespace {

int ask_the_supplier() {
  return 40;
}

}  // namespace

int main() {
  // [prices]
  plait::expiring_cache<std::string, int> prices({.capacity = 10'000, .time_to_live = 5min});
  prices.put("tea", 3);
  prices.put("tea, today", 2, 10s);
  if (const std::optional<int> price = prices.get("tea")) std::printf("tea costs %d\n", *price);
  const int coffee = prices.get_or_load("coffee", [] { return ask_the_supplier(); });
  const plait::cache_statistics seen = prices.statistics();  // hits 1, misses 1, loads 1
  // [prices]
  std::printf("coffee costs %d; %.0f %% hits\n", coffee, 100 * seen.hit_ratio());
  return prices.size() == 3 && prices.remove("tea") && !prices.contains("tea") ? 0 : 1;
}
