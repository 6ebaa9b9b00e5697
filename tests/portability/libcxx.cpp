// SPDX-License-Identifier: MIT
// Every header with a standard library that has std::format. See CMakeLists.txt.
#include <format>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <plait/plait.hpp>

#if !defined(__cpp_lib_format)
#error "this standard library has no std::format: what is below tests nothing"
#endif

namespace {

bool formats() {
  using plait::conqueue_status;
  return std::format("{} {:.>8}", conqueue_status::closed, conqueue_status::busy) == "closed ....busy";
}

bool stops() {
  plait::bounded_queue<int> queue(1);
  std::optional<int> got(1);
  {
    std::jthread reader([&](const std::stop_token& stop) { got = queue.pop(stop); });
  }
  return !got;
}

bool carries_words() {
  plait::unbounded_queue<std::string> words;
  plait::keyed_counter<std::string> counts;
  {
    std::jthread reader([&] {
      while (const auto word = words.pop()) counts.add(*word);
    });
    for (int i = 0; i != 1000; ++i) words.push(i % 2 == 0 ? "even" : "a rather long odd word");
    words.close();
  }
  return counts.count("even") == 500 && counts.total() == 1000;
}

}  // namespace

int main() {
  return formats() && stops() && carries_words() ? 0 : 1;
}
