// SPDX-License-Identifier: MIT
// A dictionary that three threads fill and two read, and that knows how often each key was put and got.
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <plait/stats_map.hpp>

namespace {

using dictionary = plait::stats_map<std::string, std::string>;

std::string item(int id) {
  return "item_" + std::to_string(id);
}

void put_five(dictionary& items, int first) {
  for (int id = first; id < first + 5; ++id) items.insert_or_assign(item(id), "value_" + std::to_string(id));
}

void get_every_fifth(dictionary& items, int& found) {
  for (int id = 0; id < 30; id += 5) {
    const std::optional<std::string> value = items.find(item(id));
    if (value) ++found;
  }
}

}  // namespace

int main() {
  dictionary items;
  {
    std::vector<std::jthread> writers;
    for (int first = 0; first < 30; first += 10)
      writers.emplace_back([&items, first] { put_five(items, first); });
  }
  int found = 0;
  int also_found = 0;
  {
    const std::jthread reader([&] { get_every_fifth(items, found); });
    const std::jthread another([&] { get_every_fifth(items, also_found); });
  }
  std::cout << items.size() << " items; each reader found " << found << " of 6\n";

  const plait::access_totals seen = items.stats();
  std::cout << seen.inserts << " inserts, " << seen.updates << " updates, " << seen.hits << " hits, "
            << seen.misses << " misses\n";
  for (int id = 0; id < 30; id += 10) {
    const std::optional<plait::key_accesses> accesses = items.accesses(item(id));
    std::cout << "  " << item(id) << ": put " << accesses->puts << ", got " << accesses->gets << '\n';
  }
  return found == also_found ? 0 : 1;
}
