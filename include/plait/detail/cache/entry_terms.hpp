// SPDX-License-Identifier: MIT
// What is said of an entry of a cache that is put in.
#pragma once

#include <cstdint>
#include <span>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

struct entry_terms {
  entry_lifetime lives;
  std::uint64_t weight;
  std::span<const cache_tag> tags = {};
  bool is_pinned = false;
  bool is_spread = false;  // what the cache takes off a time to live has been taken off
};

}  // namespace PLAIT_NAMESPACE::detail
