// SPDX-License-Identifier: MIT
// remote::fenced_mutex: one holder at a time, among all threads of all processes, and a token that lets the
// resource refuse a holder who has lost it without noticing.
//
//   operation           trips (1)   result                        what holds
//   lock                1 (2)       nothing: a stop was           first come, first served, as the server saw
//                                   requested                     them
//   try_lock            1           nothing: held, or the         never before those who wait
//                                   connection is broken
//   ..._for, ..._until  1 (2)       nothing: held until then      waits while the connection is broken
//   permit::release     0                                         the next one has it one trip later
//   permit::lost                                                  requested before the server lets go (3)
//   (1) To the server; operations of several threads share them.
//   (2) And one more after waiting.
//   (3) A quarter of a lease before, by this machine's monotonic clock; unless the process cannot run then.
//
//   plait::remote::fenced_mutex ledger(server, "ledger lock");
//   plait::remote::map<std::string, std::int64_t> accounts(server, "ledger");
//   if (const auto mine = ledger.lock(); accounts.fence("ann", mine->token())) {
//     const std::int64_t before = accounts.get("ann").value_or(0);
//     if (!accounts.put("ann", before + 1, mine->token())) std::puts("the lock was lost; nothing was written");
//   }
//
// A lock with a lease excludes nobody by itself: a process that is stopped (by its scheduler, a debugger, a
// closed lid) for longer than the lease goes on as if it held the lock, and another one holds it. So every
// write to what the mutex protects carries token(), and the resource refuses a token that is smaller than one
// it has seen: remote::map does with put(key, value, token), and with fence(key, token) before a read whose
// result is written back. A file, a database or a service has to be taught the same.
//
// Tokens grow, also over a restart of the server that loses everything, as long as its clock does not go back.
// There is no recursion: a thread that locks twice waits for itself.
// A process that ends, or is silent for connection_options::lease, loses the lock and its place in the line.
// Errors: remote::error. Every call must have returned before the object is destroyed.
// Design note: docs/structures/remote.md.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <plait/remote/connection.hpp>
#include <plait/remote/permit.hpp>
#include <plait/remote/permit_end.hpp>
#include <plait/remote/wait_limits.hpp>

namespace plait::remote {

class fenced_mutex {
 public:
  fenced_mutex(const connection& server, std::string_view name)
      : session_(server.shared_session()), end_(open_permits(*session_, name, 1)) {}
  ~fenced_mutex() { end_->leave(); }
  fenced_mutex(const fenced_mutex&) = delete;
  fenced_mutex& operator=(const fenced_mutex&) = delete;

  [[nodiscard]] std::optional<permit> lock(const std::stop_token& stop = {}) {
    return acquire(true, wait_limits::with(stop));
  }
  [[nodiscard]] std::optional<permit> try_lock() { return acquire(false, {}); }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<permit> try_lock_for(const std::chrono::duration<Rep, Period>& wait,
                                                   const std::stop_token& stop = {}) {
    return acquire(true, wait_limits::after(wait, stop));
  }
  template <class Clock, class Duration>
  [[nodiscard]] std::optional<permit> try_lock_until(const std::chrono::time_point<Clock, Duration>& when,
                                                     const std::stop_token& stop = {}) {
    return acquire(true, wait_limits::at(when, stop));
  }

  // Whether anybody held it at one moment during the call.
  [[nodiscard]] bool is_locked() const { return end_->available() == 0; }

  // The server forgets all of it after this time, counted from now.
  void expire_after(std::chrono::seconds time) { end_->expire_after(time); }

 private:
  std::optional<permit> acquire(bool waits, const wait_limits& limits) {
    auto granted = end_->acquire(waits, limits);
    return granted ? std::optional<permit>(std::in_place, end_, std::move(*granted)) : std::nullopt;
  }

  std::shared_ptr<session> session_;
  std::shared_ptr<permit_end> end_;
};

}  // namespace plait::remote
