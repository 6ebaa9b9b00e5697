// SPDX-License-Identifier: MIT
// What lock_order has to say about a lock: the problem, how sure it is, and where it came from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// What is wrong.
enum class lock_problem {
  deadlock,        // threads that wait for each other, the calling one among them
  relock,          // the calling thread holds the lock that it is about to wait for
  inversion,       // locks taken in an order that contradicts what was seen before
  same_class,      // two locks of one class, which have no order
  rank,            // a lock whose rank is not above those held
  key,             // a lock whose key is not above those that are held of its class
  leaf,            // a lock taken under one that was declared to be the last
  recursive_read,  // a lock shared again by a thread that shares it: a writer that waits in between stops both
  not_owner,       // unlocked by a thread that does not hold it
  held_at_exit,    // held by a thread that ends
};

// How sure it is that this hangs.
enum class lock_certainty {
  certain,   // it hangs now, or is undefined behaviour
  possible,  // other timing hangs; or a declared rule is broken
  unlikely,  // only one thread was ever seen doing it, or another lock keeps the threads apart
};

// What happens when there is something to report.
enum class lock_order_mode {
  off,          // nothing is checked; which locks a thread holds is noted all the same
  log,          // it is printed on standard error
  throw_error,  // a lock_order_error is thrown instead of waiting; where nothing can be thrown, it is printed
  abort,        // it is printed, and the program aborted
};

// One report.
struct lock_order_report {
  // One lock taken while another was held. The calling thread's is the first, if it is one of them; the others,
  // those that it clashes with, lead from one lock to the next and back to the first.
  struct step {
    std::string held;    // empty: none
    std::string wanted;  // the lock that is taken, by its name, and its key if it has one: "name[7]"
    std::string thread;  // by the name that the system has
    std::vector<std::string> stack;  // the innermost function first
    bool is_now = false;             // it is what the calling thread is about to do
  };

  lock_problem problem;      // what is wrong
  lock_certainty certainty;  // how sure it is
  std::vector<step> steps;   // at least one

  // All of it, for people: some lines.
  std::string text() const {
    std::string all = "plait: " + sentence() + '\n';
    for (std::size_t i = 0; i != steps.size(); ++i) {
      const step& each = steps[i];
      all += "  " + std::to_string(i + 1) + ". thread '" + each.thread + "'" + (each.is_now ? ", now" : "") +
             ": '" + each.wanted + "'" + (each.held.empty() ? "" : " while it holds '" + each.held + "'") +
             '\n';
      for (const std::string& frame : each.stack) all += "       " + frame + '\n';
    }
    return all + "  " + std::string(advice()) + '\n';
  }

 private:
  std::string sentence() const {
    const step& now = steps.front();
    switch (problem) {
      case lock_problem::deadlock:
        return "deadlock: " + std::to_string(steps.size()) + " threads wait for each other, in a circle";
      case lock_problem::relock:
        return "deadlock: a thread waits for '" + now.wanted + "', which it holds itself";
      case lock_problem::inversion:
        return std::string(certainty == lock_certainty::unlikely
                               ? "inverted lock order, which nothing has hung on yet"
                               : "inverted lock order, a possible deadlock") +
               ": '" + now.wanted + "' is taken under '" + now.held + "', and was seen to come before it";
      case lock_problem::same_class:
        return "possible deadlock: two locks of the class '" + now.wanted +
               "' are taken one under the other, in no order";
      case lock_problem::rank:
        return "wrong rank: '" + now.wanted + "' is taken under '" + now.held + "', whose rank is not lower";
      case lock_problem::key:
        return "wrong order in a class: '" + now.wanted + "' is taken under '" + now.held +
               "', whose key is not lower";
      case lock_problem::leaf:
        return "'" + now.wanted + "' is taken under '" + now.held + "', which was declared to be a leaf";
      case lock_problem::recursive_read:
        return "possible deadlock: '" + now.wanted + "' is shared again by a thread that shares it";
      case lock_problem::not_owner:
        return "'" + now.wanted + "' is unlocked by a thread that does not hold it";
      case lock_problem::held_at_exit:
        return "a thread ends that holds '" + now.wanted + "'";
    }
    return {};
  }

  std::string_view advice() const {
    switch (problem) {
      case lock_problem::deadlock:
      case lock_problem::inversion:
        return "Take these locks in one order everywhere, or all at once with plait::lock_all.";
      case lock_problem::same_class:
        return "Take them all at once with plait::lock_all, or give them keys, or names of their own.";
      case lock_problem::key:
        return "Take them all at once with plait::lock_all, or in the order of their keys.";
      case lock_problem::relock:
      case lock_problem::recursive_read:
        return "Split the function in two: one that takes the lock, and one for those who hold it.";
      case lock_problem::rank:
      case lock_problem::leaf:
        return "Take the lock earlier, or change what was declared.";
      case lock_problem::not_owner:
      case lock_problem::held_at_exit:
        return "Let a guard in the thread that locks it unlock it: std::lock_guard or std::unique_lock.";
    }
    return {};
  }
};

// For a program whose threads run the code of an interpreter: what reports say of the calling thread, instead
// of its machine code and the name that the system knows. Each is called with none of lock_order's own locks
// held, and the locks that it takes are not checked. What is null, or has nothing to say, leaves it as it is.
struct lock_order_callers {
  // Writes up to `most` places, the innermost first, and returns how many.
  int (*stack)(void** places, int most) = nullptr;
  // The text of such a place, at any later time, in any thread.
  std::string (*line)(void* place) = nullptr;
  // The thread's name; empty: nothing to say.
  std::string (*thread)() = nullptr;
};

// Thrown instead of waiting; what() is the report's text. The code is resource_deadlock_would_occur, as for a
// standard mutex that notices.
class lock_order_error : public std::system_error {
 public:
  // For the checks.
  explicit lock_order_error(lock_order_report about)
      : std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur)),
        report_(std::move(about)),
        text_(report_.text()) {}

  // The report's text.
  const char* what() const noexcept override { return text_.c_str(); }
  // The report.
  const lock_order_report& report() const noexcept { return report_; }

 private:
  lock_order_report report_;
  std::string text_;
};

}  // namespace PLAIT_NAMESPACE
