// SPDX-License-Identifier: MIT
// What a key of a dictionary can be given as.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// K may be incomplete until one of these is used.
template <class K, class Hash, class Equal>
struct key_forms {
  // What can be looked up without first making a K of it.
  template <class L>
  static constexpr bool is_lookup_key = std::same_as<L, K> || requires {
    typename Hash::is_transparent;
    typename Equal::is_transparent;
    requires std::invocable<const Hash&, const L&> && std::predicate<const Equal&, const K&, const L&>;
  };
  // What a key can be given as.
  template <class L>
  static constexpr bool is_key = is_lookup_key<std::remove_cvref_t<L>> || std::convertible_to<L, K>;

  // Whether only the characters of a key matter, so that it may be kept and compared as a packed_string:
  // strings, unless the user's own Hash or Equal needs a std::string.
  static constexpr bool packs =
      std::same_as<K, std::string> && std::same_as<Hash, key_hash<K>> && std::same_as<Equal, std::equal_to<>>;

  // What can be compared whatever its bits are.
  static constexpr bool compares_words =
      (std::integral<K> || std::is_enum_v<K> || std::is_pointer_v<K>) &&
      (std::same_as<Equal, std::equal_to<>> || std::same_as<Equal, std::equal_to<K>>);

  // The form in which a table looks for a key.
  template <class L>
  static decltype(auto) wanted(L&& key) {
    if constexpr (is_lookup_key<std::remove_cvref_t<L>>) {
      return std::forward<L>(key);
    } else {
      return K(std::forward<L>(key));
    }
  }
};

}  // namespace PLAIT_NAMESPACE::detail
