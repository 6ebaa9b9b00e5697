// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/thread_specific.hpp>

namespace {

// [total]
struct letters {
  std::array<long, 256> seen{};
};

letters operator+(letters total, const letters& part) {
  for (std::size_t i = 0; i != total.seen.size(); ++i) total.seen[i] += part.seen[i];
  return total;
}
// [total]

}  // namespace

int main() {
  // [buffer]
  plait::thread_specific<std::vector<char>> buffer;
  const auto work = [&] {
    buffer->resize(1000);  // the thread's own: made here, and destroyed when the thread ends
  };
  std::jthread first(work), second(work);
  // [buffer]
  first.join();
  second.join();

  // [fold]
  plait::thread_specific<letters> counts(
      plait::fold_at_exit([](const letters& a, const letters& b) { return a + b; }));
  {
    std::vector<std::jthread> threads;
    for (const std::string_view text : {"a plait", "is many strands", "and none is tangled"})
      threads.emplace_back([&counts, text] {
        for (const char c : text) ++counts->seen[static_cast<unsigned char>(c)];
      });
  }  // the threads have ended: what each counted has become part of one value
  const letters total = counts.combine(letters(), [](const letters& a, const letters& b) { return a + b; });
  std::printf("%ld times n\n", total.seen['n']);  // 6
  // [fold]
  return total.seen['n'] == 6 && counts.size() == 0 && buffer.size() == 0 ? 0 : 1;
}
