// SPDX-License-Identifier: MIT
// Four threads, one text each, and one counter for the words of all. update() counts each word in one step.
// `counts[word] += 1` would read, add and write: what another thread counts in between is lost.
// A stream without end has more words than memory: with max_keys a counter keeps the frequent ones.
#include <array>
#include <cctype>
#include <iostream>
#include <ranges>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <plait/keyed_counter.hpp>

namespace {

constexpr std::array texts{
    "The early bird sings and the cat listens",
    "The cat sleeps while the bird sings",
    "The old cat and the young cat sleep",
    "Nobody sings while a cat sleeps",
};

void count_words(std::string text, plait::keyed_counter<std::string>& counts) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::istringstream words(text);
  counts.update(std::views::istream<std::string>(words));
}

}  // namespace

int main() {
  plait::keyed_counter<std::string> counts;
  {
    std::vector<std::jthread> threads;
    for (const char* const text : texts) threads.emplace_back([&counts, text] { count_words(text, counts); });
  }
  for (const auto& [word, count] : counts.most_common(3)) std::cout << word << ": " << count << '\n';
  std::cout << counts.total() << " words, " << counts.size() << " different ones\n";

  plait::keyed_counter<std::string> frequent({.max_keys = 5});
  for (const char* const text : texts) count_words(text, frequent);
  for (const auto& [word, seen] : frequent.most_common_estimates(2))
    std::cout << word << ": at most " << seen.count << ", at least " << seen.count - seen.error << '\n';
  std::cout << frequent.total() << " words, " << frequent.size() << " are kept\n";
}
