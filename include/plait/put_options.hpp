// SPDX-License-Identifier: MIT
// What can be said of an entry that is put into an expiring_cache, besides its key and its value.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// What entries have in common that are to be removed together: a text, or a number. Kept as 64 bits: two of
// ten million texts are taken for the same with a probability of 1 in 400 thousand, and then too much is
// removed.
class cache_tag {
 public:
  // Implicit, so that a list of tags reads {"users", 7}.
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  cache_tag(const Text& text)  // NOLINT(google-explicit-constructor)
      : cache_tag(std::string_view(text), from_text()) {}
  template <class Number>
    requires std::integral<Number> || std::is_enum_v<Number>
  constexpr cache_tag(Number number) noexcept  // NOLINT(google-explicit-constructor)
      : bits_(static_cast<std::uint64_t>(number)) {}

  // Tags are the same if their bits are.
  constexpr std::uint64_t bits() const noexcept { return bits_; }
  constexpr bool operator==(const cache_tag&) const noexcept = default;

 private:
  struct from_text {};
  cache_tag(std::string_view text, from_text /*unused*/) noexcept
      : bits_(detail::hash_bytes(text.data(), text.size())) {}

  std::uint64_t bits_;
};

struct put_options {
  std::optional<entry_lifetime> time_to_live = std::nullopt;  // if none is given, the cache's
  std::vector<cache_tag> tags = {};  // all that the entry has from now on: see invalidate_tag()
  bool is_pinned = false;            // no other entry drives it out, until unpin(). False: as it was before
};

}  // namespace PLAIT_NAMESPACE
