// SPDX-License-Identifier: MIT
// hash_map<K, V>: a dictionary that many threads read and change; Python's dict, but for the order of its keys.
//
// Use it for what threads share and look up more often than they change it: caches, registries, indexes.
// Reading small keys and values writes nothing that is shared, so any number of threads may read the same key.
// Use keyed_counter to count: its threads do not meet at the keys that are frequent.
//
//   operation           progress       exactness               complexity        memory
//   find, contains,     no lock (1)    linearizable            O(1)              none
//     visit, get_many
//   insert, update,     blocks (2)     linearizable            O(1), and at      (4)
//     upsert, erase ...                                        times O(1000) (3)
//   get_or_insert_with  as insert (5)  linearizable            as insert         as insert
//   scan, for_each,     blocks (2)     a key that stays comes  O(keys)           a copy of some
//     snapshot                         once, others at most                      thousands, or of all
//                                      once
//   erase_if, clear,    blocks (2)     reaches every key that  O(keys)           what is erased is kept
//     merge                            is there throughout                       for a moment
//   size                wait-free      when quiet              O(threads)        none
//   reserve             blocks (2)                             O(keys)           as for so many keys
//   shrink_to_fit       nobody else may use the map            O(keys)           twice, then what is needed
//   (1) For keys and values that are trivially copyable and together not larger than 64 bytes, but for keys
//       that are views (std::string_view, std::span); and for a std::string of up to 31 characters as the key
//       of such a value of up to 32 bytes, unless Hash or Equal is the user's. It waits only while another
//       thread stores to the same block. All others take the lock of (2) for a comparison and a copy: one
//       read-modify-write.
//   (2) On the lock of a block of six keys: one read-modify-write. Who waits longer than some microseconds
//       sleeps, and looks again.
//   (3) Where there is no room, a thread moves half of a segment of up to 512 blocks to a new one. Others wait
//       for that if they change something there, or need a lock to read it. Nobody ever moves all keys.
//   (4) With 16 bytes of key and value, 36 to 75 bytes for each key, in segments of 64 KiB, once there are
//       16 000; below that, at most 260 bytes and 170 for each. An empty map has none beyond its
//       object. What erased keys leave is used again, and freed by shrink_to_fit and the destructor.
//       A string that is read as in (1) takes 78 to 166 bytes with 8 bytes of value, and up to 400 in a map of
//       less than 16 000 that has just grown; longer ones have memory of their own besides, by operator new.
//   (5) And waits while another thread computes a value for the same key.
//   None of them may be called in a signal handler or in operator new.
//
//   plait::hash_map<std::string, int> stock;
//   stock.insert("apples", 3);
//   stock.upsert("pears", [](int& count) { ++count; }, 1);  // there is none: now there is 1
//   if (stock.update("apples", [](int& count) { count -= 2; })) std::puts("sold");
//   if (const std::optional<int> left = stock.find("apples")) std::printf("%d left\n", *left);
//   const int price = prices.get_or_insert_with("apples", [] { return ask_the_supplier(); });
//
// There is no operator[], and there are no iterators: both would lead to what another thread may just erase.
// Check and act in one call: `if (!map.contains(k)) map.insert(k, v)` may find that somebody was faster,
// insert() says so.
//
// Callbacks: what visit, for_each and get_or_insert_with call holds no lock and may do anything to the map.
// What update, upsert and erase_if call runs under a lock. There, using the same map throws std::logic_error;
// only find() and its like are possible where they take no lock, and see the value before the change. Equal,
// comparisons and constructors of K and V run under a lock, too, and must not use the map; destructors run
// under none, but for those of objects moved from.
// Exceptions: if Hash, Equal, a constructor, a callback or an allocation throws, the map is as it was, but for
// what a callback has done to a value that is not trivially copyable, and for those keys that clear, erase_if,
// merge and put_many have reached.
//
// K, V: map_element. Operations that return copies need copies. Hash and Equal are called from several threads
// at once. If both have is_transparent, as they do by default for strings, a string_view or literal is looked
// up without making a string. The result of Hash is mixed with a seed that differs from map to map, so a hash
// such as the identity will do. If Hash can be called with a seed as its second argument it is, and is trusted;
// then, as with the default, keys that somebody has chosen to collide do not. What a trivially copyable key
// points to must outlive the map: it may be compared a moment after it was erased. Every call must have
// returned before the map is destroyed. A child of fork() may only destroy it.
// Algorithm: extendible hashing (Fagin, Nievergelt, Pippenger, Strong 1979) over blocks with a version each, as
// in sequence locks. Design note: docs/structures/hash_map.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/key/key_batches.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/map/map_callback.hpp>
#include <plait/detail/map/map_computations.hpp>
#include <plait/detail/map/map_entries.hpp>
#include <plait/detail/sync.hpp>
#include <plait/map_element.hpp>

namespace PLAIT_NAMESPACE {

template <class K, class V, class Hash = detail::key_hash<K>, class Equal = std::equal_to<>,
          class Allocator = std::allocator<std::pair<const K, V>>>
class hash_map {
  // Here, and not where they are named, because they may be incomplete there.
  static_assert(
      map_element<K> && map_element<V>,
      "plait::hash_map<K, V>: keys and values must be objects that are moved and destroyed without throwing, "
      "because they move when the map grows. Put one that is not into a std::unique_ptr.");

  using entries = detail::map_entries<K, V, Hash, Equal, Allocator>;
  using forms = typename entries::forms;

  // What a key can be given as.
  template <class L>
  static constexpr bool is_key = forms::template is_key<L>;

 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;
  using size_type = std::size_t;
  using hasher = Hash;
  using key_equal = Equal;
  using allocator_type = Allocator;

  // Holds nothing yet, and has no memory.
  hash_map() : hash_map(Allocator()) {}
  explicit hash_map(const Allocator& allocator) : hash_map(Hash(), Equal(), allocator) {}
  explicit hash_map(const Hash& hash, const Equal& equal = Equal(), const Allocator& allocator = Allocator())
      : entries_(hash, equal, allocator) {}
  hash_map(const hash_map&) = delete;
  hash_map& operator=(const hash_map&) = delete;

  // -- one key: looking --

  // A copy of its value, or nothing.
  template <class L = K>
    requires is_key<const L&>
  [[gnu::always_inline]] std::optional<V> find(const L& key) const {
    return entries_.find(key);
  }

  // Whether the key is there.
  template <class L = K>
    requires is_key<const L&>
  bool contains(const L& key) const {
    return entries_.read(key, [](const V&) {});
  }

  // Calls f(const V&) with a copy of its value, and holds no lock meanwhile: f may use the map. False if the
  // key is not there.
  template <class L = K, std::invocable<const V&> F>
    requires is_key<const L&>
  bool visit(const L& key, F&& f) const {
    const std::optional<V> found = find(key);
    if (found) std::invoke(std::forward<F>(f), *found);
    return found.has_value();
  }
  template <class L = K, std::invocable<const V&> F>
    requires is_key<const L&>
  bool cvisit(const L& key, F&& f) const {
    return visit(key, std::forward<F>(f));
  }

  // -- one key: changing --

  // Puts it in unless it is there. False if it is; then the value it has stays, and neither argument is moved
  // from.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool insert(L&& key, M&& value) {
    return try_emplace(std::forward<L>(key), std::forward<M>(value));
  }

  // The same; makes the value of `args`.
  template <class L = K, class... Args>
    requires is_key<L> && std::constructible_from<V, Args...>
  bool try_emplace(L&& key, Args&&... args) {
    return entries_.change_or_put(
        std::forward<L>(key), [](chain&, const place&) {}, std::forward<Args>(args)...);
  }

  // Whether it was there or not: now it has this value. True if it was not.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool insert_or_assign(L&& key, M&& value) {
    std::optional<V> made;  // or the old value, to be destroyed without a lock
    return entries_.change_or_put(
        std::forward<L>(key),
        [&](chain& held, const place& at) {
          made.emplace(std::forward<M>(value));
          entries_.exchange(held, at.at(), *made);
        },
        std::forward<M>(value));
  }

  // Calls f(V&), which may change the value. False if the key is not there.
  template <class L = K, std::invocable<V&> F>
    requires is_key<const L&>
  bool update(const L& key, F&& f) {
    return entries_.change_present(key, [&](chain& held, const place& at) {
      entries_.modify(held, at.at(), f);
      return true;
    });
  }

  // Calls f(V&) if the key is there; otherwise puts it in, with V(args...), and returns true.
  template <class L = K, std::invocable<V&> F, class... Args>
    requires is_key<L> && std::constructible_from<V, Args...>
  bool upsert(L&& key, F&& f, Args&&... args) {
    return entries_.change_or_put(
        std::forward<L>(key), [&](chain& held, const place& at) { entries_.modify(held, at.at(), f); },
        std::forward<Args>(args)...);
  }

  // If the key has the value `expected` (nothing: it is not there), it then has `desired` (nothing: it is
  // erased), and this returns true. Otherwise `expected` becomes what it has.
  template <class L = K>
    requires is_key<L> && std::equality_comparable<V> && std::copy_constructible<V>
  bool compare_exchange(L&& key, std::optional<V>& expected, std::optional<V> desired) {
    std::optional<taken> dropped;  // destroyed without a lock, like what `desired` is exchanged for
    std::optional<V> found;
    const bool done = entries_.change(std::forward<L>(key), [&](chain& held, const place& at, const auto& put) {
      if (at.is_taken) found.emplace(std::as_const(at.at()).value());
      if (found != expected) return std::optional(false);
      if (at.is_taken && desired) {
        entries_.exchange(held, at.at(), *desired);
      } else if (at.is_taken) {
        entries_.take(held, at, dropped);
      } else if (desired && !put(std::move(*desired))) {
        return std::optional<bool>();
      }
      return std::optional(true);
    });
    if (!done) std::swap(expected, found);
    return done;
  }

  // False if it was not there.
  template <class L = K>
    requires is_key<const L&>
  bool erase(const L& key) {
    return entries_.extract(key).has_value();
  }

  // The same, unless pred(const V&) is false.
  template <class L = K, std::predicate<const V&> Predicate>
    requires is_key<const L&>
  bool erase_if(const L& key, Predicate&& pred) {
    std::optional<taken> dropped;  // destroyed without a lock
    return entries_.change_present(key, [&](chain& held, const place& at) {
      if (!entries_.test(at.at(), pred)) return false;
      entries_.take(held, at, dropped);
      return true;
    });
  }

  // Erases it and returns its value, or nothing.
  template <class L = K>
    requires is_key<const L&>
  std::optional<V> extract(const L& key) {
    std::optional<taken> found = entries_.extract(key);
    if (!found) return std::nullopt;
    return std::move(found->value);
  }

  // Its value; if it is not there, what f() returns, which is put in. f is called by one thread at a time for
  // each key, with no lock held: others who want the same key by this function wait, and nobody else does. If f
  // throws, the next one calls its own. Throws std::logic_error if f, for the same key, leads back here and
  // would wait for itself.
  template <class L = K, std::invocable F>
    requires is_key<L> && std::constructible_from<V, std::invoke_result_t<F>> && std::copy_constructible<V>
  V get_or_insert_with(L&& key, F&& f) {
    std::optional<V> found = find(key);
    if (found) return *std::move(found);
    detail::map_callback::refuse_within(&entries_);
    const K own = static_cast<K>(std::forward<L>(key));
    const typename computations::template turn<Equal> mine(computations_, entries_.hash()(own), own,
                                                           entries_.equal());
    found = find(own);
    if (found) return *std::move(found);
    V value(std::invoke(std::forward<F>(f)));
    // By another function, somebody may have put it in meanwhile.
    entries_.change_or_put(
        own, [&](chain&, const place& at) { found.emplace(std::as_const(at.at()).value()); },
        std::as_const(value));
    return found ? *std::move(found) : std::move(value);
  }

  // -- many keys --

  // What find() says of each, in their order. Faster than one by one, if the map is larger than the caches.
  template <std::ranges::input_range Range>
    requires is_key<std::ranges::range_reference_t<Range>>
  std::vector<std::optional<V>> get_many(Range&& keys) const {
    std::vector<std::optional<V>> found;
    if constexpr (std::ranges::sized_range<Range>) found.reserve(std::ranges::size(keys));
    const auto look = [&](const auto& key, std::uint64_t hash) {
      std::optional<V>& value = found.emplace_back();
      entries_.read_hashed(key, hash, [&](const V& seen) { value.emplace(seen); });
    };
    detail::for_each_key<forms>(keys, entries_.hash(), entries_.prefetch(), look);
    return found;
  }

  // insert_or_assign() for each pair of a key and a value; returns how many keys were not there.
  template <std::ranges::input_range Range>
    requires requires(std::ranges::range_reference_t<Range> pair) {
      requires is_key<decltype(std::get<0>(pair))> && std::constructible_from<V, decltype(std::get<1>(pair))>;
    }
  size_type put_many(Range&& pairs) {
    using reference = std::ranges::range_reference_t<Range>;
    size_type added = 0;
    const auto put = [&](auto&& pair) {
      using pair_type = decltype(pair);
      added += insert_or_assign(std::get<0>(std::forward<pair_type>(pair)),
                                std::get<1>(std::forward<pair_type>(pair)))
                   ? 1
                   : 0;
    };
    if constexpr (std::ranges::forward_range<Range> && std::is_lvalue_reference_v<reference>) {
      detail::in_batches(
          pairs, [&](const auto& pair) { return entries_.hash()(forms::wanted(std::get<0>(pair))); },
          entries_.prefetch(), [&](reference pair, std::uint64_t) { put(pair); });
    } else {
      for (auto&& pair : pairs) put(std::forward<decltype(pair)>(pair));
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
    friend hash_map;
    typename entries::position at_;
  };

  // Copies of the next few keys, up to some thousands, and their values; none at the end alone. Others may
  // change the map between two calls and during one: each key that is there from the first call to the last
  // comes exactly once, any other one at most once.
  std::vector<value_type> scan(cursor& from) const {
    return entries_.template scan<value_type>(from.at_, [](std::vector<value_type>& batch, const place& at) {
      const slot& held = at.at();
      batch.emplace_back(entries::key_of(held), held.value());
    });
  }

  // Calls f(const K&, const V&) with copies of all, as scan() finds them. No lock is held: f may use the map.
  template <std::invocable<const K&, const V&> F>
  void for_each(F&& f) const {
    for (cursor at; !at.is_at_end();)
      for (const value_type& each : scan(at)) std::invoke(f, each.first, each.second);
  }

  // Copies of all, as scan() finds them: not all of one moment, if others change the map.
  std::vector<value_type> snapshot() const {
    std::vector<value_type> all;
    all.reserve(size());
    for (cursor at; !at.is_at_end();) std::ranges::move(scan(at), std::back_inserter(all));
    return all;
  }

  // Erases all for which pred(const K&, const V&) is true, and says how many. pred may be asked about a key
  // more than once if others change the map.
  template <std::predicate<const K&, const V&> Predicate>
  size_type erase_if(Predicate&& pred) {
    return entries_.erase_all_if([&](const slot& at) {
      const detail::map_callback within(&entries_);
      return static_cast<bool>(std::invoke(pred, entries::key_of(at), at.value()));
    });
  }

  // Erases all that is there when it begins. What others put in meanwhile may stay.
  void clear() {
    entries_.erase_all_if([](const slot&) { return true; });
  }

  // Moves to this map what it does not have and `other` has. An entry on its way is in neither map; it goes
  // back if somebody was faster, or if an exception keeps it out.
  void merge(hash_map& other) {
    if (this == &other) return;
    for (cursor at; !at.is_at_end();)
      for (const value_type& each : other.scan(at)) {
        if (contains(each.first)) continue;
        std::optional<V> value = other.extract(each.first);
        if (!value) continue;
        try {
          if (try_emplace(each.first, std::move(*value))) continue;
        } catch (...) {
          other.try_emplace(each.first, std::move(*value));
          throw;
        }
        other.try_emplace(each.first, std::move(*value));
      }
  }

  // -- memory --

  // Makes room for so many keys.
  void reserve(size_type keys) { entries_.reserve(keys); }

  // Gives back all memory but what its keys need. No other thread may use the map meanwhile.
  void shrink_to_fit() { entries_.shrink(); }

  // -- what it was made with --

  hasher hash_function() const { return entries_.hash().unseeded(); }
  key_equal key_eq() const { return entries_.equal(); }
  allocator_type get_allocator() const { return entries_.allocator(); }

 private:
  using slot = typename entries::slot;
  using chain = typename entries::chain;
  using place = typename entries::place;
  using taken = typename entries::taken;
  using computations = detail::map_computations<K>;

  entries entries_;
  computations computations_;
};

}  // namespace PLAIT_NAMESPACE
