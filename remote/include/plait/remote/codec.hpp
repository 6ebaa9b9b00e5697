// SPDX-License-Identifier: MIT
// codec<T>: how a T travels: as bytes, and back.
//
//   std::string                                   the bytes, as they are
//   arithmetic types and enumerations             four bytes that name the kind and the size, then the value
//   trivially copyable structs without padding    the same; std::has_unique_object_representations says which.
//                                                 A pointer in it means nothing to another process
//   others                                        specialize codec<T> as below; json_codec.hpp has one for JSON
//
// A value that arrives under another type's mark is not decoded: the queue puts it among its dead letters.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>

namespace plait::remote {

struct decode_error {
  std::string reason;
};

template <class T>
struct codec;

// What travels.
template <class T>
concept encodable = requires(const T& value, std::string_view bytes) {
  { codec<T>::encode(value) } -> std::convertible_to<std::string>;
  { codec<T>::decode(bytes) } -> std::same_as<std::expected<T, decode_error>>;
};

template <>
struct codec<std::string> {
  static std::string encode(const std::string& value) { return value; }
  static std::expected<std::string, decode_error> decode(std::string_view bytes) { return std::string(bytes); }
};

// Values that are their bytes.
template <class T>
concept plain_bytes =
    std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_member_pointer_v<T> &&
    (std::is_arithmetic_v<T> || std::has_unique_object_representations_v<T>) && sizeof(T) < 65536;

template <plain_bytes T>
struct codec<T> {
  static_assert(std::endian::native == std::endian::little, "plait::remote's values are little-endian");

  static std::string encode(const T& value) {
    std::string bytes(mark.size() + sizeof(T), '\0');
    std::memcpy(bytes.data(), mark.data(), mark.size());
    std::memcpy(bytes.data() + mark.size(), std::addressof(value), sizeof(T));
    return bytes;
  }

  static std::expected<T, decode_error> decode(std::string_view bytes) {
    if (bytes.size() != mark.size() + sizeof(T) ||
        !bytes.starts_with(std::string_view(mark.data(), mark.size())))
      return std::unexpected(decode_error{"it is not a value of the type that was asked for"});
    std::array<std::byte, sizeof(T)> value;
    std::memcpy(value.data(), bytes.data() + mark.size(), sizeof(T));
    return std::bit_cast<T>(value);
  }

 private:
  static constexpr char kind = std::is_same_v<T, bool>       ? 'b'
                               : std::is_floating_point_v<T> ? 'f'
                               : std::is_enum_v<T>           ? 'e'
                               : !std::is_arithmetic_v<T>    ? 's'
                               : std::is_signed_v<T>         ? 'i'
                                                             : 'u';
  static constexpr std::array<char, 4> mark{'p', kind, static_cast<char>(sizeof(T) % 256),
                                            static_cast<char>(sizeof(T) / 256)};
};

}  // namespace plait::remote
