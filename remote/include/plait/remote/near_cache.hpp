// SPDX-License-Identifier: MIT
// remote::near_cache<K, V>: entries at a server, with copies in this process of those that it asks for.
//
// Use it for what many processes read much more often than they change it. Use map where a read must not be
// old, and plait::expiring_cache for what one process keeps.
//
//   operation      trips       result
//   get            0 or 1 (1)  the value, or that there is none, as it was at most max_stale before
//   put, remove    1           every get that begins in this process after it returns sees it, and in others
//                              max_stale later
//   statistics     none        of the copies
//   (1) None if there is a copy, and everything that the server had to say was heard max_stale ago or later.
//       Threads that want the same entry meanwhile share the trip.
//
// The server says which entries have changed, whoever changed them and however (also by its own commands, and
// when they expire), and their copies are dropped. Usually that takes less than a millisecond. max_stale is the
// limit if it takes longer: a PING, sent three times in max_stale, is answered when all has been heard that was
// said before. If the answer does not come, every get asks the server, and waits while it cannot be reached. If
// the connection breaks, all copies are dropped at once. So no get returns what was replaced by a put that had
// returned max_stale before the get began, by the monotonic clock, which does not count while a machine is
// suspended.
//
// A get that meets a change may return what was there before; that is not kept as a copy then. What is not
// there is remembered like a value.
//
//   plait::remote::near_cache<std::string, int> prices(
//       server, "prices", {.capacity = 10'000, .time_to_live = 1h, .max_stale = 500ms});
//
// Which copies are kept: as in expiring_cache. The entries at the server are as many as were put: give them a
// time to live. Errors: remote::error.
// Design note: docs/structures/remote.md.
// K: encodable (codec.hpp), keys being equal if and only if their bytes are; and with a hash, as in hash_map.
// V: encodable, copyable. Its destructor may run on the connection's thread: it must not use the connection.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/expiring_cache.hpp>
#include <plait/remote/change_listener.hpp>
#include <plait/remote/codec.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/operations.hpp>

namespace plait::remote {

struct near_cache_options {
  std::uint64_t capacity;                       // how many copies it holds at most; at least 1
  entry_lifetime time_to_live = never_expires;  // of entries, at the server, from the put on
  std::chrono::milliseconds max_stale{3'000};   // at least 10
};

template <encodable K, encodable V>
  requires(!std::floating_point<K>) && std::copy_constructible<V>
class near_cache {
 public:
  using key_type = K;
  using mapped_type = V;

  // Throws std::invalid_argument if the capacity is 0, or max_stale less than 10 ms; error if the server does
  // not permit CLIENT TRACKING. Waits until changes are heard.
  near_cache(const connection& server, std::string_view name, const near_cache_options& options)
      : time_to_live_(options.time_to_live),
        copies_(std::make_shared<copies>(options)),
        server_(server, "near_cache", name),
        listening_(server, name, entries, copies_) {}

  [[nodiscard]] std::optional<V> get(const K& key) {
    const clock::time_point now = clock::now();
    if (!copies_->is_fresh(now)) return ask(key).value;
    copy found = look(key);
    if (now >= found.expires) {
      copies_->cache.remove(key);
      found = look(key);
    }
    return std::move(found.value);
  }

  void put(const K& key, const V& value) { put(key, value, time_to_live_); }
  // Rounded up to milliseconds; zero or less removes it.
  void put(const K& key, const V& value, entry_lifetime time_to_live) {
    if (!time_to_live.is_endless() && time_to_live.length() <= std::chrono::nanoseconds::zero()) {
      remove(key);
      return;
    }
    operation put{"put", codec<K>::encode(key), codec<V>::encode(value)};
    if (!time_to_live.is_endless())
      put.push_back(
          std::to_string(std::chrono::ceil<std::chrono::milliseconds>(time_to_live.length()).count()));
    (void)change(key, std::move(put));
  }

  // False if there was none.
  bool remove(const K& key) { return change(key, {"remove", codec<K>::encode(key)}); }

  [[nodiscard]] cache_statistics statistics() const { return copies_->cache.statistics(); }

 private:
  using clock = change_listener::clock;

  static constexpr std::string_view entries = "e:";

  // Of an entry, or of there being none.
  struct copy {
    std::optional<V> value;
    clock::time_point expires = clock::time_point::max();
  };

  // The connection's thread has a share of it, and may be the last to have one.
  struct copies final : change_listener {
    explicit copies(const near_cache_options& options)
        : change_listener(options.max_stale), cache(cache_options{.capacity = options.capacity}) {
      if (options.max_stale < std::chrono::milliseconds(10))
        throw std::invalid_argument("plait::remote::near_cache: max_stale is " +
                                    std::to_string(options.max_stale.count()) + " ms; it must be 10 or more");
    }
    void changed(std::string_view key) override {
      if (const auto decoded = codec<K>::decode(key)) cache.remove(*decoded);
    }
    void all_changed() override {
      cache.remove_if([](const K&, const copy&) { return true; });  // unlike clear(), also what is being loaded
    }

    expiring_cache<K, copy> cache;
  };

  // What changes while it asks is not kept: expiring_cache sees to that.
  copy look(const K& key) {
    return copies_->cache.get_or_load(key, [&] { return ask(key); });
  }

  // Counted from before the server is asked, the time to live ends here no later than there.
  copy ask(const K& key) {
    const clock::time_point asked = clock::now();
    const std::vector<std::string> answer = server_.list({"get", codec<K>::encode(key)});
    if (answer.empty()) return {};
    auto value = codec<V>::decode(answer[0]);
    if (!value)
      throw error(errc::wrong_type,
                  "plait::remote::near_cache: a value at the server: " + value.error().reason);
    copy made{.value = std::move(*value)};
    if (const long long left = std::stoll(answer[1]); left >= 0)
      made.expires = asked + std::chrono::milliseconds(left);
    return made;
  }

  // The copy goes before this returns, also if nobody knows whether the change was made.
  bool change(const K& key, operation what) {
    struct forget {
      near_cache& self;
      const K& key;
      ~forget() { self.copies_->cache.remove(key); }
    } const at_end{*this, key};
    return server_.flag(std::move(what));
  }

  const entry_lifetime time_to_live_;
  const std::shared_ptr<copies> copies_;
  operations server_;
  listening listening_;
};

}  // namespace plait::remote
