// SPDX-License-Identifier: MIT
// How rivals that have no hash of their own hash strings: a string_view is looked up without making a string.
#pragma once

#include <functional>
#include <string_view>

namespace bench {

struct string_hash : std::hash<std::string_view> {
  using is_transparent = void;
};

}  // namespace bench
