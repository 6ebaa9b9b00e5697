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
//       that are views (std::string_view, std::span). It waits only while another thread stores to the same
//       block. All others take the lock of (2) for a comparison and a copy: one read-modify-write.
//   (2) On the lock of a block of six keys: one read-modify-write. Who waits longer than some microseconds
//       sleeps, and looks again.
//   (3) Where there is no room, a thread moves half of a segment of up to 512 blocks to a new one. Others wait
//       for that if they change something there, or need a lock to read it. Nobody ever moves all keys.
//   (4) With 16 bytes of key and value, 36 to 75 bytes for each key, in segments of 64 KiB, once there are
//       some thousands; below that, at most 260 bytes and 150 for each. An empty map has none beyond its
//       object. What erased keys leave is used again, and freed by shrink_to_fit and the destructor.
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

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/counter.hpp>
#include <plait/detail/key/key_batches.hpp>
#include <plait/detail/key/key_forms.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/map/map_callback.hpp>
#include <plait/detail/map/map_computations.hpp>
#include <plait/detail/map/map_table.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

// What a map can hold, as a key or as a value.
template <class T>
concept map_element = std::is_object_v<T> && !std::is_const_v<T> && std::is_nothrow_move_constructible_v<T> &&
                      std::is_nothrow_destructible_v<T>;

template <class K, class V, class Hash = detail::key_hash<K>, class Equal = std::equal_to<>,
          class Allocator = std::allocator<std::pair<const K, V>>>
class hash_map {
  // Here, and not where they are named, because they may be incomplete there.
  static_assert(
      map_element<K> && map_element<V>,
      "plait::hash_map<K, V>: keys and values must be objects that are moved and destroyed without throwing, "
      "because they move when the map grows. Put one that is not into a std::unique_ptr.");
  static_assert(
      std::invocable<const Hash&, const K&>,
      "plait::hash_map<K, V, Hash>: there is no hash for K. Pass as Hash a function object that takes a "
      "const K& and returns an integer, or specialize std::hash<K>.");
  static_assert(
      std::predicate<const Equal&, const K&, const K&>,
      "plait::hash_map<K, V, Hash, Equal>: two keys cannot be compared. Give K an operator==, or pass as "
      "Equal a function object that takes two const K& and returns a bool.");

  using forms = detail::key_forms<K, Hash, Equal>;

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
      : table_({hash, detail::sync::random_number()}, allocator), equal_(equal) {}
  hash_map(const hash_map&) = delete;
  hash_map& operator=(const hash_map&) = delete;

  // -- one key: looking --

  // A copy of its value, or nothing.
  template <class L = K>
    requires is_key<const L&>
  [[gnu::always_inline]] std::optional<V> find(const L& key) const {
    if constexpr (is_read_unlocked) {
      // Words, and an optional at the end: one that is filled in place is copied as a whole just after it was
      // written in parts, which processors are slow at. So is one that a function returns, hence no call.
      typename slot::copy found;
      if (!read_words(key, [&](const auto& seen) { found = seen; })) return std::nullopt;
      return found.value();
    } else {
      std::optional<V> found;
      read(key, [&](const V& value) { found.emplace(value); });
      return found;
    }
  }

  template <class L = K>
    requires is_key<const L&>
  bool contains(const L& key) const {
    return read(key, [](const V&) {});
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
    return change_or_put(std::forward<L>(key), [](chain&, slot&) {}, std::forward<Args>(args)...);
  }

  // Whether it was there or not: now it has this value. True if it was not.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool insert_or_assign(L&& key, M&& value) {
    std::optional<V> made;  // or the old value, to be destroyed without a lock
    return change_or_put(
        std::forward<L>(key),
        [&](chain& held, slot& at) {
          made.emplace(std::forward<M>(value));
          exchange(held, at, *made);
        },
        std::forward<M>(value));
  }

  // Calls f(V&), which may change the value. False if the key is not there.
  template <class L = K, std::invocable<V&> F>
    requires is_key<const L&>
  bool update(const L& key, F&& f) {
    return change_present(key, [&](chain& held, const place& at) {
      modify(held, at.at(), f);
      return true;
    });
  }

  // Calls f(V&) if the key is there; otherwise puts it in, with V(args...), and returns true.
  template <class L = K, std::invocable<V&> F, class... Args>
    requires is_key<L> && std::constructible_from<V, Args...>
  bool upsert(L&& key, F&& f, Args&&... args) {
    return change_or_put(
        std::forward<L>(key), [&](chain& held, slot& at) { modify(held, at, f); }, std::forward<Args>(args)...);
  }

  // If the key has the value `expected` (nothing: it is not there), it then has `desired` (nothing: it is
  // erased), and this returns true. Otherwise `expected` becomes what it has.
  template <class L = K>
    requires is_key<L> && std::equality_comparable<V> && std::copy_constructible<V>
  bool compare_exchange(L&& key, std::optional<V>& expected, std::optional<V> desired) {
    std::optional<taken> dropped;  // destroyed without a lock, like what `desired` is exchanged for
    std::optional<V> found;
    const bool done = change(std::forward<L>(key), [&](chain& held, const place& at, const auto& put) {
      if (at.is_taken) found.emplace(std::as_const(at.at()).value());
      if (found != expected) return std::optional(false);
      if (at.is_taken && desired) {
        exchange(held, at.at(), *desired);
      } else if (at.is_taken) {
        take(held, at, dropped);
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
    return erase_if(key, [](const V&) { return true; });
  }

  // The same, unless pred(const V&) is false.
  template <class L = K, std::predicate<const V&> Predicate>
    requires is_key<const L&>
  bool erase_if(const L& key, Predicate&& pred) {
    std::optional<taken> dropped;  // destroyed without a lock
    return change_present(key, [&](chain& held, const place& at) {
      if (!test(at.at(), pred)) return false;
      take(held, at, dropped);
      return true;
    });
  }

  // Erases it and returns its value, or nothing.
  template <class L = K>
    requires is_key<const L&>
  std::optional<V> extract(const L& key) {
    std::optional<taken> found;
    change_present(key, [&](chain& held, const place& at) { return take(held, at, found), true; });
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
    detail::map_callback::refuse_within(this);
    const K own = static_cast<K>(std::forward<L>(key));
    const typename computations::template turn<Equal> mine(computations_, table_.hash()(own), own, equal_);
    found = find(own);
    if (found) return *std::move(found);
    V value(std::invoke(std::forward<F>(f)));
    // By another function, somebody may have put it in meanwhile.
    change_or_put(own, [&](chain&, const slot& at) { found.emplace(at.value()); }, std::as_const(value));
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
      read_hashed(key, hash, [&](const V& seen) { value.emplace(seen); });
    };
    detail::for_each_key<forms>(keys, table_.hash(), prefetch(), look);
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
          pairs, [&](const auto& pair) { return table_.hash()(forms::wanted(std::get<0>(pair))); }, prefetch(),
          [&](reference pair, std::uint64_t) { put(pair); });
    } else {
      for (auto&& pair : pairs) put(std::forward<decltype(pair)>(pair));
    }
    return added;
  }

  // -- all keys --

  // How many there are; exact if nobody is just changing that.
  size_type size() const {
    const std::int64_t counted = size_.load();
    return counted > 0 ? static_cast<size_type>(counted) : 0;
  }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // How far a scan has come.
  class cursor {
   public:
    bool is_at_end() const noexcept { return at_.is_end; }

   private:
    friend hash_map;
    typename detail::map_table<K, V, Hash, Allocator>::position at_;
  };

  // Copies of the next few keys, up to some thousands, and their values; none at the end alone. Others may
  // change the map between two calls and during one: each key that is there from the first call to the last
  // comes exactly once, any other one at most once.
  std::vector<value_type> scan(cursor& from) const {
    detail::map_callback::refuse_within(this);
    std::vector<value_type> batch;
    while (batch.empty() && !from.at_.is_end) {
      const auto next = table_.visit_segment(from.at_, [&](chain& held) {
        held.for_each([&](const slot& at, auto) { batch.emplace_back(at.key(), at.value()); });
      });
      if (next) {
        from.at_ = *next;
      } else {
        batch.clear();  // some of these would come again
      }
    }
    return batch;
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
    return erase_all_if([&](const slot& at) {
      const detail::map_callback within(this);
      return static_cast<bool>(std::invoke(pred, at.key(), at.value()));
    });
  }

  // Erases all that is there when it begins. What others put in meanwhile may stay.
  void clear() {
    erase_all_if([](const slot&) { return true; });
  }

  // Moves to this map what it does not have and `other` has. An entry on its way is in neither map.
  void merge(hash_map& other) {
    if (this == &other) return;
    for (cursor at; !at.is_at_end();)
      for (const value_type& each : other.scan(at)) {
        if (contains(each.first)) continue;
        std::optional<V> value = other.extract(each.first);
        if (value && !try_emplace(each.first, std::move(*value)))
          other.try_emplace(each.first, std::move(*value));
      }
  }

  // -- memory --

  // Makes room for so many keys.
  void reserve(size_type keys) { table_.reserve(keys); }

  // Gives back all memory but what its keys need. No other thread may use the map meanwhile.
  void shrink_to_fit() {
    detail::map_callback::refuse_within(this);
    table_.shrink(size());
  }

  // -- what it was made with --

  hasher hash_function() const { return table_.hash().unseeded(); }
  key_equal key_eq() const { return equal_; }
  allocator_type get_allocator() const { return table_.allocator(); }

 private:
  using table = detail::map_table<K, V, Hash, Allocator>;
  using slot = typename table::slot;
  using chain = typename table::chain;
  using place = typename table::place;
  using computations = detail::map_computations<K>;

  static constexpr bool is_read_unlocked = table::is_read_unlocked;

  // What an erased key leaves.
  struct taken_value {
    V value;
  };
  template <class Slot>
  struct taken_from {
    using type = taken_value;
  };
  template <class Slot>
    requires requires { typename Slot::entry; }
  struct taken_from<Slot> {
    using type = typename Slot::entry;
  };
  using taken = typename taken_from<slot>::type;

  template <class L>
  auto equal_to(const L& key) const {
    return [this, &key](const K& other) { return static_cast<bool>(std::invoke(equal_, other, key)); };
  }

  // Calls use(const V&), with a copy or under a lock; false if the key is not there.
  template <class L, class Use>
  bool read(const L& given, Use use) const {
    const auto& key = forms::wanted(given);
    return read_hashed(key, table_.hash()(key), use);
  }
  template <class L, class Use>
  bool read_words(const L& given, Use use) const {
    const auto& key = forms::wanted(given);
    return table_.template read<forms::compares_words>(table_.hash()(key), equal_to(key), use);
  }
  template <class L, class Use>
  bool read_hashed(const L& key, std::uint64_t hash, Use use) const {
    if constexpr (is_read_unlocked) {
      return table_.template read<forms::compares_words>(hash, equal_to(key),
                                                         [&](const auto& seen) { use(seen.value()); });
    } else {
      detail::map_callback::refuse_within(this);
      return table_.read_locked(hash, equal_to(key), [&](const slot& at) { use(at.value()); });
    }
  }

  auto prefetch() const {
    return [this](std::uint64_t hash) { table_.prefetch(hash); };
  }

  // What use(chain&, place) returns for a key that is there; otherwise false.
  template <class L, class Use>
  bool change_present(const L& given, Use use) {
    detail::map_callback::refuse_within(this);
    const auto& key = forms::wanted(given);
    return table_.template change<false>(
        table_.hash()(key), equal_to(key),
        [&](chain& held, const place& at) -> std::optional<bool> { return at.is_taken && use(held, at); });
  }

  // What use(chain&, place, put) returns, under the lock of a key that is there or not; put(args...) puts it
  // in, unless there is no room: then it is false, and use() is to return nothing, and is called again with
  // more.
  template <class L, class Use>
  bool change(L&& given, Use use) {
    detail::map_callback::refuse_within(this);
    auto&& key = forms::wanted(std::forward<L>(given));
    const std::uint64_t hash = table_.hash()(std::as_const(key));
    return table_.template change<true>(hash, equal_to(key), [&](chain& held, const place& at) {
      return use(held, at, [&](auto&&... args) {
        if (!table_.append(held, at, hash, std::forward<decltype(key)>(key),
                           std::forward<decltype(args)>(args)...))
          return false;
        size_.add();
        return true;
      });
    });
  }

  // Calls use(chain&, slot&) for a key that is there; otherwise puts it in and returns true.
  template <class L, class Use, class... Args>
  bool change_or_put(L&& key, Use use, Args&&... args) {
    return change(std::forward<L>(key), [&](chain& held, const place& at, const auto& put) {
      if (at.is_taken) return use(held, at.at()), std::optional(false);
      return put(std::forward<Args>(args)...) ? std::optional(true) : std::nullopt;
    });
  }

  // Erases all slots for which goes(const slot&) is true.
  template <class Goes>
  size_type erase_all_if(Goes goes) {
    detail::map_callback::refuse_within(this);
    size_type erased = 0;
    std::vector<bool> in_chain;
    for (typename table::position at; !at.is_end;) {
      std::vector<taken> dropped;  // destroyed without a lock
      const auto next = table_.visit_segment(at, [&](chain& held) {
        in_chain.clear();
        held.for_each([&](const slot& each, auto) { in_chain.push_back(goes(each)); });
        const auto count = static_cast<size_type>(std::ranges::count(in_chain, true));
        if (count == 0) return;
        if constexpr (!is_read_unlocked) {
          if (dropped.capacity() < dropped.size() + count)
            dropped.reserve(std::max(2 * dropped.capacity(), dropped.size() + count));
        }
        table_.remove_if(held, [&, each = in_chain.cbegin()](slot& from) mutable noexcept {
          if (!*each++) return false;
          if constexpr (!is_read_unlocked) dropped.push_back(from.take());
          return true;
        });
        size_.add(-static_cast<std::int64_t>(count));
        erased += count;
      });
      if (next) at = *next;
    }
    return erased;
  }

  template <class F>
  void modify(chain& held, slot& at, F&& f) {
    const detail::map_callback within(this);
    if constexpr (is_read_unlocked) {
      V value = at.value();
      std::invoke(std::forward<F>(f), value);
      set(held, at, value);
    } else {
      std::invoke(std::forward<F>(f), at.value());
    }
  }

  template <class Predicate>
  bool test(slot& at, Predicate&& pred) const {
    const detail::map_callback within(this);
    return static_cast<bool>(std::invoke(std::forward<Predicate>(pred), std::as_const(at).value()));
  }

  static void set(chain& held, slot& at, const V& value) {
    if constexpr (!slot::sets_value_at_once) held.begin_change();
    at.set_value(value);
  }

  // Leaves the old value in `value`, if it has to be destroyed.
  static void exchange(chain& held, slot& at, V& value) {
    if constexpr (is_read_unlocked) {
      set(held, at, value);
    } else {
      at.exchange_value(value);
    }
  }

  void take(chain& held, const place& from, std::optional<taken>& into) {
    if constexpr (is_read_unlocked) {
      into.emplace(from.at().value());
    } else {
      into.emplace(from.at().take());
    }
    held.begin_change();
    table_.close_gap(held, from);
    size_.add(-1);
  }

  table table_;
  counter size_;
  computations computations_;
  [[no_unique_address]] Equal equal_;
};

}  // namespace PLAIT_NAMESPACE
