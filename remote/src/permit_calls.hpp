// SPDX-License-Identifier: MIT
// permit_calls: the end on this side of a number of permits. It merges what callers release and want into one
// call, hands out the tokens that come back, and says in time when they are lost.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <plait/remote/permit_end.hpp>

#include "endpoint.hpp"
#include "request.hpp"
#include "session.hpp"

namespace plait::remote {

class permit_calls final : public endpoint, public permit_end {
 public:
  static std::shared_ptr<permit_calls> make(session& session, std::string_view name, std::uint64_t count);

  std::optional<granted_permit> acquire(bool waits, const wait_limits& limits) override;
  void release(std::uint64_t token) override;
  std::uint64_t available() override;
  void expire_after(std::chrono::seconds time) override;
  void leave() override;

  std::optional<call> compose(clock::time_point now) override;
  clock::time_point due() override;
  void answered(const answer& result) override;
  void refused(const error& reason) override;
  void woken(std::string_view message) override;
  void failed(const error& reason) override;
  bool is_finished() override;

 private:
  struct caller : request {
    std::optional<granted_permit> got;
  };
  struct question : request {
    std::vector<std::string> what;  // an operation; empty: it only wants to know how many are free
    std::uint64_t available = 0;
  };
  // What the call that is on its way carries, in the order of its operations.
  struct content {
    bool opens = false;
    std::vector<std::uint64_t> released;
    std::vector<std::shared_ptr<question>> questions;
    std::size_t lines_up = 0, withdraws = 0;
    std::vector<std::shared_ptr<caller>> waiting, tries;
    bool leaves = false, beats = false;
    clock::time_point at;
  };

  permit_calls(session& session, std::uint64_t count) : session_(session), count_(count) {}

  std::shared_ptr<caller> add_caller(std::unique_lock<std::mutex>& lock, bool waits);
  void remove_caller(const std::shared_ptr<caller>& gone);
  std::shared_ptr<question> ask(std::vector<std::string> what);
  void add_operation(std::vector<std::string>& words, const char* name,
                     const std::vector<std::string>& arguments = {});
  void add_callers(std::vector<std::string>& words);
  void hand_out(const answer& tokens, const std::vector<std::shared_ptr<caller>>& to, bool are_safe);
  void lose();  // what is held
  void watch(const std::stop_token& ends);
  clock::time_point held_until() const { return renewed_ + session_.options().lease / 4 * 3; }
  void throw_failure() const;
  void ring() { asked_ = true, session_.notify(); }
  void carry_out(std::unique_lock<std::mutex>& lock, const std::function<bool()>& is_over);

  static constexpr std::size_t most_releases = 1000;  // of one call
  static constexpr auto refusal_delay = std::chrono::milliseconds(100);

  session& session_;
  const std::uint64_t count_;
  std::string key_;
  std::string name_;  // the session's, as the server knows it

  std::mutex mutex_;
  std::vector<std::shared_ptr<caller>> callers_;  // not settled, in the order in which they came
  std::vector<std::shared_ptr<question>> questions_;
  std::vector<std::uint64_t> releases_;  // to be told the server
  std::size_t in_line_ = 0;              // entries of this session in the server's line
  content sent_;
  bool is_sent_ = false;      // the call with that content is on its way
  std::uint64_t number_ = 0;  // of the last call that was composed
  bool opened_ = false;
  bool asked_ = false;  // by a caller or a wake-up, since the last call was composed
  clock::time_point next_beat_, not_before_;
  std::optional<error> failure_;
  bool leaving_ = false, finished_ = false, left_ = false;
  std::condition_variable has_left_;

  // The watch. User code runs on this thread, so it cannot be the connection's.
  std::set<std::uint64_t> held_;         // tokens that callers have, and that are not lost
  clock::time_point renewed_;            // when the last call that was answered was sent
  std::stop_source alive_;               // of what is held
  std::vector<std::stop_source> lost_;   // to be requested by the watch
  std::condition_variable_any watched_;  // held_ or lost_ has changed
  std::jthread watch_;
};

}  // namespace plait::remote
