// SPDX-License-Identifier: MIT
// The subcommand `plait remote`: what structures there are at a server.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command_line/printable.hpp"
#include "subcommands.hpp"

#if defined(PLAIT_HAS_REMOTE)
#include <nlohmann/json.hpp>

#include <plait/remote/status.hpp>
#endif

namespace plait::cli {
namespace {

constexpr const char* remote_purpose = "Look at what plait::remote keeps at a Redis or Valkey server";

constexpr const char* remote_footer =
    "status URL names the queues, locks, counters and maps, the sessions that use them,\n"
    "and of queues what is ready, came back, is in flight, and is among the dead letters.\n"
    "Exit code: 0 fine, 1 there is nothing, 2 an error.\n"
    "Examples:\n"
    "  plait remote status redis://localhost\n"
    "  plait remote status unix:///run/redis.sock?db=2\n"
    "  plait remote status --json redis://:password@host:6379";

struct remote_options {
  std::vector<std::string> words;
  bool json = false;
};

int complain(const std::string& what) {
  fmt::print(stderr, "plait remote: {}\n", what);
  return failed;
}

#if defined(PLAIT_HAS_REMOTE)
using statuses = std::vector<plait::remote::structure_status>;

void print_table(const statuses& all) {
  std::size_t widest = 4;
  for (const auto& one : all) widest = std::max(widest, printable(one.name).size());
  fmt::print("{:{}}  {:14}  {:>8}\n", "name", widest, "kind", "sessions");
  for (const auto& one : all) {
    std::string figures;
    for (const auto& [name, value] : one.figures)
      if (name != "capacity" || value != 0) figures += fmt::format(", {} {}", name, value);
    fmt::print("{:{}}  {:14}  {:>8}  {}{}\n", printable(one.name), widest, one.kind, one.sessions,
               figures.empty() ? figures : figures.substr(2), one.closed ? ", closed" : "");
  }
}

void print_json(const statuses& all) {
  nlohmann::ordered_json structures = nlohmann::ordered_json::array();
  for (const auto& one : all) {
    nlohmann::ordered_json figures{{"name", one.name}, {"kind", one.kind}, {"sessions", one.sessions}};
    if (one.kind.ends_with("queue")) figures["closed"] = one.closed;
    for (const auto& [name, value] : one.figures) figures[name] = value;
    structures.push_back(figures);
  }
  const nlohmann::ordered_json document{{"schema_version", 1}, {"structures", structures}};
  fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

int show_status(const remote_options& options) {
  const statuses all = plait::remote::status_of(options.words[1]);
  if (all.empty() && !options.json) {
    fmt::print(stderr, "plait remote: the server has nothing of plait's\n");
  } else {
    options.json ? print_json(all) : print_table(all);
  }
  return all.empty() ? nothing_found : fine;
}
#else
int show_status(const remote_options&) {
  return complain("plait was built without hiredis (libhiredis-dev)");
}
#endif

}  // namespace

void add_remote(CLI::App& program, action& run) {
  const auto options = std::make_shared<remote_options>();
  CLI::App& command = *program.add_subcommand("remote", remote_purpose);
  command.footer(remote_footer);
  add_operands(command, "status URL", options->words, true);
  command.add_flag("--json", options->json, "Write JSON");
  command.callback([options, &run] {
    run = [options] {
      if (options->words[0] != "status")
        return complain(
            fmt::format("there is no '{}'; there is: plait remote status URL", printable(options->words[0])));
      if (options->words.size() != 2)
        return complain("status needs one URL: redis://HOST:PORT or unix:///PATH");
      return show_status(*options);
    };
  });
}

}  // namespace plait::cli
