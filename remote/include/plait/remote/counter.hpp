// SPDX-License-Identifier: MIT
// remote::counter: one number that many processes add to.
//
//   operation          round trips      result
//   add, +=, ++        none             added when the next flush() or value() returns, of any thread, or about
//                                       10 ms later; lost if the process ends before that
//   flush              1                what this object's threads had added before is at the server
//   value              1                the sum at one moment during the call, with all that this thread added
//
// Exact: 64 bits, wrapping is refused by the server (remote::error). A cut connection neither loses nor doubles
// an addition. Destroying the object flushes, and waits for that for call_timeout at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include <plait/remote/connection.hpp>

namespace plait::remote {

class merged_calls;

class counter {
 public:
  using value_type = std::int64_t;

  counter(const connection& server, std::string_view name);
  ~counter();
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;

  void add(value_type amount = 1);
  counter& operator+=(value_type amount) { return add(amount), *this; }
  counter& operator++() { return add(1), *this; }

  void flush();
  [[nodiscard]] value_type value();

 private:
  std::shared_ptr<session> session_;
  std::shared_ptr<std::atomic<value_type>> unsent_;  // shared with the thread, which may survive this object
  std::shared_ptr<merged_calls> calls_;
};

}  // namespace plait::remote
