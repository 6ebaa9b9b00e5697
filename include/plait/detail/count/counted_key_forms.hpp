// SPDX-License-Identifier: MIT
// In which form a keyed_counter keeps its keys, and looks for one.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <plait/detail/key/key_forms.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/key/packed_string.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

template <class Key, class Hash, class Equal, class HashType>
struct counted_key_forms {
  // Whether a K can be counted and looked up without making a Key of it first.
  template <class K>
  static constexpr bool is_lookup_key =
      std::same_as<std::remove_cvref_t<K>, Key> || (requires {
        typename Hash::is_transparent;
        typename Equal::is_transparent;
      } && std::constructible_from<Key, const K&> && std::invocable<const Hash&, const K&>);

  // Strings are kept in 16 bytes: half of their size, and their first 15 characters.
  static constexpr bool packs = key_forms<Key, Hash, Equal>::packs;
  using packed_key = packed_string<2>;
  using stored_key = std::conditional_t<packs, packed_key, Key>;

  // The table needs evenly spread hashes, which std::hash and most others do not promise.
  template <class K>
  static HashType hash_of(const Hash& hash, const K& key) {
    const auto hashed = static_cast<std::uint64_t>(std::invoke(hash, key));
    if constexpr (std::same_as<Hash, key_hash<Key>>) return static_cast<HashType>(hashed);
    return static_cast<HashType>(mix(hashed));
  }

  // A key in the form in which the table looks it up.
  template <class K>
  static decltype(auto) wanted(K&& key) {
    if constexpr (packs) {
      return packed_key::view(std::string_view(key));
    } else {
      return std::forward<K>(key);
    }
  }

  template <class K>
  static stored_key to_stored(K&& key) {
    if constexpr (!packs) {
      return stored_key(std::forward<K>(key));
    } else if constexpr (is_lookup_key<K>) {
      return stored_key(wanted(key));
    } else {
      return stored_key(wanted(Key(std::forward<K>(key))));
    }
  }

  // A key as users see it.
  static decltype(auto) shown(const stored_key& key) noexcept {
    if constexpr (packs) {
      return key.text();
    } else {
      return (key);
    }
  }

  // A key of a batch: as a view of a packed string or, to avoid a copy, by its address.
  template <class K>
  struct hashed_key {
    hashed_key() = default;
    hashed_key(HashType of, const K& key) : hash(of), held(hold(key)) {}

    static decltype(auto) hold(const K& key) {
      if constexpr (packs) {
        return wanted(key);
      } else {
        return std::addressof(key);
      }
    }
    const auto& key() const noexcept {
      if constexpr (packs) {
        return held;
      } else {
        return *held;
      }
    }

    HashType hash;
    std::conditional_t<packs, packed_key::view, const K*> held;
  };
};

}  // namespace PLAIT_NAMESPACE::detail
