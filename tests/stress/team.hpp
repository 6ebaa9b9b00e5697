// SPDX-License-Identifier: MIT
// Threads that start together. Each publishes what it is doing, so that one that hangs can be named.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <utility>

#include "stress/workload.hpp"

namespace stress {

// One of the threads.
class member {
 public:
  using work = std::function<void(member&)>;

  member(std::string role, work to_do, const std::mt19937_64& own);

  // Makes the call and returns its result; sometimes hesitates first. `what` is a literal.
  template <class Call>
  decltype(auto) does(const char* what, Call&& call) {
    if (hesitates_once_in_ != 0 && random() % hesitates_once_in_ == 0) hesitate();
    begins(what);
    return std::forward<Call>(call)();
  }

  // As does(), without hesitating: for calls that are to overlap others' within nanoseconds.
  template <class Call>
  decltype(auto) does_at_once(const char* what, Call&& call) {
    begins(what);
    return std::forward<Call>(call)();
  }

  std::mt19937_64 random;

 private:
  friend class team;

  void hesitate();
  void begins(const char* what) noexcept;
  std::string described() const;

  std::string role_;
  work work_;
  std::uint64_t hesitates_once_in_ = 0;  // 0: never
  std::exception_ptr thrown_;
  // What the thread is doing, for the report of a hang.
  std::atomic<const char*> doing_ = "starting";
  std::atomic<std::uint64_t> begun_ = 0;
};

// One team at a time.
class team {
 public:
  explicit team(const round& of) : round_(of) {}
  team(const team&) = delete;
  team& operator=(const team&) = delete;

  void add(std::string role, member::work work);

  // Runs all that were added, and returns when they have ended. Throws what one of them threw.
  void run();

  // What each thread of the running team is doing, a line each.
  static std::string described();

  // How many operations its threads have begun; 0 if no team is running.
  static std::uint64_t operations_begun();

 private:
  round round_;
  std::deque<member> members_;  // a deque, because members must not move
};

}  // namespace stress
