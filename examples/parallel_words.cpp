// SPDX-License-Identifier: MIT
#include <cstdio>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/bounded_queue.hpp>
#include <plait/keyed_counter.hpp>
#include <plait/queue_scopes.hpp>

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
  }
  return words;
}

}  // namespace

int main() {
  const std::vector<std::string_view> lines{"the cat and the dog", "the bird and the horse"};
  // [parallel_words]
  plait::bounded_queue<std::string_view> blocks(64);
  plait::keyed_counter<std::string> words;
  const auto work = [&](const std::stop_token& stop) {
    for (const std::string_view block : plait::items_of(blocks, stop)) words.update(split(block));
  };
  {
    const std::jthread first(work), second(work);
    const plait::producer out(blocks);  // closes the queue when it goes, also if something throws
    for (const std::string_view line : lines) out->push(line);
  }  // the threads have counted what was left and ended
  for (const auto& [word, times] : words.most_common(2))  // the 4, and 2
    std::printf("%s %lld\n", word.c_str(), static_cast<long long>(times));
  // [parallel_words]
  return words.count("the") == 4 && words.total() == 10 ? 0 : 1;
}
