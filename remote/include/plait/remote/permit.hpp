// SPDX-License-Identifier: MIT
// permit: what somebody holds of a fenced_mutex or a semaphore, until it is destroyed or released.
//
// It is held as long as the server hears of this process: the connection's thread sees to that, whatever the
// others do. If the server was not heard of for three quarters of a lease, lost() is requested, a quarter of a
// lease before the server gives the permit to somebody else. A process that is stopped in between learns of it
// too late. Only the resource can refuse what such a process writes: give it the token.
//
// A permit may change threads. It must not outlive the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>

#include <plait/remote/permit_end.hpp>

namespace plait::remote {

class permit {
 public:
  permit(std::shared_ptr<permit_end> from, granted_permit what)
      : from_(std::move(from)), what_(std::move(what)) {}
  permit(permit&& other) noexcept = default;
  permit& operator=(permit&& other) noexcept {
    permit old(std::move(*this));
    from_ = std::move(other.from_);
    what_ = std::move(other.what_);
    return *this;
  }
  ~permit() {
    try {
      release();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the server takes it back when this process ends
    }
  }

  // Grows with every permit of the structure that is granted.
  [[nodiscard]] std::uint64_t token() const noexcept { return what_.token; }

  // Requested when the permit may soon be somebody else's, also by the destruction of what it came from.
  // std::stop_callback functions run on a thread of the structure: others wait for them, and they must not
  // destroy it.
  [[nodiscard]] const std::stop_token& lost() const noexcept { return what_.lost; }

  // Does not wait: the server learns of it with the next call, which goes out at once.
  void release() {
    if (const auto from = std::exchange(from_, nullptr)) from->release(what_.token);
  }

 private:
  std::shared_ptr<permit_end> from_;  // null: released
  granted_permit what_;
};

}  // namespace plait::remote
