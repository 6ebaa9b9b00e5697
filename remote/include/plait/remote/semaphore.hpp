// SPDX-License-Identifier: MIT
// remote::semaphore: at most so many at a time, among all threads of all processes: downloads from one host,
// users of a licence, jobs that need a large machine.
//
// Use fenced_mutex for one at a time. A semaphore's tokens fence nothing, since several are good at a time.
//
//   operation              trips (1)  result                            what holds
//   acquire                1 (2)      nothing: a stop was requested     first come, first served, as the server
//                                                                       saw them
//   try_acquire            1          nothing: none is free, or the     never before those who wait
//                                     connection is broken
//   ..._for, ..._until     1 (2)      nothing: none was free until      waits while the connection is broken
//                                     then
//   permit::release        0                                            the next one has it one trip later
//   permit::lost                                                        requested before the server lets go (3)
//   available              1                                            at one moment during the call
//   (1) To the server; operations of several threads share them.
//   (2) And one more after waiting.
//   (3) A quarter of a lease before, by this machine's monotonic clock; unless the process cannot run then.
//
//   plait::remote::semaphore downloads(server, "downloads", 3);  // three at a time, on all machines
//   if (const auto mine = downloads.try_acquire_for(std::chrono::seconds(30))) {
//     std::puts("downloading");
//   }
//
// A process that ends, or is silent for connection_options::lease, loses its permits: they are not lost to the
// others. One that is stopped for longer and goes on is one too many until it looks at permit::lost().
//
// Errors: remote::error; wrong_type if the semaphore was created with another number of permits. Every call
// must have returned before the object is destroyed.
// Design note: docs/structures/remote.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <utility>

#include <plait/remote/connection.hpp>
#include <plait/remote/permit.hpp>
#include <plait/remote/permit_end.hpp>
#include <plait/remote/wait_limits.hpp>

namespace plait::remote {

class semaphore {
 public:
  // All users of one semaphore name the same number. Throws std::invalid_argument if it is 0.
  semaphore(const connection& server, std::string_view name, std::size_t permits)
      : session_(server.shared_session()),
        permits_(checked(permits)),
        end_(open_permits(*session_, name, permits)) {}
  ~semaphore() { end_->leave(); }
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  [[nodiscard]] std::optional<permit> acquire(const std::stop_token& stop = {}) {
    return take(true, wait_limits::with(stop));
  }
  [[nodiscard]] std::optional<permit> try_acquire() { return take(false, {}); }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<permit> try_acquire_for(const std::chrono::duration<Rep, Period>& wait,
                                                      const std::stop_token& stop = {}) {
    return take(true, wait_limits::after(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::optional<permit> try_acquire_until(const std::chrono::time_point<Clock, Duration>& when,
                                                        const std::stop_token& stop = {}) {
    return take(true, wait_limits::at(when, stop));
  }

  [[nodiscard]] std::size_t available() const { return static_cast<std::size_t>(end_->available()); }
  [[nodiscard]] std::size_t capacity() const noexcept { return permits_; }

  // The server forgets all of it after this time, counted from now.
  void expire_after(std::chrono::seconds time) { end_->expire_after(time); }

 private:
  static std::size_t checked(std::size_t permits) {
    if (permits == 0) throw std::invalid_argument("plait::remote::semaphore: 0 permits; it needs at least 1");
    return permits;
  }

  std::optional<permit> take(bool waits, const wait_limits& limits) {
    auto granted = end_->acquire(waits, limits);
    return granted ? std::optional<permit>(std::in_place, end_, std::move(*granted)) : std::nullopt;
  }

  std::shared_ptr<session> session_;
  const std::size_t permits_;
  std::shared_ptr<permit_end> end_;
};

}  // namespace plait::remote
