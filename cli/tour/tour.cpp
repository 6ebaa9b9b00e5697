// SPDX-License-Identifier: MIT
// The subcommand `plait tour`: its chapters, and what it does with the names of some.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include <fmt/format.h>

#include "command_line/printable.hpp"
#include "processors.hpp"
#include "subcommands.hpp"
#include "tour/chapters.hpp"
#include "tour/measure.hpp"
#include "tour/page.hpp"

namespace plait::cli {
namespace {

constexpr const char* tour_purpose = "See what each structure is for, measured on this machine";

constexpr const char* tour_footer =
    "Shows what goes wrong without the structures of the library, the few lines that\n"
    "put it right, and what both cost on this machine, measured while you watch.\n"
    "Without a CHAPTER it shows all of them.\n"
    "\n"
    "Examples:\n"
    "  plait tour              every chapter, in about half a minute\n"
    "  plait tour queue        one of them\n"
    "  plait tour --list       what there is";

struct chapter {
  std::string_view name;
  std::string_view subject;
  void (*show)(tour::page&);
};

constexpr std::array chapters{
    chapter{"race", "two threads, one number, and updates that get lost", tour::race},
    chapter{"counter", "one number that many threads add to", tour::counter},
    chapter{"lock", "one thread at a time, and none that waits for long", tour::lock},
    chapter{"reentrant", "why one method that locks may call another", tour::reentrant},
    chapter{"deadlock", "two locks in opposite orders, found before anything hangs", tour::lock_order},
    chapter{"lock-all", "several locks, taken in any order", tour::lock_all},
    chapter{"queue", "producers and consumers, with a bound, an end and a wait for all", tour::queue},
    chapter{"spsc", "a stream from one thread to another", tour::spsc},
    chapter{"lifo", "what was pushed last comes out first", tour::lifo},
    chapter{"priority", "tasks pushed out of order and processed in order", tour::priority},
    chapter{"unbounded", "a queue that grows, and gives its memory back", tour::unbounded},
    chapter{"thread-local", "a value of its own for every thread and object", tour::thread_specific},
    chapter{"dict", "a dictionary for many threads, and values that are computed once", tour::dict},
    chapter{"statistics", "a dictionary that knows how often each key was put and got", tour::statistics},
    chapter{"cache", "what is kept for a while, loaded once, and not lost to a scan", tour::cache},
    chapter{"schedules", "a wrong memory order in a queue, found while you watch", tour::schedules},
    chapter{"remote", "a queue for many machines, and a worker that is killed", tour::remote},
    chapter{"count-words", "the words of this machine's own texts, in parallel", tour::count_words},
};

void list(std::FILE* to) {
  for (const chapter& each : chapters) fmt::print(to, "  {:12} {}\n", each.name, each.subject);
}

const chapter* find(std::string name) {
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '_'; }, '-');
  const auto found = std::ranges::find(chapters, name, &chapter::name);
  return found == chapters.end() ? nullptr : found;
}

extern "C" void end_at_once(int) {
  ::_exit(stopped_by_user);
}

int tour_of(const std::vector<const chapter*>& chosen) {
  // Nothing has to be put in order. Where Ctrl-C is ignored from outside, that stays so.
  if (::signal(SIGINT, end_at_once) == SIG_IGN) ::signal(SIGINT, SIG_IGN);

  const auto start = std::chrono::steady_clock::now();
  tour::page out;
  out.say("plait tour: measured now, on the {} processors this program may use.", processors());
  for (const chapter* each : chosen) {
    out.heading(fmt::format("{}: {}", each->name, each->subject));
    each->show(out);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  out.say("{} in {:.1f} seconds. Next: ./plait count PATH for texts of your own, docs/index.md for the code.",
          chosen.size() == 1 ? "One chapter" : fmt::format("{} chapters", chosen.size()), elapsed.count());
  return fine;
}

int tour_named(const std::vector<std::string>& names) {
  std::vector<const chapter*> chosen;
  for (const std::string& name : names) {
    const chapter* const found = find(name);
    if (found == nullptr) {
      fmt::print(stderr, "plait tour: there is no chapter '{}'. The chapters are:\n", printable(name));
      list(stderr);
      return failed;
    }
    chosen.push_back(found);
  }
  if (names.empty()) {
    for (const chapter& each : chapters) chosen.push_back(&each);
  }
  return tour_of(chosen);
}

}  // namespace

void add_tour(CLI::App& program, action& run) {
  struct choice {
    std::vector<std::string> names;
    bool list = false;
  };
  const auto chosen = std::make_shared<choice>();
  CLI::App& command = *program.add_subcommand("tour", tour_purpose);
  command.footer(tour_footer);
  add_operands(command, "CHAPTER", chosen->names, false);
  command.add_flag("--list", chosen->list, "Name the chapters and do nothing else");
  command.callback([chosen, &run] {
    run = [chosen] {
      if (!chosen->list) return tour_named(chosen->names);
      list(stdout);
      return static_cast<int>(fine);
    };
  });
}

}  // namespace plait::cli
