// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/keyed_counter.hpp>

namespace {

// Every other one comes from the same address.
std::vector<std::string> addresses_of(int requests) {
  std::vector<std::string> all;
  for (int i = 0; i != requests; ++i)
    all.push_back(i % 2 == 0 ? "10.0.0.1" : "10." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  return all;
}

int count_requests() {
  // [bounded]
  plait::keyed_counter<std::string> requests({.max_keys = 1000});
  requests.update(addresses_of(100'000));  // more addresses than it keeps, from any number of threads
  for (const auto& [address, seen] : requests.most_common_estimates(10))
    std::printf("%s: %lld, or up to %lld less\n", address.c_str(), static_cast<long long>(seen.count),
                static_cast<long long>(seen.error));
  // [bounded]
  return requests.size() == 1000 && requests.most_common(1).front().first == "10.0.0.1" ? 0 : 1;
}

}  // namespace

int main() {
  // [words]
  plait::keyed_counter<std::string> words;
  std::jthread other([&] { words.add("cat", 2); });  // any thread may count
  words.update(std::vector<std::string_view>{"the", "cat", "and", "the", "dog"});
  other.join();
  for (const auto& [word, count] : words.most_common(2))  // cat 3, the 2
    std::printf("%s %lld\n", word.c_str(), static_cast<long long>(count));
  // [words]
  return words.count("cat") == 3 && words.total() == 7 ? count_requests() : 1;
}
