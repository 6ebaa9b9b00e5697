// SPDX-License-Identifier: MIT
// What one caller waits for. It is shared with the connection's thread, since a caller may go before the answer
// comes. All of it is guarded by its structure's mutex.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <plait/conqueue_status.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/wait_limits.hpp>

#include "bell.hpp"
#include "endpoint.hpp"

namespace plait::remote {

class request {
 public:
  bool is_settled() const noexcept { return settled_; }
  bool is_abandoned() const noexcept { return abandoned_; }
  bool was_answered() const noexcept { return answered_; }
  conqueue_status status() const noexcept { return status_; }

  bool in_flight = false;  // part of the call that is on its way
  bool waits = false;      // one refusal does not settle it
  bell* rings = nullptr;   // its caller waits for that

  // For the thread.
  void settle(conqueue_status status) {
    status_ = status;
    settled_ = true;
    changed_.notify_one();
    if (rings != nullptr) rings->ring();
  }
  void settle(const error& reason) {
    failure_ = reason;
    settle(conqueue_status::busy);
  }
  void note_answer() {
    answered_ = true;
    in_flight = false;
    changed_.notify_one();
  }

  // For the caller: true once it is settled. Neither the deadline nor a stop request ends the wait before the
  // server has answered once, or had `answer_within` to do so. Throws the failure it was settled with.
  // `listen` is called when the server has answered, and may wait itself.
  bool wait(std::unique_lock<std::mutex>& lock, const wait_limits& limits, clock::duration answer_within,
            auto listen) {
    const auto settled = [this] { return settled_; };
    changed_.wait_until(lock, after(answer_within), [this] { return settled_ || answered_; });
    if (!settled_) listen();
    if (!settled_) wait_until(lock, limits, settled);
    if (failure_) throw error(*failure_);
    return settled_;
  }
  bool wait(std::unique_lock<std::mutex>& lock, const wait_limits& limits, clock::duration answer_within) {
    return wait(lock, limits, answer_within, [] {});
  }
  // True once it is settled or waits again: no call on its way has to do with it any more.
  bool wait_until_landed(std::unique_lock<std::mutex>& lock, clock::duration within) {
    changed_.wait_until(lock, after(within), [this] { return settled_ || !in_flight; });
    if (failure_) throw error(*failure_);
    return settled_ || !in_flight;
  }
  void abandon() noexcept { abandoned_ = true; }

 private:
  static clock::time_point after(clock::duration time) { return clock::now() + time; }

  void wait_until(std::unique_lock<std::mutex>& lock, const wait_limits& limits, auto condition) {
    if (limits.until == clock::time_point::max()) {
      changed_.wait(lock, limits.stop, condition);
    } else {
      changed_.wait_until(lock, limits.stop, limits.until, condition);
    }
  }

  std::condition_variable_any changed_;  // one thread waits here
  std::optional<error> failure_;
  conqueue_status status_ = conqueue_status::busy;
  bool settled_ = false, answered_ = false, abandoned_ = false;
};

}  // namespace plait::remote
