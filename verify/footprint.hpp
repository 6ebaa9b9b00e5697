// SPDX-License-Identifier: MIT
// What a step has touched, to tell whether two steps commute.
#pragma once

#include <cstdint>

namespace verify::detail {

// A step is everything from one scheduling point of a thread to its next: one operation on an atomic, and what
// the thread does besides until then. Objects are identified by a hash of their address; two whose hashes are
// equal count as the same.
class footprint {
 public:
  // The step has passed its scheduling point.
  void begin() noexcept { begun_ = true; }
  bool has_begun() const noexcept { return begun_; }

  void read(const void* object) noexcept { reads_ |= bit(object), begun_ = true; }
  void write(const void* object) noexcept { writes_ |= bit(object), begun_ = true; }
  // Nothing is known to be independent of this.
  void everything() noexcept { everything_ = begun_ = true; }

  void join(const footprint& other) noexcept {
    reads_ |= other.reads_;
    writes_ |= other.writes_;
    everything_ |= other.everything_;
    begun_ |= other.begun_;
  }

  // Whether the order of this step, of one thread, and `made`, of another, may make a difference.
  bool depends_on(const footprint& made) const noexcept {
    return everything_ || made.everything_ || (writes_ & (made.reads_ | made.writes_)) != 0 ||
           (reads_ & made.writes_) != 0;
  }

 private:
  // A hash of the address within its page, which is the same in every run of the program.
  static std::uint64_t bit(const void* object) noexcept {
    const std::uint64_t place = reinterpret_cast<std::uintptr_t>(object) & 0xfff;
    return std::uint64_t{1} << (place * 0x9e3779b97f4a7c15u >> 58);
  }

  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  bool everything_ = false;
  bool begun_ = false;
};

}  // namespace verify::detail
