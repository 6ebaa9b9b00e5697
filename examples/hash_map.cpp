// SPDX-License-Identifier: MIT
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <plait/hash_map.hpp>

namespace {

int ask_the_supplier() {
  return 40;
}

void stock_and_prices() {
  plait::hash_map<std::string, int> prices;
  // [stock]
  plait::hash_map<std::string, int> stock;
  stock.insert("apples", 3);
  stock.upsert("pears", [](int& count) { ++count; }, 1);  // there is none: now there is 1
  if (stock.update("apples", [](int& count) { count -= 2; })) std::puts("sold");
  if (const std::optional<int> left = stock.find("apples")) std::printf("%d left\n", *left);
  const int price = prices.get_or_insert_with("apples", [] { return ask_the_supplier(); });
  // [stock]
  std::printf("at %d\n", price);
}

// [once]
// Whatever number of threads ask for the same page, it is fetched once, and only they wait for it.
std::string page(plait::hash_map<std::string, std::string>& pages, const std::string& address) {
  return pages.get_or_insert_with(address, [&] { return "what is at " + address; });
}
// [once]

void many_readers() {
  plait::hash_map<std::string, std::string> pages;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i != 4; ++i) readers.emplace_back([&] { page(pages, "/index"), page(pages, "/about"); });
  }
  std::printf("%zu pages\n", pages.size());
}

// [scan]
// Goes through all keys while others change the map, some thousands at a time.
std::size_t count_expensive(const plait::hash_map<int, int>& prices, int limit) {
  std::size_t found = 0;
  plait::hash_map<int, int>::cursor at;
  while (!at.is_at_end())
    for (const auto& [article, price] : prices.scan(at)) found += price > limit ? 1 : 0;
  return found;
}
// [scan]

}  // namespace

int main() {
  stock_and_prices();
  many_readers();
  plait::hash_map<int, int> prices;
  for (int article = 0; article != 1000; ++article) prices.insert(article, article % 100);
  std::printf("%zu expensive\n", count_expensive(prices, 90));
  return prices.size() == 1000 && count_expensive(prices, 90) == 90 ? 0 : 1;
}
