// SPDX-License-Identifier: MIT
// endpoint: what a structure is to the connection's thread: a source of calls, one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <plait/remote/error.hpp>
#include <plait/remote/wait_limits.hpp>

#include "answer.hpp"
#include "script.hpp"

namespace plait::remote {

using clock = wait_limits::clock;

// A script with its arguments, which is sent until it is answered.
struct call {
  const script* what = nullptr;
  std::vector<std::string> arguments;  // the key of the structure comes first
  bool needs_memory = true;            // it is refused when the server has none left
};

// One thread at a time calls these: the connection's, or that of a caller who carries out its own call. Until
// a call is answered, compose() is not asked for another.
class endpoint {
 public:
  endpoint() = default;
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;
  virtual ~endpoint() = default;

  // The next call, if there is something to say by now.
  virtual std::optional<call> compose(clock::time_point now) = 0;
  // When compose() has something to say even if nobody asks.
  virtual clock::time_point due() = 0;
  virtual void answered(const answer& result) = 0;
  // The call was not carried out: the server has no memory left.
  virtual void refused(const error& reason) = 0;
  // The server has said that there is something to get, or may have said so while the connection was broken.
  // `message`: what else it said.
  virtual void woken(std::string_view message) = 0;
  // No call will be answered any more.
  virtual void failed(const error& reason) = 0;
  // Its structure is gone and it has said goodbye.
  virtual bool is_finished() = 0;

  bool is_on_its_way = false;  // a call of it is, as the session knows
};

}  // namespace plait::remote
