// SPDX-License-Identifier: MIT
// expiring_cache<K, V>: a dictionary that holds a limited number of entries, and each for a limited time.
//
// Use it to keep what is slow to compute or to fetch while it is likely to be asked for again. Use hash_map
// when nothing may be forgotten.
//
//   operation             progress      promise                                complexity
//   get, get_many, visit, no lock (1)   never what has expired                 O(1) for each key
//     contains,
//     time_to_live
//   put, add, replace,    blocks (2)    never more entries than the capacity;  O(1) amortized, and at
//     remove,                           seen by all later calls                times O(1000) (3)
//     set_time_to_live
//   get_or_load,          as put (4)    one load, however many ask             as put, for each key
//     get_many_or_load
//   pin, unpin            blocks (2)    what is pinned is not evicted (5)      O(1)
//   size, weight          blocks (2)    what has not expired, when quiet       O(shards + expired)
//   expire                blocks (2)    removes all that has expired           O(shards + expired)
//   clear, remove_if      blocks (2)    reaches all that is there throughout   O(entries)
//   invalidate_tag        blocks (2)    the same, for those with the tag       O(shards + those entries)
//   set_capacity          blocks (2)    never more, once it has returned       O(shards + evictions)
//   for_each              blocks (2)    each shard's of one moment             O(entries), and a copy of
//                                                                              a shard's
//   statistics            blocks (2)    exact when quiet                       O(shards + threads)
//   Memory: that of the entries that are there; what they leave is used again, and freed by the destructor.
//   (1) For keys and values that are trivially copyable and together not larger than 56 bytes, as in hash_map.
//       All others take a lock that a key shares with few others for a comparison and a copy: one
//       read-modify-write. Who finds what has expired takes the lock of (2); with a time to idle, or for a
//       value that load_options call old, a get also does at times.
//   (2) On the lock of a shard, of which there are four for each processor, if each then has room for 256
//       entries or more, and for the heaviest one. A thread that holds it removes up to 16 entries that have
//       expired.
//   (3) As in hash_map, where there is no room.
//   (4) And waits while another thread loads the value of the same key.
//   (5) Unless set_capacity() leaves no room for it. What is pinned expires, and is removed, like any other.
//   None of them may be called in a signal handler or in operator new.
//
//   plait::expiring_cache<std::string, int> prices({.capacity = 10'000, .time_to_live = 5min});
//   prices.put("tea", 3);
//   prices.put("tea, today", 2, 10s);
//   if (const std::optional<int> price = prices.get("tea")) std::printf("tea costs %d\n", *price);
//   const int coffee = prices.get_or_load("coffee", [] { return ask_the_supplier(); });
//   const plait::cache_statistics seen = prices.statistics();  // hits 1, misses 1, loads 1
//
// A time to live is cut to whole ticks of 2^20 nanoseconds, about a millisecond, and begins with the put: a get
// does not prolong it. A time to idle begins anew with each get, but a get notes that, under the lock of (2),
// only if none did for a 64th of the time: so it may end a 64th too early, and never ends too late. Time is
// that of a clock that is never set back. While a deadline is more than a second away, the default clock trusts
// the time of the last timer interrupt, which costs no system call: on a machine that stood still for longer,
// an entry may be shown that has just expired. std::chrono::steady_clock never errs.
// Which entry leaves when there is no room: see docs/structures/expiring_cache.md. It is not the one just put.
//
// Equal, comparisons and constructors of K and V, and the predicate of remove_if, run under a lock and must not
// use the cache. Destructors, functions that load or weigh, and that of on_removal() run under none, but for
// destructors of objects moved from. If Hash, Equal, a constructor or an allocation throws, the cache is as it
// was, but for what an insertion that failed has evicted.
//
// K, V, Hash, Equal: as in hash_map. Operations that return copies need copies. Clock: time_source; now() is
// called by several threads at once. Every call must have returned before the cache is destroyed. A child of
// fork() may only destroy it.
// Algorithm: W-TinyLFU (Einziger, Friedman, Manes 2017) over lazy queues, with a window chosen by trials, and a
// hierarchical timer wheel (Varghese, Lauck 1987). Design note: docs/structures/expiring_cache.md.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/cache_options.hpp>
#include <plait/cache_statistics.hpp>
#include <plait/detail/cache/cache_core.hpp>
#include <plait/detail/cache/cache_shard.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/key/key_hash.hpp>
#include <plait/detail/sync.hpp>
#include <plait/load_options.hpp>
#include <plait/map_element.hpp>
#include <plait/put_options.hpp>
#include <plait/removal_cause.hpp>

namespace PLAIT_NAMESPACE {

namespace detail {
class saved_entries;
}

template <class K, class V, class Hash = detail::key_hash<K>, class Equal = std::equal_to<>,
          time_source Clock = detail::sync::clock, class Allocator = std::allocator<std::pair<const K, V>>>
class expiring_cache {
  static_assert(
      map_element<K> && map_element<V>,
      "plait::expiring_cache<K, V>: keys and values must be objects that are moved and destroyed without "
      "throwing, because they move when the cache grows. Put one that is not into a std::unique_ptr.");
  static_assert(
      std::invocable<const Hash&, const K&>,
      "plait::expiring_cache<K, V, Hash>: there is no hash for K. Pass as Hash a function object that takes a "
      "const K& and returns an integer, or specialize std::hash<K>.");
  static_assert(
      std::predicate<const Equal&, const K&, const K&>,
      "plait::expiring_cache<K, V, Hash, Equal>: two keys cannot be compared. Give K an operator==, or pass as "
      "Equal a function object that takes two const K& and returns a bool.");

  using core = detail::cache_core<K, V, Hash, Equal, Clock, Allocator>;
  using weigh_function = typename core::weigher::function;

  // What a key can be given as.
  template <class L>
  static constexpr bool is_key = core::forms::template is_key<L>;

  // What loads many keys at once.
  template <class F>
  static constexpr bool bulk_loader = [] {
    if constexpr (std::invocable<F&, std::span<const K>>) {
      using answers = std::invoke_result_t<F&, std::span<const K>>;
      if constexpr (std::ranges::input_range<answers>)
        return requires(std::ranges::range_reference_t<answers> each) {
          requires is_key<decltype((std::as_const(each.first)))>;
          static_cast<V>(each.second);
        };
    }
    return false;
  }();

 public:
  using key_type = K;
  using mapped_type = V;
  using size_type = std::size_t;
  using clock = Clock;

  // Holds nothing yet. Throws std::invalid_argument if the capacity is 0.
  explicit expiring_cache(const cache_options& options, const Hash& hash = Hash(), const Equal& equal = Equal(),
                          const Allocator& allocator = Allocator())
      : core_(weigh_function(), options, hash, equal, allocator) {}
  // The same, with entries that weigh weigh(const K&, const V&), in any unit, and 1 at least: the capacity is
  // of their weights. weigh is called by the thread that puts something in, with no lock held; if it throws,
  // nothing has changed. What weighs more than options.heaviest is not kept; nor, perhaps, what is heavy for a
  // full cache and was asked for less often than those that would have to leave.
  template <class Weigh>
    requires std::is_invocable_r_v<std::uint64_t, const Weigh&, const K&, const V&> &&
             (!std::same_as<Weigh, Hash>)
  expiring_cache(const cache_options& options, Weigh weigh, const Hash& hash = Hash(),
                 const Equal& equal = Equal(), const Allocator& allocator = Allocator())
      : core_(weigh_function(std::move(weigh)), options, hash, equal, allocator) {}
  expiring_cache(const expiring_cache&) = delete;
  expiring_cache& operator=(const expiring_cache&) = delete;

  // -- one key: looking --

  // A copy of its value; nothing if there is none, or it has expired.
  template <class L = K>
    requires is_key<const L&> && std::copy_constructible<V>
  std::optional<V> get(const L& key) {
    return core_.template look<true>(key);
  }

  // What get() says of each key, in their order. Faster than one by one, if the cache is larger than the
  // processor's.
  template <std::ranges::input_range Range>
    requires is_key<std::ranges::range_reference_t<Range>> && std::copy_constructible<V>
  std::vector<std::optional<V>> get_many(Range&& keys) {
    return core_.look_for_many(keys);
  }

  // Calls f(const V&) with a copy of its value, and holds no lock meanwhile: f may use the cache. False if
  // there is none.
  template <class L = K, std::invocable<const V&> F>
    requires is_key<const L&> && std::copy_constructible<V>
  bool visit(const L& key, F&& f) {
    const std::optional<V> found = get(key);
    if (found) std::invoke(std::forward<F>(f), *found);
    return found.has_value();
  }

  // Whether it is there. This is no reason to keep it longer.
  template <class L = K>
    requires is_key<const L&>
  bool contains(const L& key) const {
    return core_.find_stamp(key).exists();
  }

  // Its value; if it is not there, what f() returns, which is put in. f is called by one thread at a time for
  // each key, with no lock held. Who asks for the same key meanwhile waits, and has the same value, or the same
  // exception. What somebody puts or removes while f is at work is newer than what f returns: then that is
  // returned, to those who have asked before, and not put in. Throws std::logic_error if f, for the same key,
  // leads back here and would wait for itself.
  template <class L = K, std::invocable F>
    requires is_key<L> && std::constructible_from<V, std::invoke_result_t<F>> && std::copy_constructible<V>
  V get_or_load(L&& key, F&& f) {
    return core_.get_or_load(std::forward<L>(key), std::forward<F>(f), load_options());
  }
  template <class L = K, std::invocable F>
    requires is_key<L> && std::constructible_from<V, std::invoke_result_t<F>> && std::copy_constructible<V>
  V get_or_load(L&& key, F&& f, entry_lifetime time_to_live) {
    return core_.get_or_load(std::forward<L>(key), std::forward<F>(f),
                             load_options{.time_to_live = time_to_live});
  }
  // The same, in the way that the options say: values that grow old are loaded again before they expire. For an
  // executor f is copied, or moved from, and called later: it and what it uses, and the cache, have to live
  // until then.
  template <class L = K, std::invocable F>
    requires is_key<L> && std::constructible_from<V, std::invoke_result_t<F>> && std::copy_constructible<V> &&
             std::copy_constructible<K> && std::invocable<std::decay_t<F>&>
  V get_or_load(L&& key, F&& f, const load_options& how) {
    return core_.get_or_load(std::forward<L>(key), std::forward<F>(f), how);
  }

  // What get() says of each key, in their order; and the values of those that are not there are what f returns
  // for them, which is put in. f is called once, with no lock held, as f(std::span<const K>) with the keys that
  // are not there and that nobody else is loading, and returns a range of pairs of a key and its value, in any
  // order. A key that it leaves out has no value, and one that it was not asked for is passed over. Each key is
  // loaded by one thread at a time: who asks for one of them meanwhile, in whatever way, waits; has the same
  // value, or the same exception; and if there was no value, get_or_load() calls its own function. If f throws,
  // nothing is put in. Who waits for others does so when its own call of f is over.
  template <std::ranges::input_range Range, class F>
    requires is_key<std::ranges::range_reference_t<Range>> &&
             std::constructible_from<K, std::ranges::range_reference_t<Range>> && std::copy_constructible<K> &&
             std::copy_constructible<V> && bulk_loader<F>
  std::vector<std::optional<V>> get_many_or_load(Range&& keys, F&& f, const put_options& how = {}) {
    return core_.get_many_or_load(keys, f, how);
  }

  // How long it has left to live; nothing if there is none.
  template <class L = K>
    requires is_key<const L&>
  std::optional<entry_lifetime> time_to_live(const L& key) const {
    const detail::entry_stamp stamp = core_.find_stamp(key);
    return stamp.exists() ? std::optional(core_.left_until(stamp)) : std::nullopt;
  }

  // -- one key: changing --

  // Whether it was there or not: from now on it has this value, and a new time to live. False if it is not
  // kept: a time to live of zero or less is over already.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool put(L&& key, M&& value) {
    return core_.store(detail::put_when::always, std::forward<L>(key), std::forward<M>(value), core_.terms());
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool put(L&& key, M&& value, entry_lifetime time_to_live) {
    return put(std::forward<L>(key), std::forward<M>(value), put_options{.time_to_live = time_to_live});
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool put(L&& key, M&& value, const put_options& how) {
    return core_.store(detail::put_when::always, std::forward<L>(key), std::forward<M>(value),
                       core_.terms_of(how));
  }

  // The same, unless it is there: then the value that it has stays, and neither argument is moved from, unless
  // a key, or in a cache with weights a value, has to be made of it.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool add(L&& key, M&& value) {
    return core_.store(detail::put_when::absent, std::forward<L>(key), std::forward<M>(value), core_.terms());
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool add(L&& key, M&& value, entry_lifetime time_to_live) {
    return add(std::forward<L>(key), std::forward<M>(value), put_options{.time_to_live = time_to_live});
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool add(L&& key, M&& value, const put_options& how) {
    return core_.store(detail::put_when::absent, std::forward<L>(key), std::forward<M>(value),
                       core_.terms_of(how));
  }

  // The same as put, if it is there. False if it is not, or is not kept.
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool replace(L&& key, M&& value) {
    return core_.store(detail::put_when::present, std::forward<L>(key), std::forward<M>(value), core_.terms());
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool replace(L&& key, M&& value, entry_lifetime time_to_live) {
    return replace(std::forward<L>(key), std::forward<M>(value), put_options{.time_to_live = time_to_live});
  }
  template <class L = K, class M = V>
    requires is_key<L> && std::constructible_from<V, M>
  bool replace(L&& key, M&& value, const put_options& how) {
    return core_.store(detail::put_when::present, std::forward<L>(key), std::forward<M>(value),
                       core_.terms_of(how));
  }

  // Begins another time to live for the value that it has. One that is over removes it. False if there was
  // none.
  template <class L = K>
    requires is_key<const L&>
  bool set_time_to_live(const L& key, entry_lifetime time_to_live) {
    return core_.set_lifetime(key, time_to_live);
  }

  // False if there was none.
  template <class L = K>
    requires is_key<const L&>
  bool remove(const L& key) {
    return core_.remove(key);
  }

  // From now on no other entry drives it out, also when it has another value, until it is unpinned or gone.
  // What is pinned takes room from the others: where it takes all of a shard's, puts of other keys are not
  // kept. False if there is none; so that it does not leave before it is pinned, put it in with put_options.
  template <class L = K>
    requires is_key<const L&>
  bool pin(const L& key) {
    return core_.pin(key);
  }
  // False if there is none, or it was not pinned.
  template <class L = K>
    requires is_key<const L&>
  bool unpin(const L& key) {
    return core_.unpin(key);
  }

  // -- all keys --

  // How many there are that have not expired; exact if nobody is just changing that.
  size_type size() {
    size_type all = 0;
    core_.expire([&](const detail::shard_content& left) { all += left.size; });
    return all;
  }
  // And what they weigh.
  std::uint64_t weight() {
    std::uint64_t all = 0;
    core_.expire([&](const detail::shard_content& left) { all += left.weight; });
    return all;
  }
  [[nodiscard]] bool empty() { return size() == 0; }

  // Removes all that has expired now, and not when others put something in.
  void expire() { size(); }
  // The same whenever something has expired, until a stop is requested; after each time it pauses for so long.
  // Sleeps while nothing can expire. See cache_sweeper, which checks the pause.
  void expire_until(const std::stop_token& stop, std::chrono::nanoseconds pause) {
    core_.expire_until(stop, pause);
  }

  // Removes all that is there when it begins. What others put in meanwhile may stay.
  void clear() { core_.clear(); }

  // Removes all for which pred(const K&, const V&) is true, and says how many. What is being loaded meanwhile
  // is not put in, whatever its key: pred might have been true of it. pred runs under a lock and must not use
  // the cache. If it throws, those that it was true of before are removed.
  template <std::predicate<const K&, const V&> Predicate>
  size_type remove_if(Predicate&& pred) {
    return core_.remove_if(pred);
  }

  // Removes all to whose values put_options or load_options have given that tag, and says how many. A value
  // that replaces another one has its own tags alone. What is being loaded with that tag is not put in.
  size_type invalidate_tag(cache_tag tag) { return core_.invalidate(tag); }

  // Calls f(const K&, const V&) with copies of all, or f(const K&, const V&, entry_lifetime), which is what the
  // entry has left to live. Shard by shard: those of a shard are of one moment, and come from hot to cold,
  // those last that would leave first. A capacity below 512 makes one shard. No lock is held: f may use the
  // cache.
  template <class F>
    requires(std::invocable<F&, const K&, const V&> ||
             std::invocable<F&, const K&, const V&, entry_lifetime>) &&
            std::copy_constructible<K> && std::copy_constructible<V>
  void for_each(F&& f) const {
    core_.copy_all([&](const auto& entry, double) {
      if constexpr (std::invocable<F&, const K&, const V&, entry_lifetime>) {
        std::invoke(f, entry.key, entry.value, entry.left);
      } else {
        std::invoke(f, entry.key, entry.value);
      }
    });
  }

  // How many entries it holds at most, or weight.
  std::uint64_t capacity() const noexcept { return core_.capacity(); }

  // Others may use the cache meanwhile; what is too much is evicted, what is pinned only if nothing else is
  // left. The number of shards stays: hence throws std::invalid_argument if the capacity is 0, less than a
  // 256th of the first one, or about 2^23 entries or more for a shard. With weights, a lower capacity than the
  // first one also lowers the heaviest weight, in proportion.
  void set_capacity(std::uint64_t capacity) { core_.set_capacity(capacity); }

  // From now on f(const K&, const V&, removal_cause) is called for each value that leaves, once, by the thread
  // whose call removed it, before that returns and with no lock held: f may use the cache. It must not throw.
  // To be called before other threads use the cache. The destructor tells nobody, nor does a call that finds no
  // memory to keep the value until then.
  template <std::invocable<const K&, const V&, removal_cause> F>
    requires std::copy_constructible<K> && std::copy_constructible<F>
  void on_removal(F f) {
    core_.listener() = std::move(f);
  }

  // What has happened so far: each number of some moment during the call.
  cache_statistics statistics() const { return core_.statistics(); }

 private:
  friend detail::saved_entries;

  core core_;
};

}  // namespace PLAIT_NAMESPACE
