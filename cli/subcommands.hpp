// SPDX-License-Identifier: MIT
// The subcommands of `plait`. Each adds itself to the command line and, if the arguments name it, sets `run` to
// its work, which returns the exit code.
#pragma once

#include <functional>

#include "command_line/command_line.hpp"

namespace plait::cli {

using action = std::function<int()>;

void add_count(CLI::App& program, action& run);
void add_tour(CLI::App& program, action& run);
void add_replay(CLI::App& program, action& run);
void add_remote(CLI::App& program, action& run);
void add_bench(CLI::App& program, action& run);
void add_stress(CLI::App& program, action& run);

}  // namespace plait::cli
