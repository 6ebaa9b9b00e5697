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

  // Sends a command; waits for the answer to the first one that has none yet, which may be an error.
  void send(std::span<const std::string> command);
  answer receive();
  answer call(std::span<const std::string> command) { return send(command), receive(); }

  // From now on only these, and none of the above.
  void stop_blocking() noexcept;
  // To what write() sends: a command, in two parts.
  void append(std::span<const std::string> first, std::span<const std::string> rest = {});
  void write();  // as much as the socket takes
  bool wants_to_write() const noexcept { return written_ != output_.size(); }
  // What has arrived; if nothing has, waits for it, for call_timeout at most.
  void read();
  answer next();  // one that has arrived whole; false if there is none

  // Ends it, for all who wait for its descriptor.
  void shut_down() noexcept;

  int descriptor() const noexcept { return context_->fd; }

 private:
  struct context_deleter {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };

  void expect_ok(std::span<const std::string> command);
  [[noreturn]] void broken() const;

  std::unique_ptr<redisContext, context_deleter> context_;
  std::chrono::milliseconds patience_;
  std::string output_;       // what was appended,
  std::size_t written_ = 0;  // and how much of it the socket has taken
};

// The reply, if it is no error; else throws link_broken, if it may be accepted later, or error.
answer accepted(const char* command, answer reply);

}  // namespace plait::remote
