// SPDX-License-Identifier: MIT
// What the policies that are compared with plait's are made of, and that one itself.
//
// A key keeps its number while it is away, which a cache need not do: lists of keys that were evicted can
// then hold those numbers.
#pragma once

#include <plait/detail/cache/adaptive_tinylfu.hpp>

namespace plait::cli {

using detail::adaptive_tinylfu;
using detail::entry_lists;
using detail::entry_number;
using detail::eviction_policy;
using detail::frequency_sketch;

}  // namespace plait::cli
