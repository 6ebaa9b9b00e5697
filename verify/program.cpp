// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace verify {
namespace {

constexpr std::string_view help =
    "Runs each scenario under every schedule within its bounds, and prints the first execution that fails.\n"
    "\n"
    "  --list             the names of the scenarios\n"
    "  --html FILE        draws the first failing execution: threads as lanes, and who reads from whom\n"
    "  --replay TOKEN     that execution alone, of the one SCENARIO that is named\n"
    "\n"
    "In the environment: VERIFY_EFFORT=20 tries twenty times as many executions, VERIFY_EFFORT=deep all "
    "within\nthe bounds; VERIFY_SECONDS=10 ends each search after that time.\n";

struct arguments {
  std::vector<std::string_view> names;
  std::string_view token;
  std::string picture;
  bool replays = false;
  bool lists = false;
  bool helps = false;
};

arguments parse(std::span<const char* const> words) {
  arguments parsed;
  for (std::size_t i = 0; i != words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--help" || word == "-h") {
      parsed.helps = true;
    } else if (word == "--list") {
      parsed.lists = true;
    } else if (word == "--replay" || word == "--html") {
      if (++i == words.size()) throw std::invalid_argument(std::string(word) + " needs a value");
      parsed.replays = parsed.replays || word == "--replay";
      if (word == "--html") {
        parsed.picture = words[i];
      } else {
        parsed.token = words[i];
      }
    } else if (word.starts_with('-')) {
      throw std::invalid_argument("there is no option " + std::string(word));
    } else {
      parsed.names.push_back(word);
    }
  }
  return parsed;
}

bool is_named(const arguments& in, const scenario& one) {
  return in.names.empty() || std::ranges::find(in.names, one.name) != in.names.end();
}

int run(std::string_view program, const arguments& asked, std::span<const scenario> scenarios) {
  if (asked.helps) {
    std::cout << "Usage: " << program << " [OPTION...] [SCENARIO...]\n\n" << help;
    return 0;
  }
  if (asked.lists) {
    for (const scenario& each : scenarios) std::cout << each.name << '\n';
    return 0;
  }
  for (const std::string_view name : asked.names)
    if (std::ranges::find(scenarios, name, &scenario::name) == scenarios.end())
      throw std::invalid_argument("there is no scenario " + std::string(name) + "; --list prints their names");
  if (asked.replays && std::ranges::count_if(scenarios, [&](auto& each) { return is_named(asked, each); }) != 1)
    throw std::invalid_argument("--replay needs the name of the scenario to which the token belongs");
  if (!asked.picture.empty()) ::setenv("VERIFY_HTML", asked.picture.c_str(), 1);  // a crash ends the process
  unsigned failed = 0;
  for (const scenario& each : scenarios) {
    if (!is_named(asked, each)) continue;
    const report found =
        asked.replays ? replay(each.body, asked.token, each.how) : explore(each.body, each.how);
    failed += !found.passed();
    std::cout << (found ? "passed  " : "FAILED  ") << each.name << ": " << found << (found ? "\n" : "")
              << std::flush;
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int run(int argc, const char* const* argv, std::initializer_list<scenario> scenarios) {
  const std::string_view program = argc > 0 ? argv[0] : "program";
  try {
    return run(program, parse({argv + 1, static_cast<std::size_t>(std::max(argc, 1) - 1)}),
               {scenarios.begin(), scenarios.size()});
  } catch (const std::invalid_argument& wrong) {
    std::cerr << program << ": " << wrong.what() << "; see --help\n";
    return 2;
  }
}

}  // namespace verify
