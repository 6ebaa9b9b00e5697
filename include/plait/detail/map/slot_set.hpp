// SPDX-License-Identifier: MIT
// Some of the slots of a block.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

class slot_set {
 public:
  constexpr slot_set() noexcept = default;
  static constexpr slot_set of_first(std::size_t count) noexcept { return slot_set((1U << count) - 1); }

  constexpr void add(std::size_t slot, bool is_in) noexcept {
    *this = slot_set(bits_ | unsigned{is_in} << slot);
  }
  constexpr slot_set without(slot_set others) const noexcept {
    return slot_set(bits_ & ~unsigned{others.bits_});
  }

  // Calls visit(slot) for each, from the first one on.
  template <class Visit>
  constexpr void for_each(Visit visit) const {
    for (unsigned left = bits_; left != 0; left &= left - 1)
      visit(static_cast<std::size_t>(std::countr_zero(left)));
  }

 private:
  explicit constexpr slot_set(unsigned bits) noexcept : bits_(static_cast<std::uint8_t>(bits)) {}

  std::uint8_t bits_ = 0;  // bit i: slot i
};

}  // namespace PLAIT_NAMESPACE::detail
