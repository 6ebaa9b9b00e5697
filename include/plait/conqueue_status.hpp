// SPDX-License-Identifier: MIT
// What became of an operation on a queue that does not block: the vocabulary of P0260, shared by every
// queue. It says why nothing happened; nothing here is an error.
#pragma once

#include <string_view>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

enum class conqueue_status {
  success,  // done
  empty,    // nothing to pop
  full,     // no room to push
  closed,   // closed; for a pop: closed and nothing left
  busy,     // another thread is in the middle of the operation that must finish first: try again
  stopped,  // a stop request has ended the wait
};

constexpr std::string_view to_string(conqueue_status status) noexcept {
  switch (status) {
    case conqueue_status::success:
      return "success";
    case conqueue_status::empty:
      return "empty";
    case conqueue_status::full:
      return "full";
    case conqueue_status::closed:
      return "closed";
    case conqueue_status::busy:
      return "busy";
    case conqueue_status::stopped:
      return "stopped";
  }
  return "unknown";
}

}  // namespace PLAIT_NAMESPACE
