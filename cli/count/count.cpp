// SPDX-License-Identifier: MIT
// The subcommand `plait count`: its options, and the order of things.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "count/interruption.hpp"
#include "count/messages.hpp"
#include "count/options.hpp"
#include "count/progress.hpp"
#include "count/report.hpp"
#include "count/word_count.hpp"
#include "subcommands.hpp"

namespace plait::cli {
namespace {

constexpr unsigned most_threads = 1024;

constexpr const char* description =
    "Examples:\n"
    "  plait count book.txt                  the 20 most common words\n"
    "  plait count --top all --json FOLDER   every word of all files in it, for other programs\n"
    "  zcat log.gz | plait count -           what comes through a pipe\n"
    "\n"
    "Counts the words of files, folders and standard input (-). Words are what Python's\n"
    "text.lower().split() gives; text is UTF-8, and invalid bytes count as U+FFFD.\n"
    "Exit code: 0 words were counted, 1 there were none, 2 something could not be read (the rest is\n"
    "counted), 130 stopped by Ctrl-C (what was counted so far is printed).";

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

bool stderr_is_a_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

bool wants_progress(const count_options& options) {
  if (options.progress == when::automatic) return !options.quiet && stderr_is_a_terminal();
  return options.progress == when::always;
}

int count(const count_options& options) {
  messages out;
  const interruption ctrl_c;
  const auto start = std::chrono::steady_clock::now();
  word_count work(options, out);

  std::optional<progress_bar> bar;
  if (wants_progress(options)) bar.emplace(work, out);
  const bool complete = work.run();
  count_report report;
  report.bytes = work.bytes_done();
  rank_words(report, work.words(), options.top);
  report.elapsed = std::chrono::steady_clock::now() - start;
  bar.reset();

  try {
    options.json ? write_json(report, stdout) : write_table(report, stdout);
  } catch (const std::system_error& error) {
    out.error(fmt::format("standard output: {}", error.code().message()));
    return failed;
  }
  if (!complete) out.note("stopped by Ctrl-C; these are the words counted so far");
  if (!options.quiet) out.note(summary_line(report, options.threads));
  // Everything is printed. The system takes the memory back at once; destroying millions of words would not.
  std::quick_exit(!complete           ? stopped_by_user
                  : out.errors() != 0 ? failed
                  : report.total == 0 ? nothing_found
                                      : fine);
}

}  // namespace

void add_count(CLI::App& program, action& run) {
  const auto options = std::make_shared<count_options>();
  options->threads = sync::processor_count();

  CLI::App& command = *program.add_subcommand("count", "Count the words of files, folders and standard input");
  command.description(description);
  command.add_option("PATH", options->paths, "Files and folders; - is standard input")->required();
  command
      .add_option(
          "--words", options->rules.kind,
          "whitespace: what stands between white space (default);\nalphanumeric: runs of letters and digits")
      ->transform(CLI::CheckedTransformer(std::map<std::string, word_kind>{
          {"whitespace", word_kind::whitespace}, {"alphanumeric", word_kind::alphanumeric}}));
  command.add_flag("--keep-case", options->rules.keep_case, "Do not lower-case");
  add_number(command, "--min-length", options->rules.min_length, std::size_t{1}, std::size_t{1'000'000'000},
             "Ignore words of fewer characters");
  command.add_option("--top", "How many words to print, or all (default: 20)")
      ->type_name("N|all")
      ->check([options](const std::string& text) {
        if (text == "all") {
          options->top = every_word;
          return std::string();
        }
        return parse_number(text, std::size_t{1}, every_word - 1, options->top);
      });
  command.add_flag("--json", options->json, "Print JSON instead of a table");
  add_number(command, "--threads", options->threads, 1u, most_threads,
             fmt::format("How many threads count (default: {}, the processors allowed)", options->threads));
  command
      .add_option(
          "--binary", options->binary,
          "What to do with files that have a zero byte in their first\n8 KiB: error (default), skip or count")
      ->transform(CLI::CheckedTransformer(std::map<std::string, binary_files>{
          {"error", binary_files::error}, {"skip", binary_files::skip}, {"count", binary_files::count}}));
  command.add_option("--progress", options->progress, "auto (default: on a terminal), always or never")
      ->transform(CLI::CheckedTransformer(std::map<std::string, when>{
          {"auto", when::automatic}, {"always", when::always}, {"never", when::never}}));
  command.add_flag("-q,--quiet", options->quiet, "No summary and no progress bar");
  command.callback([options, &run] { run = [options] { return count(*options); }; });
}

}  // namespace plait::cli
