// SPDX-License-Identifier: MIT
// How get_or_load of an expiring_cache loads, and for how long it keeps what was loaded.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE {

struct load_options {
  // Of what is loaded; if none is given, the cache's.
  std::optional<entry_lifetime> time_to_live = std::nullopt;

  // If the value is an empty std::optional, or another one whose has_value() is false: that there is nothing is
  // remembered for so long. If no time is given, as long as any other value.
  std::optional<entry_lifetime> time_to_live_of_nothing = std::nullopt;

  // A value that is older has grown old: it is loaded again, by one call at a time, and all others are given
  // the old one meanwhile, until its time to live is over. How old it is follows from what it has left of the
  // time to live that is named above: so that has to end, and a time to idle does not go with it.
  entry_lifetime refresh_after = never_expires;

  // Who finds an old value gives a function to it that loads a new one, and returns the old one. It may run the
  // function at once, later, or never. If it throws, that is a failed load. None: who finds an old value loads.
  std::function<void(std::function<void()>)> executor = nullptr;

  // If a new value cannot be loaded, the old one is returned rather than what was thrown.
  bool stale_if_error = false;

  // The tags of what is loaded: see invalidate_tag().
  std::vector<cache_tag> tags = {};
};

}  // namespace PLAIT_NAMESPACE
