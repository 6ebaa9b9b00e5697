// SPDX-License-Identifier: MIT
// Any command line gives options within their limits, or help, or an error that says something. The input is
// one argument a line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "count/options.hpp"
#include "support/fuzz.hpp"

namespace {

using namespace plait::cli;
using fuzz::require;

void require_limits(const count_options& options) {
  require(!options.paths.empty(), "there is something to count");
  require(options.threads >= 1 && options.threads <= most_threads, "--threads within its limits");
  require(options.top >= 1, "--top within its limits");
  require(options.rules.min_length >= 1 && options.rules.min_length <= longest_min_length,
          "--min-length within its limits");
  const auto is_one_of = [](auto value, auto... all) { return (... || (value == all)); };
  require(is_one_of(options.rules.kind, word_kind::whitespace, word_kind::alphanumeric), "--words");
  require(is_one_of(options.binary, binary_files::error, binary_files::skip, binary_files::count), "--binary");
  require(is_one_of(options.progress, when::automatic, when::always, when::never), "--progress");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::ranges::replace(text, '\0', ' ');  // no argument has one
  std::vector<std::string> lines;
  for (const auto line : text | std::views::split('\n')) lines.emplace_back(line.begin(), line.end());
  std::vector<const char*> arguments{"plait"};
  for (const std::string& line : lines) arguments.push_back(line.c_str());

  CLI::App command("", "plait");
  count_options options;
  add_options(command, options);
  try {
    command.parse(static_cast<int>(arguments.size()), arguments.data());
    require_limits(options);
  } catch (const CLI::Success& help) {
    std::ostringstream out;
    std::ostringstream err;
    require(command.exit(help, out, err) == 0 && !out.str().empty() && err.str().empty(), "help is no error");
  } catch (const CLI::ParseError& error) {
    require(!std::string_view(error.what()).empty(), "an error says what is wrong");
  }
  return 0;
}
