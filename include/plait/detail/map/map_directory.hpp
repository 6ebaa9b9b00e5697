// SPDX-License-Identifier: MIT
// Which segment a hash belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// An array of 2^depth entries, for the first `depth` bits of a hash. Segments with fewer bits in common stand
// in several entries, side by side. It doubles when one of its deepest segments is split; the arrays before are
// kept until the end, for readers that have not noticed: all of them together are as long as the last one.
//
// Edges:  placed     entries    release in place -> acquire in find: the segment
//         deepened   root_      release in deepen -> acquire in find: the entries of the longer array
template <class Entry, class Allocator>
class map_directory {
 public:
  explicit map_directory(const Allocator& allocator) noexcept : allocator_(allocator) {}
  map_directory(const map_directory&) = delete;
  map_directory& operator=(const map_directory&) = delete;
  ~map_directory() { free_arrays(); }

  [[gnu::always_inline]] Entry find(std::uint64_t hash) const noexcept {
    const std::uintptr_t root = root_.load(sync::acquire);               // acquire deepened
    return entries(root)[index(hash, depth(root))].load(sync::acquire);  // acquire placed
  }

  // Makes room for segments with so many first bits in common.
  void deepen(unsigned wanted) {
    const std::lock_guard guard(lock_);
    for (;;) {
      const std::uintptr_t root = root_.load(sync::relaxed);  // relaxed: changes under the lock alone
      const unsigned now = depth(root);
      if (now >= wanted) return;
      const std::size_t count = std::size_t{1} << now;
      auto* const longer = make_array(2 * count);
      for (std::size_t i = 0; i != 2 * count; ++i)
        longer[i].store(entries(root)[i / 2].load(sync::relaxed),
                        sync::relaxed);  // relaxed: nobody sees it yet
      std::construct_at(reinterpret_cast<std::uintptr_t*>(longer + 2 * count), root);
      root_.store(reinterpret_cast<std::uintptr_t>(longer) | (now + 1), sync::release);  // release deepened
    }
  }

  // Gives the hashes that have the first `depth` bits of this one to a segment. There is room for it.
  void place(std::uint64_t hash, unsigned depth_of_segment, Entry segment) noexcept {
    const std::lock_guard guard(lock_);
    const std::uintptr_t root = root_.load(sync::relaxed);  // relaxed: see above
    const std::size_t count = std::size_t{1} << (depth(root) - depth_of_segment);
    slot* const first = entries(root) + index(hash, depth_of_segment) * count;
    for (std::size_t i = 0; i != count; ++i) first[i].store(segment, sync::release);  // release placed
  }

  // The first segment, for all hashes; false if somebody else has placed one.
  bool place_first(Entry segment) noexcept {
    const std::lock_guard guard(lock_);
    if (own_entry_.load(sync::relaxed) != Entry()) return false;  // relaxed: see above
    own_entry_.store(segment, sync::release);                     // release placed
    return true;
  }

  // Becomes what the other one is, which is then empty. Nobody else uses them.
  void take(map_directory& other) noexcept {
    free_arrays();
    const std::uintptr_t root = other.root_.load(sync::relaxed);  // relaxed: nobody else is there
    // relaxed, twice: as above
    own_entry_.store(other.own_entry_.load(sync::relaxed), sync::relaxed);
    root_.store(depth(root) == 0 ? own_root() : root, sync::relaxed);  // relaxed: as above
    other.own_entry_.store(Entry(), sync::relaxed);                    // relaxed: as above
    other.root_.store(other.own_root(), sync::relaxed);                // relaxed: as above
  }

 private:
  using slot = sync::atomic<Entry>;

  static constexpr std::uintptr_t depth_mask = cache_line - 1;

  // An array of entries begins at a cache line, so that its depth fits beside its address.
  struct alignas(cache_line) line {
    std::byte bytes[cache_line];
  };
  using lines = typename std::allocator_traits<Allocator>::template rebind_traits<line>;

  static std::size_t index(std::uint64_t hash, unsigned bits) noexcept {
    return static_cast<std::size_t>(hash >> 1 >> (63 - bits));
  }
  static unsigned depth(std::uintptr_t root) noexcept { return static_cast<unsigned>(root & depth_mask); }
  static slot* entries(std::uintptr_t root) noexcept {
    return reinterpret_cast<slot*>(root & ~depth_mask);  // NOLINT(performance-no-int-to-ptr): they share a word
  }
  std::uintptr_t own_root() const noexcept {
    return reinterpret_cast<std::uintptr_t>(std::addressof(own_entry_));
  }

  // With room for the root before it at the end.
  static std::size_t line_count(std::size_t entry_count) noexcept {
    return (entry_count * sizeof(slot) + sizeof(std::uintptr_t) + sizeof(line) - 1) / sizeof(line);
  }
  slot* make_array(std::size_t count) {
    typename lines::allocator_type own(allocator_);
    auto* const made = reinterpret_cast<slot*>(std::to_address(lines::allocate(own, line_count(count))));
    for (std::size_t i = 0; i != count; ++i) std::construct_at(made + i);
    return made;
  }
  void free_arrays() noexcept {
    typename lines::allocator_type own(allocator_);
    std::uintptr_t root = root_.load(sync::relaxed);  // relaxed: nobody else is left
    while (depth(root) != 0) {
      const std::size_t count = std::size_t{1} << depth(root);
      slot* const last = entries(root);
      root = *reinterpret_cast<std::uintptr_t*>(last + count);
      std::destroy_n(last, count);
      lines::deallocate(
          own, std::pointer_traits<typename lines::pointer>::pointer_to(*reinterpret_cast<line*>(last)),
          line_count(count));
    }
  }

  alignas(cache_line) slot own_entry_{Entry()};    // the array of depth 0
  sync::atomic<std::uintptr_t> root_{own_root()};  // the array in use, and its depth
  sync::mutex lock_;                               // held by whoever changes anything
  [[no_unique_address]] Allocator allocator_;
};

}  // namespace PLAIT_NAMESPACE::detail
