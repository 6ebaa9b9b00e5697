// SPDX-License-Identifier: MIT
// change_listener: hears which of a structure's keys have changed at the server, so that copies of their values
// can be used without asking. Programs use it as remote::near_cache.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <plait/remote/connection.hpp>
#include <plait/remote/wait_limits.hpp>

namespace plait::remote {

class change_listener {
 public:
  using clock = wait_limits::clock;

  explicit change_listener(std::chrono::milliseconds max_stale) : max_stale_(max_stale) {}
  virtual ~change_listener() = default;
  change_listener(const change_listener&) = delete;
  change_listener& operator=(const change_listener&) = delete;

  std::chrono::milliseconds max_stale() const noexcept { return max_stale_; }

  // Whether, at that time, every change has been heard that was made more than max_stale before.
  bool is_fresh(clock::time_point now) const noexcept { return now < fresh_until_.load(); }

  // The connection's thread calls these. `key` is what follows the beginning that all keys have.
  virtual void changed(std::string_view key) = 0;
  virtual void all_changed() = 0;  // or may have
  // Every change that was made before `when` has been heard.
  void has_heard_until(clock::time_point when);
  void hears_no_more();

 private:
  const std::chrono::milliseconds max_stale_;
  // Set after the changes that were heard before have been acted upon: who reads it sees that they were.
  std::atomic<clock::time_point> fresh_until_{clock::time_point::min()};
};

// While it lives, the listener hears of keys that begin with {name}:part.
class listening {
 public:
  // Waits until it does; throws error if the server does not permit it.
  listening(const connection& server, std::string_view name, std::string_view part,
            const std::shared_ptr<change_listener>& listener);
  ~listening();
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;

 private:
  std::shared_ptr<session> session_;
  std::shared_ptr<change_listener> listener_;
};

}  // namespace plait::remote
