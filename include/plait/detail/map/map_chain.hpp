// SPDX-License-Identifier: MIT
// A home and its overflow blocks, for the holder of the home's lock.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <plait/detail/map/block_tags.hpp>
#include <plait/detail/map/map_segment.hpp>
#include <plait/detail/map/slot_set.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Keys stand without gaps: only the last block has free slots. The caller holds the home's lock.
template <class Block>
class map_chain {
 public:
  using slot = typename Block::slot;

  // Of a key; or, if it is not there, of the next one to come. The index may then be slot_count.
  struct place {
    bool is_taken = false;
    Block* block = nullptr;
    std::size_t index = 0;

    slot& at() const noexcept { return (*block)[index]; }
    auto& beside() const noexcept { return block->beside_slot(index); }
  };

  map_chain(segment_header<Block>& segment, Block& home) noexcept : segment_(segment), home_(home) {}

  const segment_header<Block>& segment() const noexcept { return segment_; }

  template <class Matches>
  place find(block_tags::tag tag, Matches matches) const {
    for (Block* block = &home_;;) {
      const block_tags tags = block->tags();
      for (auto candidates = tags.find(tag); candidates.has_next();) {
        const place found{true, block, candidates.next()};
        if (matches(found.at())) return found;
      }
      Block* const next = block->next();
      if (next == nullptr) return {false, block, tags.taken()};
      block = next;
    }
  }

  // Of the next key to come.
  place end() const noexcept {
    Block* last = &home_;
    while (Block* const next = last->next()) last = next;
    return {false, last, last->tags().taken()};
  }

  // Lets construct(slot&) build a key at `end`, where find() has not found it. False if the segment should grow
  // before; then nothing has happened.
  template <class Memory, class Construct>
  bool append(Memory& memory, const place& end, block_tags::tag tag, Construct&& construct) {
    if (end.index != Block::slot_count) {
      construct(end.at());
      end.block->begin_beside(end.index);
      end.block->set_tags(end.block->tags().with(end.index, tag));
      return true;
    }
    if (segment_.overflow.get() >= segment_.crowded_at.get()) return false;
    typename Memory::spare_blocks more(memory, 1);
    construct(more.front()[0]);
    more.front().begin_beside(0);
    more.front().set_tags(block_tags().with(0, tag));
    end.block->set_next(&more.use());
    segment_.overflow.add(1);
    return true;
  }

  // Takes the key at `from`, whose slot is empty already, out of the chain. The last one moves there.
  template <class Memory>
  void close_gap(Memory& memory, const place& from) noexcept {
    Block* before = nullptr;
    Block* last = &home_;
    while (Block* const next = last->next()) before = std::exchange(last, next);
    const block_tags tags = last->tags();
    const std::size_t index = tags.taken() - 1;
    if (last != from.block || index != from.index) {
      from.block->move(from.index, *last, index);
      from.block->set_tags(from.block->tags().with(from.index, tags[index]));
    }
    last->set_tags(last->tags().without(index));
    if (index == 0 && before != nullptr) end_after(memory, *before);
  }

  // Calls visit(Block&) for each.
  template <class Visit>
  void for_each_block(Visit visit) const {
    for (Block* block = &home_; block != nullptr; block = block->next()) visit(*block);
  }

  // Calls visit(place, tag) for each key.
  template <class Visit>
  void for_each(Visit visit) const {
    for_each_block([&](Block& block) {
      const block_tags tags = block.tags();
      for (std::size_t i = 0; i != tags.taken(); ++i) visit(place{true, &block, i}, tags[i]);
    });
  }

  // Adds to `sets`, for each block, the slots for whose keys is_chosen(const slot&) is true; returns how many.
  template <class Predicate>
  std::size_t choose(std::vector<slot_set>& sets, Predicate is_chosen) const {
    std::size_t chosen = 0;
    for_each_block([&](const Block& block) {
      slot_set set;
      const std::size_t taken = block.tags().taken();
      for (std::size_t i = 0; i != taken; ++i) {
        const bool is_in = is_chosen(block[i]);
        set.add(i, is_in);
        chosen += is_in ? 1 : 0;
      }
      sets.push_back(set);
    });
    return chosen;
  }

  // Takes keys out of the chain: in each block, those whose slots take_out(Block&) says that it has emptied.
  template <class Memory, class TakeOut>
  void remove(Memory& memory, TakeOut take_out) noexcept {
    Block* to = &home_;
    std::size_t index = 0;
    block_tags kept;
    for (Block* from = &home_; from != nullptr; from = from->next()) {
      const block_tags tags = from->tags();
      tags.taken_slots().without(take_out(*from)).for_each([&](std::size_t i) {
        if (index == Block::slot_count) {
          to->set_tags(std::exchange(kept, {}));
          to = to->next();
          index = 0;
        }
        if (to != from || index != i) to->move(index, *from, i);
        kept = kept.with(index++, tags[i]);
      });
    }
    to->set_tags(kept);
    end_after(memory, *to);
  }

 private:
  template <class Memory>
  void end_after(Memory& memory, Block& last) noexcept {
    Block* more = last.next();
    last.set_next(nullptr);
    while (more != nullptr) {
      memory.give_back(*std::exchange(more, more->next()));
      segment_.overflow.add(static_cast<std::size_t>(-1));
    }
  }

  segment_header<Block>& segment_;
  Block& home_;
};

// One that nobody else can see, and that begins empty.
template <class Block>
class new_map_chain {
 public:
  new_map_chain(segment_header<Block>& segment, Block& home) noexcept : segment_(segment), last_(&home) {}

  // Moves keys to the end, and takes what blocks are needed of `spares`.
  template <class Spares>
  void append(Block& from, slot_set keys, Spares& spares) noexcept {
    const block_tags tags = from.tags();
    keys.for_each([&](std::size_t i) {
      if (index_ == Block::slot_count) add_block(spares.use());
      last_->move(index_, from, i);
      filled_ = filled_.with(index_++, tags[i]);
    });
    last_->set_tags(filled_);
  }

 private:
  void add_block(Block& more) noexcept {
    last_->set_tags(std::exchange(filled_, {}));
    last_->set_next(&more);
    last_ = &more;
    index_ = 0;
    segment_.overflow.add(1);
  }

  segment_header<Block>& segment_;
  Block* last_;
  std::size_t index_ = 0;  // where the next key goes to
  block_tags filled_;      // of the last block
};

// Holds the lock as long as it lives.
template <class Block>
class locked_chain : public map_chain<Block> {
 public:
  locked_chain(segment_header<Block>& segment, Block& home) noexcept
      : map_chain<Block>(segment, home), home_((home.lock(), home)) {}
  locked_chain(const locked_chain&) = delete;
  locked_chain& operator=(const locked_chain&) = delete;
  ~locked_chain() { home_.unlock(); }

  void begin_change() noexcept {
    if constexpr (Block::slot::is_read_unlocked) home_.begin_change();
  }

 private:
  Block& home_;
};

// The same where one thread at a time changes the table, and nobody reads under a lock: none is taken.
template <class Block>
class unlocked_chain : public map_chain<Block> {
 public:
  unlocked_chain(segment_header<Block>& segment, Block& home) noexcept
      : map_chain<Block>(segment, home), home_(home) {}
  unlocked_chain(const unlocked_chain&) = delete;
  unlocked_chain& operator=(const unlocked_chain&) = delete;
  ~unlocked_chain() { home_.end_change(); }

  void begin_change() noexcept { home_.begin_change(); }

 private:
  Block& home_;
};

}  // namespace PLAIT_NAMESPACE::detail
