// SPDX-License-Identifier: MIT
// One connection to the server over hiredis: made and greeted with blocking calls, used without blocking.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "address.hpp"
#include "answer.hpp"

namespace plait::remote {

// The connection broke, or the server asks to come again later. It never leaves the library.
struct link_broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class link {
 public:
  // Connects and presents user, password and database. Throws link_broken, or error if the server refuses them.
  link(const address& to, std::chrono::milliseconds connect_timeout, std::chrono::milliseconds call_timeout);

  // Sends a command and waits for the answer, which may be an error.
  answer call(std::span<const std::string> command);

  // From now on only these; call() no more.
  void stop_blocking();
  void append(std::span<const std::string> command);  // to what write() sends
  void write();                                       // as much as the socket takes
  bool wants_to_write() const noexcept { return unwritten_; }
  void read();    // what has arrived
  answer next();  // one that has arrived whole; false if there is none

  int descriptor() const noexcept { return context_->fd; }

 private:
  struct context_deleter {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };

  void expect_ok(std::span<const std::string> command);
  [[noreturn]] void broken() const;

  std::unique_ptr<redisContext, context_deleter> context_;
  bool unwritten_ = false;  // something was appended that the socket has not taken yet
};

}  // namespace plait::remote
