// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>

#include <plait/stats_map.hpp>

int main() {
  // [prices]
  plait::stats_map<std::string, int> prices;
  prices.insert_or_assign("tea", 3);
  prices.insert_or_assign("tea", 4);
  for (int i = 0; i < 10; ++i) prices.find("tea");
  const int price = prices.get("coffee", 0);  // 0: it is not there
  for (const auto& [key, gets] : prices.most_read(3))
    std::printf("%s was read %d times\n", key.c_str(), static_cast<int>(gets));  // tea was read 10 times
  const plait::access_totals seen = prices.stats();  // hits 10, misses 1, inserts 1, updates 1, erases 0
  // [prices]
  return price == 0 && seen == plait::access_totals{10, 1, 1, 1, 0} ? 0 : 1;
}
