// SPDX-License-Identifier: MIT
// A few slots that stand and fall together: a lock, a version, and whatever of the keys did not fit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/map/block_tags.hpp>
#include <plait/detail/sync.hpp>
#include <plait/detail/wait/event_count.hpp>

namespace PLAIT_NAMESPACE::detail {

// What a map keeps of each key beside the slots, in an array of its own that finding a key need not fetch:
// nothing.
struct nothing_beside {};

// Six slots of 16 bytes and what goes before them fill a pair of cache lines. Of larger ones there are one or
// two more if the lines that six of them begin have room for that: seven of 24 bytes fill three lines.
template <class Slot, class Beside>
struct block_shape {
  static constexpr std::size_t before_slots = (std::is_empty_v<Beside> ? 3 : 4) * sizeof(std::uint64_t);
  static constexpr std::size_t bytes_of_six =
      (before_slots + 6 * sizeof(Slot) + cache_line - 1) / cache_line * cache_line;
  static constexpr std::size_t fitting =
      std::min((bytes_of_six - before_slots) / sizeof(Slot), block_tags::most_slots);

  static constexpr std::size_t slots = sync::sized(sizeof(Slot) <= 8 ? block_tags::most_slots : fitting, 2);
  static constexpr std::size_t alignment = sizeof(Slot) > 8 && sizeof(Slot) <= 16 ? contention_free_distance
                                           : fitting > 6                          ? cache_line
                                                                                  : cache_line / 2;
};

// A home is a block where the search for a key begins. Keys that do not fit into it stand in overflow blocks,
// which follow it in a chain and belong to it. The home's lock and version are those of the whole chain.
//
//   bit 0          locked     somebody holds the lock: the only one who may change the chain
//   bit 1          changing   the holder stores what readers must not see half of
//   bits 63 .. 2   version    how often that has happened
//
// So readers without a lock pass by whoever holds it, and wait only while that one is storing. A reader takes
// the version, reads, and looks at the version again. Three changes need no new version, because they are one
// store: a key that is put into a free slot is shown by its tag, an overflow block by the link to it, and a
// value of one word replaces the last one. A slot that became free has changed the version.
//
// Blocks are never freed while the map lives. A reader may go astray in an overflow block that was taken from
// its chain and given to another one: it notices that the version of its home has changed, at the latest before
// it follows the next link.
//
// Edges:  held      state_      release in unlock -> acquire in lock, begin_read: what the holder did
//         shown     tags_       release in set_tags -> acquire in tags: the slot of a tag, and that the chain
//                               is changing if the tag is part of that
//         linked    overflow_   release in set_next -> acquire in next: the same of an overflow block
template <class Slot, class Beside = nothing_beside>
class alignas(block_shape<Slot, Beside>::alignment) map_block {
 public:
  using slot = Slot;
  using beside = Beside;
  using state = std::uint64_t;

  static constexpr std::size_t slot_count = block_shape<Slot, Beside>::slots;
  static constexpr bool has_beside = !std::is_empty_v<Beside>;

  // Waits until it has taken the lock.
  void lock() noexcept {
    if (!try_lock()) [[unlikely]]
      sync::rarely<&map_block::wait_and_lock>(this);
  }

  // The holder is going to store what must be seen as a whole, or not at all.
  void begin_change() noexcept {
    const state held = state_.load(sync::relaxed);  // relaxed: the holder's own
    // relaxed: whoever sees anything that is stored after this sees this, too, by the edges of those stores
    state_.store((held + one_version) | changing, sync::relaxed);
  }

  void end_change() noexcept {
    const state held = state_.load(sync::relaxed);             // relaxed: the holder's own
    state_.store(held & ~(locked | changing), sync::release);  // release held
  }
  // Also ends the change.
  void unlock() noexcept { end_change(); }

  // For the last one, who wants no lock.
  bool is_locked() const noexcept {
    return (state_.load(sync::relaxed) & locked) != 0;  // relaxed: nobody else is left
  }

  // The version of what is read from now on.
  state begin_read() const noexcept {
    const state found = state_.load(sync::acquire);  // acquire held
    if ((found & changing) == 0) [[likely]]
      return found;
    return sync::rarely<&map_block::wait_and_read>(this);
  }
  // Whether all that was read since then belongs together.
  bool is_unchanged(state since) const noexcept {
    // relaxed: comes after what was read, which was acquired
    return ((state_.load(sync::relaxed) ^ since) & ~locked) == 0;
  }

  block_tags tags() const noexcept { return block_tags(tags_.load(sync::acquire)); }   // acquire shown
  void set_tags(block_tags now) noexcept { tags_.store(now.bytes(), sync::release); }  // release shown
  map_block* next() const noexcept { return overflow_.load(sync::acquire); }           // acquire linked
  void set_next(map_block* block) noexcept { overflow_.store(block, sync::release); }  // release linked
  Slot& operator[](std::size_t index) noexcept { return slots_[index]; }
  const Slot& operator[](std::size_t index) const noexcept { return slots_[index]; }

  // What is kept beside a slot.
  Beside& beside_slot(std::size_t index) noexcept { return beside_[index]; }
  const Beside& beside_slot(std::size_t index) const noexcept { return beside_[index]; }
  // The array of it, before anybody uses the block.
  void set_beside(Beside* first) noexcept { beside_ = first; }

  // A key comes to an empty slot, from another one that is empty then.
  void move(std::size_t to, map_block& other, std::size_t from) noexcept {
    slots_[to].move_from(other.slots_[from]);
    if constexpr (has_beside) beside_[to].move_from(other.beside_[from]);
  }
  // A new key is in the slot.
  void begin_beside(std::size_t index) noexcept {
    if constexpr (has_beside) beside_[index].begin();
  }

 private:
  static constexpr state locked = 1;
  static constexpr state changing = 2;
  static constexpr state one_version = 4;
  static constexpr int spins = sync::attempts(20);

  bool try_lock() noexcept {
    state found = state_.load(sync::relaxed);  // relaxed: the compare-exchange decides
    return (found & locked) == 0 && state_.compare_exchange_weak(found, found | locked,
                                                                 sync::acquire,   // acquire held
                                                                 sync::relaxed);  // relaxed: tried again
  }

  // Most locks are held for some nanoseconds. Nobody wakes who waits longer: they look again, less and less
  // often.
  template <class TryOnce>
  static void wait_until(TryOnce try_once) noexcept {
    for (int i = 0; i != spins; ++i) {
      sync::pause();
      if (try_once()) return;
    }
    event_count().wait([&]() noexcept { return try_once() ? attempt::done : attempt::contended; }, {});
  }
  void wait_and_lock() noexcept {
    wait_until([this]() noexcept { return try_lock(); });
  }
  state wait_and_read() const noexcept {
    state found = 0;
    wait_until([&]() noexcept {
      found = state_.load(sync::acquire);  // acquire held
      return (found & changing) == 0;
    });
    return found;
  }

  sync::atomic<state> state_{0};
  sync::atomic<std::uint64_t> tags_{0};
  sync::atomic<map_block*> overflow_{nullptr};  // an overflow block, or null
  [[no_unique_address]] std::conditional_t<has_beside, Beside*, Beside> beside_{};
  std::array<Slot, slot_count> slots_;  // which of them hold a key, tags_ says
};

}  // namespace PLAIT_NAMESPACE::detail
