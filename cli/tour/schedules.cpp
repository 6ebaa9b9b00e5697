// SPDX-License-Identifier: MIT
#include <string>

#include "siblings.hpp"
#include "tour/chapters.hpp"

namespace plait::cli::tour {

void schedules(page& out) {
  out.say(
      "A queue in one screen, for one thread that pushes and one that pops. One word of it is wrong. A test "
      "that starts two threads passes for years on x86, which orders more than C++ promises, and fails on "
      "Arm:");
  out.code("ring", "ring");
  out.say(
      "The model checker runs a push and a pop under one schedule after the other, in the memory model of "
      "C++20, until one fails. Each thread is a lane, an arrow leads from the step that wrote a value to the "
      "one that reads it, and the two steps marked ! are the bug:");
  const int wrong = run_sibling("cli", "plait-schedules", {});
  out.gap();
  if (wrong != 1) return out.say("The checker found no bug, which is WRONG: please report a bug");
  out.say(
      "The pop has seen the new tail, and nothing says that it sees the slot as well: a relaxed store "
      "publishes only itself. The store of the tail has to be a release. With that one word changed:");
  const int mended = run_sibling("cli", "plait-schedules", {"mended"});
  out.gap();
  if (mended != 0) return out.say("The checker refused the right order, which is WRONG: please report a bug");
  out.say("docs/verify.md does the same with a queue of yours, in fifteen minutes.");
}

}  // namespace plait::cli::tour
