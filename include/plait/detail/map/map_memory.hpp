// SPDX-License-Identifier: MIT
// The blocks of a map: segments, and blocks to lend where one is too small.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <utility>

#include <plait/detail/map/map_segment.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// All segments that a map has made, also those that larger ones have replaced: a reader may still be in them.
// They are freed together. Overflow blocks come from segments made for that, go back, and are lent again.
template <class Block, class Allocator>
class map_memory {
 public:
  using segment = segment_ref<Block>;

  explicit map_memory(const Allocator& allocator) noexcept : allocator_(allocator) {}
  map_memory(const map_memory&) = delete;
  map_memory& operator=(const map_memory&) = delete;
  // The slots are empty.
  ~map_memory() {
    while (made_ != nullptr) segment::free(allocator_, *std::exchange(made_, made_->made_before));
  }

  const Allocator& allocator() const noexcept { return allocator_; }

  // A segment that is freed unless it is kept.
  class new_segment {
   public:
    new_segment(map_memory& memory, std::size_t blocks)
        : memory_(memory), made_(segment::make(memory.allocator_, blocks)) {}
    new_segment(const new_segment&) = delete;
    new_segment& operator=(const new_segment&) = delete;
    ~new_segment() {
      if (made_) segment::free(memory_.allocator_, made_.info());
    }

    segment get() const noexcept { return made_; }
    segment keep() noexcept {
      const std::lock_guard guard(memory_.lock_);
      return memory_.add(std::exchange(made_, segment()));
    }

   private:
    map_memory& memory_;
    segment made_;
  };

  // Blocks that go back unless they are used.
  class spare_blocks {
   public:
    spare_blocks(map_memory& memory, std::size_t count) : spare_blocks(memory) {
      for (; count != 0; --count) {
        Block& more = memory.take();
        more.set_next(first_);
        first_ = &more;
      }
    }
    spare_blocks(const spare_blocks&) = delete;
    spare_blocks& operator=(const spare_blocks&) = delete;
    ~spare_blocks() {
      while (first_ != nullptr) memory_.give_back(use());
    }

    Block& front() const noexcept { return *first_; }
    Block& use() noexcept {
      Block& used = *std::exchange(first_, first_->next());
      used.set_next(nullptr);
      return used;
    }

   private:
    // Once this has returned, the destructor will run, whatever the other one throws.
    explicit spare_blocks(map_memory& memory) noexcept : memory_(memory) {}

    map_memory& memory_;
    Block* first_ = nullptr;
  };

  void give_back(Block& block) noexcept {
    block.set_tags({});
    const std::lock_guard guard(lock_);
    block.set_next(unused_);
    unused_ = &block;
  }

  // Calls visit(Block&) for each there is, lent or not. Nobody else uses the map.
  template <class Visit>
  void for_each_block(Visit visit) const {
    for (segment_header<Block>* each = made_; each != nullptr; each = each->made_before)
      for (std::size_t i = 0; i != each->block_count; ++i) visit(segment::blocks_of(*each)[i]);
  }

  // Nobody else uses the maps.
  void swap(map_memory& other) noexcept {
    std::swap(made_, other.made_);
    std::swap(unused_, other.unused_);
    std::swap(next_batch_, other.next_batch_);
  }

 private:
  static constexpr std::size_t first_batch = sync::sized(2, 1);
  static constexpr std::size_t largest_batch = sync::sized(64, 1);

  // An empty one.
  Block& take() {
    const std::lock_guard guard(lock_);
    if (unused_ == nullptr) {
      const segment made = add(segment::make(allocator_, next_batch_));
      for (std::size_t i = 0; i != next_batch_; ++i) {
        made.blocks()[i].set_next(unused_);
        unused_ = &made.blocks()[i];
      }
      next_batch_ = std::min(2 * next_batch_, largest_batch);
    }
    Block& taken = *std::exchange(unused_, unused_->next());
    taken.set_next(nullptr);
    return taken;
  }

  segment add(segment made) noexcept {
    made.info().made_before = std::exchange(made_, &made.info());
    return made;
  }

  sync::mutex lock_;  // guards what follows
  segment_header<Block>* made_ = nullptr;
  Block* unused_ = nullptr;
  std::size_t next_batch_ = first_batch;
  [[no_unique_address]] Allocator allocator_;
};

}  // namespace PLAIT_NAMESPACE::detail
