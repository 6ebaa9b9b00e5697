// SPDX-License-Identifier: MIT
// json_codec<T>: T travels as JSON, for what programs in other languages read, and types that will get more
// members. Over nlohmann::json (Debian's nlohmann-json3-dev), so nothing else includes this.
//
//   struct order {
//     std::string dish;
//     int table = 0;
//   };
//   NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, dish, table)
//
//   template <>
//   struct plait::remote::codec<order> : plait::remote::json_codec<order> {};
//
// Text that is no JSON, or not that of a T, is not decoded: the queue puts it among its dead letters, with what
// nlohmann::json says of it. A string that is not UTF-8 cannot be encoded: nlohmann::json::type_error.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <plait/remote/codec.hpp>

namespace plait::remote {

template <class T>
struct json_codec {
  static std::string encode(const T& value) { return nlohmann::json(value).dump(); }

  static std::expected<T, decode_error> decode(std::string_view bytes) try {
    return nlohmann::json::parse(bytes).get<T>();
  } catch (const nlohmann::json::exception& reason) {
    return std::unexpected(decode_error{reason.what()});
  }
};

}  // namespace plait::remote
