// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
  // [many]
  const auto known =
      prices.get_many(std::vector<std::string>{"tea", "coffee", "cocoa"});  // the last is nothing
  prices.remove_if([](const std::string& key, int) { return key.ends_with(", today"); });
  prices.for_each([](const std::string& key, int price) { std::printf("%s: %d\n", key.c_str(), price); });
  // [many]
  // [weights]
  plait::expiring_cache<std::string, std::string> pages(
      {.capacity = 64 << 20, .heaviest = 8 << 20},
      [](const std::string& name, const std::string& page) { return name.size() + page.size(); });
  pages.put("index", "<html>");  // 11 bytes of 64 MiB
  // [weights]
  // [refresh]
  const plait::load_options fresh{.refresh_after = 1min, .stale_if_error = true};
  const int cocoa = prices.get_or_load("cocoa", [] { return ask_the_supplier(); }, fresh);
  // [refresh]
  // [tags]
  prices.put("milk", 1, {.time_to_live = 1h, .tags = {"supplier:7"}});
  prices.put("cheese", 9, {.tags = {"supplier:7", "dairy"}, .is_pinned = true});
  const std::size_t outdated = prices.invalidate_tag("supplier:7");  // 2
  // [tags]
  // [bulk]
  const std::vector<std::string> wanted{"tea", "bread", "salt"};
  const auto all = prices.get_many_or_load(wanted, [](std::span<const std::string> missing) {
    std::map<std::string, int> found;  // one query for all; what the supplier doesn't have is left out
    for (const std::string& name : missing)
      if (name != "salt") found[name] = ask_the_supplier();
    return found;
  });
  // [bulk]
  std::printf("coffee costs %d; %.0f %% hits\n", coffee, 100 * seen.hit_ratio());
  return known[0] == 3 && !known[2] && cocoa == 40 && outdated == 2 && all[1] == 40 && !all[2] &&
                 prices.size() == 4 && pages.weight() == 11 && prices.remove("tea") && !prices.contains("tea")
             ? 0
             : 1;
}
