// SPDX-License-Identifier: MIT
// One object for each thread id.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/sync.hpp>
#include <plait/detail/thread/thread_registry.hpp>

namespace PLAIT_NAMESPACE::detail {

// One T for each thread id. A T belongs to the id, not to the thread: it stays when the thread ends, and the
// next owner of the id inherits it. No T ever moves.
//
// Slots are made in chunks of 1, 2, 4, ..., so there are at most twice as many as threads were alive at once.
//
// Edges:  published   chunks_[i]   release in add_chunk -> acquire in mine, for_each   the slots as constructed
template <class T>
class [[gnu::visibility("default")]] thread_slots {
 public:
  thread_slots() noexcept = default;
  thread_slots(const thread_slots&) = delete;
  thread_slots& operator=(const thread_slots&) = delete;

  ~thread_slots() {
    for (sync::atomic<T*>& chunk : chunks_) delete[] chunk.load(sync::relaxed);  // relaxed: nobody else is left
  }

  // The calling thread's T. Throws what this_thread() and T's default constructor throw, std::bad_alloc.
  T& mine() {
    const std::uint64_t place = std::uint64_t{thread_registry::this_thread()} + 1;
    const auto chunk = static_cast<std::size_t>(std::bit_width(place) - 1);
    T* slots = chunks_[chunk].load(sync::acquire);  // acquire published
    if (slots == nullptr) [[unlikely]]
      slots = sync::rarely<&thread_slots::add_chunk>(this, chunk);
    return slots[place - first_place(chunk)];
  }

  // Calls visit(T&) for every slot made, whether or not it was ever used.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::size_t chunk = 0; chunk != chunks_.size(); ++chunk) {
      T* const slots = chunks_[chunk].load(sync::acquire);  // acquire published
      if (slots == nullptr) continue;
      for (std::uint64_t i = 0; i != first_place(chunk); ++i) visit(slots[i]);
    }
  }

 private:
  // Chunk i holds 2^i slots, for the places 2^i .. 2^(i+1) - 1. A place is an id plus one.
  static constexpr std::uint64_t first_place(std::size_t chunk) noexcept { return std::uint64_t{1} << chunk; }

  T* add_chunk(std::size_t chunk) {
    auto made = std::make_unique<T[]>(first_place(chunk));
    T* expected = nullptr;
    if (chunks_[chunk].compare_exchange_strong(expected, made.get(), sync::release,  // release published
                                               sync::acquire))  // acquire published: another thread was faster
      return made.release();
    return expected;
  }

  std::array<sync::atomic<T*>, 33> chunks_{};  // each null until mine() is called for an id in it
};

}  // namespace PLAIT_NAMESPACE::detail
