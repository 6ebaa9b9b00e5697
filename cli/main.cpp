// SPDX-License-Identifier: MIT
// The program `plait`: finds the subcommand and runs it.
#include <algorithm>
#include <cstdio>
#include <exception>

#include <signal.h>

#include <fmt/format.h>

#include "count/characters.hpp"
#include "subcommands.hpp"

namespace {

constexpr const char* examples =
    "Examples:\n"
    "  plait count book.txt             the 20 most common words\n"
    "  plait count --top all --json .   every word in a folder, for other programs\n"
    "  zcat log.gz | plait count -      what comes through a pipe\n"
    "\n"
    "Concurrent data structures, at work: each subcommand runs on the structures of the library.";

}  // namespace

int main(int argc, char** argv) try {
  using namespace plait::cli;
  // `plait count ... | head` ends in silence, even where the parent ignores the signal.
  ::signal(SIGPIPE, SIG_DFL);

  CLI::App program(examples, "plait");
  program.require_subcommand(1);
  program.get_formatter()->column_width(28);
  program.set_version_flag("--version", fmt::format("plait {} (Unicode {})", PLAIT_VERSION, unicode_version()));

  action run;
  add_count(program, run);
  add_tour(program, run);
  add_bench(program, run);
  add_stress(program, run);

  const auto is_named = [&](const CLI::App* subcommand) { return subcommand->check_name(argv[1]); };
  if (argc > 1 && *argv[1] != '-' && std::ranges::none_of(program.get_subcommands({}), is_named)) {
    fmt::print(stderr, "plait: there is no subcommand '{}'\nSee plait --help.\n", argv[1]);
    return failed;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return program.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "plait: {}\nSee plait --help, or plait SUBCOMMAND --help.\n", error.what());
    return failed;
  }
  return run();
} catch (const std::exception& error) {
  fmt::print(stderr, "plait: {}\n", error.what());
  return plait::cli::failed;
}
