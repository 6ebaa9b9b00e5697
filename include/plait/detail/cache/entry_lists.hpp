// SPDX-License-Identifier: MIT
// Doubly linked lists of entries, which are numbers: each is in one of the lists, or in none.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <plait/detail/cache/entry_array.hpp>
#include <plait/detail/cache/eviction_policy.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// What is known of an entry: its neighbours, and in which of `Lists` lists it is, or `nowhere`. Eight bytes.
template <std::size_t Lists>
class list_node {
 public:
  static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(Lists);
  static constexpr unsigned list_bits = std::bit_width(Lists);
  static constexpr std::uint32_t end = std::uint32_t{1} << (32 - list_bits);  // neighbours are below it

  constexpr list_node() noexcept = default;
  constexpr list_node(std::uint32_t next, std::uint32_t previous, std::uint32_t list) noexcept
      : next_(next), previous_and_list_(previous << list_bits | list) {}

  std::uint32_t next() const noexcept { return next_; }
  std::uint32_t previous() const noexcept { return previous_and_list_ >> list_bits; }
  std::uint32_t list() const noexcept { return previous_and_list_ & ((1U << list_bits) - 1); }
  void set_next(std::uint32_t next) noexcept { next_ = next; }
  void set_previous(std::uint32_t previous) noexcept { *this = list_node(next_, previous, list()); }

 private:
  std::uint32_t next_ = 0;
  std::uint32_t previous_and_list_ = nowhere;
};

// The same in six bytes, for up to 2^23 - 1 neighbours and four lists. All ones say that it is in none.
template <std::size_t Lists>
class small_list_node {
 public:
  static_assert(Lists <= 4);
  static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(Lists);
  static constexpr std::uint32_t end = (std::uint32_t{1} << 23) - 1;

  constexpr small_list_node() noexcept = default;
  constexpr small_list_node(std::uint32_t next, std::uint32_t previous, std::uint32_t list) noexcept
      : low_of_next_(low(next)), low_of_previous_(low(previous)), high_(high(next, previous, list)) {}

  std::uint32_t next() const noexcept { return std::uint32_t{high_} >> 9 << 16 | low_of_next_; }
  std::uint32_t previous() const noexcept { return (high_ & 0x1fcU) << 14 | low_of_previous_; }
  std::uint32_t list() const noexcept { return next() == end ? nowhere : high_ & 3U; }
  void set_next(std::uint32_t next) noexcept {
    low_of_next_ = low(next);
    high_ = static_cast<std::uint16_t>((high_ & 0x1ffU) | high(next, 0, 0));
  }
  void set_previous(std::uint32_t previous) noexcept {
    low_of_previous_ = low(previous);
    high_ = static_cast<std::uint16_t>((high_ & 0xfe03U) | high(0, previous, 0));
  }

 private:
  static constexpr std::uint16_t low(std::uint32_t of) noexcept { return static_cast<std::uint16_t>(of); }
  static constexpr std::uint16_t high(std::uint32_t next, std::uint32_t previous, std::uint32_t list) noexcept {
    return static_cast<std::uint16_t>(next >> 16 << 9 | previous >> 16 << 2 | list);
  }

  std::uint16_t low_of_next_ = 0xffff;
  std::uint16_t low_of_previous_ = 0xffff;
  std::uint16_t high_ = 0xffff;
};

// Lists 0 .. Lists - 1. Each knows the weight of its entries. The front is where entries come in. A node for
// each entry, and eight bytes more from the first one on that has another weight than 1.
template <std::size_t Lists, class Node = list_node<Lists>>
class entry_lists {
 public:
  // `most`: how many entries there are at most, if that is known.
  explicit entry_lists(std::uint64_t most = entry_array<node>::unlimited)
      : nodes_(most > entry_array<node>::unlimited - Lists ? most : most + Lists), weights_(most) {
    nodes_.make_room(Lists);
    for (std::uint32_t list = 0; list != Lists; ++list) nodes_[list] = {list, list, list};
  }

  // Makes room for an entry of that weight, so that nothing that follows throws. Throws std::length_error if
  // there are too many for the links.
  void make_room(entry_number entry, std::uint64_t entry_weight) {
    if (has_room(entry, entry_weight)) [[likely]]
      return;
    if (entry >= most_entries) throw std::length_error("plait: too many entries for an eviction policy");
    nodes_.make_room(std::size_t{entry} + Lists + 1);
    if (entry_weight != 1 || weights_.size() != 0) weights_.make_room(room(), 1);
  }

  // Whether make_room() has nothing to do. If it threw, there may be more nodes than weights.
  bool has_room(entry_number entry, std::uint64_t entry_weight) const noexcept {
    return entry < room() && (weights_.size() == 0 ? entry_weight == 1 : entry < weights_.size());
  }
  std::size_t room() const noexcept { return nodes_.size() - Lists; }

  // An entry in none of the lists enters one.
  void push_front(std::size_t list, entry_number entry, std::uint64_t entry_weight) noexcept {
    if (weights_.size() != 0) weights_[entry] = entry_weight;
    weight_ += entry_weight;
    ++size_;
    link_front(list, entry, entry_weight);
  }

  void remove(entry_number entry) noexcept {
    const std::uint64_t entry_weight = weight_of(entry);
    weight_ -= entry_weight;
    --size_;
    unlink(entry, entry_weight);
    node_of(entry) = node();
  }

  void move_to_front(std::size_t list, entry_number entry) noexcept {
    const std::uint64_t entry_weight = weight_of(entry);
    unlink(entry, entry_weight);
    link_front(list, entry, entry_weight);
  }

  bool contains(entry_number entry) const noexcept {
    return entry < room() && node_of(entry).list() != Node::nowhere;
  }
  bool contains(std::size_t list, entry_number entry) const noexcept {
    return entry < room() && node_of(entry).list() == list;
  }

  void prefetch(entry_number entry) const noexcept { sync::prefetch(&node_of(entry)); }

  bool empty(std::size_t list) const noexcept { return sizes_[list] == 0; }
  std::size_t size(std::size_t list) const noexcept { return sizes_[list]; }
  std::uint64_t weight(std::size_t list) const noexcept { return weights_of_lists_[list]; }
  // Of all lists together.
  std::size_t size() const noexcept { return size_; }
  std::uint64_t weight() const noexcept { return weight_; }

  // Of a list that is not empty.
  entry_number back(std::size_t list) const noexcept { return nodes_[list].previous() - first_entry; }
  // The one nearer to the front than `entry`; of the first, the back again.
  entry_number before(entry_number entry) const noexcept {
    const entry_number previous = node_of(entry).previous();
    return previous < Lists ? back(previous) : previous - first_entry;
  }

  std::size_t list_of(entry_number entry) const noexcept { return node_of(entry).list(); }
  std::uint64_t weight_of(entry_number entry) const noexcept {
    return weights_.size() == 0 ? 1 : weights_[entry];
  }

 private:
  using node = Node;

  static constexpr entry_number first_entry = static_cast<entry_number>(Lists);
  static constexpr entry_number most_entries = Node::end - first_entry;

  const node& node_of(entry_number entry) const noexcept { return nodes_[std::size_t{entry} + Lists]; }
  node& node_of(entry_number entry) noexcept { return nodes_[std::size_t{entry} + Lists]; }

  // Its own node is as before.
  void unlink(entry_number entry, std::uint64_t entry_weight) noexcept {
    const node& removed = node_of(entry);
    const std::uint32_t next = removed.next(), previous = removed.previous(), list = removed.list();
    nodes_[previous].set_next(next);
    nodes_[next].set_previous(previous);
    weights_of_lists_[list] -= entry_weight;
    --sizes_[list];
  }

  void link_front(std::size_t list, entry_number entry, std::uint64_t entry_weight) noexcept {
    const auto number = static_cast<entry_number>(list);
    const entry_number added = entry + first_entry;
    const entry_number next = nodes_[number].next();
    node_of(entry) = {next, number, number};
    nodes_[next].set_previous(added);
    nodes_[number].set_next(added);
    weights_of_lists_[list] += entry_weight;
    ++sizes_[list];
  }

  // The first `Lists` nodes are the ends of the lists, which are rings; then comes one node for each entry.
  entry_array<node> nodes_;
  entry_array<std::uint64_t> weights_;  // none while all are 1
  std::array<std::uint64_t, Lists> weights_of_lists_{};
  std::array<std::size_t, Lists> sizes_{};
  std::uint64_t weight_ = 0;  // the sums of these
  std::size_t size_ = 0;
};

}  // namespace PLAIT_NAMESPACE::detail
