// SPDX-License-Identifier: MIT
// keyed_counter<Key>: counts how often each key was seen; Python's collections.Counter for many threads.
//
// Use it to count words, addresses, error codes, anything hashable, from any number of threads.
// Use counter when there is one number to count, or few with names known in advance.
//
//   operation            progress        exactness                              complexity
//   add                  blocks (1)      no count is ever lost                  O(1), amortized
//   update, subtract     as add          as add                                 O(keys), cheaper than adds
//   count, total, empty  blocks (2)      (3)                                    O(threads)
//   size                 blocks (2)      (3)                                    O(keys added since the last
//                                                                               read of all keys)
//   most_common,         as size         (3), in the order of (4)               as size, and O(all keys), and
//     snapshot, elements,                                                       sorting what most_common
//     for_each, merge                                                           returns
//   + - & |              as most_common  (3) for each of the two                O(all keys of both)
//   erase                blocks (2)      what is added meanwhile may stay       O(threads)
//   clear                blocks (2)      what is added meanwhile may stay       O(keys)
//   (1) On the thread's own table, as long as another thread reads, erases or clears that one; without such
//       threads, add takes no lock. An add of a key for which the table has no room moves all its counts to the
//       common one, under a lock for which such adds and readers wait. It waits for no visitor and no sorting.
//   (2) As add, on one table after the other. Who reads all keys, erases or clears waits for others who do.
//   (3) Exact when nobody adds, erases or clears. Otherwise every add that happened before is seen, unless
//       erased or cleared, and so are some of the adds under way.
//   (4) Keys that one thread adds come in the order of its first add of each, as in Python. So do those of
//       several threads, if all keys are read (by size(), say) before the next thread adds. Otherwise it is
//       unspecified which of two threads' keys come first.
//   None of them may be called in a signal handler or in operator new.
//
//   Memory: each distinct key once, and at most 49 152 keys for each thread alive at once, whatever it counts.
//   A key takes its size + 8 + 11 to 22 bytes; a std::string of up to 15 characters has size 16. Erased keys
//   are freed when they are a quarter of a table, which takes the table twice while it is copied.
//   An object takes 512 bytes, and 128 more for each thread that was alive at once, allocated in chunks that
//   double (64 KiB for the 512th thread); a thread's first key takes 1 to 2 KB. When a thread ends, the next
//   one with its id goes on with its table; a read of all keys empties all threads' tables into the common one.
//   clear() and the destructor free all.
//
// Exceptions: if Hash, Equal, a constructor of Key or an allocation throws, no count has changed and no lock
// is held. update(), subtract() and merge() have then counted some of their keys, each wholly or not at all,
// and erase() may have erased what some threads have counted. Hash, the range given to update() and Key's
// destructor run outside every lock. Equal and Key's constructors run under a lock: they must not use the same
// counter.
//
//   plait::keyed_counter<std::string> words;
//   std::jthread other([&] { words.add("cat", 2); });  // any thread may count
//   words.update(std::vector<std::string_view>{"the", "cat", "and", "the", "dog"});
//   other.join();
//   for (const auto& [word, count] : words.most_common(2))  // cat 3, the 2
//     std::printf("%s %lld\n", word.c_str(), static_cast<long long>(count));
//
// With max_keys, memory does not grow with the number of distinct keys, and counts may be too high:
//
//   plait::keyed_counter<std::string> requests({.max_keys = 1000});
//   requests.update(addresses_of(100'000));  // more addresses than it keeps, from any number of threads
//   for (const auto& [address, seen] : requests.most_common_estimates(10))
//     std::printf("%s: %lld, or up to %lld less\n", address.c_str(), static_cast<long long>(seen.count),
//                 static_cast<long long>(seen.error));
//
//   Of every key, count() is at least what was added. It is too high by at most the error that estimate() says,
//   which is at most total() / max_keys. A key with more than total() / max_keys is among those kept. total()
//   is exact, and size() is how many are kept. A key that is not, new or dropped, has the greatest error as its
//   count. A thread's table holds at most max_keys keys, or 768 if that is more, or 49 152 if that is less;
//   the common one as many, and twice max_keys. A thread that drops keys, or copies them for a reader, holds
//   as many as the common one for that moment: what for_each() shows are copies.
//   Counts cannot be taken back: add() of a negative number throws std::invalid_argument; subtract(), erase()
//   and + - & | throw std::logic_error. merge() joins two such counters; their errors add up.
//
// update() reads each element of its range once, and uses it before it reads the next: single-pass ranges, and
// views into a buffer that the next element overwrites, are counted correctly.
// Key: countable_key, that is, copyable. Hash and Equal are called from several threads at once. If both
// have is_transparent, as they do by default for strings, a string_view or literal is counted and looked up
// without making a string unless the key is new.
// As in Python, a count may become 0 or negative and the key stays; adding 0 puts a key in. Counts wrap
// around at 2^63. A key that does not equal itself, such as NaN, is a new key with each add, and never found.
// Shared libraries: as for counter.
// Every call must have returned before the counter is destroyed. A child of fork() may only destroy it.
// Algorithm: thread-local aggregation in tables of bounded size, over a common one; an index of hashes over
// dense entries.
// Design note: docs/structures/keyed_counter.md.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/count/combined_counts.hpp>
#include <plait/detail/count/counted_key_forms.hpp>
#include <plait/detail/count/repeated_keys.hpp>
#include <plait/detail/count/two_level_counts.hpp>
#include <plait/detail/key/key_hash.hpp>

namespace PLAIT_NAMESPACE {

// An object type that can be copied, and that is destroyed without throwing.
template <class Key>
concept countable_key =
    std::is_object_v<Key> && std::copy_constructible<Key> && std::is_nothrow_destructible_v<Key>;

template <class Hash, class Key>
concept hash_for_key = requires(const Hash& hash, const Key& key) {
  { std::invoke(hash, key) } -> std::convertible_to<std::uint64_t>;
};

// What a bounded keyed_counter is made with.
struct keyed_counter_options {
  std::size_t max_keys;  // how many keys are kept at most; at least 1
};

// What was added is at least count - error and at most count.
struct count_estimate {
  std::int64_t count;  // at least what was added
  std::int64_t error;  // by how much it may exceed that, at most
};

template <class Key, class Hash = detail::key_hash<Key>, class Equal = std::equal_to<>>
class keyed_counter {
  // Asserted here rather than required of Key, because Key may be incomplete where the class is named.
  static_assert(
      countable_key<Key>,
      "plait::keyed_counter<Key>: Key must be an object type that can be copied, and whose destructor does "
      "not throw.");
  static_assert(
      hash_for_key<Hash, Key>,
      "plait::keyed_counter<Key, Hash>: there is no hash for Key. Pass as Hash a function object that takes a "
      "const Key& and returns an integer, or specialize std::hash<Key>.");
  static_assert(
      std::predicate<const Equal&, const Key&, const Key&>,
      "plait::keyed_counter<Key, Hash, Equal>: two keys cannot be compared. Give Key an operator==, or pass "
      "as Equal a function object that takes two const Key& and returns a bool.");

  using forms = detail::counted_key_forms<Key, Hash, Equal, std::uint32_t>;

  // Whether a K can be counted and looked up without making a Key of it first.
  template <class K>
  static constexpr bool is_lookup_key = forms::template is_lookup_key<K>;

 public:
  using key_type = Key;
  using count_type = std::int64_t;
  using value_type = std::pair<Key, std::int64_t>;
  using size_type = std::size_t;
  using hasher = Hash;
  using key_equal = Equal;

  // Counts nothing yet, and allocates nothing.
  explicit keyed_counter(const Hash& hash = Hash(), const Equal& equal = Equal())
      : counts_(equal), hash_(hash) {}

  // Keeps at most options.max_keys keys. Throws std::invalid_argument if that is 0.
  explicit keyed_counter(const keyed_counter_options& options, const Hash& hash = Hash(),
                         const Equal& equal = Equal())
      : counts_(options.max_keys, equal), hash_(hash) {}
  keyed_counter(const keyed_counter&) = delete;
  keyed_counter& operator=(const keyed_counter&) = delete;

  // Adds n, which may be negative, to the count of `key`.
  void add(const Key& key, std::int64_t n = 1) { add_one(key, n); }
  void add(Key&& key, std::int64_t n = 1) { add_one(std::move(key), n); }
  template <class K>
    requires is_lookup_key<K>
  void add(const K& key, std::int64_t n = 1) {
    add_one(key, n);
  }

  // Adds 1 for every element of `keys`.
  template <std::ranges::input_range Range>
    requires is_lookup_key<std::ranges::range_reference_t<Range>> ||
             std::constructible_from<Key, std::ranges::range_reference_t<Range>>
  void update(Range&& keys) {
    add_all(keys, 1);
  }

  // Subtracts 1 for every element of `keys`. As with add, a count may become negative.
  template <std::ranges::input_range Range>
    requires is_lookup_key<std::ranges::range_reference_t<Range>> ||
             std::constructible_from<Key, std::ranges::range_reference_t<Range>>
  void subtract(Range&& keys) {
    require_exact("subtract()");
    add_all(keys, -1);
  }

  // How often `key` was counted; 0 if never. With max_keys: at most so often.
  std::int64_t count(const Key& key) const { return estimate(key).count; }
  template <class K>
    requires is_lookup_key<K>
  std::int64_t count(const K& key) const {
    return estimate(key).count;
  }

  // The same, and by how much it may be too high: without max_keys, by 0.
  count_estimate estimate(const Key& key) const { return estimate_one(key); }
  template <class K>
    requires is_lookup_key<K>
  count_estimate estimate(const K& key) const {
    return estimate_one(key);
  }

  // The sum of all counts.
  std::int64_t total() const { return static_cast<std::int64_t>(counts_.total()); }

  // The number of distinct keys.
  size_type size() const {
    return counts_.read([](const contents& all) { return all.size(); });
  }
  [[nodiscard]] bool empty() const { return counts_.empty(); }

  // The n keys with the highest counts, or all of them, highest first. Keys with equal counts come in the order
  // of snapshot().
  std::vector<value_type> most_common() const { return most_common(static_cast<size_type>(-1)); }
  std::vector<value_type> most_common(size_type n) const { return ranked<std::int64_t>(n); }

  // The same, with what is known of each.
  std::vector<std::pair<Key, count_estimate>> most_common_estimates(size_type n) const {
    return ranked<count_estimate>(n);
  }

  // All keys and their counts, in the order of (4) above.
  std::vector<value_type> snapshot() const {
    std::vector<value_type> copy;
    counts_.read([&](const contents& all) {
      copy.reserve(all.size());
      all.for_each([&](const stored_key& key, std::uint64_t least, std::uint64_t error) {
        copy.emplace_back(static_cast<Key>(key), known<std::int64_t>(least, error));
      });
    });
    return copy;
  }

  // The keys of snapshot(), each as often as its count says, as a range of const Key& that owns them.
  detail::repeated_keys<Key> elements() const { return detail::repeated_keys<Key>(snapshot()); }

  // As snapshot(), without a copy: calls visit(key, count) for each. Other threads can add meanwhile, but not
  // read all keys, erase or clear, and `visit` must not either. A key is passed by reference, a string as a
  // string_view, and stays where it is until erase() or clear().
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    counts_.read([&](const contents& all) {
      all.for_each([&](const stored_key& key, std::uint64_t least, std::uint64_t error) {
        visit(forms::shown(key), known<std::int64_t>(least, error));
      });
    });
  }

  // Adds all counts of `other`, which may be this counter. Throws std::logic_error if it has max_keys and this
  // one has not, which would take its estimates for counts.
  void merge(const keyed_counter& other) {
    if (other.counts_.is_bounded()) return merge_estimates(other);
    for (auto& [key, n] : other.snapshot()) add(std::move(key), n);
  }

  // Subtracts all counts of `other`, which may be this counter. Neither has max_keys.
  void subtract(const keyed_counter& other) {
    require_exact("subtract()");
    other.require_exact("subtract()");
    for (auto& [key, n] : other.snapshot()) add(std::move(key), wrapped(0, n, std::minus()));
  }

  // As Python's: for each key of two counters the sum, the difference, the smaller or the greater of its two
  // counts, where a key that is missing has 0; only what is positive is kept. First come the keys of `left`,
  // then those that only `right` has. Each of the two is read once, by snapshot(). The new counter has the Hash
  // and the Equal of `left`.
  friend keyed_counter operator+(const keyed_counter& left, const keyed_counter& right) {
    return {left, right, [](std::int64_t a, std::int64_t b) { return wrapped(a, b, std::plus()); }};
  }
  friend keyed_counter operator-(const keyed_counter& left, const keyed_counter& right) {
    return {left, right, [](std::int64_t a, std::int64_t b) { return wrapped(a, b, std::minus()); }};
  }
  friend keyed_counter operator&(const keyed_counter& left, const keyed_counter& right) {
    return {left, right, [](std::int64_t a, std::int64_t b) { return std::min(a, b); }};
  }
  friend keyed_counter operator|(const keyed_counter& left, const keyed_counter& right) {
    return {left, right, [](std::int64_t a, std::int64_t b) { return std::max(a, b); }};
  }

  // Erases `key` and its count; false if it is not there. What is added meanwhile may stay. Not with max_keys.
  bool erase(const Key& key) { return erase_one(key); }
  template <class K>
    requires is_lookup_key<K>
  bool erase(const K& key) {
    return erase_one(key);
  }

  // Erases all keys. What is added meanwhile may stay.
  void clear() { counts_.clear(); }

 private:
  using stored_key = typename forms::stored_key;
  using counts = detail::two_level_counts<stored_key, Equal>;
  using contents = typename counts::contents;
  using writer = typename counts::writer;
  using hash_type = typename counts::hash_type;

  template <class Combine>
  keyed_counter(const keyed_counter& left, const keyed_counter& right, const Combine& combine)
      : keyed_counter(left.hash_, left.counts_.equal()) {
    left.require_exact("an operator");
    right.require_exact("an operator");
    const auto hash = [this](const Key& key) { return hash_of(key); };
    for (auto& [key, n] :
         detail::combined_counts(left.snapshot(), right.snapshot(), hash, counts_.equal(), combine))
      add(std::move(key), n);
  }

  // Counts wrap around: as signed numbers they would overflow.
  template <class Operation>
  static std::int64_t wrapped(std::int64_t a, std::int64_t b, Operation operation) {
    return static_cast<std::int64_t>(operation(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
  }

  // How many keys update() hashes before it takes the lock, and how many keys ahead of the one that it counts
  // it prefetches slots and entries.
  static constexpr size_type batch_size = 256;
  static constexpr size_type slots_ahead = 16;
  static constexpr size_type entries_ahead = 8;

  // Throws if there is max_keys: how often a key was added is not known, nor then what `what` leaves of it.
  void require_exact(const char* what) const {
    if (counts_.is_bounded()) refuse(what);
  }
  [[noreturn]] static void refuse_negative(std::int64_t n) {
    throw std::invalid_argument(
        "plait::keyed_counter: add(key, " + std::to_string(n) +
        ") to a counter with max_keys, which cannot take counts back; make the counter without max_keys");
  }
  [[noreturn]] void refuse(const char* what) const {
    throw std::logic_error(std::string("plait::keyed_counter: ") + what +
                           " for a counter with max_keys = " + std::to_string(counts_.max_keys()) +
                           ", which does not know exact counts; make the counter without max_keys");
  }

  template <class K>
  hash_type hash_of(const K& key) const {
    return forms::hash_of(hash_, key);
  }

  template <class K>
  void add_one(K&& key, std::int64_t n) {
    if (n < 0 && counts_.is_bounded()) [[unlikely]]
      refuse_negative(n);
    const hash_type hash = hash_of(key);
    writer(counts_).add(hash, forms::wanted(std::forward<K>(key)), static_cast<std::uint64_t>(n));
  }

  // Reads each key once, and uses it before it reads the next.
  template <class Range>
  void add_all(Range& keys, std::int64_t n) {
    using reference = std::ranges::range_reference_t<Range>;
    if constexpr (std::ranges::forward_range<Range> && std::is_lvalue_reference_v<reference> &&
                  is_lookup_key<reference>) {
      add_batches(keys, n);
    } else {
      // An element may be gone, or refer to something else, once the next one is read: it is copied.
      std::vector<copied_key> batch;
      batch.reserve(batch_size);
      const auto add_copies = [&] {
        auto copies = batch | std::views::transform(&copied_key::key);
        add_batches(copies, n);
        batch.clear();
      };
      for (auto&& key : keys) {
        batch.push_back({forms::to_stored(std::forward<decltype(key)>(key))});
        if (batch.size() == batch_size) add_copies();
      }
      add_copies();
    }
  }

  // A class, because std::vector<bool> holds no bools.
  struct copied_key {
    stored_key key;
  };

  // For keys that stay valid while later ones are read.
  template <class Range>
  void add_batches(Range& keys, std::int64_t n) {
    auto next = std::ranges::begin(keys);
    const auto end = std::ranges::end(keys);
    while (next != end) add_batch(next, end, n);
  }

  // Adds n to up to batch_size keys from `next` on, and moves it past them.
  template <class Iterator, class Sentinel>
  void add_batch(Iterator& next, const Sentinel& end, std::int64_t n) {
    using hashed = typename forms::template hashed_key<std::remove_cvref_t<std::iter_reference_t<Iterator>>>;
    std::array<hashed, batch_size> batch;
    size_type size = 0;
    for (; size != batch_size && next != end; ++next) {
      const auto& key = *next;
      batch[size++] = hashed(hash_of(key), key);
    }
    writer own(counts_);
    for (size_type i = 0; i != std::min(size, slots_ahead); ++i) own.prefetch_slot(batch[i].hash);
    for (size_type i = 0; i != size; ++i) {
      if (i + slots_ahead < size) own.prefetch_slot(batch[i + slots_ahead].hash);
      if (i + entries_ahead < size) own.prefetch_entry(batch[i + entries_ahead].hash);
      own.add(batch[i].hash, batch[i].key(), static_cast<std::uint64_t>(n));
    }
  }

  template <class K>
  count_estimate estimate_one(const K& key) const {
    const auto [least, error] = counts_.count(hash_of(key), forms::wanted(key));
    return known(least, error);
  }

  void merge_estimates(const keyed_counter& other) {
    if (!counts_.is_bounded()) other.refuse("merge() into one without");
    counts_.merge(other.counts_.read([](const contents& all) { return all.summary(); }),
                  [this](const stored_key& key) { return hash_of(forms::shown(key)); });
  }

  template <class K>
  bool erase_one(const K& key) {
    require_exact("erase()");
    return counts_.erase(hash_of(key), forms::wanted(key));
  }

  // What is known of a key: its count or, as users have asked for that, a count_estimate.
  template <class Known = count_estimate>
  static Known known(std::uint64_t least, std::uint64_t error) noexcept {
    const auto most = static_cast<std::int64_t>(least + error);
    if constexpr (std::same_as<Known, count_estimate>) {
      return {most, static_cast<std::int64_t>(error)};
    } else {
      return most;
    }
  }
  static std::int64_t count_in(const count_estimate& of) noexcept { return of.count; }
  static std::int64_t count_in(std::int64_t count) noexcept { return count; }

  template <class Known>
  std::vector<std::pair<Key, Known>> ranked(size_type n) const {
    struct candidate {
      Known known;      // read more often than the rest
      size_type place;  // in the order in which keys came
      const stored_key* key;

      std::int64_t count() const noexcept { return count_in(known); }
    };
    const auto before = [](const candidate& left, const candidate& right) {
      return left.count() != right.count() ? left.count() > right.count() : left.place < right.place;
    };
    return counts_.read([&](const contents& all) {
      std::vector<candidate> candidates;
      candidates.reserve(all.size());
      all.for_each([&](const stored_key& key, std::uint64_t least, std::uint64_t error) {
        candidates.push_back({known<Known>(least, error), candidates.size(), &key});
      });
      const size_type wanted = std::min(n, candidates.size());
      const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(wanted);
      std::ranges::partial_sort(candidates, end, before);
      std::vector<std::pair<Key, Known>> result;
      result.reserve(wanted);
      std::for_each(candidates.begin(), end, [&](const candidate& each) {
        result.emplace_back(static_cast<Key>(*each.key), each.known);
      });
      return result;
    });
  }

  counts counts_;
  [[no_unique_address]] Hash hash_;
};

}  // namespace PLAIT_NAMESPACE
