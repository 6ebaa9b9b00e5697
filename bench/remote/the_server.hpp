// SPDX-License-Identifier: MIT
// A server that is started for this program alone, and ends with it.
#pragma once

#include <string>

#include "support/server.hpp"

// Empty if there is a server; else what to say on standard error.
inline std::string why_no_server() {
  return support::server::is_installed()
             ? ""
             : "remote_queue, remote_near_cache: no server is installed (package redis-tools)";
}

inline support::server& the_server() {
  static support::server one;
  return one;
}
