// SPDX-License-Identifier: MIT
#include "heap.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

namespace verify::detail {

void heap::reset(unsigned fail_allocation) noexcept {
  blocks_.reset(fail_allocation);
  freed_.clear();
  plain_.clear();
  own_objects_.clear();
  own_memory_.reset(0);
}

bool heap::range::holds(const void* object) const noexcept {
  const auto* const at = static_cast<const std::byte*>(object);
  return !std::less<>()(at, begin) && std::less<>()(at, end);
}

heap::wrong_free heap::deallocate(void* memory, class memory& atomics, const view& current) {
  arena::block* const block = blocks_.find(reinterpret_cast<std::uintptr_t>(memory));
  if (block == nullptr) return {"delete of an address that new did not return"};
  if (block->freed) return {"double free"};
  const auto* const begin = static_cast<const std::byte*>(memory);
  const range freed{begin, begin + block->size};
  for (std::uint32_t i = 0; i != atomics.locations(); ++i) {
    location& each = atomics.at(i);
    if (!freed.holds(each.object)) continue;
    if (const unsigned other = current.clock.first_unknown(each.last_access); other != max_threads)
      return {"", each.object, other};
    each.object = nullptr;
  }
  for (plain_record& each : plain_) {
    if (!freed.holds(each.object)) continue;
    if (const unsigned other = each.unordered_access(current.clock, true); other != max_threads)
      return {"", each.object, other};
    each.object = nullptr;
  }
  blocks_.mark_freed(*block);
  freed_.push_back({freed, current});
  return {nullptr};
}

bool heap::is_freed(const void* object) const noexcept {
  return std::ranges::any_of(freed_, [object](const freed_block& each) { return each.place.holds(object); });
}

// The block of that size that was freed last, as most allocators choose.
auto heap::find_reusable(std::size_t size, std::size_t alignment) const noexcept
    -> list<freed_block>::const_iterator {
  for (auto each = freed_.end(); each != freed_.begin();) {
    --each;
    if (static_cast<std::size_t>(each->place.end - each->place.begin) == size &&
        reinterpret_cast<std::uintptr_t>(each->place.begin) % alignment == 0)
      return each;
  }
  return freed_.end();
}

bool heap::can_reuse(std::size_t size, std::size_t alignment) const noexcept {
  return find_reusable(size, alignment) != freed_.end();
}

void* heap::reuse(std::size_t size, std::size_t alignment, view& learns) {
  const auto found = find_reusable(size, alignment);
  learns.join(found->known);
  arena::block* const block = blocks_.find(reinterpret_cast<std::uintptr_t>(found->place.begin));
  freed_.erase(found);
  return blocks_.reuse(*block);
}

std::uint32_t heap::number_of_plain(const void* object, bool is_alive) {
  const auto known = std::ranges::find(plain_, object, &plain_record::object);
  const auto number = static_cast<std::uint32_t>(known - plain_.begin());
  if (number == plain_.size()) plain_.push_back({object, is_alive, 0, 0, {}});
  return number;
}

// Takes every word that equals the address of a block for a pointer to it, as leak checkers do.
unsigned heap::leaked_blocks(memory& atomics) {
  list<range> reached;
  const auto add = [&](const void* object, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(object);
    reached.push_back({begin, begin + size});
  };
  for (const own_object& each : own_objects_) add(each.object, each.size);
  const auto reach = [&](std::uint64_t address) {
    if (!blocks_.owns(reinterpret_cast<const void*>(address))) return;
    if (arena::block* const found = blocks_.find(address); found != nullptr && !found->freed) {
      blocks_.mark_freed(*found);
      add(found + 1, found->size);
    }
  };
  for (std::size_t i = 0; i != reached.size() && blocks_.live_blocks() != 0; ++i) {
    const range here = reached[i];
    for (const std::byte* at = here.begin; here.end - at >= std::ptrdiff_t{sizeof(std::uint64_t)};
         at += sizeof(std::uint64_t)) {
      std::uint64_t address;
      std::memcpy(&address, at, sizeof address);
      reach(address);
    }
    // Atomics keep their values elsewhere.
    for (std::uint32_t number = 0; number != atomics.locations(); ++number)
      if (const location& each = atomics.at(number); here.holds(each.object)) reach(each.newest().bits[0]);
  }
  return blocks_.live_blocks();
}

const heap::own_object* heap::find_own(unsigned thread, const void* key) const noexcept {
  const auto found = std::ranges::find_if(
      own_objects_, [=](const own_object& each) { return each.key == key && each.thread == thread; });
  return found != own_objects_.end() ? &*found : nullptr;
}

}  // namespace verify::detail
