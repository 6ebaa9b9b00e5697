// SPDX-License-Identifier: MIT
// server_scripts: how the server at the other end of a link is told to run a script.
//
// Where it can be, as a function (FUNCTION LOAD): then the server makes what the script consists of once, and
// has it after a restart from a file and a failover. The library that is loaded is named after its contents, so
// programs with other versions of plait have others, and it is loaded once. A server that has no functions, or
// does not permit to load them, is given scripts (SCRIPT LOAD), which it makes anew in each call.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "endpoint.hpp"
#include "link.hpp"
#include "script.hpp"

namespace plait::remote {

class server_scripts {
 public:
  // Loads them in two steps, so that other commands can be on their way meanwhile. Both throw link_broken,
  // error.
  static void offer(link& server);
  server_scripts() = default;
  explicit server_scripts(link& server);  // takes the answers to what was offered

  // The command without the call's arguments.
  std::span<const std::string> command(const call& of) const;

 private:
  struct commands {
    std::vector<std::string> usual, without_memory;
  };

  std::unordered_map<const script*, commands> commands_;
};

}  // namespace plait::remote
