// SPDX-License-Identifier: MIT
// queue_options: how a queue of plait::remote is created, and what its users agree on.
#pragma once

#include <cstddef>

namespace plait::remote {

// Whether an item comes again if the one who got it ends, or is silent for a lease, before marking it done.
enum class delivery {
  at_least_once,
  at_most_once,  // it is marked done as it is handed over
};

struct queue_options {
  std::size_t capacity = 0;  // 0: no bound. All users of one queue name the same
  unsigned delivery_limit =
      5;  // an item that came so often and was never done goes to the dead letters; 0: none does
  delivery deliver = delivery::at_least_once;
};

}  // namespace plait::remote
