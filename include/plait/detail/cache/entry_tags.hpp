// SPDX-License-Identifier: MIT
// Which entries of a shard have which tags, both ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/cache/hash_numbers.hpp>
#include <plait/detail/sync.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

// A link for each tag of each entry. It is in a chain with the others of its entry, and in a ring with the
// others of its tag, from the oldest to the newest. 20 bytes for each link, 24 for each tag that an entry has,
// and 4 for each entry once any has had a tag; before that, nothing.
class entry_tags {
 public:
  static constexpr entry_number nobody = static_cast<entry_number>(-1);

  // An entry is given tags in two steps, of which only the first one throws; forget_prepared() has to follow.
  void prepare(entry_number entry, std::span<const cache_tag> wanted) {
    if (wanted.empty()) return;
    first_of_entry_.make_room(std::size_t{entry} + 1, nothing);
    for (const cache_tag tag : wanted) {
      link& made = links_[prepare_link()];
      made.tag = tags_.hold(tag.bits());
      if (oldest_of_tag_.size() < tags_.size()) oldest_of_tag_.resize(tags_.size(), nothing);
    }
  }
  // The entry has the tags that are prepared, and no others.
  void give_prepared(entry_number entry) noexcept {
    if (first_of_entry_.size() != 0) [[unlikely]]
      give(entry);
  }
  void forget_prepared() noexcept {
    if (prepared_ != nothing) [[unlikely]]
      forget();
  }

  // The entry has no tags any more.
  void remove(entry_number entry) noexcept {
    if (entry < first_of_entry_.size()) [[unlikely]]
      take(entry);
  }

  // How often the tag was given to what is there, and who has had it the longest.
  std::size_t count(cache_tag tag) const noexcept {
    const entry_number number = tags_.find(tag.bits());
    return number == hash_numbers::none ? 0 : tags_.holders_of(number);
  }
  entry_number oldest(cache_tag tag) const noexcept {
    const entry_number number = tags_.find(tag.bits());
    return number == hash_numbers::none ? nobody : links_[oldest_of_tag_[number]].entry;
  }

 private:
  static constexpr std::uint32_t nothing = static_cast<std::uint32_t>(-1);

  struct link {
    entry_number entry = nobody;
    entry_number tag = nobody;     // its number, which it holds
    std::uint32_t next = nothing;  // in the chain of its entry; or of those that are prepared, or free
    std::uint32_t older = nothing;
    std::uint32_t newer = nothing;
  };

  void give(entry_number entry) noexcept {
    remove(entry);
    if (prepared_ == nothing) return;
    for (std::uint32_t at = prepared_; at != nothing; at = links_[at].next) {
      links_[at].entry = entry;
      enter_ring(at);
    }
    first_of_entry_[entry] = std::exchange(prepared_, nothing);
  }
  void forget() noexcept {
    while (prepared_ != nothing) {
      const std::uint32_t at = std::exchange(prepared_, links_[prepared_].next);
      if (links_[at].tag != nobody) tags_.let_go(links_[at].tag);
      links_[at].next = std::exchange(free_, at);
    }
  }
  void take(entry_number entry) noexcept {
    std::uint32_t at = std::exchange(first_of_entry_[entry], nothing);
    while (at != nothing) {
      leave_ring(at);
      tags_.let_go(links_[at].tag);
      const std::uint32_t next = std::exchange(links_[at].next, free_);
      free_ = std::exchange(at, next);
    }
  }

  std::uint32_t prepare_link() {
    std::uint32_t made = free_;
    if (made == nothing) {
      made = static_cast<std::uint32_t>(links_.size());
      links_.emplace_back();
    } else {
      free_ = links_[made].next;
    }
    links_[made].tag = nobody;
    links_[made].next = std::exchange(prepared_, made);
    return made;
  }

  void enter_ring(std::uint32_t at) noexcept {
    std::uint32_t& oldest = oldest_of_tag_[links_[at].tag];
    if (oldest == nothing) {
      links_[at].older = links_[at].newer = oldest = at;
      return;
    }
    const std::uint32_t newest = links_[oldest].older;
    links_[at].older = newest;
    links_[at].newer = oldest;
    links_[newest].newer = links_[oldest].older = at;
  }
  void leave_ring(std::uint32_t at) noexcept {
    const link left = links_[at];
    links_[left.older].newer = left.newer;
    links_[left.newer].older = left.older;
    std::uint32_t& oldest = oldest_of_tag_[left.tag];
    if (oldest == at) oldest = left.newer == at ? nothing : left.newer;
  }

  hash_numbers tags_;  // the holders of a tag are its links
  std::vector<link> links_;
  std::vector<std::uint32_t> oldest_of_tag_;   // by the tag's number
  entry_array<std::uint32_t> first_of_entry_;  // by the entry's number
  std::uint32_t prepared_ = nothing;           // the first link that waits for give_prepared()
  std::uint32_t free_ = nothing;               // the first that nobody uses
};

}  // namespace PLAIT_NAMESPACE::detail
