// SPDX-License-Identifier: MIT
// A hash table from keys to counts, for one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

//   index:    | hash 7, entry 2 |   | hash 9, entry 0 |   |   | hash 30, entry 1 | ...
//   entries:  | count, key | count, key | count, key | ...
//
// Open addressing over 8-byte slots, each with a hash and the number of an entry. The entries are dense, in the
// order in which they were added, in blocks that never move. So a lookup compares hashes before it touches a
// key, frequent keys (which come early) share cache lines, and growing moves neither keys nor counts: it reads
// the old index once, and calls no constructor of a key, which could throw.
//
// An erased key leaves the index at once. Its entry stays, marked as erased, so that later entries need not
// move. Once erased entries outnumber a quarter of the others plus a block, the others are copied anew.
//
// The hash is 32 bits, evenly spread. Counts are modulo 2^64.
template <class Key>
class counting_table {
 public:
  using hash_type = std::uint32_t;

  struct entry {
    template <class K>
    entry(std::uint64_t n, K&& of) : count(n), key(std::forward<K>(of)) {}

    std::uint64_t count;
    Key key;
  };

  // How many keys an index of that many slots has room for: three for four slots.
  static constexpr std::size_t most_keys(std::size_t slots) noexcept { return slots / 4 * 3; }

  std::size_t size() const noexcept { return size_; }
  std::uint64_t total() const noexcept { return total_; }
  std::size_t room() const noexcept { return most_keys(index_.size()); }
  bool is_full() const noexcept { return size_ == room(); }

  // Adds n to the count of `key`, and makes a Key of it if it is new. False if it is new and the table is full;
  // `key` is then as it was. If the constructor or `equal` throws, no count has changed.
  template <class K, class Equal>
  [[nodiscard]] bool add(hash_type hash, K&& key, std::uint64_t n, const Equal& equal) {
    if (index_.empty()) [[unlikely]]
      return false;
    slot& place = index_[find(hash, key, equal)];
    if (place == empty) {
      if (is_full()) return false;
      append(n, std::forward<K>(key));
      place = make_slot(hash, entry_count_++);
      ++size_;
    } else {
      entry_of(place).count += n;
    }
    total_ += n;
    return true;
  }

  // Doubles the room.
  void grow() { rebuild(index_.empty() ? first_slots : 2 * index_.size()); }

  // Erases all keys and keeps the memory.
  void forget() noexcept {
    std::ranges::fill(index_, empty);
    entry_count_ = 0;
    size_ = 0;
    total_ = 0;
    for (std::vector<entry>& block : blocks_) block.clear();
    erased_.reset();
  }

  // The count of `key`, or 0 if it is not there.
  template <class K, class Equal>
  std::uint64_t count(hash_type hash, const K& key, const Equal& equal) const {
    if (index_.empty()) return 0;
    const slot found = index_[find(hash, key, equal)];
    return found == empty ? 0 : entry_of(found).count;
  }

  // Erases `key`; false if it is not there. If an allocation or `equal` throws, nothing has changed. If a copy
  // replaces the table, the old one is moved to `replaced`, an empty table, for the caller to destroy.
  template <class K, class Equal>
  bool erase(hash_type hash, const K& key, const Equal& equal, counting_table& replaced) {
    if (index_.empty()) return false;
    const std::size_t at = find(hash, key, equal);
    if (index_[at] == empty) return false;
    const std::size_t number = number_of(index_[at]);
    if (erased_ == nullptr) erased_ = std::make_unique<std::vector<bool>>();
    if (erased_->size() <= number) erased_->resize(number + 1);
    (*erased_)[number] = true;
    total_ -= entry_of(index_[at]).count;
    --size_;
    empty_slot(at);
    if (entry_count_ - size_ > size_ / 4 + block_entries) leave_out_erased(replaced);
    return true;
  }

  // All entries ever appended, with those of erased keys.
  std::size_t entry_count() const noexcept { return entry_count_; }

  // The number of the entry of `key`, or entry_count() if it is not there.
  template <class K, class Equal>
  std::size_t number_of_key(hash_type hash, const K& key, const Equal& equal) const {
    if (index_.empty()) return entry_count_;
    const slot found = index_[find(hash, key, equal)];
    return found == empty ? entry_count_ : number_of(found);
  }

  const entry& entry_at(std::size_t number) const noexcept {
    return blocks_[number / block_entries][number % block_entries];
  }

  // A table with copies of those entries for which keep(number) is true; asks in their order, and about no
  // erased one.
  template <class Keep>
  counting_table copy_if(Keep&& keep) const {
    const std::vector<hash_type> hashes = hashes_of_entries();
    counting_table kept;
    for (std::size_t number = 0; number != hashes.size(); ++number) {
      if (is_erased(number) || !keep(number)) continue;
      if (kept.is_full()) kept.grow();
      const entry& each = entry_at(number);
      std::ignore = kept.add(hashes[number], each.key, each.count, [](const auto&...) { return false; });
    }
    return kept;
  }

  // Entries are read by blocks, so that whoever holds the table for a reader need not hold it for long.
  static constexpr std::size_t block_entries = sync::sized(64, 2);
  struct copied_block {
    std::array<const Key*, block_entries> keys;
    std::array<std::uint64_t, block_entries> counts;
    std::size_t size;  // without erased keys
  };

  // The entries with the numbers from `first`, with which a block begins, to its end, or before `last`.
  copied_block copy_block(std::size_t first, std::size_t last) const {
    copied_block copy;
    copy.size = 0;
    for (std::size_t number = first; number != std::min(first + block_entries, last); ++number) {
      if (is_erased(number)) continue;
      const entry& each = entry_at(number);
      copy.keys[copy.size] = &each.key;
      copy.counts[copy.size++] = each.count;
    }
    return copy;
  }

  // Moves all counts of `from` here, and adds copies of the keys that are new, in the order of `from`. If a
  // copy, an allocation or `equal` throws, each count is in one of the tables, and each key in at least one.
  template <class Equal>
  void pour(counting_table& from, const Equal& equal) {
    if (entry_count_ == 0) return std::swap(*this, from);
    if (index_.size() < from.index_.size()) rebuild(from.index_.size());
    const std::vector<hash_type> hashes = from.hashes_of_entries();
    for (std::size_t number = 0; number != hashes.size(); ++number) {
      if (number + 2 * pour_ahead < hashes.size()) prefetch_slot(hashes[number + 2 * pour_ahead]);
      if (number + pour_ahead < hashes.size()) prefetch_entry(hashes[number + pour_ahead]);
      if (from.is_erased(number)) continue;
      entry& moved = from.blocks_[number / block_entries][number % block_entries];
      while (!add(hashes[number], std::as_const(moved.key), moved.count, equal)) grow();
      from.total_ -= std::exchange(moved.count, 0);
    }
  }

  // Two steps that make a later add() of that hash cheaper: the first prefetches its slot and the second, once
  // the slot has arrived, its entry.
  void prefetch_slot(hash_type hash) const noexcept {
    if (!index_.empty()) sync::prefetch(&index_[home(hash)]);
  }
  void prefetch_entry(hash_type hash) const noexcept {
    if (!index_.empty()) prefetch_entry_at(home(hash));
  }

 private:
  // 0 if empty; otherwise the hash in the upper half and the number of the entry, plus one, in the lower.
  using slot = std::uint64_t;

  static constexpr slot empty = 0;
  static constexpr std::size_t first_slots = sync::sized(16, 4);
  static constexpr std::size_t most_slots = std::size_t{1} << 32;
  static constexpr std::size_t pour_ahead = 8;  // how many entries ahead pour() prefetches

  static constexpr slot make_slot(hash_type hash, std::size_t number) noexcept {
    return slot{hash} << 32 | (number + 1);
  }
  static constexpr hash_type hash_of(slot from) noexcept { return static_cast<hash_type>(from >> 32); }

  static constexpr std::size_t number_of(slot from) noexcept { return static_cast<std::uint32_t>(from) - 1; }

  bool is_erased(std::size_t number) const noexcept {
    return erased_ != nullptr && number < erased_->size() && (*erased_)[number];
  }

  const entry& entry_of(slot from) const noexcept { return entry_at(number_of(from)); }
  entry& entry_of(slot from) noexcept { return const_cast<entry&>(std::as_const(*this).entry_of(from)); }

  void prefetch_entry_at(std::size_t at) const noexcept {
    if (index_[at] != empty) sync::prefetch(&entry_of(index_[at]));
  }

  std::size_t home(hash_type hash) const noexcept { return hash >> shift_; }

  // The index of the slot that holds `key`, or of the empty slot where it belongs.
  template <class K, class Equal>
  std::size_t find(hash_type hash, const K& key, const Equal& equal) const {
    std::size_t at = home(hash);
    for (;; at = (at + 1) & (index_.size() - 1)) {
      const slot seen = index_[at];
      if (seen == empty || (hash_of(seen) == hash && equal(entry_of(seen).key, key))) return at;
    }
  }

  template <class K>
  void append(std::uint64_t n, K&& key) {
    if (entry_count_ == blocks_.size() * block_entries) {
      std::vector<entry> block;
      block.reserve(block_entries);  // before push_back: if this throws, blocks_ has not changed
      blocks_.push_back(std::move(block));
    }
    blocks_[entry_count_ / block_entries].emplace_back(n, std::forward<K>(key));
  }

  void rebuild(std::size_t slots) {
    if (slots > most_slots)
      throw std::length_error("plait::keyed_counter: a thread has counted 3 * 2^30 keys; no more are possible");
    std::vector<slot> wider(slots);
    index_.swap(wider);
    shift_ = 32 - std::countr_zero(slots);
    for (const slot moved : wider) {
      if (moved == empty) continue;
      std::size_t at = home(hash_of(moved));
      while (index_[at] != empty) at = (at + 1) & (slots - 1);
      index_[at] = moved;
    }
  }

  // Empties a slot and closes the gap, because find() stops at an empty slot.
  void empty_slot(std::size_t gap) noexcept {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t at = (gap + 1) & mask; index_[at] != empty; at = (at + 1) & mask) {
      const std::size_t way_from_home = (at - home(hash_of(index_[at]))) & mask;
      if (way_from_home < ((at - gap) & mask)) continue;  // its home is after the gap
      index_[gap] = index_[at];
      gap = at;
    }
    index_[gap] = empty;
  }

  // The hash of each entry, by number; 0 for erased ones.
  std::vector<hash_type> hashes_of_entries() const {
    std::vector<hash_type> hashes(entry_count_);
    for (const slot each : index_)
      if (each != empty) hashes[number_of(each)] = hash_of(each);
    return hashes;
  }

  // Replaces the table by a copy without the erased entries. Does nothing if a copy or an allocation throws.
  void leave_out_erased(counting_table& replaced) noexcept {
    try {
      counting_table kept = copy_if([](std::size_t) { return true; });
      std::swap(*this, kept);
      std::swap(kept, replaced);
    } catch (...) {  // NOLINT(bugprone-empty-catch): nothing has changed; the next erase() tries again
    }
  }

  // 80 bytes, so that a thread's table and its lock take 128.
  std::vector<slot> index_;        // empty, or a power of two slots, with each hash at or after its home
  int shift_ = 0;                  // 32 minus the logarithm of that power
  std::uint32_t entry_count_ = 0;  // in all blocks; at most 3.75 * 2^30, since a quarter at most is erased
  std::size_t size_ = 0;           // keys: entries without the erased ones
  std::uint64_t total_ = 0;        // the sum of their counts
  std::vector<std::vector<entry>> blocks_;     // all full except the last
  std::unique_ptr<std::vector<bool>> erased_;  // null, or by entry number; those beyond its end are not erased
};

}  // namespace PLAIT_NAMESPACE::detail
