// SPDX-License-Identifier: MIT
// Where a server is and who we are there, as a URL says it.
#pragma once

#include <string>
#include <string_view>

namespace plait::remote {

struct address {
  std::string path;  // of a Unix socket; empty: host and port
  std::string host;
  int port = 6379;
  std::string user, password;
  int database = 0;
};

// Throws std::invalid_argument, whose message never contains the password.
address parse_url(std::string_view url);

}  // namespace plait::remote
