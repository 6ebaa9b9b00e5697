// SPDX-License-Identifier: MIT
// A lock-free list in which pushes leave their items for the holder of a lock.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// A chain of nodes whose head is in a word of the owner. A thread claims a node, fills it, links it to the
// newest node and publishes it by putting its name into the word. The holder of the lock takes the whole chain
// out of the word at once. A name is a small number; 0 names no node.
//
// ABA does no harm, because nodes are only removed all together: a node is linked to another by name alone, and
// joins whichever chain that name heads when the word is changed.
//
// Edges:  emptied   taken   release in empty -> acquire in claim   the node is free to be filled again
template <class Item>
class push_inbox {
 public:
  using name = unsigned;
  static constexpr name none = 0;
  static constexpr std::size_t nodes = 15;

  // Claims a free node for the caller; none if there is none.
  name claim() noexcept {
    // Each thread begins where it last found one, so that threads soon use different nodes.
    std::size_t& start = sync::per_thread<last_claim>().at;
    for (std::size_t i = 0; i != nodes; ++i) {
      const std::size_t at = (start + i) % nodes;
      // relaxed: only a hint; the exchange decides
      if (!nodes_[at].taken.load(sync::relaxed) &&
          !nodes_[at].taken.exchange(true, sync::acquire)) {  // acquire emptied
        start = at;
        return static_cast<name>(at + 1);
      }
    }
    return none;
  }

  template <class Arg>
  void fill(name of, Arg&& value) noexcept {
    at(of).item.construct(std::forward<Arg>(value));
  }

  // For a node that the caller has claimed and not published yet.
  void link(name of, name successor) noexcept { at(of).successor = successor; }

  // Calls use(item&&) and frees the node.
  template <class Use>
  void empty(name of, Use&& use) noexcept {
    node& emptied = at(of);
    use(std::move(emptied.item.write()));
    emptied.item.destroy();
    emptied.taken.store(false, sync::release);  // release emptied
  }

  // Calls use(item&&) for every item of the chain, the oldest first, and frees the nodes.
  template <class Use>
  void empty_all(name newest, Use&& use) noexcept {
    name oldest = none;
    while (newest != none) {
      const name successor = std::exchange(at(newest).successor, oldest);
      oldest = std::exchange(newest, successor);
    }
    while (oldest != none) {
      const name next = at(oldest).successor;
      empty(oldest, use);
      oldest = next;
    }
  }

 private:
  struct last_claim {
    std::size_t at;
  };

  struct alignas(cache_line) node {
    sync::atomic<bool> taken{false};
    name successor = none;  // guarded by `taken`, and by the lock once published
    sync::storage<Item> item;
  };

  node& at(name of) noexcept { return nodes_[of - 1]; }

  std::array<node, nodes> nodes_;
};

}  // namespace PLAIT_NAMESPACE::detail
