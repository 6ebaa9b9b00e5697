// SPDX-License-Identifier: MIT
// A row of homes, for the keys whose hashes begin alike.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A number that decides nothing but when a segment grows, or that changes only while all homes of its segment
// are locked: whoever has locked one of them sees the last one.
template <class T>
class segment_number {
 public:
  explicit segment_number(T value) noexcept : value_(value) {}

  T get() const noexcept { return value_.load(sync::relaxed); }         // relaxed: see above
  void set(T value) noexcept { value_.store(value, sync::relaxed); }    // relaxed: see above
  void add(T more) noexcept { value_.fetch_add(more, sync::relaxed); }  // relaxed: see above

 private:
  sync::atomic<T> value_;
};

// What is known of a row of blocks beside the blocks; it stands just before the first.
template <class Block>
struct segment_header {
  explicit segment_header(std::size_t blocks) noexcept : block_count(blocks) {}

  const std::size_t block_count;
  segment_header* made_before = nullptr;  // all segments of a map are in one list, to be freed at the end

  sync::mutex growing;                        // held by the one who moves keys out
  segment_number<unsigned> depth{0};          // how many first bits of the hash all keys here have in common
  segment_number<std::size_t> overflow{0};    // overflow blocks in use
  segment_number<std::size_t> crowded_at{0};  // with so many of them, the next one that is wanted makes it grow
};

// Where a segment is and how many homes it has, in one word. Null: there is none.
template <class Block>
class segment_ref {
 public:
  using header = segment_header<Block>;
  using beside = typename Block::beside;

  segment_ref() noexcept = default;

  explicit operator bool() const noexcept { return bits_ != 0; }
  friend bool operator==(segment_ref, segment_ref) noexcept = default;

  std::size_t block_count() const noexcept { return std::size_t{1} << (bits_ & log_mask); }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the pointer shares its word
  Block* blocks() const noexcept { return reinterpret_cast<Block*>(bits_ & ~log_mask); }
  Block& home(std::uint64_t hash) const noexcept { return blocks()[hash & (block_count() - 1)]; }
  // What is kept beside the first slot of a home.
  beside* beside_home(std::uint64_t hash) const noexcept {
    const std::size_t homes = block_count();
    return reinterpret_cast<beside*>(blocks() + homes) + (hash & (homes - 1)) * Block::slot_count;
  }
  segment_header<Block>& info() const noexcept {
    return *reinterpret_cast<header*>(reinterpret_cast<std::byte*>(blocks()) - room_for_header * sizeof(Block));
  }

  static Block* blocks_of(header& info) noexcept { return reinterpret_cast<Block*>(&info) + room_for_header; }

  // A new one with a power of two of homes. Throws what the allocator throws.
  template <class Allocator>
  static segment_ref make(const Allocator& allocator, std::size_t blocks) {
    using traits = typename std::allocator_traits<Allocator>::template rebind_traits<Block>;
    typename traits::allocator_type own(allocator);
    auto* const room = std::to_address(traits::allocate(own, room_for(blocks)));
    std::construct_at(reinterpret_cast<header*>(room), blocks);
    for (std::size_t i = 0; i != blocks; ++i) std::construct_at(room + room_for_header + i);
    if constexpr (Block::has_beside) {
      beside* const first = beside_of(room, blocks);
      for (std::size_t i = 0; i != blocks * Block::slot_count; ++i) std::construct_at(first + i);
      for (std::size_t i = 0; i != blocks; ++i)
        room[room_for_header + i].set_beside(first + i * Block::slot_count);
    }
    segment_ref made;
    made.bits_ = reinterpret_cast<std::uintptr_t>(room + room_for_header) |
                 static_cast<std::uintptr_t>(std::countr_zero(blocks));
    return made;
  }

  // Ends it. What is in its slots must have been destroyed.
  template <class Allocator>
  static void free(const Allocator& allocator, header& info) noexcept {
    using traits = typename std::allocator_traits<Allocator>::template rebind_traits<Block>;
    typename traits::allocator_type own(allocator);
    auto* const room = reinterpret_cast<Block*>(std::addressof(info));
    const std::size_t blocks = info.block_count;
    if constexpr (Block::has_beside) std::destroy_n(beside_of(room, blocks), blocks * Block::slot_count);
    std::destroy_n(room + room_for_header, blocks);
    std::destroy_at(std::addressof(info));
    using pointer = typename traits::pointer;
    traits::deallocate(own, std::pointer_traits<pointer>::pointer_to(*room), room_for(blocks));
  }

 private:
  // Six bits, if they are free: processors look at no more of them when they shift.
  static constexpr std::uintptr_t log_mask = alignof(Block) > 63 ? 63 : 31;
  static constexpr std::size_t room_for_header = (sizeof(header) + sizeof(Block) - 1) / sizeof(Block);
  static_assert(alignof(Block) > log_mask && alignof(header) <= alignof(Block));

  // The header, the blocks, and what is kept beside their slots, in blocks.
  static constexpr std::size_t room_for(std::size_t blocks) noexcept {
    const std::size_t bytes_beside = Block::has_beside ? blocks * Block::slot_count * sizeof(beside) : 0;
    return room_for_header + blocks + (bytes_beside + sizeof(Block) - 1) / sizeof(Block);
  }
  static beside* beside_of(Block* room, std::size_t blocks) noexcept {
    return reinterpret_cast<beside*>(room + room_for_header + blocks);
  }

  std::uintptr_t bits_ = 0;  // the address of the first block, and the logarithm of their number
};

}  // namespace PLAIT_NAMESPACE::detail
