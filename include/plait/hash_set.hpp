// SPDX-License-Identifier: MIT
// hash_set<K>: a set that many threads read and change; Python's set, but for the order of its keys.
//
// Use it for what threads only have to know once: what was seen, what is done, what is allowed. It is the table
// of hash_map without values.
// Use hash_map for keys with values, and keyed_counter to know how often each key came.
//
//   operation           progress       exactness               complexity        memory
//   contains,           no lock (1)    linearizable            O(1)              none
//     contains_many
//   insert, erase,      blocks (2)     linearizable            O(1), and at      (4)
//     insert_many                                              times O(1000) (3)
//   scan, for_each,     blocks (2)     a key that stays comes  O(keys)           a copy of some
//     snapshot                         once, others at most                      thousands, or of all
//                                      once
//   erase_if, clear,    blocks (2)     reaches every key that  O(keys)           what is erased is kept
//     merge                            is there throughout                       for a moment
//   size                wait-free      when quiet              O(threads)        none
//   reserve             blocks (2)                             O(keys)           as for so many keys
//   shrink_to_fit       nobody else may use the set            O(keys)           twice, then what is needed
//   (1) For keys that are trivially copyable and not larger than 64 bytes, but for views (std::string_view,
//       std::span); and for a std::string of up to 31 characters, unless Hash or Equal is the user's. It waits
//       only while another thread stores to the same block. All others take the lock of (2) for a comparison:
//       one read-modify-write.
//   (2) On the lock of a block of six to eight keys: one read-modify-write. Who waits longer than some
//       microseconds sleeps, and looks again.
//   (3) Where there is no room, a thread moves half of a segment of up to 512 blocks to a new one. Others wait
//       for that if they change something there, or need a lock to read it. Nobody ever moves all keys.
//   (4) With keys of 8 bytes or less, 24 to 57 bytes for each key, in segments of 64 KiB, once there are
//       16 000, and more before; with strings 57 to 121, and memory of their own for those of more than 31
//       characters. An empty set has none beyond its object. What erased keys leave is used again, and freed by
//       shrink_to_fit and the destructor.
//   None of them may be called in a signal handler or in operator new.
//
//   plait::hash_set<std::string> visited;
//   if (visited.insert("/index")) fetch("/index");  // by one thread, whoever comes first
//   if (visited.contains("/about")) std::puts("known");
//
// insert() says who was first: `if (!set.contains(k)) set.insert(k)` may find that somebody was faster.
//
// Requirements, callbacks, exceptions, hashes and seeds are as in hash_map: for_each holds no lock and may do
// anything to the set; the function given to erase_if runs under a lock, and using the set in it throws
// std::logic_error. Every call must have returned before the set is destroyed. A child of fork() may only
// destroy it.
// Algorithm: see hash_map. Design note: docs/structures/hash_set.md.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/key/key_batches.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/map/map_callback.hpp>
#include <plait/detail/map/map_entries.hpp>
#include <plait/detail/sync.hpp>
#include <plait/map_element.hpp>

namespace PLAIT_NAMESPACE {

template <class K, class Hash = detail::key_hash<K>, class Equal = std::equal_to<>,
          class Allocator = std::allocator<K>>
class hash_set {
  // Here, and not where it is named, because it may be incomplete there.
  static_assert(
      map_element<K>,
      "plait::hash_set<K>: keys must be objects that are moved and destroyed without throwing, because "
      "they move when the set grows. Put one that is not into a std::unique_ptr.");

  struct no_value {};  // takes no room beside its key
  using entries = detail::map_entries<K, no_value, Hash, Equal, Allocator>;
  using forms = typename entries::forms;

  // What a key can be given as.
  template <class L>
  static constexpr bool is_key = forms::template is_key<L>;

 public:
  using key_type = K;
  using value_type = K;
  using size_type = std::size_t;
  using hasher = Hash;
  using key_equal = Equal;
  using allocator_type = Allocator;

  // Holds nothing yet, and has no memory.
  hash_set() : hash_set(Allocator()) {}
  explicit hash_set(const Allocator& allocator) : hash_set(Hash(), Equal(), allocator) {}
  explicit hash_set(const Hash& hash, const Equal& equal = Equal(), const Allocator& allocator = Allocator())
      : entries_(hash, equal, allocator) {}
  hash_set(const hash_set&) = delete;
  hash_set& operator=(const hash_set&) = delete;

  // -- one key --

  template <class L = K>
    requires is_key<const L&>
  bool contains(const L& key) const {
    return entries_.read(key, [](no_value) {});
  }

  // Puts it in unless it is there. False if it is; then `key` is not moved from.
  template <class L = K>
    requires is_key<L>
  bool insert(L&& key) {
    return entries_.change_or_put(std::forward<L>(key), [](auto&, auto&) {});
  }

  // False if it was not there.
  template <class L = K>
    requires is_key<const L&>
  bool erase(const L& key) {
    return entries_.extract(key).has_value();
  }

  // -- many keys --

  // What contains() says of each, in their order. Faster than one by one, if the set is larger than the caches.
  template <std::ranges::input_range Range>
    requires is_key<std::ranges::range_reference_t<Range>>
  std::vector<bool> contains_many(Range&& keys) const {
    std::vector<bool> found;
    if constexpr (std::ranges::sized_range<Range>) found.reserve(std::ranges::size(keys));
    detail::for_each_key<forms>(keys, entries_.hash(), entries_.prefetch(),
                                [&](const auto& key, std::uint64_t hash) {
                                  found.push_back(entries_.read_hashed(key, hash, [](no_value) {}));
                                });
    return found;
  }

  // insert() for each; returns how many were not there.
  template <std::ranges::input_range Range>
    requires is_key<std::ranges::range_reference_t<Range>>
  size_type insert_many(Range&& keys) {
    using reference = std::ranges::range_reference_t<Range>;
    size_type added = 0;
    if constexpr (std::ranges::forward_range<Range> && std::is_lvalue_reference_v<reference>) {
      detail::in_batches(
          keys, [&](const auto& key) { return entries_.hash()(forms::wanted(key)); }, entries_.prefetch(),
          [&](reference key, std::uint64_t) { added += insert(key) ? 1 : 0; });
    } else {
      for (auto&& key : keys) added += insert(std::forward<decltype(key)>(key)) ? 1 : 0;
    }
    return added;
  }

  // -- all keys --

  // How many there are; exact if nobody is just changing that.
  size_type size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // How far a scan has come.
  class cursor {
   public:
    // Whether the scan has ended.
    bool is_at_end() const noexcept { return at_.is_end; }

   private:
    friend hash_set;
    typename entries::position at_;
  };

  // Copies of the next few keys, up to some thousands; none at the end alone. Others may change the set between
  // two calls and during one: each key that is there from the first call to the last comes exactly once, any
  // other one at most once.
  std::vector<K> scan(cursor& from) const {
    return entries_.template scan<K>(
        from.at_, [](std::vector<K>& batch, const auto& at) { batch.emplace_back(entries::key_of(at.at())); });
  }

  // Calls f(const K&) with copies of all, as scan() finds them. No lock is held: f may use the set.
  template <std::invocable<const K&> F>
  void for_each(F&& f) const {
    for (cursor at; !at.is_at_end();)
      for (const K& key : scan(at)) std::invoke(f, key);
  }

  // Copies of all, as scan() finds them: not all of one moment, if others change the set.
  std::vector<K> snapshot() const {
    std::vector<K> all;
    all.reserve(size());
    for (cursor at; !at.is_at_end();) std::ranges::move(scan(at), std::back_inserter(all));
    return all;
  }

  // Erases all for which pred(const K&) is true, and says how many. pred may be asked about a key more than
  // once if others change the set.
  template <std::predicate<const K&> Predicate>
  size_type erase_if(Predicate&& pred) {
    return entries_.erase_all_if([&](const auto& at) {
      const detail::map_callback within(&entries_);
      return static_cast<bool>(std::invoke(pred, entries::key_of(at)));
    });
  }

  // Erases all that is there when it begins. What others put in meanwhile may stay.
  void clear() {
    entries_.erase_all_if([](const auto&) { return true; });
  }

  // Moves to this set what it does not have and `other` has. A key on its way is in neither set; it goes
  // back if somebody was faster, or if an exception keeps it out.
  void merge(hash_set& other) {
    if (this == &other) return;
    for (cursor at; !at.is_at_end();)
      for (const K& key : other.scan(at)) {
        if (contains(key) || !other.erase(key)) continue;
        try {
          if (insert(key)) continue;
        } catch (...) {
          other.insert(key);
          throw;
        }
        other.insert(key);
      }
  }

  // -- memory --

  // Makes room for so many keys.
  void reserve(size_type keys) { entries_.reserve(keys); }

  // Gives back all memory but what its keys need. No other thread may use the set meanwhile.
  void shrink_to_fit() { entries_.shrink(); }

  // -- what it was made with --

  hasher hash_function() const { return entries_.hash().unseeded(); }
  key_equal key_eq() const { return entries_.equal(); }
  allocator_type get_allocator() const { return entries_.allocator(); }

 private:
  entries entries_;
};

}  // namespace PLAIT_NAMESPACE
