// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/keyed_counter.hpp>

int main() {
  // [words]
  plait::keyed_counter<std::string> words;
  std::jthread other([&] { words.add("cat", 2); });  // any thread may count
  words.update(std::vector<std::string_view>{"the", "cat", "and", "the", "dog"});
  other.join();
  for (const auto& [word, count] : words.most_common(2))  // cat 3, the 2
    std::printf("%s %lld\n", word.c_str(), static_cast<long long>(count));
  // [words]
  return words.count("cat") == 3 && words.total() == 7 ? 0 : 1;
}
