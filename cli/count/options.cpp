// SPDX-License-Identifier: MIT
#include "count/options.hpp"

#include <charconv>
#include <map>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace plait::cli {
namespace {

// Stores the whole number in `text` if it lies between `least` and `most`; otherwise says what is wrong.
template <class Number>
std::string parse_number(const std::string& text, Number least, Number most, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return {};
  return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
}

template <class Number>
void add_number(CLI::App& command, const std::string& name, Number& number, Number least, Number most,
                const std::string& purpose) {
  command.add_option(name, purpose)->type_name("N")->check([=, &number](const std::string& text) {
    return parse_number(text, least, most, number);
  });
}

}  // namespace

void add_options(CLI::App& command, count_options& options) {
  command.add_option("PATH", options.paths, "Files and folders; - is standard input")->required();
  command
      .add_option(
          "--words", options.rules.kind,
          "whitespace: what stands between white space (default);\nalphanumeric: runs of letters and digits")
      ->transform(CLI::CheckedTransformer(std::map<std::string, word_kind>{
          {"whitespace", word_kind::whitespace}, {"alphanumeric", word_kind::alphanumeric}}));
  command.add_flag("--keep-case", options.rules.keep_case, "Do not lower-case");
  add_number(command, "--min-length", options.rules.min_length, std::size_t{1}, longest_min_length,
             "Ignore words of fewer characters");
  command.add_option("--top", "How many words to print, or all (default: 20)")
      ->type_name("N|all")
      ->check([&options](const std::string& text) {
        if (text == "all") {
          options.top = every_word;
          return std::string();
        }
        return parse_number(text, std::size_t{1}, every_word - 1, options.top);
      });
  command.add_flag("--json", options.json, "Print JSON instead of a table");
  add_number(command, "--threads", options.threads, 1u, most_threads,
             fmt::format("How many threads count (default: {}, the processors allowed)", options.threads));
  command
      .add_option(
          "--binary", options.binary,
          "What to do with files that have a zero byte in their first\n8 KiB: error (default), skip or count")
      ->transform(CLI::CheckedTransformer(std::map<std::string, binary_files>{
          {"error", binary_files::error}, {"skip", binary_files::skip}, {"count", binary_files::count}}));
  command.add_option("--progress", options.progress, "auto (default: on a terminal), always or never")
      ->transform(CLI::CheckedTransformer(std::map<std::string, when>{
          {"auto", when::automatic}, {"always", when::always}, {"never", when::never}}));
  command.add_flag("-q,--quiet", options.quiet, "No summary and no progress bar");
}

}  // namespace plait::cli
