// SPDX-License-Identifier: MIT
// merged_calls: a structure's end on this side, for structures whose operations are small: whatever callers ask
// for while a call is on its way goes out together as the next one, in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <plait/remote/operations.hpp>

#include "endpoint.hpp"
#include "session.hpp"

namespace plait::remote {

class merged_calls final : public endpoint {
 public:
  static std::shared_ptr<merged_calls> make(session& session, const script& what, std::string_view name);

  // Waits for the result. Throws error.
  answer call(operation what);

  // For additions that are collected where the callers are: `what` is asked for them, on the connection's
  // thread, before anything that was called later goes out, and gather_delay after gather() at the latest.
  void gather_from(std::function<std::vector<operation>()> what);
  void gather();

  // What was gathered goes out, then the server forgets this session. Waits for that, for call_timeout at most;
  // the structure may be gone after this.
  void leave();

  std::optional<remote::call> compose(clock::time_point now) override;
  clock::time_point due() override;
  void answered(const answer& result) override;
  void refused(const error& reason) override;
  void woken(std::string_view /*message*/) override {}
  void failed(const error& reason) override;
  bool is_finished() override;

 private:
  // One caller's. Shared, because a caller may go before it is answered.
  struct request {
    operation what;
    answer result;
    std::optional<error> failure;
    bool has_caller = true;
    bool is_settled = false;
    std::condition_variable settled;  // one thread waits here
  };

  merged_calls(session& session, const script& what) : session_(session), script_(what) {}
  void add_gathered();
  void settle(std::vector<std::shared_ptr<request>>& requests, const error& reason);

  static constexpr std::size_t most_words = 20'000;  // of one call: it should not keep the server for long
  static constexpr auto gather_delay = std::chrono::milliseconds(10);
  static constexpr auto refusal_delay = std::chrono::milliseconds(100);

  session& session_;
  const script& script_;
  std::string key_;
  std::string name_;  // the session's, as the server knows it

  std::mutex mutex_;
  std::vector<std::shared_ptr<request>> waiting_;  // not sent yet
  std::vector<std::shared_ptr<request>> sent_;     // in the call that is on its way
  bool is_sent_ = false;                           // whoever receives its answer sends what is waiting
  std::uint64_t number_ = 0;                       // of the last call that was composed
  clock::time_point next_beat_, not_before_;
  clock::time_point gather_at_ = clock::time_point::max();
  std::function<std::vector<operation>()> gathered_;
  std::optional<error> failure_;
  bool leaving_ = false;   // leave() was called
  bool finished_ = false;  // the last call was composed
  bool left_ = false;      // and answered, or never will be
  std::condition_variable has_left_;
};

}  // namespace plait::remote
