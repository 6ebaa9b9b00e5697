// SPDX-License-Identifier: MIT
// Where a server is and who we are there, as a URL says it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plait::remote {

struct place {
  std::string host;
  int port;
};

struct address {
  std::vector<place> sentinels;  // none: the rest says where the server is; else that is to be asked of them
  std::string primary;           // the name by which they know it
  std::string path;              // of a Unix socket; empty: host and port
  std::string host;
  int port = 6379;
  std::string user, password;
  int database = 0;
};

// Throws std::invalid_argument, whose message never contains the password.
address parse_url(std::string_view url);

}  // namespace plait::remote
