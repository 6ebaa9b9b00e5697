// SPDX-License-Identifier: MIT
// The keys and values of a shard's entries, by number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/cache/entry_pieces.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Slots in pieces that are never moved, so that whoever has read a number may look at its slot at any time.
//
// No order is needed here: whoever has an entry's number has found it in the shard's index, which it enters
// after its piece was made.
template <class K, class V, class Allocator>
class entry_slots {
 public:
  using slot = typename choose_slot<K, cached_value<V>, no_hash>::type;

  entry_slots(entry_pieces shape, const Allocator& allocator) noexcept : shape_(shape), allocator_(allocator) {}
  entry_slots(const entry_slots&) = delete;
  entry_slots& operator=(const entry_slots&) = delete;
  // The slots are empty.
  ~entry_slots() {
    for (std::uint32_t piece = 0; piece != made_; ++piece) {
      slot* const first = pieces_[piece].load(sync::relaxed);  // relaxed: nobody else is left
      std::destroy_n(first, shape_.size(piece));
      traits::deallocate(allocator_, std::pointer_traits<typename traits::pointer>::pointer_to(*first),
                         shape_.size(piece));
    }
  }

  // Of a number that there is room for.
  slot& operator[](entry_number number) const noexcept {
    const auto [piece, offset] = entry_pieces::locate(number);
    return pieces_[piece].load(sync::relaxed)[offset];  // relaxed: see above
  }

  // -- by one thread at a time --

  // Asks for the slot of a number, if there is one.
  void prefetch(entry_number number) const noexcept {
    if (number < room_) sync::prefetch(&(*this)[number]);
  }

  // Makes room for that number, for which there is a place. That may take several pieces: where there was no
  // memory for one, its first number may have been lost, and the next one is in another piece.
  void make_room(entry_number number) {
    while (number >= room_) [[unlikely]] {
      const std::size_t size = shape_.size(made_);
      slot* const first = std::to_address(traits::allocate(allocator_, size));
      for (std::size_t i = 0; i != size; ++i) std::construct_at(first + i);
      pieces_[made_].store(first, sync::relaxed);  // relaxed: see above
      room_ = entry_pieces::first_of(made_++) + size;
    }
  }

 private:
  using traits = typename std::allocator_traits<Allocator>::template rebind_traits<slot>;
  using piece_pointer = sync::atomic<slot*>;

  std::array<piece_pointer, entry_pieces::count> pieces_{};  // null until an entry needs it
  std::size_t room_ = 0;                                     // there are slots of numbers below it
  std::uint32_t made_ = 0;                                   // how many pieces
  entry_pieces shape_;
  [[no_unique_address]] typename traits::allocator_type allocator_;
};

}  // namespace PLAIT_NAMESPACE::detail
