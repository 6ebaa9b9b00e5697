// SPDX-License-Identifier: MIT
// The program behind the tour's chapter `schedules`: checks the ring of examples/verify, with `mended` the one
// with the right order, and prints what it found with the threads as lanes.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <verify/picture.hpp>
#include <verify/scenario.hpp>

#include "threading.hpp"

// What the ring includes, so that it includes nothing inside of a namespace.
#include <array>
#include <cstddef>

namespace wrong {
#include "ring.hpp"
}
namespace right {
#include "mended/ring.hpp"
}

namespace {

template <class Ring>
void an_item_arrives() {
  Ring queue;
  std::optional<int> got;
  verify::threads([&] { queue.try_push(7); }, [&] { got = queue.try_pop(); });
  if (!got) got = queue.try_pop();
  verify::check(got == 7, "the item arrives");
}

void print_indented(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    std::printf("    %.*s\n", static_cast<int>(line.size()), line.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool mended = argc > 1 && std::string_view(argv[1]) == "mended";
  const auto begin = std::chrono::steady_clock::now();
  const verify::report found =
      verify::explore(mended ? an_item_arrives<right::ring<int, 2>> : an_item_arrives<wrong::ring<int, 2>>);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  if (found) {
    std::printf("    %llu executions, %s within the bounds, in %.1f ms: none fails\n",
                static_cast<unsigned long long>(found.executions),
                found.complete ? "every one" : "NOT every one", took.count());
    return 0;
  }
  print_indented(verify::to_lanes(found, 76));
  print_indented("\n" + found.failure);
  std::printf("\n    found in execution %llu, and drawn, in %.1f ms; VERIFY_REPLAY='%s' repeats it\n",
              static_cast<unsigned long long>(found.executions), took.count(), found.token.c_str());
  return 1;
}
