// SPDX-License-Identifier: MIT
// A whole test program from a list of scenarios. With a test framework, call explore() instead.
//
//   int main(int argc, char** argv) {
//     return verify::run(argc, argv, {{"passes_items_in_order", passes_items_in_order}});
//   }
#pragma once

#include <initializer_list>

#include <verify/scenario.hpp>

namespace verify {

// Explores each scenario, or those that the command line names, and prints what it found; `--help` lists what
// else it takes. Returns the exit code: 0 if all passed, 1 if one failed, 2 if the command line is wrong.
int run(int argc, const char* const* argv, std::initializer_list<scenario> scenarios);

}  // namespace verify
