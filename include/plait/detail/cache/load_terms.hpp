// SPDX-License-Identifier: MIT
// What is said of a value that is going to be loaded.
#pragma once

#include <span>
#include <stdexcept>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>
#include <plait/load_options.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

// What load_options say of the value that is loaded.
template <class V>
struct load_terms {
  load_terms(const load_options& how, entry_lifetime otherwise)
      : lives(how.time_to_live.value_or(otherwise)),
        nothing_lives(how.time_to_live_of_nothing.value_or(lives)),
        refresh_after(how.refresh_after),
        tags(how.tags) {
    if (grows_old() && lives.is_endless())
      throw std::invalid_argument(
          "plait::expiring_cache::get_or_load: refresh_after needs a time to live that ends: nobody knows how "
          "old an entry is that never ends");
  }
  bool grows_old() const noexcept { return !refresh_after.is_endless(); }
  entry_lifetime lives_of(const V& value) const {
    if constexpr (requires { static_cast<bool>(value.has_value()); })
      return value.has_value() ? lives : nothing_lives;
    return lives;
  }

  entry_lifetime lives, nothing_lives, refresh_after;
  std::span<const cache_tag> tags;
};

}  // namespace PLAIT_NAMESPACE::detail
