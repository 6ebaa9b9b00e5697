// SPDX-License-Identifier: MIT
#include "caches.hpp"

#include <algorithm>

namespace simulate {
namespace {

constexpr std::uint64_t bit(unsigned core) noexcept {
  return std::uint64_t{1} << core;
}

}  // namespace

duration caches::not_before(unsigned core, std::uintptr_t address) const {
  const auto found = lines_.find(address / line_bytes);
  if (found == lines_.end() || found->second.owner == nobody || found->second.owner == core) return {};
  return found->second.owned_until;
}

duration caches::read(unsigned core, std::uintptr_t address, duration now) {
  line& asked = lines_[address / line_bytes];
  if ((asked.readers & bit(core)) != 0) return now;
  const duration begin = std::max(now, asked.arrives);
  if (asked.owner == core) return begin;
  if (asked.owner == nobody && asked.readers == 0) {
    give(asked, core, begin + prices_.from_memory);
    count(core, true);
    return asked.arrives;
  }
  count(core, false);
  if (asked.owner != nobody) {
    asked.arrives = begin + from(bit(asked.owner), core);
    asked.readers = bit(asked.owner) | bit(core);
    asked.owner = nobody;
    return asked.arrives;
  }
  const bool is_near = (asked.readers & socket_of(core)) != 0;
  asked.readers |= bit(core);
  return begin + (is_near ? prices_.from_shared_cache : prices_.from_socket);
}

duration caches::write(unsigned core, std::uintptr_t address, duration now) {
  line& asked = lines_[address / line_bytes];
  const duration begin = std::max(now, asked.arrives);
  if (asked.owner == core) return begin;
  const bool is_nowhere = asked.owner == nobody && asked.readers == 0;
  const std::uint64_t others = asked.owner != nobody ? bit(asked.owner) : asked.readers & ~bit(core);
  // The only reader has no line to wait for, but has to ask whether it is the only one.
  const duration price = is_nowhere    ? prices_.from_memory
                         : others == 0 ? prices_.from_shared_cache
                                       : from(others, core);
  give(asked, core, begin + price);
  count(core, is_nowhere);
  return asked.arrives;
}

void caches::give(line& given, unsigned core, duration arrives) const noexcept {
  given = {core, 0, arrives, arrives + prices_.hold};
}

std::uint64_t caches::socket_of(unsigned core) const noexcept {
  const unsigned first = core / prices_.cores_per_socket * prices_.cores_per_socket;
  const std::uint64_t as_many =
      prices_.cores_per_socket >= 64 ? ~std::uint64_t{0} : bit(prices_.cores_per_socket) - 1;
  return as_many << first;
}

// Answers are awaited from all of these cores: it takes as long as the farthest.
duration caches::from(std::uint64_t cores, unsigned core) const noexcept {
  return (cores & ~socket_of(core)) != 0 ? prices_.from_socket : prices_.from_core;
}

void caches::count(unsigned core, bool from_memory) noexcept {
  ++(from_memory ? of_[core].fetches : of_[core].transfers);
}

}  // namespace simulate
