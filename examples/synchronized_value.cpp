// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <plait/synchronized_value.hpp>

int main() {
  // [reach]
  plait::synchronized_value<std::vector<std::string>> names;
  names.with([](auto& list) { list.push_back("Ada"); });
  names.lock()->push_back("Grace");
  const std::size_t count = names.read([](const auto& list) { return list.size(); });
  // [reach]
  if (count != 2) return 1;

  // [several]
  plait::synchronized_value<long> checking(100), savings(0);
  const auto save = [&](long amount) {
    return apply(
        [amount](long& from, long& to) {
          if (from < amount) return false;
          from -= amount;
          to += amount;
          return true;
        },
        checking, savings);
  };
  // [several]
  if (!save(70) || save(70) || savings.load() != 70) return 1;

  // [wait]
  using namespace std::chrono_literals;
  const std::jthread later([&] {
    std::this_thread::sleep_for(5ms);
    names.with([](auto& list) { list.push_back("Barbara"); });
  });
  if (const auto held = names.wait_for(1s, [](const auto& list) { return list.size() > 2; }))
    std::printf("%s came\n", held->back().c_str());  // nobody can change the list before `held` goes
  // [wait]
}
