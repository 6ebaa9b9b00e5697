// SPDX-License-Identifier: MIT
// The subcommand `plait replay`: what it is for, and the order of things.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include "command_line/output.hpp"
#include "count/input.hpp"
#include "count/interruption.hpp"
#include "count/messages.hpp"
#include "replay/options.hpp"
#include "replay/read_trace.hpp"
#include "replay/report.hpp"
#include "replay/watched_runs.hpp"
#include "subcommands.hpp"

namespace plait::cli {
namespace {

constexpr const char* replay_purpose = "Replay a cache trace: hit ratio of plait's policy and others";

constexpr const char* replay_footer =
    "TRACE is a file, also compressed, or - for standard input, or a made one:\n"
    "zipf:SKEW:KEYS:REQUESTS, scan:KEYS:REQUESTS or loop:KEYS:REQUESTS.\n"
    "Exit code: 0 all was replayed, 2 not all could be read (the rest is replayed),\n"
    "130 stopped by Ctrl-C (what was replayed so far is printed).\n"
    "Examples:\n"
    "  plait replay zipf:1.0:10000:1000000           no file is needed\n"
    "  plait replay --capacity 1000,8192 trace.gz    two sizes, in entries\n"
    "  plait replay --svg curves.svg *.zst           also draw what came out";

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "standard output");
}

bool replay_one(const std::string& name, const replay_options& options, messages& out,
                std::vector<replayed_trace>& results) {
  try {
    watched_runs(options, out, results.emplace_back()).replay(name);
    return true;
  } catch (const interrupted&) {
    if (results.back().runs.empty()) results.pop_back();
    return false;
  } catch (const std::bad_alloc&) {
    out.error(fmt::format("{}: not enough memory", name));
  } catch (const input_error& error) {
    out.error(fmt::format("{}: {}", name, error.what()));
  }
  results.pop_back();
  return true;
}

int replay(const replay_options& options) {
  messages out("plait replay");
  const interruption ctrl_c;
  std::vector<replayed_trace> results;
  bool complete = true;
  for (const std::string& name : options.traces)
    if (!(complete = replay_one(name, options, out, results))) break;

  if (options.json != "-") print(replay_table(results));
  if (!complete) out.note("stopped by Ctrl-C; this is what was replayed so far");
  if (options.json == "-")
    print(replay_json(results));
  else if (!options.json.empty())
    output(options.json).write(replay_json(results));
  if (!options.svg.empty()) output(options.svg).write(replay_svg(results));
  return !complete ? stopped_by_user : out.errors() != 0 ? failed : fine;
}

}  // namespace

void add_replay(CLI::App& program, action& run) {
  const auto options = std::make_shared<replay_options>();
  CLI::App& command = *program.add_subcommand("replay", replay_purpose);
  command.footer(replay_footer);
  add_options(command, *options);
  command.callback([options, &run] { run = [options] { return replay(*options); }; });
}

}  // namespace plait::cli
