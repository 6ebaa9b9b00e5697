// SPDX-License-Identifier: MIT
// Where a string and a value of words stand in a block: all of it as words, but for the characters of a long
// string.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include <plait/detail/key/packed_string.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The size of a std::string in most libraries: 31 characters.
using slot_string = packed_view<4>;

// Readers without a lock compare and copy words, and so find short strings. The characters of a long one
// belong to the slot, and only the holder of the block's lock looks at them: they are freed when it is erased.
// Its hash is kept, as that of an object, so that moving it to another segment need not fetch them.
template <class V>
class string_slot : public word_slot<slot_string, V> {
  using words = word_slot<slot_string, V>;
  using owned_string = packed_string<4>;

 public:
  static constexpr bool has_to_be_destroyed = true;

  // What has been taken out of a slot, to be freed when the lock is free again.
  struct entry {
    owned_string key;
    V value;
  };

  // -- by the holder of the block's lock --

  template <class Allocator, class... Args>
  void construct(const Allocator& allocator, std::uint64_t hash, std::string_view key, Args&&... args) {
    const V value(std::forward<Args>(args)...);  // if this throws, there are no characters to be freed
    slot_string text = owned_string(slot_string(key)).release();
    if (!text.is_short()) text.keep(hash);
    words::construct(allocator, hash, text, value);
  }
  entry take() const noexcept { return {owned_string::adopt(words::key()), words::value()}; }
  void destroy() noexcept { take(); }

  template <class Hash>
  std::uint64_t hash(const Hash& of) const {
    const slot_string text = words::key();
    return text.is_short() ? of(text.text()) : text.kept();
  }
};

template <class V>
struct choose_slot<slot_string, V> {
  using type = string_slot<V>;
};

}  // namespace PLAIT_NAMESPACE::detail
