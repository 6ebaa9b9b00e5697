// SPDX-License-Identifier: MIT
// `plait bench` and `plait stress` are programs of their own, so that they need not be built to count words;
// so is what a chapter of the tour runs. They are near this one: in the build folder under bench/,
// tests/stress/ and cli/, once installed in the same folder.
#include "siblings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "subcommands.hpp"

namespace plait::cli {
namespace {

namespace fs = std::filesystem;

// Empty, and a message, if it was not built.
std::string find_sibling(const std::string& folder, const std::string& name) {
  std::error_code error;
  const fs::path own_folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::array places{own_folder / name, own_folder.parent_path() / folder / name};
  const auto place =
      std::ranges::find_if(places, [&](const fs::path& path) { return fs::exists(path, error); });
  if (place != places.end()) return place->string();
  fmt::print(stderr, "plait: {} is not built; build it with: cmake --build --preset release --target {}\n",
             places.back().string(), name);
  return {};
}

// Replaces this process by that program; returns only if that fails.
void become(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(pointers.front(), pointers.data());
  fmt::print(stderr, "plait: cannot start {}: {}\n", program, std::generic_category().message(errno));
}

void add_sibling(CLI::App& program, action& run, const std::string& command, const std::string& folder,
                 const std::string& purpose) {
  const auto arguments = std::make_shared<std::vector<std::string>>();
  CLI::App& sibling = *program.add_subcommand(command, purpose);
  sibling.set_help_flag();  // every argument is the sibling's, --help too
  sibling.prefix_command();
  add_operands(sibling, "ARGUMENT", *arguments, false);
  sibling.callback([=, &run] {
    run = [=] {
      if (const std::string found = find_sibling(folder, "plait-" + command); !found.empty())
        become(found, *arguments);
      return static_cast<int>(failed);
    };
  });
}

}  // namespace

int run_sibling(const std::string& folder, const std::string& name, const std::vector<std::string>& arguments) {
  const std::string program = find_sibling(folder, name);
  if (program.empty()) return failed;
  const pid_t child = ::fork();
  if (child == 0) {
    become(program, arguments);
    ::_exit(failed);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(failed);
}

void add_bench(CLI::App& program, action& run) {
  add_sibling(program, run, "bench", "bench", "Measure every structure against its rivals");
}

void add_stress(CLI::App& program, action& run) {
  add_sibling(program, run, "stress", "tests/stress", "Use every structure from many threads, and check it");
}

}  // namespace plait::cli
