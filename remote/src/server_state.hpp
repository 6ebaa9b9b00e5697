// SPDX-License-Identifier: MIT
// What all structures agree on with their scripts: the names of keys, and the answer to a call out of order.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <plait/remote/error.hpp>

#include "answer.hpp"

namespace plait::remote {

// All keys of a structure have the same tag in braces, so that a cluster keeps them together.
inline std::string key_of(std::string_view name, std::string_view part) {
  if (name.empty() || name.find_first_of("{}") != std::string_view::npos)
    throw std::invalid_argument("plait::remote: the name of a structure is '" + std::string(name) +
                                "'; it must not be empty, and without braces");
  return '{' + std::string(name) + "}:" + std::string(part);
}

// Throws error if the server does not know the call before call `number`, which was acknowledged.
inline void check_nothing_is_missing(const answer& result, std::uint64_t number, const std::string& key) {
  if (result[0].text() != "missing") return;
  const std::int64_t last = result[1].number();
  if (last < 0)
    throw error(errc::state_lost,
                "plait::remote: " + key + ": the server knows nothing of this session any more; it was " +
                    "restarted without its data, or flushed, or this process stood still for a day");
  throw error(errc::updates_lost, "plait::remote: " + key + ": the server has lost the calls " +
                                      std::to_string(last + 1) + " to " + std::to_string(number - 1) +
                                      " of this session, which it had acknowledged");
}

}  // namespace plait::remote
