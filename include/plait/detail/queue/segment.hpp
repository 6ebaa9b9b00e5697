// SPDX-License-Identifier: MIT
// A segment of a segment_list: an array of cells, and how many of them are claimed and taken.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// As many cells as fit into a cache line, at least one.
template <class Item>
struct cell_group {
  static constexpr std::size_t cells = std::max<std::size_t>(1, cache_line / (sizeof(Item) + 1));

  std::array<sync::atomic<std::uint8_t>, cells> laps{};
  std::array<sync::storage<Item>, cells> items;
};

// An array of cells. A put claims the next cell and fills it; a get takes the first that nobody has taken.
//
// A segment whose cells are all taken can be used again, for its next lap. In each lap a cell is filled once
// and taken once. Each cell stores the lap in which it was last filled:
//
//   lap of the cell      the cell ...
//   one less             is not filled yet
//   that of the segment  is filled, or has been taken
//
// Nothing is cleared between two laps: every cell was filled in the last one, so each is one lap behind when
// the segment enters the next. That is why one byte is enough, and why it may wrap.
//
// Edges:  filled    laps    release in fill, fill_all -> acquire in is_filled, filled_to: publishes the element
template <class Item>
struct alignas(std::max(contention_free_distance, alignof(cell_group<Item>))) segment {
  using group = cell_group<Item>;
  using position = std::uint64_t;

  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;  // of `claims`
  static constexpr bool is_closed(std::uint64_t claims) noexcept { return (claims & closed_bit) != 0; }

  // The number of cells of a segment that takes about `bytes` bytes.
  static constexpr std::uint64_t size_for(std::size_t bytes) noexcept {
    return group::cells * std::max<std::uint64_t>(1, bytes / sizeof(group));
  }

  // The unit of allocation: a segment and its groups together take a number of blocks.
  struct block {
    alignas(segment) std::array<std::byte, alignof(segment)> bytes;
  };
  template <class Allocator>
  using block_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<block>;

  // Throws what the allocator throws.
  template <class BlockAllocator>
  static segment* make(BlockAllocator& from, std::uint64_t size) {
    void* const memory = std::to_address(std::allocator_traits<BlockAllocator>::allocate(from, blocks(size)));
    if (blocks(size) * sizeof(block) >= populated_bytes)
      sync::populate_pages(memory, blocks(size) * sizeof(block));
    auto* const made = std::construct_at(static_cast<segment*>(memory));
    made->size = size;
    std::uninitialized_default_construct_n(made->groups(), group_count(size));
    return made;
  }
  template <class BlockAllocator>
  static void free(BlockAllocator& to, segment* which) noexcept {
    using traits = std::allocator_traits<BlockAllocator>;
    const std::size_t count = blocks(which->size);
    std::destroy_n(which->groups(), group_count(which->size));
    std::destroy_at(which);
    block& first = *reinterpret_cast<block*>(which);
    traits::deallocate(to, std::pointer_traits<typename traits::pointer>::pointer_to(first), count);
  }

  template <class... Args>
  void fill(std::uint64_t at, Args&&... args) noexcept {
    sync::atomic<std::uint8_t>& filled = lap_of(at);
    sync::prefetch_for_write(&filled, prefetch_distance);
    item(at).construct(std::forward<Args>(args)...);
    filled.store(lap, sync::release);  // release filled
  }
  // Empties a cell that the caller has taken: calls use(item&&).
  template <class Use>
  void empty(std::uint64_t at, Use use) noexcept {
    empty(item(at), use);
  }

  // The same for the cells from `at` to `end`. They are visited by groups, because finding the group of a cell
  // takes a division.
  template <class Iterator>
  void fill_all(std::uint64_t at, std::uint64_t end, Iterator& from) noexcept {
    visit_groups(at, end, [&](group& in, std::size_t cell, std::size_t cells_end) {
      sync::prefetch_for_write(&in, prefetch_distance);
      for (; cell != cells_end; ++cell) {
        in.items[cell].construct(*from);
        in.laps[cell].store(lap, sync::release);  // release filled
        ++from;
      }
      return true;
    });
  }
  template <class Use>
  void empty_all(std::uint64_t at, std::uint64_t end, Use use) noexcept {
    visit_groups(at, end, [&](group& in, std::size_t cell, std::size_t cells_end) {
      for (; cell != cells_end; ++cell) empty(in.items[cell], use);
      return true;
    });
  }

  // The first cell from `at` on that is not filled, at most `end`.
  std::uint64_t filled_to(std::uint64_t at, std::uint64_t end) noexcept {
    visit_groups(at, end, [&](group& in, std::size_t cell, std::size_t cells_end) {
      for (; cell != cells_end; ++cell, ++at)
        if (in.laps[cell].load(sync::acquire) != lap) return false;  // acquire filled
      return true;
    });
    return at;
  }
  bool is_filled(std::uint64_t which) noexcept {
    return lap_of(which).load(sync::acquire) == lap;  // acquire filled
  }
  // A hint: a caller that takes the cell calls is_filled() first.
  bool seems_filled(std::uint64_t which) noexcept {
    return lap_of(which).load(sync::relaxed) == lap;  // relaxed: is_filled() follows
  }
  // Calls visit(Item&) for each item, while no call is under way.
  template <class Visit>
  void for_each(Visit visit) noexcept {
    for_each_filled([&visit](sync::storage<Item>& filled) { visit(filled.write()); });
  }
  // After the last call.
  void destroy_items() noexcept {
    for_each_filled([](sync::storage<Item>& filled) { filled.destroy(); });
  }

  // Begins the next lap. No other thread may know the segment.
  void reset() noexcept {
    claims.store(0, sync::relaxed);      // relaxed: no other thread knows it
    taken.store(0, sync::relaxed);       // relaxed: as above
    next.store(nullptr, sync::relaxed);  // relaxed: as above
    ++lap;
  }

  // Gives the memory of the cells back to the system. The segment can then only be freed.
  void discard_pages() noexcept { sync::discard_pages(groups(), group_count(size) * sizeof(group)); }

  // taken <= claims <= size. claims may carry closed_bit if it is below size; next is null until it is size.
  alignas(contention_free_distance) sync::atomic<std::uint64_t> claims{0};
  alignas(contention_free_distance) sync::atomic<std::uint64_t> taken{0};
  alignas(contention_free_distance) sync::atomic<segment*> next{nullptr};
  position first = 0;               // of the first cell; this and the rest is written before it is linked
  std::uint64_t size = 0;           // in cells
  std::uint8_t lap = 1;             // modulo 256
  segment* next_drained = nullptr;  // in the list of segments put aside

 private:
  // A put prefetches the line after next, because its stores must be done before the next put can claim a cell.
  static constexpr std::size_t prefetch_distance = 2 * cache_line;

  // Segments of so many bytes take their pages in one call, since all of them are written at once.
  static constexpr std::size_t populated_bytes = std::size_t{1} << 15;

  static std::size_t group_count(std::uint64_t size) noexcept {
    return (size + group::cells - 1) / group::cells;
  }
  static std::size_t blocks(std::uint64_t size) noexcept {
    return (sizeof(segment) + group_count(size) * sizeof(group) + sizeof(block) - 1) / sizeof(block);
  }

  template <class Use>
  static void empty(sync::storage<Item>& taken_item, Use& use) noexcept {
    use(std::move(taken_item.write()));
    taken_item.destroy();
  }

  // Calls visit(group, cell, cells_end) for each group with cells from `at` to `end`, until that says false.
  template <class Visit>
  void visit_groups(std::uint64_t at, std::uint64_t end, Visit visit) noexcept {
    const auto number = static_cast<std::uint32_t>(at);
    group* in = groups() + number / group::cells;
    for (std::size_t cell = number % group::cells; at != end; cell = 0, ++in) {
      const std::size_t cells_end = std::min<std::uint64_t>(group::cells, cell + (end - at));
      if (!visit(*in, cell, cells_end)) return;
      at += cells_end - cell;
    }
  }

  // In the child of a fork, a cell that another thread had claimed may not be filled.
  template <class Use>
  void for_each_filled(Use use) noexcept {
    const std::uint64_t end = claims.load(sync::relaxed) & ~closed_bit;  // relaxed: every call has returned
    for (std::uint64_t at = taken.load(sync::relaxed); at != end; ++at)  // relaxed: as above
      if (seems_filled(at)) use(item(at));
  }

  group* groups() noexcept { return reinterpret_cast<group*>(this + 1); }
  sync::atomic<std::uint8_t>& lap_of(std::uint64_t which) noexcept {
    const auto number = static_cast<std::uint32_t>(which);
    return groups()[number / group::cells].laps[number % group::cells];
  }
  sync::storage<Item>& item(std::uint64_t which) noexcept {
    const auto number = static_cast<std::uint32_t>(which);
    return groups()[number / group::cells].items[number % group::cells];
  }
};

}  // namespace PLAIT_NAMESPACE::detail
