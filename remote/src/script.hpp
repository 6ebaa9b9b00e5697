// SPDX-License-Identifier: MIT
// The scripts that the server runs: src/scripts/*.lua, as they were when the library was built. Each defines
// run(keys, arguments).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plait::remote {

struct script {
  std::string_view name;
  std::string_view text;

  // For EVAL and SCRIPT LOAD.
  std::string to_run() const { return std::string(text) + "return run(KEYS, ARGV)\n"; }
};

// The address of an element is the script's identity.
std::span<const script> all_scripts();

const script& script_named(std::string_view name);  // throws std::logic_error if there is none

}  // namespace plait::remote
