// SPDX-License-Identifier: MIT
// Traces for people who have none, by names such as zipf:1.0:1000:100000.
#pragma once

#include <optional>
#include <string>

#include "replay/trace.hpp"

namespace plait::cli {

// None if the name does not begin with that of a generator and a colon. Throws input_error if it does, and what
// follows is wrong.
//   zipf:SKEW:KEYS:REQUESTS   the n-th key as often as 1 / n^SKEW says, in random order
//   scan:KEYS:REQUESTS        a zipf of skew 1 over KEYS, and every second request a key that never came before
//   loop:KEYS:REQUESTS        one key after the other, over and over
std::optional<trace> generate_trace(const std::string& name);

}  // namespace plait::cli
