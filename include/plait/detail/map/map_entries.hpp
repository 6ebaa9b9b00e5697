// SPDX-License-Identifier: MIT
// The entries of a hash_map or hash_set: looked up, changed under their lock and counted, whether they are
// words that are read without a lock or objects.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/counter.hpp>
#include <plait/detail/key/key_forms.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/map/map_callback.hpp>
#include <plait/detail/map/map_table.hpp>
#include <plait/detail/map/slot_set.hpp>
#include <plait/detail/map/string_slot.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The table knows hashes and slots; this knows keys. What the two kinds of slots make different is decided
// here: a value of words is changed in a copy and stored as a whole, an object is changed where it is. What is
// left of an erased one goes to the caller, to be destroyed when the lock is free again.
template <class K, class V, class Hash, class Equal, class Allocator, class Beside = nothing_beside>
class map_entries {
  // Here, and not where they are named, because they may be incomplete there.
  static_assert(
      std::invocable<const Hash&, const K&>,
      "plait::hash_map and hash_set: there is no hash for the keys. Pass as Hash a function object that takes "
      "a const K& and returns an integer, or specialize std::hash<K>.");
  static_assert(
      std::predicate<const Equal&, const K&, const K&>,
      "plait::hash_map and hash_set: two keys cannot be compared. Give K an operator==, or pass as Equal a "
      "function object that takes two const K& and returns a bool.");

 public:
  using forms = key_forms<K, Hash, Equal>;

 private:
  // Strings stand in words if their values do.
  static constexpr bool packs = forms::packs && fits_words<slot_string, V>;
  using stored_key = std::conditional_t<packs, slot_string, K>;
  using table = map_table<stored_key, V, Hash, Allocator, Beside>;

 public:
  using slot = typename table::slot;
  using chain = typename table::chain;
  using place = typename table::place;
  using position = typename table::position;
  using taken = typename slot::entry;  // what an erased key leaves

  static constexpr bool is_read_unlocked = table::is_read_unlocked;

  map_entries(const Hash& hash, const Equal& equal, const Allocator& allocator)
      : table_({hash, sync::random_number()}, allocator), equal_(equal) {}

  const seeded_hash<Hash>& hash() const noexcept { return table_.hash(); }
  const Equal& equal() const noexcept { return equal_; }
  const Allocator& allocator() const noexcept { return table_.allocator(); }

  // -- looking --

  // A copy of its value, or nothing.
  template <class L>
  [[gnu::always_inline]] std::optional<V> find(const L& given) const {
    if constexpr (is_read_unlocked) {
      const auto& key = wanted(given);
      if (is_compared_unlocked(key)) [[likely]] {
        // Words, and an optional at the end: one that is filled in place is copied as a whole just after it was
        // written in parts, which processors are slow at. So is one that a function returns, hence no call.
        typename slot::copy found;
        if (!read_words(key, table_.hash()(key), [&](const auto& seen) { found = seen; })) return std::nullopt;
        return found.value();
      }
    }
    std::optional<V> found;
    read(given, [&](const V& value) { found.emplace(value); });
    return found;
  }

  // Calls use(const V&), with a copy or under a lock; false if the key is not there.
  template <class L, class Use>
  bool read(const L& given, Use use) const {
    const auto& key = wanted(given);
    return read_hashed(key, table_.hash()(key), use);
  }
  template <class L, class Use>
  bool read_hashed(const L& key, std::uint64_t hash, Use use) const {
    if constexpr (is_read_unlocked) {
      if (is_compared_unlocked(key)) [[likely]]
        return read_words(key, hash, [&](const auto& seen) { use(seen.value()); });
    }
    map_callback::refuse_within(this);
    return table_.read_locked(hash, equal_to(key), [&](const slot& at) { use(at.value()); });
  }

  // What is kept beside its slot, as read(const Beside&) says it, or nothing if the key is not there. Values
  // are not looked at.
  template <class L, class Read>
  auto read_beside(const L& given, Read read) const
      -> std::optional<std::invoke_result_t<Read, const Beside&>> {
    std::optional<std::invoke_result_t<Read, const Beside&>> found;
    const auto& key = wanted(given);
    const std::uint64_t hash = table_.hash()(key);
    if constexpr (is_read_unlocked) {
      struct copy {
        typename slot::copy words;
        std::invoke_result_t<Read, const Beside&> beside;

        stored_key key() const noexcept { return words.key(); }
      };
      const auto load = [&](const auto& in, std::size_t i) {
        return copy{in[i].load(), read(in.beside_slot(i))};
      };
      if (is_compared_unlocked(key)) [[likely]] {
        table_.template read<compares_words>(hash, load, words_equal_to(key),
                                             [&](const copy& seen) { found.emplace(seen.beside); });
        return found;
      }
    }
    map_callback::refuse_within(this);
    table_.read_place(
        hash, [&, is_equal = equal_to(key)](const slot& at) { return is_equal(at.key()); },
        [&](const place& at) { found.emplace(read(at.beside())); });
    return found;
  }

  // What asks for the lines of a hash's home.
  auto prefetch() const {
    return [this](std::uint64_t hash) { table_.prefetch(hash); };
  }

  // -- changing one --

  // What use(chain&, place) returns for a key that is there; otherwise false.
  template <class L, class Use>
  bool change_present(const L& given, Use use) {
    map_callback::refuse_within(this);
    const auto& key = wanted(given);
    return table_.template change<false>(
        table_.hash()(key), equal_to(key),
        [&](chain& held, const place& at) -> std::optional<bool> { return at.is_taken && use(held, at); });
  }

  // What use(chain&, place, put) returns, under the lock of a key that is there or not; put(args...) puts it
  // in, unless there is no room: then it is false, and use() is to return nothing, and is called again with
  // more.
  template <class L, class Use>
  bool change(L&& given, Use use) {
    map_callback::refuse_within(this);
    auto&& key = wanted(std::forward<L>(given));
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

  // Calls use(chain&, const place&) for a key that is there; otherwise puts it in and returns true.
  template <class L, class Use, class... Args>
  bool change_or_put(L&& key, Use use, Args&&... args) {
    return change(std::forward<L>(key), [&](chain& held, const place& at, const auto& put) {
      if (at.is_taken) return use(held, at), std::optional(false);
      return put(std::forward<Args>(args)...) ? std::optional(true) : std::nullopt;
    });
  }

  // Takes it out, if it is there. Whoever gets it destroys it, without a lock.
  template <class L>
  std::optional<taken> extract(const L& key) {
    std::optional<taken> found;
    change_present(key, [&](chain& held, const place& at) { return take(held, at, found), true; });
    return found;
  }

  // -- under its lock, one that is there --

  static decltype(auto) key_of(const slot& at) {
    if constexpr (packs) {
      return K(at.key().text());
    } else {
      return at.key();
    }
  }

  // Calls f(V&), which may change the value.
  template <class F>
  void modify(chain& held, slot& at, F&& f) {
    const map_callback within(this);
    if constexpr (is_read_unlocked) {
      V value = at.value();
      std::invoke(std::forward<F>(f), value);
      set(held, at, value);
    } else {
      std::invoke(std::forward<F>(f), at.value());
    }
  }

  // What pred(const V&) says.
  template <class Predicate>
  bool test(slot& at, Predicate&& pred) const {
    const map_callback within(this);
    return static_cast<bool>(std::invoke(std::forward<Predicate>(pred), std::as_const(at).value()));
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
    into.emplace(from.at().take());
    held.begin_change();
    table_.close_gap(held, from);
    size_.add(-1);
  }

  // -- all --

  // How many there are; exact if nobody is just changing that.
  std::size_t size() const {
    const std::int64_t counted = size_.load();
    return counted > 0 ? static_cast<std::size_t>(counted) : 0;
  }

  // What add(batch, place) makes of the next few, up to some thousands; nothing at the end alone. Each that is
  // there from the first call to the last comes exactly once.
  template <class Element, class Add>
  std::vector<Element> scan(position& from, Add add) const {
    map_callback::refuse_within(this);
    std::vector<Element> batch;
    while (batch.empty() && !from.is_end) {
      const auto next = table_.visit_segment(
          from, [&](chain& held) { held.for_each([&](const place& at, auto) { add(batch, at); }); });
      if (next) {
        from = *next;
      } else {
        batch.clear();  // some of these would come again
      }
    }
    return batch;
  }

  // Calls visit(place) for each, under its lock. Each that is there throughout comes at least once.
  template <class Visit>
  void for_each(Visit visit) {
    map_callback::refuse_within(this);
    for (position at; !at.is_end;) {
      const auto next = table_.visit_segment(
          at, [&](chain& held) { held.for_each([&](const place& each, auto) { visit(each); }); });
      if (next) at = *next;
    }
  }

  // Erases all for which goes(const slot&) is true, and says how many.
  template <class Goes>
  std::size_t erase_all_if(Goes goes) {
    map_callback::refuse_within(this);
    std::size_t erased = 0;
    std::vector<slot_set> in_chain;
    for (position at; !at.is_end;) {
      std::vector<taken> dropped;  // destroyed without a lock
      const auto next = table_.visit_segment(at, [&](chain& held) {
        in_chain.clear();
        const std::size_t count = held.choose(in_chain, goes);
        if (count == 0) return;
        if constexpr (slot::has_to_be_destroyed) {
          if (dropped.capacity() < dropped.size() + count)
            dropped.reserve(std::max(2 * dropped.capacity(), dropped.size() + count));
        }
        table_.remove(held, [&, set = in_chain.cbegin()](auto& from) mutable noexcept {
          if constexpr (slot::has_to_be_destroyed)
            set->for_each([&](std::size_t i) { dropped.push_back(from[i].take()); });
          return *set++;
        });
        size_.add(-static_cast<std::int64_t>(count));
        erased += count;
      });
      if (next) at = *next;
    }
    return erased;
  }

  // -- memory --

  void reserve(std::size_t keys) {
    map_callback::refuse_within(this);
    table_.reserve(keys);
  }

  // Nobody else uses them meanwhile.
  void shrink() {
    map_callback::refuse_within(this);
    table_.shrink(size());
  }

 private:
  // Whether keys of which a writer has changed one half may be compared.
  static constexpr bool compares_words = packs || forms::compares_words;

  // The form in which the table looks for a key.
  template <class L>
  static decltype(auto) wanted(L&& key) {
    if constexpr (packs && std::convertible_to<L, std::string_view>) {
      return std::string_view(key);
    } else {
      return forms::wanted(std::forward<L>(key));
    }
  }
  // Words are; but the characters of a long string may be gone as soon as it is erased.
  template <class L>
  static bool is_compared_unlocked([[maybe_unused]] const L& key) noexcept {
    if constexpr (packs) {
      return std::string_view(key).size() <= slot_string::short_size;
    } else {
      return true;
    }
  }

  template <class L>
  auto equal_to(const L& key) const {
    if constexpr (packs) {
      return [packed = slot_string(key)](const slot_string& other) { return other == packed; };
    } else {
      return [this, &key](const K& other) { return static_cast<bool>(std::invoke(equal_, other, key)); };
    }
  }
  template <class L>
  auto words_equal_to(const L& key) const {
    if constexpr (packs) {
      return [packed = slot_string(key)](const slot_string& other) { return other.has_words_of(packed); };
    } else {
      return equal_to(key);
    }
  }
  template <class L, class Use>
  bool read_words(const L& key, std::uint64_t hash, Use use) const {
    return table_.template read<compares_words>(hash, words_equal_to(key), use);
  }

  static void set(chain& held, slot& at, const V& value) {
    if constexpr (!slot::sets_value_at_once) held.begin_change();
    at.set_value(value);
  }

  table table_;
  counter size_;
  [[no_unique_address]] Equal equal_;
};

}  // namespace PLAIT_NAMESPACE::detail
