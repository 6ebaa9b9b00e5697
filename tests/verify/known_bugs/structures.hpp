// SPDX-License-Identifier: MIT
// Deques, stacks, queues and counters that lose an item or give one out twice.
#pragma once

#include <array>
#include <cstddef>

#include <verify/verify.hpp>

#include "verify/known_bugs/made.hpp"

namespace mistakes {

// Le, Pop, Cohen, Zappa Nardelli: Correct and Efficient Work-Stealing for Weak Memory Models, PPoPP 2013.
struct deque_orders {
  memory_order take_fence = seq_cst;
  memory_order steal_fence = seq_cst;
  memory_order push_fence = release;
  bool steals_by_exchange = true;
};

template <deque_orders Orders>
void chase_lev() {
  atomic<int> top{0}, bottom{0};
  std::array<atomic<int>, 2> items{};
  std::array<plain<int>, 2> taken;
  const auto take_item = [&](std::size_t place) {
    check(items[place].load(relaxed) == static_cast<int>(place) + 1, "the item is there");
    taken[place].write(1);  // a race, if it is taken twice
  };
  const auto push = [&](int at) {
    items[static_cast<std::size_t>(at)].store(at + 1, relaxed);
    verify::atomic_thread_fence(Orders.push_fence);
    bottom.store(at + 1, relaxed);
  };
  const auto take = [&] {
    const int last = bottom.load(relaxed) - 1;
    bottom.store(last, relaxed);
    verify::atomic_thread_fence(Orders.take_fence);
    int first = top.load(relaxed);
    if (first < last) return take_item(static_cast<std::size_t>(last));
    if (first == last && top.compare_exchange_strong(first, first + 1, seq_cst, relaxed))
      take_item(static_cast<std::size_t>(last));
    bottom.store(last + 1, relaxed);
  };
  const auto steal = [&] {
    int first = top.load(acquire);
    verify::atomic_thread_fence(Orders.steal_fence);
    if (first >= bottom.load(acquire)) return;
    if (!Orders.steals_by_exchange) {
      top.store(first + 1, seq_cst);
    } else if (!top.compare_exchange_strong(first, first + 1, seq_cst, relaxed)) {
      return;
    }
    take_item(static_cast<std::size_t>(first));
  };
  threads([&] { push(0), push(1), take(), take(); }, [&] { steal(), steal(); });
}

// Reused nodes, by index; 0 is none. With a tag that counts the changes, an old head never equals a new one.
struct tagged {
  std::uint16_t node;
  std::uint16_t tag;
  bool operator==(const tagged&) const = default;
};

// Treiber 1986; the ABA problem.
template <made How>
void treiber_stack() {
  std::array<atomic<std::uint16_t>, 3> next{};
  next[1].store(2, relaxed);
  atomic<tagged> head{{1, 0}};
  std::array<atomic<int>, 3> owners{};
  const auto changed = [](tagged from, std::uint16_t node) {
    return tagged{node, static_cast<std::uint16_t>(from.tag + (How == right ? 1 : 0))};
  };
  const auto pop = [&]() -> std::uint16_t {
    tagged seen = head.load(acquire);
    while (seen.node != 0 &&
           !head.compare_exchange_weak(seen, changed(seen, next[seen.node].load(relaxed)), acquire, acquire)) {
    }
    if (seen.node != 0) check(owners[seen.node].fetch_add(1, relaxed) == 0, "a node has one owner");
    return seen.node;
  };
  const auto push = [&](std::uint16_t node) {
    owners[node].fetch_sub(1, relaxed);
    tagged seen = head.load(relaxed);
    do next[node].store(seen.node, relaxed);
    while (!head.compare_exchange_weak(seen, changed(seen, node), release, relaxed));
  };
  threads([&] { pop(), pop(); },
          [&] {
            const std::uint16_t first = pop();
            pop();
            if (first != 0) push(first);
          });
}

// Michael and Scott 1996, its dequeue: a node is taken out, put in again, and is at the head once more.
template <made How>
void michael_scott_queue() {
  std::array<atomic<std::uint16_t>, 4> next{};
  next[1].store(2, relaxed);
  next[2].store(3, relaxed);
  atomic<tagged> head{{1, 0}};
  atomic<std::uint16_t> tail{3};
  std::array<atomic<int>, 4> owners{};
  // Leaves out the head, which is a dummy, and returns it: the next one is the dummy now.
  const auto dequeue = [&]() -> std::uint16_t {
    tagged seen = head.load(acquire);
    for (;;) {
      const std::uint16_t after = next[seen.node].load(acquire);
      if (after == 0) return 0;
      if (head.compare_exchange_weak(
              seen, {after, static_cast<std::uint16_t>(seen.tag + (How == right ? 1 : 0))}, acq_rel, acquire)) {
        check(owners[seen.node].fetch_add(1, relaxed) == 0, "a node has one owner");
        return seen.node;
      }
    }
  };
  // By one thread alone, here.
  const auto enqueue = [&](std::uint16_t node) {
    owners[node].fetch_sub(1, relaxed);
    next[node].store(0, relaxed);
    next[tail.load(relaxed)].store(node, release);
    tail.store(node, relaxed);
  };
  threads([&] { dequeue(), dequeue(); },
          [&] {
            const std::uint16_t first = dequeue();
            const std::uint16_t second = dequeue();
            if (first == 0 || second == 0) return;
            enqueue(first);
            dequeue();
          });
}

// An address does not identify an object: a freed object and a later one at the same address look the same.
// Right: an object that others may have seen is not freed while they may compare with its address.
template <made How>
void replaced_if_unchanged() {
  struct setting {
    plain<int> value;
    explicit setting(int from) : value(from) {}
  };
  atomic<setting*> current{new setting(1)};
  setting* seen = current.load(relaxed);
  setting* retired = nullptr;
  threads(
      [&] {
        auto* const mine = new setting(10);
        if (current.compare_exchange_strong(seen, mine, acq_rel)) {
          check(seen->value.read() == 1, "what is replaced is what was seen");
          delete seen;
        } else {
          delete mine;
        }
      },
      [&] {
        setting* const before = current.exchange(nullptr, acq_rel);
        if (How == right) {
          retired = before;
        } else {
          delete before;
        }
        setting* none = nullptr;
        auto* const after = new setting(2);
        if (!current.compare_exchange_strong(none, after, acq_rel)) delete after;
      });
  delete retired;
  delete current.load(relaxed);
}

// A ring whose two positions are equal both when it is full and when it is empty, because no slot is kept free.
template <made How>
void ring_of_two() {
  constexpr unsigned capacity = 2, room = How == right ? capacity - 1 : capacity;
  atomic<unsigned> head{0}, tail{0};
  std::array<plain<int>, capacity> slots;
  int received = 0;
  threads(
      [&] {
        for (int item = 1; item <= 2; ++item) {
          const unsigned at = tail.load(relaxed);
          if ((at + capacity - head.load(acquire)) % capacity == room % capacity && room != capacity) return;
          slots[at].write(item);
          tail.store((at + 1) % capacity, release);
        }
      },
      [&] {
        const unsigned at = head.load(relaxed);
        if (at == tail.load(acquire)) return;
        received = slots[at].read();
        head.store((at + 1) % capacity, release);
      });
  // What was not received is still there.
  if (received == 0) check(head.load(relaxed) != tail.load(relaxed), "no item is lost");
}

template <made How>
void counter() {
  atomic<int> count{0};
  const auto add = [&] {
    if (How == right) {
      count.fetch_add(1, relaxed);
    } else {
      count.store(count.load(relaxed) + 1, relaxed);
    }
  };
  threads(add, add);
  check(count.load(relaxed) == 2, "no add is lost");
}

}  // namespace mistakes
