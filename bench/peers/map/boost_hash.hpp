// SPDX-License-Identifier: MIT
// How Boost's maps hash: by Boost's own hash, which they need not scramble once more.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/container_hash/hash.hpp>

struct boost_string_hash : boost::hash<std::string_view> {
  using is_transparent = void;
};

template <class Key>
using boost_hash = std::conditional_t<std::same_as<Key, std::string>, boost_string_hash, boost::hash<Key>>;
