// SPDX-License-Identifier: MIT
// A server that also listens at a port of the loopback interface, which the system has said is free.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/raw_client.hpp"
#include "support/server.hpp"

namespace support {

inline int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  const bool is_known = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), size) == 0 &&
                        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  ::close(descriptor);
  if (!is_known) throw std::runtime_error("no free port");
  return ntohs(name.sin_port);
}

// Somebody else may take the port before the server does, which ends then: it is tried again with another.
class tcp_server {
 public:
  explicit tcp_server(const std::vector<std::string>& options = {}, const std::string& configuration = {}) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      port_ = free_port();
      std::vector<std::string> all{"--port", std::to_string(port_), "--bind", "127.0.0.1"};
      all.insert(all.end(), options.begin(), options.end());
      server_ = std::make_unique<server>(all, configuration);
      if (server_->listens()) return;
    }
    throw std::runtime_error("every port is taken");
  }

  server* operator->() const noexcept { return server_.get(); }
  int port() const noexcept { return port_; }
  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<server> server_;
};

}  // namespace support
