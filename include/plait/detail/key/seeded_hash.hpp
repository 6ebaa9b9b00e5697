// SPDX-License-Identifier: MIT
// Hashes that differ from one object to the next.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>

#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A hash that takes a seed, as key_hash does, is used as it is: keys that somebody has chosen to collide under
// one seed do not under another. The result of any other is mixed with the seed, which makes a good hash of one
// whose bits are badly spread, but cannot tell keys apart for which it is the same. One that says of itself, by
// is_avalanching, that its bits are well spread is not mixed.
template <class Hash>
class seeded_hash {
 public:
  seeded_hash(const Hash& hash, std::uint64_t seed) : hash_(hash), seed_(seed) {}

  template <class K>
  std::uint64_t operator()(const K& key) const {
    if constexpr (requires {
                    { std::invoke(hash_, key, seed_) } -> std::convertible_to<std::uint64_t>;
                  }) {
      return static_cast<std::uint64_t>(std::invoke(hash_, key, seed_));
    } else if constexpr (requires { typename Hash::is_avalanching; }) {
      return static_cast<std::uint64_t>(std::invoke(hash_, key)) ^ seed_;
    } else {
      return mix(static_cast<std::uint64_t>(std::invoke(hash_, key)) ^ seed_);
    }
  }

  const Hash& unseeded() const noexcept { return hash_; }

 private:
  [[no_unique_address]] Hash hash_;
  std::uint64_t seed_;
};

}  // namespace PLAIT_NAMESPACE::detail
