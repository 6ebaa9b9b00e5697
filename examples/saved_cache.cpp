// SPDX-License-Identifier: MIT
#include <cstdio>
#include <sstream>
#include <string>

#include <plait/expiring_cache.hpp>
#include <plait/saved_cache.hpp>

int main() {
  plait::expiring_cache<std::string, int> prices({.capacity = 100});
  prices.put("tea", 3);
  // [saved]
  std::stringstream file;  // or an std::fstream that is std::ios::binary
  plait::save_cache(prices, file);
  plait::expiring_cache<std::string, int> warm({.capacity = 100});
  plait::load_cache(warm, file);
  // [saved]
  std::printf("tea costs %d\n", *warm.get("tea"));
}
