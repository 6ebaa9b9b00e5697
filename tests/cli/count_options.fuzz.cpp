// SPDX-License-Identifier: MIT
// Any command line gives options within their limits, or help, or an error with a message.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line/command_line.hpp"
#include "count/options.hpp"
#include "support/fuzz.hpp"

namespace {

using namespace plait::cli;
using fuzz::require;

const std::vector<std::string> known = [] {
  std::istringstream in(
      "--words alphanumeric whitespace --keep-case --min-length --max-keys --top all --json --threads --binary "
      "error skip "
      "count --progress auto always never --quiet -q --help -h -- - 0 1 1024 1025 1000000001 -1 +1 0x10 1e3 "
      "18446744073709551615 text.txt folder/ true false {} [a] [a,b] ++ %%");
  return std::vector<std::string>(std::istream_iterator<std::string>(in), {});
}();

constexpr std::size_t most_arguments = 6;

// Adds a known argument or any bytes, as an argument of its own or joined to the one before.
void add_argument(fuzz::input& in, std::vector<std::string>& arguments) {
  const unsigned choice = in.byte();
  std::string next;
  if (choice < 5 * known.size()) {
    next = known[choice % known.size()];
  } else {
    for (unsigned left = choice % 8; left != 0; --left) next += static_cast<char>(in.byte() | 1);  // never 0
  }
  if (in.below(8) == 0 && !arguments.empty()) {
    arguments.back() += '=' + next;
  } else {
    arguments.push_back(std::move(next));
  }
}

void require_limits(const count_options& options) {
  require(!options.paths.empty(), "there is something to count");
  require(options.threads >= 1 && options.threads <= most_threads, "--threads within its limits");
  require(options.top >= 1, "--top within its limits");
  require(options.max_keys >= 1, "--max-keys within its limits");
  require(options.rules.min_length >= 1 && options.rules.min_length <= longest_min_length,
          "--min-length within its limits");
  const auto is_one_of = [](auto value, auto... all) { return (... || (value == all)); };
  require(is_one_of(options.rules.kind, word_kind::whitespace, word_kind::alphanumeric), "--words");
  require(is_one_of(options.binary, binary_files::error, binary_files::skip, binary_files::count), "--binary");
  require(is_one_of(options.progress, when::automatic, when::always, when::never), "--progress");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  std::vector<std::string> arguments;
  while (!in.empty() && arguments.size() != most_arguments) add_argument(in, arguments);

  command_line command("plait", "", "");
  count_options options;
  add_options(command, options);
  try {
    command.parse_arguments(arguments);
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
