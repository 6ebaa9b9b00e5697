// SPDX-License-Identifier: MIT
// Where a key and its value stand in a block: as words that anybody may read at any time, or as objects that
// only the holder of the block's lock touches.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// What an object takes beside others: nothing, if all of its type are equal.
template <class T>
inline constexpr std::size_t stored_size = std::is_empty_v<T> ? 0 : sizeof(T);

// A key and its value as atomic words. Readers copy them without a lock, and then ask the block whether it has
// changed meanwhile.
//
// Edges:  begun   words_   release in construct, set_value, move_from -> acquire in load: whoever sees a word
//                          of a change sees that the block is changing (see map_block)
template <class K, class V>
class word_slot {
  static constexpr std::size_t word_size = sizeof(std::uint64_t);
  static constexpr std::size_t value_alignment = alignof(V) < word_size ? alignof(V) : word_size;
  static constexpr std::size_t value_at = (sizeof(K) + value_alignment - 1) / value_alignment * value_alignment;
  static constexpr std::size_t first_value_word = value_at / word_size;

 public:
  static constexpr bool is_read_unlocked = true;
  static constexpr bool has_to_be_destroyed = false;
  static constexpr std::size_t word_count = (value_at + stored_size<V> + word_size - 1) / word_size;

  // Whether a value changes in one step, so that no reader sees half of it.
  static constexpr bool sets_value_at_once = first_value_word + 1 >= word_count;

  // What is left of a key that is taken out, whose words may stay.
  struct entry {
    V value;
  };

  // What a reader has copied.
  class copy {
   public:
    copy() noexcept = default;
    copy(const copy& other) noexcept { *this = other; }
    // Word by word, as it was written: processors are slow at reading as one what was just written in parts.
    copy& operator=(const copy& other) noexcept {
      for_each_word([&](std::size_t i) { copied_[i] = other.copied_[i]; });
      return *this;
    }

    K key() const noexcept { return object_at<K, 0>(); }
    V value() const noexcept { return object_at<V, value_at>(); }

   private:
    friend word_slot;

    template <class T, std::size_t Place>
    T object_at() const noexcept {
      if constexpr (stored_size<T> == 0) {
        return std::bit_cast<T>(std::array<std::byte, sizeof(T)>());
      } else if constexpr (Place % word_size == 0 && sizeof(T) % word_size == 0) {
        // Word by word, as they were written: see operator=.
        std::array<std::uint64_t, sizeof(T) / word_size> words;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
          ((words[I] = copied_[Place / word_size + I]), ...);
        }(std::make_index_sequence<sizeof(T) / word_size>());
        return std::bit_cast<T>(words);
      } else {
        std::array<std::byte, sizeof(T)> bytes;
        std::memcpy(bytes.data(), reinterpret_cast<const std::byte*>(copied_.data()) + Place, sizeof(T));
        return std::bit_cast<T>(bytes);
      }
    }
    template <class T>
    void set_object(std::size_t place, const T& object) noexcept {
      std::memcpy(reinterpret_cast<std::byte*>(copied_.data()) + place, std::addressof(object), stored_size<T>);
    }

    std::array<std::uint64_t, word_count> copied_;
  };

  // Whatever is there, or half of it.
  copy load() const noexcept {
    copy made;
    for_each_word([&](std::size_t i) { made.copied_[i] = words_[i].load(sync::acquire); });  // acquire begun
    return made;
  }

  // -- by the holder of the block's lock --

  K key() const noexcept { return load().key(); }
  V value() const noexcept { return load().value(); }
  template <class Hash>
  std::uint64_t hash(const Hash& of) const {
    return of(key());
  }

  template <class Allocator, class Key, class... Args>
  void construct(const Allocator& /*allocator*/, std::uint64_t /*hash*/, Key&& key, Args&&... args) {
    copy made = copy();  // zeros between the objects
    made.set_object(0, static_cast<const K&>(K(std::forward<Key>(key))));
    made.set_object(value_at, V(std::forward<Args>(args)...));
    store(made, 0, word_count);
  }
  void set_value(const V& value) noexcept {
    copy made = load();
    made.set_object(value_at, value);
    store(made, first_value_word, word_count);
  }
  entry take() const noexcept { return {value()}; }
  void move_from(word_slot& other) noexcept { store(other.load(), 0, word_count); }
  void destroy() noexcept {}

 private:
  void store(const copy& from, std::size_t first, std::size_t last) noexcept {
    for_each_word([&](std::size_t i) {
      if (i >= first && i < last) words_[i].store(from.copied_[i], sync::release);  // release begun
    });
  }

  // Not a loop, which would go through memory: these are registers.
  template <class Use>
  static void for_each_word(Use use) noexcept {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (use(I), ...); }(std::make_index_sequence<word_count>());
  }

  std::array<sync::atomic<std::uint64_t>, word_count> words_{};
};

// For slots that are never moved to another segment.
struct no_hash {
  constexpr explicit no_hash(std::uint64_t /*hash*/) noexcept {}
};

// A key and its value as objects, and the key's hash, so that moving them to another segment asks no user code.
template <class K, class V, class KeptHash = std::uint64_t>
class object_slot {
 public:
  static constexpr bool is_read_unlocked = false;
  static constexpr bool has_to_be_destroyed = true;

  // What has been taken out of a slot, to be destroyed when the lock is free again.
  struct entry {
    template <class Allocator, class Key, class... Args>
    entry(const Allocator& allocator, std::uint64_t of, Key&& from, Args&&... args)
        : hash(of),
          key(std::make_obj_using_allocator<K>(allocator, std::forward<Key>(from))),
          value(std::make_obj_using_allocator<V>(allocator, std::forward<Args>(args)...)) {}

    [[no_unique_address]] KeptHash hash;
    K key;
    [[no_unique_address]] V value;
  };

  const K& key() const noexcept { return entry_.read().key; }
  const V& value() const noexcept { return entry_.read().value; }
  V& value() noexcept { return entry_.write().value; }
  template <class Hash>
  std::uint64_t hash(const Hash& /*kept*/) const noexcept {
    return entry_.read().hash;
  }

  template <class Allocator, class Key, class... Args>
  void construct(const Allocator& allocator, std::uint64_t hash, Key&& key, Args&&... args) {
    entry_.construct(allocator, hash, std::forward<Key>(key), std::forward<Args>(args)...);
  }
  // Leaves the value that was there in `value`.
  void exchange_value(V& value) noexcept {
    if constexpr (stored_size<V> == 0) return;  // and making one may write to a byte that is another object's
    V& mine = entry_.write().value;
    V old(std::move(mine));
    std::destroy_at(std::addressof(mine));
    std::construct_at(std::addressof(mine), std::move(value));
    std::destroy_at(std::addressof(value));
    std::construct_at(std::addressof(value), std::move(old));
  }
  entry take() noexcept {
    entry taken(std::move(entry_.write()));
    entry_.destroy();
    return taken;
  }
  void move_from(object_slot& other) noexcept {
    entry_.construct(std::move(other.entry_.write()));
    other.entry_.destroy();
  }
  void destroy() noexcept { entry_.destroy(); }

 private:
  sync::storage<entry> entry_;
};

// What only points to its characters is compared under the lock: they may be gone as soon as it is erased.
template <class T>
inline constexpr bool is_view = false;
template <class Char, class Traits>
inline constexpr bool is_view<std::basic_string_view<Char, Traits>> = true;
template <class T, std::size_t Extent>
inline constexpr bool is_view<std::span<T, Extent>> = true;

// Copying more than a cache line takes longer than a lock.
template <class K, class V>
inline constexpr bool fits_words =
    std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V> && std::copy_constructible<K> &&
    std::copy_constructible<V> && !is_view<K> && sizeof(K) + stored_size<V> <= 64;

template <class K, class V, class KeptHash = std::uint64_t>
struct choose_slot {
  using type = object_slot<K, V, KeptHash>;
};
template <class K, class V, class KeptHash>
  requires fits_words<K, V>
struct choose_slot<K, V, KeptHash> {
  using type = word_slot<K, V>;
};

}  // namespace PLAIT_NAMESPACE::detail
