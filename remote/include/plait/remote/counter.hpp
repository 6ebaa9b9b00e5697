// SPDX-License-Identifier: MIT
// remote::counter: one number that many processes add to.
//
// Use it for what is added to often and read seldom: an add sends nothing by itself. Use plait::counter within
// one process, and keyed_counter for a number of each key.
//
//   operation          round trips      result
//   add, +=, ++        none             added when the next flush() or value() returns, of any thread, or about
//                                       10 ms later; lost if the process ends before that
//   flush              1                what this object's threads had added before is at the server
//   value              1                the sum at one moment during the call, with all that this thread added
//
// Exact: 64 bits, wrapping is refused by the server (remote::error). A cut connection neither loses nor doubles
// an addition. Destroying the object flushes, and waits for that for call_timeout at most. Errors:
// remote::error.
// Design note: docs/structures/remote.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <plait/remote/connection.hpp>
#include <plait/remote/operations.hpp>

namespace plait::remote {

class counter {
 public:
  using value_type = std::int64_t;

  counter(const connection& server, std::string_view name) : server_(server, "counter", name) {
    server_.collect_from([unsent = unsent_]() -> std::vector<operation> {
      const value_type amount = unsent->exchange(0);
      if (amount == 0) return {};
      return {{"add", std::to_string(amount)}};
    });
  }

  void add(value_type amount = 1) {
    unsent_->fetch_add(amount);
    server_.announce();
  }
  counter& operator+=(value_type amount) { return add(amount), *this; }
  counter& operator++() { return add(1), *this; }

  void flush() { server_.flush(); }
  [[nodiscard]] value_type value() { return server_.number({"get"}); }

 private:
  // The connection's thread may ask for it when this object is gone.
  std::shared_ptr<std::atomic<value_type>> unsent_ = std::make_shared<std::atomic<value_type>>(0);
  operations server_;
};

}  // namespace plait::remote
