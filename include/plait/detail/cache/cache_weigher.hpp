// SPDX-License-Identifier: MIT
// What the entries of a cache weigh.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include <plait/cache_options.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// What is said of an entry that is put in.
struct entry_terms {
  entry_lifetime lives;
  std::uint64_t weight;
};

// The argument itself, if it is a T; otherwise a T made of it.
template <class T, class From>
decltype(auto) made_into(From&& from) {
  if constexpr (std::same_as<std::remove_cvref_t<From>, T>) {
    return std::forward<From>(from);
  } else {
    return static_cast<T>(std::forward<From>(from));
  }
}

template <class K, class V>
class cache_weigher {
 public:
  using function = std::function<std::uint64_t(const K&, const V&)>;

  cache_weigher(function weigh, std::uint64_t heaviest) : weigh_(std::move(weigh)), heaviest_(heaviest) {}

  // False: each entry weighs 1.
  bool has_weights() const noexcept { return static_cast<bool>(weigh_); }

  // What is too heavy is not kept, as if its time were over already.
  entry_terms terms_of(const K& key, const V& value, entry_lifetime lives) const {
    if (!weigh_) return {lives, 1};
    const std::uint64_t weight = std::max<std::uint64_t>(weigh_(key, value), 1);
    if (weight > heaviest_) return {entry_lifetime(std::chrono::nanoseconds(0)), 1};
    return {lives, weight};
  }

 private:
  const function weigh_;
  const std::uint64_t heaviest_;
};

}  // namespace PLAIT_NAMESPACE::detail
