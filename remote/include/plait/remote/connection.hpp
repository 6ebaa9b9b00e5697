// SPDX-License-Identifier: MIT
// connection: the way to a Redis or Valkey server, for all structures that a program uses there.
//
//   unix:///run/redis.sock        unix://user:password@/run/redis.sock?db=2
//   redis://host:6379/2           redis://user:password@host        redis://:password@[::1]:7000
//
//   sentinel://host:26379,host:26379/name         sentinel://user:password@host,host,host/name?db=2
//
// A user, a password, a name and a path are percent-decoded. Without a port it is 6379, or 26379; without a
// number database 0. Sentinels are asked, the first first, where the primary of that name is, whenever a
// connection is made; user and password are for the primary.
// TLS (rediss://) is refused so far: Debian 12's hiredis has none.
//
// What several callers ask of one structure while an answer is on its way goes out as one call. A caller who
// finds nothing on its way sends its call and waits for the answer itself; else the connection's thread does,
// on which no signal handler runs. If the connection breaks, the thread connects again, at once, then less
// and less often down to once a second, and sends what was not answered again, in the same order. Each call
// has a number, and the server remembers the last one that it carried out for this structure and connection,
// with its result: a call that is sent twice is carried out once.
//
// The constructor connects, and throws remote::error if that fails. The destructor of the last user (the
// connection or a structure) sends what is waiting to be sent, for at most call_timeout, and disconnects.
//
// A child of fork() must not use its parent's connection or structures, nor destroy them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace plait::remote {

class session;

struct connection_options {
  // For one attempt to connect; for the constructor, for all of them.
  std::chrono::milliseconds connect_timeout{5'000};
  // A connection whose oldest call has waited so long for an answer is given up, and made anew.
  std::chrono::milliseconds call_timeout{2'000};
  // A process that the server has not heard of for so long is taken for dead: others get what it had taken.
  std::chrono::milliseconds lease{10'000};
};

class connection {
 public:
  explicit connection(std::string_view url, const connection_options& options = {});

  // Whether the server can be reached at the moment.
  [[nodiscard]] bool is_connected() const noexcept;
  // How often the connection was made again, and how many calls were answered.
  [[nodiscard]] std::uint64_t reconnections() const noexcept;
  [[nodiscard]] std::uint64_t calls() const noexcept;

  // What the structures are built on; of no use to others.
  [[nodiscard]] const std::shared_ptr<session>& shared_session() const noexcept { return session_; }

 private:
  std::shared_ptr<session> session_;
};

}  // namespace plait::remote
