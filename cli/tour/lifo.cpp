// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <plait/lifo_queue.hpp>

#include "tour/chapters.hpp"
#include "tour/hand_made_queue.hpp"
#include "tour/measure.hpp"

namespace plait::cli::tour {
namespace {

void use_few_buffers(page& out) {
  constexpr int buffers = 8, workers = 2, each_takes = 50'000;
  plait::lifo_queue<int> pool(buffers);
  for (int i = 0; i != buffers; ++i) pool.push(i);
  std::vector<std::atomic<int>> used(buffers);
  run_together(workers, [&](unsigned) {
    for (int i = 0; i != each_takes; ++i) {
      const int buffer = pool.pop().value();
      ++used[static_cast<std::size_t>(buffer)];
      pool.push(buffer);
    }
  });
  out.say("{} workers took a buffer from a pool of {}, {} times each. How often each buffer was used:", workers,
          buffers, grouped(each_takes));
  std::string row;
  int in_use = 0;
  for (const auto& times : used) {
    row += grouped(times.load()) + "  ";
    if (times != 0) ++in_use;
  }
  out.row("{}", row);
  out.gap();
  out.say("{} of the {} were touched at all: the one that was used last, still in the cache, is used next.",
          in_use, buffers);
}

void compare_stacks(page& out) {
  const auto [one, four] =
      compare_throughput<plait::lifo_queue<std::int64_t>, hand_made_queue<std::vector<std::int64_t>>>(
          out, 4, "plait::lifo_queue", "mutex + vector + 2 condition variables");
  out.say("With one on each side plait::lifo_queue is {} the hand-made stack; with four it is {} the other.",
          one, four);
}

}  // namespace

void lifo(page& out) {
  out.say("The way back is the way there, reversed: what was pushed last comes out first.");
  out.code("lifo_queue", "trail");
  out.say(
      "It suits what is best used again soon. A pool of buffers, from which a worker may have to wait for "
      "one:");
  out.code("lifo_queue", "buffers");
  use_few_buffers(out);
  compare_stacks(out);
}

}  // namespace plait::cli::tour
