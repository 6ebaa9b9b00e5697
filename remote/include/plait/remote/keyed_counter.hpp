// SPDX-License-Identifier: MIT
// remote::keyed_counter<Key>: counts how often each key was seen, by many processes.
//
// Use it to count words, addresses or errors. Use map where a key's value is more than a sum.
//
//   operation              trips   result
//   add                    none    added when the next flush() or read returns, of any thread, or about 10 ms
//                                  later; lost if the process ends before that
//   add_once               1       false, and nothing is added, if the tag was used before, by any process
//   flush                  1       what this object's threads had added before is at the server
//   count, total, size     1       at one moment during the call, with all that this thread has added
//   most_common            1 (1)   the same; equal counts come in the order of the keys' bytes
//   clear                  1
//   (1) For each thousand keys.
//
// add_once is for work that may be done twice, such as what a leased queue delivers: name the piece of work by
// the tag, and its counts are added by the first who finishes it. Tags are kept until clear().
//
// Counts are exact: 64 bits. Beyond 2^53 the order of most_common may be wrong by rounding. A cut connection
// neither loses nor doubles an addition. Destroying the object flushes, and waits for that for call_timeout at
// most. Errors: remote::error. Key: encodable (codec.hpp).
// Design note: docs/structures/remote.md.
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <plait/remote/codec.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/operations.hpp>

namespace plait::remote {

template <encodable Key>
class keyed_counter {
 public:
  using key_type = Key;
  using mapped_type = std::int64_t;
  using value_type = std::pair<Key, mapped_type>;

  // What add_once() takes at most.
  static constexpr std::size_t most_keys_once = 3500;

  keyed_counter(const connection& server, std::string_view name) : server_(server, "keyed_counter", name) {
    server_.collect_from([unsent = unsent_] { return unsent->take(); });
  }

  void add(const Key& key, mapped_type amount = 1) {
    unsent_->add(codec<Key>::encode(key), amount);
    server_.announce();
  }

  // Throws std::length_error for more than most_keys_once keys.
  template <class Counts>
  bool add_once(std::string_view tag, const Counts& counts) {
    operation what{"add_once", std::string(tag)};
    for (const auto& [key, amount] : counts) {
      what.push_back(codec<Key>::encode(key));
      what.push_back(std::to_string(static_cast<mapped_type>(amount)));
    }
    if (what.size() > 2 + 2 * most_keys_once)
      throw std::length_error("plait::remote::keyed_counter: add_once() of " +
                              std::to_string((what.size() - 2) / 2) + " keys; it takes at most " +
                              std::to_string(most_keys_once));
    return server_.flag(std::move(what));
  }

  void flush() { server_.flush(); }

  [[nodiscard]] mapped_type count(const Key& key) { return server_.number({"count", codec<Key>::encode(key)}); }
  [[nodiscard]] mapped_type total() { return server_.number({"total"}); }
  [[nodiscard]] std::size_t size() { return static_cast<std::size_t>(server_.number({"size"})); }

  // The `most` keys with the largest counts, or all. More than a thousand are not read at one moment.
  [[nodiscard]] std::vector<value_type> most_common(std::size_t most = static_cast<std::size_t>(-1)) {
    constexpr std::size_t page = 1000;
    std::vector<value_type> result;
    while (result.size() < most) {
      const std::size_t wanted = std::min(page, most - result.size());
      const auto found = server_.list({"most_common", std::to_string(result.size()), std::to_string(wanted)});
      for (std::size_t i = 0; i + 1 < found.size(); i += 2)
        result.emplace_back(decoded(found[i]), number(found[i + 1]));
      if (found.size() < 2 * wanted) break;
    }
    return result;
  }

  void clear() { (void)server_.number({"clear"}); }

  // The server forgets all of it after this time, counted from now.
  void expire_after(std::chrono::seconds time) { server_.expire_after(time); }

 private:
  // Collected here, because a call for each key would cost more than the count is worth.
  class collected {
   public:
    void add(std::string&& key, mapped_type amount) {
      const std::lock_guard lock(mutex_);
      amounts_[std::move(key)] += amount;
    }
    std::vector<operation> take() {
      constexpr std::size_t most_words = 1000;
      std::vector<operation> result;
      const std::lock_guard lock(mutex_);
      for (const auto& [key, amount] : amounts_) {
        if (result.empty() || result.back().size() > most_words) result.push_back({"add"});
        result.back().push_back(key);
        result.back().push_back(std::to_string(amount));
      }
      amounts_.clear();
      return result;
    }

   private:
    std::mutex mutex_;
    std::unordered_map<std::string, mapped_type> amounts_;
  };

  static Key decoded(const std::string& bytes) {
    auto key = codec<Key>::decode(bytes);
    if (!key)
      throw error(errc::wrong_type, "plait::remote::keyed_counter: a key at the server: " + key.error().reason);
    return std::move(*key);
  }
  static mapped_type number(const std::string& digits) {
    mapped_type value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

  // The connection's thread may ask for it when this object is gone.
  std::shared_ptr<collected> unsent_ = std::make_shared<collected>();
  operations server_;
};

}  // namespace plait::remote
