// SPDX-License-Identifier: MIT
// remote::map<K, V>: a dictionary at a server.
//
// Use it for what several processes read and change. Use near_cache for what they mostly read and what may be
// a moment old, and keyed_counter for sums.
//
//   operation             trips   result
//   get, contains, size   1       at one moment during the call
//   put                   1       whether the key is new
//   put with a token      1       false if the key was written with a larger one: a writer whose lease is over
//                                 changes nothing (lease::token, permit::token)
//   fence                 1       false if the key has seen a larger token; from now on smaller ones are
//                                 refused. Whoever reads a value to write it back calls this before: else an
//                                 older holder's put can come between
//   put_if_absent         1       whether it did
//   update                2 (1)   the value that was put: update reads it, calls the function, and puts the
//                                 result if nobody else has put another value meanwhile
//   erase                 1       whether the key was there; the largest token stays
//   (1) And two more each time that somebody else was faster; the function is called again then.
//
// Each is one step for each key (linearizable), once, wherever the connection is cut. While it is broken they
// wait. Errors: remote::error; and what the function of update throws, which then puts nothing.
// K and V: encodable (codec.hpp); keys are equal if their bytes are.
// Design note: docs/structures/remote.md.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <plait/remote/codec.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/operations.hpp>

namespace plait::remote {

template <encodable K, encodable V>
class map {
 public:
  using key_type = K;
  using mapped_type = V;

  map(const connection& server, std::string_view name) : server_(server, "map", name) {}

  [[nodiscard]] std::optional<V> get(const K& key) { return decoded(bytes_of(key)); }
  [[nodiscard]] bool contains(const K& key) { return bytes_of(key).has_value(); }
  [[nodiscard]] std::size_t size() { return static_cast<std::size_t>(server_.number({"size"})); }

  bool put(const K& key, const V& value) {
    return server_.flag({"put", codec<K>::encode(key), codec<V>::encode(value)});
  }
  [[nodiscard]] bool put(const K& key, const V& value, std::uint64_t token) {
    return server_.flag({"put_fenced", codec<K>::encode(key), codec<V>::encode(value), std::to_string(token)});
  }
  [[nodiscard]] bool fence(const K& key, std::uint64_t token) {
    return server_.flag({"fence", codec<K>::encode(key), std::to_string(token)});
  }
  bool put_if_absent(const K& key, const V& value) {
    return server_.flag({"exchange", codec<K>::encode(key), codec<V>::encode(value)});
  }
  bool erase(const K& key) { return server_.flag({"erase", codec<K>::encode(key)}); }

  // `function` takes a std::optional<V>, nothing if the key is absent, and returns a V.
  template <class Function>
    requires std::convertible_to<std::invoke_result_t<Function&, std::optional<V>>, V>
  V update(const K& key, Function function) {
    for (;;) {
      const std::optional<std::string> before = bytes_of(key);
      V value = function(decoded(before));
      operation exchange{"exchange", codec<K>::encode(key), codec<V>::encode(value)};
      if (before) exchange.push_back(*before);
      if (server_.flag(std::move(exchange))) return value;
    }
  }

  // The server forgets all of it after this time, counted from now.
  void expire_after(std::chrono::seconds time) { server_.expire_after(time); }

 private:
  std::optional<std::string> bytes_of(const K& key) { return server_.text({"get", codec<K>::encode(key)}); }

  static std::optional<V> decoded(const std::optional<std::string>& bytes) {
    if (!bytes) return std::nullopt;
    auto value = codec<V>::decode(*bytes);
    if (!value)
      throw error(errc::wrong_type, "plait::remote::map: a value at the server: " + value.error().reason);
    return std::move(*value);
  }

  operations server_;
};

}  // namespace plait::remote
