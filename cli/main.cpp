// SPDX-License-Identifier: MIT
// The program `plait`: finds the subcommand and runs it.
#include <fmt/format.h>

#include "count/characters.hpp"
#include "subcommands.hpp"

namespace {

constexpr const char* footer =
    "plait SUBCOMMAND --help says more about each.\n"
    "\n"
    "Examples:\n"
    "  plait count book.txt             the 20 most common words\n"
    "  plait count --top all --json .   every word in a folder, for other programs\n"
    "  zcat log.gz | plait count -      what comes through a pipe";

}  // namespace

int main(int argc, char** argv) {
  using namespace plait::cli;
  command_line program("plait", "Concurrent data structures, at work.", footer);
  program.require_subcommand(1);
  program.set_version_flag("--version", fmt::format("plait {} (Unicode {})", PLAIT_VERSION, unicode_version()),
                           "Print the version and exit");
  action run;
  add_count(program, run);
  add_tour(program, run);
  add_replay(program, run);
  add_remote(program, run);
  add_bench(program, run);
  add_stress(program, run);
  return program.run(argc, argv, [&run] { return run(); });
}
