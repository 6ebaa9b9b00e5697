// SPDX-License-Identifier: MIT
// How often each entry of a cache was hit lately: counted by readers without a lock, looked at by the policy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <plait/detail/cache/entry_pieces.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A byte for each entry, in pieces that are never moved. Two readers that count at the same time may count
// once, and one that was late may count a hit of the entry that had the number before: a policy can bear both.
// An entry that is hit often has `most`, and its readers only load.
//
// No order is needed here: whoever has an entry's number has found it in the table, which it enters after its
// counter was made.
class hit_counters {
 public:
  static constexpr unsigned most = 3;

  explicit hit_counters(entry_pieces shape) noexcept : shape_(shape) {}
  hit_counters(const hit_counters&) = delete;
  hit_counters& operator=(const hit_counters&) = delete;
  ~hit_counters() {
    for (auto& each : pieces_) delete[] each.load(sync::relaxed);  // relaxed: nobody else is left
  }

  // By any thread that has found the entry.
  void add(entry_number entry) noexcept {
    counter& own = at(entry);
    const std::uint8_t found = own.load(sync::relaxed);                                // relaxed: see above
    if (found < most) own.store(static_cast<std::uint8_t>(found + 1), sync::relaxed);  // relaxed: see above
  }

  // -- by one thread at a time --

  // Makes room for entries below that number.
  void make_room(std::size_t entries) {
    for (; room_ < entries; ++made_) {
      const std::size_t size = shape_.size(made_);
      pieces_[made_].store(new counter[size](), sync::relaxed);  // relaxed: see above
      room_ = entry_pieces::first_of(made_) + size;
    }
  }
  unsigned count(entry_number entry) const noexcept {
    return at(entry).load(sync::relaxed);  // relaxed: see above
  }
  void clear(entry_number entry) noexcept { at(entry).store(0, sync::relaxed); }  // relaxed: see above

 private:
  using counter = sync::atomic<std::uint8_t>;

  counter& at(entry_number entry) const noexcept {
    const auto [piece, offset] = entry_pieces::locate(entry);
    return pieces_[piece].load(sync::relaxed)[offset];  // relaxed: see above
  }

  std::array<sync::atomic<counter*>, entry_pieces::count> pieces_{};  // null until an entry needs it
  std::size_t room_ = 0;                                              // entries below it have a counter
  std::uint32_t made_ = 0;                                            // how many pieces there are
  entry_pieces shape_;
};

// The counters of a cache, as its policy's queues see them.
class counted_by_cache {
 public:
  explicit counted_by_cache(hit_counters& counters) noexcept : counters_(&counters) {}

  void make_room(std::size_t entries) { counters_->make_room(entries); }
  void add(entry_number entry) noexcept { counters_->add(entry); }
  unsigned count(entry_number entry) const noexcept { return counters_->count(entry); }
  void clear(entry_number entry) noexcept { counters_->clear(entry); }

 private:
  hit_counters* counters_;
};

}  // namespace PLAIT_NAMESPACE::detail
