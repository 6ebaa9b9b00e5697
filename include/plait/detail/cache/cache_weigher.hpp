// SPDX-License-Identifier: MIT
// What the entries of a cache weigh.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include <plait/cache_options.hpp>
#include <plait/detail/cache/entry_terms.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

template <class K, class V>
class cache_weigher {
 public:
  using function = std::function<std::uint64_t(const K&, const V&)>;

  explicit cache_weigher(function weigh) : weigh_(std::move(weigh)) {}

  // False: each entry weighs 1.
  bool has_weights() const noexcept { return static_cast<bool>(weigh_); }

  // relaxed: see weigh()
  void set_heaviest(std::uint64_t heaviest) noexcept { limit_.store(heaviest, sync::relaxed); }

  // Sets the weight. What is too heavy is not kept, as if its time were over already.
  void weigh(const K& key, const V& value, entry_terms& terms) const {
    if (!weigh_) return;
    terms.weight = std::max<std::uint64_t>(weigh_(key, value), 1);
    // relaxed: who is at work meanwhile may know the limit of before
    if (terms.weight > limit_.load(sync::relaxed))
      terms.weight = 1, terms.lives = entry_lifetime(std::chrono::nanoseconds(0));
  }

 private:
  const function weigh_;
  sync::atomic<std::uint64_t> limit_{1};
};

}  // namespace PLAIT_NAMESPACE::detail
