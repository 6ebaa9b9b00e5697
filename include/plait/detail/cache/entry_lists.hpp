// SPDX-License-Identifier: MIT
// Doubly linked lists of entries, which are numbers: each is in one of the lists, or in none.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Lists 0 .. Lists - 1. Each knows the weight of its entries. The front is where entries come in.
template <std::size_t Lists>
class entry_lists {
 public:
  entry_lists() {
    for (std::size_t list = 0; list != Lists; ++list)
      nodes_.push_back({static_cast<entry_number>(list), static_cast<entry_number>(list), nowhere, 0});
  }

  // Makes room for an entry, so that nothing that follows throws.
  void make_room(entry_number entry) {
    if (entry + Lists < nodes_.size()) return;
    if (entry + Lists >= nodes_.capacity()) nodes_.reserve(2 * (entry + Lists + 1));
    nodes_.resize(entry + Lists + 1);
  }

  std::size_t room() const noexcept { return nodes_.size() - Lists; }

  // An entry in none of the lists enters one.
  void push_front(std::size_t list, entry_number entry, std::uint64_t entry_weight) noexcept {
    node_of(entry).weight = entry_weight;
    link_front(list, entry);
  }

  void remove(entry_number entry) noexcept {
    node& removed = node_of(entry);
    nodes_[removed.previous].next = removed.next;
    nodes_[removed.next].previous = removed.previous;
    weights_[removed.list] -= removed.weight;
    --sizes_[removed.list];
    removed.list = nowhere;
  }

  void move_to_front(std::size_t list, entry_number entry) noexcept {
    remove(entry);
    link_front(list, entry);
  }

  bool contains(entry_number entry) const noexcept {
    return entry + Lists < nodes_.size() && node_of(entry).list != nowhere;
  }
  bool contains(std::size_t list, entry_number entry) const noexcept {
    return entry + Lists < nodes_.size() && node_of(entry).list == list;
  }

  bool empty(std::size_t list) const noexcept { return sizes_[list] == 0; }
  std::size_t size(std::size_t list) const noexcept { return sizes_[list]; }
  std::uint64_t weight(std::size_t list) const noexcept { return weights_[list]; }

  // Of a list that is not empty.
  entry_number back(std::size_t list) const noexcept {
    return nodes_[list].previous - static_cast<entry_number>(Lists);
  }
  // The one nearer to the front than `entry`; of the first, the back again.
  entry_number before(entry_number entry) const noexcept {
    const entry_number previous = node_of(entry).previous;
    return previous < Lists ? back(previous) : previous - static_cast<entry_number>(Lists);
  }

  std::size_t list_of(entry_number entry) const noexcept { return node_of(entry).list; }
  std::uint64_t weight_of(entry_number entry) const noexcept { return node_of(entry).weight; }

 private:
  static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(Lists);

  struct node {
    entry_number next = 0;
    entry_number previous = 0;
    std::uint32_t list = nowhere;
    std::uint64_t weight = 0;
  };

  const node& node_of(entry_number entry) const noexcept { return nodes_[entry + Lists]; }
  node& node_of(entry_number entry) noexcept { return nodes_[entry + Lists]; }

  void link_front(std::size_t list, entry_number entry) noexcept {
    node& added = node_of(entry);
    const auto number = static_cast<entry_number>(entry + Lists);
    added.list = static_cast<std::uint32_t>(list);
    added.previous = static_cast<entry_number>(list);
    added.next = nodes_[list].next;
    nodes_[added.next].previous = number;
    nodes_[list].next = number;
    weights_[list] += added.weight;
    ++sizes_[list];
  }

  // The first `Lists` nodes are the ends of the lists, which are rings; then comes one node for each entry.
  std::vector<node> nodes_;
  std::array<std::uint64_t, Lists> weights_{};
  std::array<std::size_t, Lists> sizes_{};
};

}  // namespace PLAIT_NAMESPACE::detail
