// SPDX-License-Identifier: MIT
// What one attempt to put or take came to.
#pragma once

#include <plait/conqueue_status.hpp>

namespace plait_python {

enum class outcome : unsigned char {
  done,
  blocked,  // there is no item, or no room
  busy,     // another thread is in the middle of it
  closed,   // for a take: and drained
  failed,   // a Python exception is set
};

constexpr outcome outcome_of(plait::conqueue_status status) noexcept {
  using plait::conqueue_status;
  switch (status) {
    case conqueue_status::success:
      return outcome::done;
    case conqueue_status::busy:
      return outcome::busy;
    case conqueue_status::closed:
      return outcome::closed;
    default:
      return outcome::blocked;
  }
}

}  // namespace plait_python
