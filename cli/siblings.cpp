// SPDX-License-Identifier: MIT
// `plait bench` and `plait stress` are programs of their own, so that they need not be built to count words.
// They are near this one: in the build folder under bench/ and tests/stress/, once installed in the same
// folder.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include "subcommands.hpp"

namespace plait::cli {
namespace {

namespace fs = std::filesystem;

// Replaces this process by the program `name` with these arguments; returns only if there is none.
int become(const std::string& folder, const std::string& name, std::vector<std::string> arguments) {
  std::error_code error;
  const fs::path own_folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::array places{own_folder / name, own_folder.parent_path() / folder / name};
  const auto place =
      std::ranges::find_if(places, [&](const fs::path& path) { return fs::exists(path, error); });
  if (place == places.end()) {
    fmt::print(stderr, "plait: {} is not built; build it with: cmake --build --preset release --target {}\n",
               places.back().string(), name);
    return failed;
  }
  arguments.insert(arguments.begin(), place->string());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(pointers.front(), pointers.data());
  fmt::print(stderr, "plait: cannot start {}: {}\n", arguments.front(), std::generic_category().message(errno));
  return failed;
}

void add_sibling(CLI::App& program, action& run, const std::string& command, const std::string& folder,
                 const std::string& purpose) {
  const auto arguments = std::make_shared<std::vector<std::string>>();
  CLI::App& sibling = *program.add_subcommand(command, purpose);
  sibling.set_help_flag();  // every argument is the sibling's, --help too
  sibling.prefix_command();
  add_operands(sibling, "ARGUMENT", *arguments, false);
  sibling.callback([=, &run] { run = [=] { return become(folder, "plait-" + command, *arguments); }; });
}

}  // namespace

void add_bench(CLI::App& program, action& run) {
  add_sibling(program, run, "bench", "bench", "Measure every structure against its rivals");
}

void add_stress(CLI::App& program, action& run) {
  add_sibling(program, run, "stress", "tests/stress", "Use every structure from many threads, and check it");
}

}  // namespace plait::cli
