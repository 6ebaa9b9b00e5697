// SPDX-License-Identifier: MIT
// permit_end: this process's end of a number of permits at the server. Programs use remote::fenced_mutex, which
// is one permit, and remote::semaphore.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include <plait/remote/connection.hpp>
#include <plait/remote/wait_limits.hpp>

namespace plait::remote {

struct granted_permit {
  std::uint64_t token = 0;
  std::stop_token lost;
};

class permit_end {
 public:
  permit_end() = default;
  permit_end(const permit_end&) = delete;
  permit_end& operator=(const permit_end&) = delete;
  virtual ~permit_end() = default;

  // Nothing if none is free and the caller does not wait, or no longer.
  virtual std::optional<granted_permit> acquire(bool waits, const wait_limits& limits) = 0;
  virtual void release(std::uint64_t token) = 0;  // does not wait

  virtual std::uint64_t available() = 0;
  virtual void expire_after(std::chrono::seconds time) = 0;

  // Everything that is held is lost; then the server lets go of it, within call_timeout.
  virtual void leave() = 0;
};

// Throws error, or std::invalid_argument for a name that is empty or has braces in it.
std::shared_ptr<permit_end> open_permits(session& at, std::string_view name, std::uint64_t count);

}  // namespace plait::remote
