// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/keyed_counter.hpp>

int main() {
  // [word_count]
  plait::keyed_counter<std::string> words;
  {
    const auto count = [&](std::vector<std::string_view> line) { words.update(line); };
    std::jthread first(count, std::vector<std::string_view>{"the", "cat", "and", "the", "dog"});
    std::jthread second(count, std::vector<std::string_view>{"the", "bird", "and", "the", "horse"});
  }
  for (const auto& [word, times] : words.most_common(2))  // the 4, and 2
    std::printf("%s %lld\n", word.c_str(), static_cast<long long>(times));
  // [word_count]
  return words.count("the") == 4 && words.total() == 10 ? 0 : 1;
}
