// SPDX-License-Identifier: MIT
// Prices that many processes read and one changes: near_cache URL.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <plait/remote/connection.hpp>
#include <plait/remote/near_cache.hpp>

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: %s URL\n", arguments[0]), 2;
  using namespace std::chrono_literals;
  const plait::remote::connection server(arguments[1]);
  plait::remote::near_cache<std::string, int> prices(
      server, "prices", {.capacity = 10'000, .time_to_live = 1h, .max_stale = 500ms});

  prices.put("tea", 3);
  for (int i = 0; i < 1000; ++i) {
    const std::optional<int> price =
        prices.get("tea");  // asks the server once, or when it says that it changed
    if (price != 3) return 1;
  }
  if (!prices.get("gold")) std::puts("no price for gold");
}
