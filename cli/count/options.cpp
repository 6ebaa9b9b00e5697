// SPDX-License-Identifier: MIT
#include "count/options.hpp"

#include <fmt/format.h>

#include "command_line/command_line.hpp"

namespace plait::cli {

void add_options(CLI::App& command, count_options& options) {
  add_operands(command, "PATH", options.paths, true);
  add_number(command, "--threads", options.threads, 1u, most_threads,
             fmt::format("How many threads count ({}: the processors allowed)", options.threads));
  add_value(command, "--top", "N|all", "How many words to print (20)", [&options](const std::string& text) {
    if (text != "all") return parse_number(text, std::size_t{1}, every_word - 1, options.top);
    options.top = every_word;
    return std::string();
  });
  add_number(command, "--max-keys", options.max_keys, std::size_t{1}, every_word - 1,
             "Keep so many words: bounded memory, counts may be too high");
  command.add_flag("--json", options.json, "Print JSON instead of a table");
  add_choice(command, "--words", "KIND", options.rules.kind,
             {{"whitespace", word_kind::whitespace}, {"alphanumeric", word_kind::alphanumeric}},
             "whitespace (default), or alphanumeric: letters and digits");
  command.add_flag("--keep-case", options.rules.keep_case, "Do not lower-case");
  add_number(command, "--min-length", options.rules.min_length, std::size_t{1}, longest_min_length,
             "Ignore words of fewer characters");
  add_choice(command, "--binary", "WHAT", options.binary,
             {{"error", binary_files::error}, {"skip", binary_files::skip}, {"count", binary_files::count}},
             "error (default), skip or count: files with zero bytes");
  add_choice(command, "--progress", "WHEN", options.progress,
             {{"auto", when::automatic}, {"always", when::always}, {"never", when::never}},
             "auto (default: on a terminal), always or never");
  add_text(command, "--remote", "URL", options.remote_url,
           "Count over the server at redis://HOST or unix:///PATH");
  add_number(command, "--workers", options.workers, 1u, most_threads,
             fmt::format("How many processes count then ({})", options.workers));
  command.add_flag("-q,--quiet", options.quiet, "No summary and no progress bar");
}

}  // namespace plait::cli
