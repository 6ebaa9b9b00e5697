// SPDX-License-Identifier: MIT
// Many keys at once: what each needs is fetched while others are looked up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <type_traits>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Calls use(element, hash_of(element)) for each, in their order, after prefetch(hash) was called for it and
// some that follow. Elements stay where they are.
template <class Range, class HashOf, class Prefetch, class Use>
void in_batches(Range& elements, HashOf hash_of, Prefetch prefetch, Use use) {
  struct waiting {
    std::remove_reference_t<std::ranges::range_reference_t<Range>>* element;
    std::uint64_t hash;
  };
  std::array<waiting, 16> batch;
  auto next = std::ranges::begin(elements);
  const auto end = std::ranges::end(elements);
  while (next != end) {
    std::size_t size = 0;
    for (; size != batch.size() && next != end; ++size, ++next) {
      auto& element = *next;
      batch[size] = {std::addressof(element), hash_of(element)};
      prefetch(batch[size].hash);
    }
    for (std::size_t i = 0; i != size; ++i) use(*batch[i].element, batch[i].hash);
  }
}

// Calls use(key, hash) for each key, in their order: in batches, where keys stay where they are and need no
// conversion.
template <class Forms, class Range, class Hash, class Prefetch, class Use>
void for_each_key(Range& keys, const Hash& hash, Prefetch prefetch, Use use) {
  using reference = std::ranges::range_reference_t<Range>;
  if constexpr (std::ranges::forward_range<Range> && std::is_lvalue_reference_v<reference> &&
                Forms::template is_lookup_key<std::remove_cvref_t<reference>>) {
    in_batches(keys, [&](const auto& key) { return hash(Forms::wanted(key)); }, prefetch, use);
  } else {
    for (auto&& key : keys) {
      const auto& own = Forms::wanted(key);
      use(own, hash(own));
    }
  }
}

}  // namespace PLAIT_NAMESPACE::detail
