// SPDX-License-Identifier: MIT
// plait-simulate: plait's structures on simulated cores. docs/simulation.md says what that is worth.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command_line/command_line.hpp"
#include "command_line/output.hpp"
#include "command_line/printable.hpp"
#include "simulated/costs_here.hpp"
#include "simulated/workload.hpp"

namespace {

using simulate::traffic;
using simulated::figures;
using simulated::workload;

struct options {
  plait::cli::name_filter filter;
  unsigned cores = 64;
  unsigned socket = simulate::server.cores_per_socket;
  bool costs_here = false;
  std::uint64_t seed = 1;
  bool list = false;
  std::string json;
  std::string table;
  std::string measured;
};

constexpr const char* footer =
    "Up to so many cores, simulated: caches, a directory, and what each step costs. Every\n"
    "run gives the same figures, to a hundredth or two. docs/simulation.md says what is\n"
    "simulated and what is not.\n"
    "Exit code: 0 fine, 1 nothing matches, 2 an error.\n"
    "\n"
    "Examples:\n"
    "  plait bench --simulate 64                             every structure, from 1 core to 64\n"
    "  plait bench --simulate 32 --filter bounded_queue      one of them\n"
    "  plait bench --simulate 64 --json build/simulated.json the figures in a file";

struct result {
  const workload* what;
  unsigned cores;
  figures measured;
};

std::vector<unsigned> core_counts(const workload& of, unsigned most) {
  std::vector<unsigned> counts;
  for (unsigned cores = of.fewest_cores; cores <= most; cores *= 2) counts.push_back(cores);
  return counts;
}

std::string bar(double part) {
  std::string drawn;
  for (long left = std::lround(part * 30); left > 0; --left) drawn += "█";
  return drawn;
}

void print(const std::vector<result>& curve) {
  const result& first = curve.front();
  double most = 0;
  for (const result& each : curve) most = std::max(most, each.measured.operations_per_second());
  fmt::print("{}\n  {:<8}{:>10}{:>8}{:>9}{:>11}{:>9}{:>10}\n", first.what->title(), "", "M/s", "times",
             "RMW/op", "lines/op", "mem/op", "kernel/op");
  for (const result& each : curve) {
    const double speed = each.measured.operations_per_second();
    fmt::print("  {:<8}{:>10.2f}{:>8.2f}{:>9.2f}{:>11.2f}{:>9.3f}{:>10.3f}  {}\n", each.what->shape(each.cores),
               speed / 1e6, speed / first.measured.operations_per_second(),
               each.measured.each(&traffic::modifications), each.measured.each(&traffic::transfers),
               each.measured.each(&traffic::fetches), each.measured.each(&traffic::system_calls),
               bar(speed / most));
  }
  fmt::print("\n");
  std::fflush(stdout);
}

// As plait bench writes them, so that what reads those reads these: one repetition, which is the median.
nlohmann::ordered_json to_json(const std::vector<result>& all, const options& chosen) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const result& each : all) {
    const std::string name = fmt::format("{}/{}/{}/{}", each.what->structure, each.what->name,
                                         each.what->shape(each.cores), each.what->implementation);
    const double speed = each.measured.operations_per_second();
    for (const char* kind : {"median", "min", "max"})
      rows.push_back({{"name", name + '_' + kind},
                      {"run_name", name},
                      {"run_type", "aggregate"},
                      {"aggregate_name", kind},
                      {"aggregate_unit", "time"},
                      {"threads", each.cores},
                      {"iterations", each.measured.operations},
                      {"judged_by", "items_per_second"},
                      {"real_time", 1e9 / speed},
                      {"cpu_time", 1e9 / speed * each.cores},
                      {"time_unit", "ns"},
                      {"items_per_second", speed},
                      {"voluntary_switches_per_item", 0},
                      {"modifications_per_item", each.measured.each(&traffic::modifications)},
                      {"transfers_per_item", each.measured.each(&traffic::transfers)},
                      {"fetches_per_item", each.measured.each(&traffic::fetches)},
                      {"system_calls_per_item", each.measured.each(&traffic::system_calls)}});
  }
  return {{"context",
           {{"cpu", fmt::format("simulated, {} cores a socket", chosen.socket)},
            {"num_cpus", chosen.cores},
            {"seed", chosen.seed},
            {"date", "simulated time"},
            {"commit", "not recorded"},
            {"compiler", "not recorded"},
            {"library_build_type", "release"},
            {"missing_rivals", nlohmann::ordered_json::array()}}},
          {"benchmarks", rows}};
}

simulate::costs prices_for(const options& chosen) {
  if (chosen.costs_here) {
    const simulate::costs here = simulated::costs_here();
    const auto in_ns = [](simulate::duration cost) { return static_cast<double>(cost.count()) / 1000; };
    fmt::print(
        stderr,
        "costs here, in ns: load {}, store {}, read-modify-write {}, fence {}, transfer {}, hold {}, pause {}, "
        "yield {}, clock {}, system call {}, wake {}, wake latency {}\n",
        in_ns(here.load), in_ns(here.store), in_ns(here.modify), in_ns(here.fence), in_ns(here.from_core),
        in_ns(here.hold), in_ns(here.pause), in_ns(here.yield), in_ns(here.clock_read), in_ns(here.system_call),
        in_ns(here.wake), in_ns(here.wake_latency));
    return here;
  }
  simulate::costs prices = simulate::server;
  prices.cores_per_socket = chosen.socket;
  return prices;
}

// In the form of the tables in bench/results. No time of this machine is in it.
std::string to_table(const std::vector<result>& all, const options& chosen) {
  std::string text = fmt::format(
      "# simulated, sockets of {} cores; plait bench --simulate "
      "{}\nworkload\tshape\timplementation\tunit\tmedian\t"
      "min\tmax\ttimes_better_than_best_rival\tcpu_ns_per_item\tsleeps_per_item\tfutex_calls_per_item\tmore\n",
      chosen.socket, chosen.cores);
  for (const result& each : all) {
    const double millions = each.measured.operations_per_second() / 1e6;
    const std::string speed =
        millions < 1000 ? fmt::format("{:.4g}", millions) : fmt::format("{:.0f}", millions);
    text += fmt::format(
        "{}/{}\t{}\t{}\tM/s\t{}\t{}\t{}\t\t\t\t\tmodifications={:.3g} transfers={:.3g} fetches={:.3g} "
        "system_calls={:.3g}\n",
        each.what->structure, each.what->name, each.what->shape(each.cores), each.what->implementation, speed,
        speed, speed, each.measured.each(&traffic::modifications), each.measured.each(&traffic::transfers),
        each.measured.each(&traffic::fetches), each.measured.each(&traffic::system_calls));
  }
  return text;
}

// How many operations a second one thread does, by the name of the workload, as plait bench measured it.
std::map<std::string, double> speeds_of_one_thread(const std::string& file) {
  std::ifstream stream(file);
  const auto read = nlohmann::json::parse(stream, nullptr, false);
  if (!stream || read.is_discarded() || !read.contains("benchmarks"))
    throw std::runtime_error(
        fmt::format("'{}' is not what plait bench --json writes", plait::cli::printable(file)));
  std::map<std::string, double> speeds;
  for (const auto& row : read["benchmarks"])
    if (row.value("aggregate_name", "") == "median")
      speeds[row["run_name"]] = row.value("items_per_second", 0.0);
  return speeds;
}

// What one thread does in a second, simulated and measured, differs by the instructions that are no steps. With
// streams, that is taken from a thread that pushes and pops.
simulate::duration work_of(const workload& what, const std::map<std::string, double>& measured,
                           const simulate::costs& prices, std::uint64_t seed) {
  const std::string name = what.structure + '/' + (what.in_pairs ? "pair" : what.name);
  const auto real = measured.find(name + "/1T/" + what.implementation);
  const auto alone = std::ranges::find(simulated::suite(), name + '/' + what.implementation, &workload::title);
  if (real == measured.end() || alone == simulated::suite().end()) return {};
  simulate::simulation cpu(prices, 1, seed);
  const double told = alone->run(cpu, {}, 1).operations_per_second();
  return std::max(simulate::duration{}, simulate::nanoseconds(1e9 / real->second - 1e9 / told));
}

int run(const options& chosen) {
  std::vector<const workload*> selected;
  for (const workload& each : simulated::suite())
    if (chosen.filter.matches(each.title())) selected.push_back(&each);
  std::ranges::sort(selected, {}, &workload::title);
  if (selected.empty()) {
    fmt::print(stderr, "plait bench --simulate: no workload matches '{}'; --list shows them all\n",
               plait::cli::printable(chosen.filter.text()));
    return plait::cli::nothing_found;
  }
  if (chosen.list) {
    std::vector<std::string> names;
    std::ranges::transform(selected, std::back_inserter(names), &workload::title);
    plait::cli::print_names(names);
    return plait::cli::fine;
  }
  plait::cli::output json(chosen.json), table(chosen.table);
  const auto measured =
      chosen.measured.empty() ? std::map<std::string, double>{} : speeds_of_one_thread(chosen.measured);
  const simulate::costs prices = prices_for(chosen);
  std::vector<result> all;
  for (const workload* each : selected) {
    simulated::conditions given;
    given.work = work_of(*each, measured, prices, chosen.seed);
    std::vector<result> curve;
    for (const unsigned cores : core_counts(*each, chosen.cores)) {
      simulate::simulation cpus(prices, cores, chosen.seed);
      curve.push_back({each, cores, each->run(cpus, given, cores)});
    }
    if (!curve.empty()) print(curve);
    all.insert(all.end(), curve.begin(), curve.end());
  }
  json.write(to_json(all, chosen).dump(2) + '\n');
  table.write(to_table(all, chosen));
  return plait::cli::fine;
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = plait::cli;
  options chosen;
  cli::command_line program("plait bench --simulate", "What becomes of each structure on many cores", footer);
  cli::add_number(program, "--simulate", chosen.cores, 1U, simulate::most_cores, "Up to so many cores (64)");
  cli::add_number(program, "--socket", chosen.socket, 1U, simulate::most_cores, "Cores of each socket (32)");
  cli::add_choice(program, "--costs", "WHOSE", chosen.costs_here, {{"server", false}, {"here", true}},
                  "What steps cost: server (the default); or here: caches and\n"
                  "instructions are measured first, on two processors");
  cli::add_text(program, "--measured", "FILE", chosen.measured,
                "What plait bench --json wrote: what one thread took there beyond\n"
                "the steps, each operation takes here, too");
  chosen.filter.add_to(program, "workloads");
  program.add_flag("--list", chosen.list, "Print their names and run nothing");
  cli::add_number(program, "--seed", chosen.seed, std::uint64_t{0}, ~std::uint64_t{0},
                  "Decides between threads whose clocks show the same (1)");
  cli::add_text(program, "--json", "FILE", chosen.json, "Also write the figures there, as plait bench does");
  cli::add_text(program, "--table", "FILE", chosen.table, "Also write them there, as a table of bench/results");
  return program.run(argc, argv, [&chosen] { return run(chosen); });
}
