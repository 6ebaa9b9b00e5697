// SPDX-License-Identifier: MIT
// The keys and values of a shard's entries, by number.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Slots in pieces that are never moved, so that whoever has read a number may look at its slot at any time. A
// piece is a quarter of those before it, or less: that is the most that is made too early.
//
// No order is needed here: whoever has an entry's number has found it in the shard's index, which it enters
// after its piece was made.
template <class K, class V, class Allocator>
class entry_slots {
 public:
  using slot = typename choose_slot<K, cached_value<V>>::type;

  explicit entry_slots(const Allocator& allocator) noexcept : allocator_(allocator) {}
  entry_slots(const entry_slots&) = delete;
  entry_slots& operator=(const entry_slots&) = delete;
  // The slots are empty.
  ~entry_slots() {
    for (std::uint32_t piece = 0; piece != made_; ++piece) {
      slot* const first = pieces_[piece].load(sync::relaxed);  // relaxed: nobody else is left
      std::destroy_n(first, size_of(piece));
      traits::deallocate(allocator_, std::pointer_traits<typename traits::pointer>::pointer_to(*first),
                         size_of(piece));
    }
  }

  // Of a number that there is room for.
  slot& operator[](entry_number number) const noexcept {
    const auto [piece, offset] = locate(number);
    return pieces_[piece].load(sync::relaxed)[offset];  // relaxed: see above
  }

  // -- by one thread at a time --

  // Makes room for that number, if there is room for all below it.
  void make_room(entry_number number) {
    if (number < room_) [[likely]]
      return;
    const std::size_t size = size_of(made_);
    slot* const first = std::to_address(traits::allocate(allocator_, size));
    for (std::size_t i = 0; i != size; ++i) std::construct_at(first + i);
    pieces_[made_++].store(first, sync::relaxed);  // relaxed: see above
    room_ += size;
  }

 private:
  using traits = typename std::allocator_traits<Allocator>::template rebind_traits<slot>;
  using piece_pointer = sync::atomic<slot*>;

  // The first piece; after it four pieces together have as many slots as all before them.
  static constexpr std::uint32_t first_size = sync::sized(64, 4);
  static constexpr std::size_t most_pieces = 1 + 4 * std::bit_width(entry_stamp::most_entries / first_size - 1);

  struct address {
    std::uint32_t piece;
    std::uint32_t offset;
  };
  static constexpr address locate(entry_number number) noexcept {
    const auto doublings = static_cast<std::uint32_t>(std::bit_width(number / first_size));
    if (doublings == 0) return {0, number};
    // Shifts: that sizes are powers of two the compiler does not see, and would divide.
    const std::uint32_t log_size = std::countr_zero(first_size) + doublings - 3;
    const std::uint32_t offset = number - (first_size << (doublings - 1));
    return {4 * doublings - 3 + (offset >> log_size), offset & ((std::uint32_t{1} << log_size) - 1)};
  }
  static constexpr std::uint32_t size_of(std::uint32_t piece) noexcept {
    return piece == 0 ? first_size : (first_size << (piece - 1) / 4) / 4;
  }

  std::array<piece_pointer, most_pieces> pieces_{};  // null until an entry needs it
  std::size_t room_ = 0;                             // how many slots there are
  std::uint32_t made_ = 0;                           // how many pieces
  [[no_unique_address]] typename traits::allocator_type allocator_;
};

}  // namespace PLAIT_NAMESPACE::detail
