// SPDX-License-Identifier: MIT
// The subcommand `plait count`: its command line, and the steps of its work.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "count/interruption.hpp"
#include "count/messages.hpp"
#include "count/options.hpp"
#include "count/progress.hpp"
#include "count/report.hpp"
#include "count/word_count.hpp"
#include "processors.hpp"
#include "remote/remote_count.hpp"
#include "subcommands.hpp"

namespace plait::cli {
namespace {

constexpr const char* count_purpose = "Count the words of files, folders and standard input";

constexpr const char* count_footer =
    "PATH: a file, a folder, or - for standard input. Words: text.lower().split() of\n"
    "Python. Exit code: 0 fine, 1 no words, 2 not all read, 130 stopped by Ctrl-C.\n"
    "Examples:\n"
    "  plait count book.txt                  the 20 most common words\n"
    "  plait count --top all --json FOLDER   every word of all its files\n"
    "  zcat log.gz | plait count -           what comes through a pipe";

int count(const count_options& options) {
  messages out;
  const interruption ctrl_c;
  const auto start = std::chrono::steady_clock::now();
  word_count work(options, out);

  std::optional<progress_bar> bar;
  if (wants_progress(options.progress, options.quiet)) bar.emplace(work, out);
  const bool complete = work.run();
  count_report report;
  report.bytes = work.bytes_done();
  const auto rank = options.max_keys == every_word ? &rank_words : &rank_estimates;
  rank(report, work.words(), options.top);
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
  // Everything is printed. Ending the process frees the memory at once; destroying millions of words takes
  // long.
  std::quick_exit(!complete           ? stopped_by_user
                  : out.errors() != 0 ? failed
                  : report.total == 0 ? nothing_found
                                      : fine);
}

// Over a server; see remote_count.hpp.
int count_over_server([[maybe_unused]] const count_options& options) {
#if defined(PLAIT_HAS_REMOTE)
  if (!options.remote_worker.empty()) return run_remote_worker(options);
  messages out;
  if (options.max_keys != every_word) {
    out.error("--max-keys: a server keeps every word; count without --remote");
    return failed;
  }
  const interruption ctrl_c;
  const auto start = std::chrono::steady_clock::now();
  remote_counts counts;
  const bool complete = count_remotely(options, out, counts);
  counts.report.elapsed = std::chrono::steady_clock::now() - start;
  options.json ? write_json(counts.report, stdout) : write_table(counts.report, stdout);
  if (!complete) out.note("stopped by Ctrl-C; these are the words counted so far");
  if (!options.quiet)
    out.note(fmt::format("{} words, {} distinct, counted by {} processes", counts.report.total,
                         counts.report.distinct, options.workers));
  return !complete                  ? stopped_by_user
         : out.errors() != 0        ? failed
         : counts.report.total == 0 ? nothing_found
                                    : fine;
#else
  messages().error("--remote: plait was built without hiredis (libhiredis-dev)");
  return failed;
#endif
}

}  // namespace

void add_count(CLI::App& program, action& run) {
  const auto options = std::make_shared<count_options>();
  options->threads = processors();

  CLI::App& command = *program.add_subcommand("count", count_purpose);
  command.footer(count_footer);
  add_options(command, *options);
  command.callback([options, &run] {
    run = [options] {
      if (const char* name = std::getenv(remote_run_variable)) options->remote_worker = name;
      const bool here = options->remote_url.empty() && options->remote_worker.empty();
      return here ? count(*options) : count_over_server(*options);
    };
  });
}

}  // namespace plait::cli
