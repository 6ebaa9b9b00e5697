// SPDX-License-Identifier: MIT
// A Redis or Valkey server of this process's own, on a socket in a temporary folder, which ends with it.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

namespace plait::cli {

class local_server {
 public:
  // Null if none is installed. Throws std::system_error.
  static std::unique_ptr<local_server> start();
  ~local_server();
  local_server(const local_server&) = delete;
  local_server& operator=(const local_server&) = delete;

  std::string url() const { return "unix://" + folder_ + "/server.sock"; }

 private:
  local_server(std::string program, std::string folder);

  const std::string program_, folder_;
  pid_t process_ = 0;
};

}  // namespace plait::cli
