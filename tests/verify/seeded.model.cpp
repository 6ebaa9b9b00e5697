// SPDX-License-Identifier: MIT
// Tests that the checker finds bugs, in small structures that are correct as written and wrong with one seeded
// bug: the correct one must pass, and each strategy alone must find each bug.
#include <array>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <verify/scenario.hpp>
#include <verify/seam.hpp>

#include "support/model.hpp"

namespace {

using namespace verify::sync;
using verify::check;
using verify::plain;
using verify::threads;
using verify::sync::atomic;

// One producer, one consumer, two slots. The bug is one order that is relaxed.
struct ring_orders {
  memory_order producer_reads_head = acquire;
  memory_order producer_writes_tail = release;
  memory_order consumer_reads_tail = acquire;
  memory_order consumer_writes_head = release;
};

template <ring_orders Orders>
void ring() {
  atomic<unsigned> head{0}, tail{0};
  std::array<plain<int>, 2> slots;
  threads(
      [&] {
        for (int item = 1; item <= 3;) {
          const unsigned at = tail.load(relaxed);
          if (at - head.load(Orders.producer_reads_head) == slots.size()) {
            yield();
            continue;
          }
          slots[at % slots.size()].write(item++);
          tail.store(at + 1, Orders.producer_writes_tail);
        }
      },
      [&] {
        for (int item = 1; item <= 3;) {
          const unsigned at = head.load(relaxed);
          if (at == tail.load(Orders.consumer_reads_tail)) {
            yield();
            continue;
          }
          check(slots[at % slots.size()].read() == item++, "items arrive in order");
          head.store(at + 1, Orders.consumer_writes_head);
        }
      });
}

template <memory_order Lock, memory_order Unlock>
void spinlock() {
  atomic<bool> locked{false};
  plain<int> sum(0);
  const auto add = [&] {
    while (locked.exchange(true, Lock)) yield();
    sum.write(sum.read() + 1);
    locked.store(false, Unlock);
  };
  threads(add, add);
  check(sum.read() == 2);
}

// The two sides of every sleep: one announces that it sleeps and checks for work, the other makes work and
// checks for sleepers. At least one must see the other.
template <memory_order Write, memory_order Read>
void sleep_handshake() {
  atomic<std::uint32_t> asleep{0};
  atomic<bool> work{false};
  threads(
      [&] {
        asleep.store(1, Write);
        if (!work.load(Read)) futex_wait(asleep, 1, nullptr);
      },
      [&] {
        work.store(true, Write);
        if (asleep.load(Read) == 1) {
          asleep.store(0, Write);
          futex_wake(asleep, 1);
        }
      });
}

template <memory_order ReaderFence, memory_order WriterFence>
void sequence_lock() {
  atomic<unsigned> sequence{0};
  atomic<int> x{0}, y{0};
  threads(
      [&] {
        for (int value = 1; value <= 2; ++value) {
          const unsigned before = sequence.load(relaxed);
          sequence.store(before + 1, relaxed);
          fence(WriterFence);
          x.store(value, relaxed);
          y.store(value, relaxed);
          sequence.store(before + 2, release);
        }
      },
      [&] {
        const unsigned before = sequence.load(acquire);
        const int first = x.load(relaxed);
        const int second = y.load(relaxed);
        fence(ReaderFence);
        if (before % 2 == 0 && sequence.load(relaxed) == before) check(first == second, "no torn read");
      });
}

// A stack of free slots, linked by index. Its head carries a tag that changes with every push; without it,
// a head that was popped and pushed again meanwhile looks as if nothing had happened.
template <bool WithTag>
void free_list() {
  constexpr unsigned none = 3;
  struct head_word {
    std::uint32_t index;
    std::uint32_t tag;
  };
  atomic<head_word> head{{0, 0}};
  std::array<atomic<unsigned>, 3> next{1u, 2u, none};
  std::array<atomic<int>, 3> owners{};

  const auto pop = [&] {
    head_word seen = head.load(acquire);
    while (seen.index != none &&
           !head.compare_exchange_weak(seen, {next[seen.index].load(relaxed), seen.tag}, acquire, acquire)) {
    }
    if (seen.index != none) check(owners[seen.index].fetch_add(1, relaxed) == 0, "a slot has one owner");
    return seen.index;
  };
  const auto push = [&](unsigned index) {
    owners[index].fetch_sub(1, relaxed);
    head_word seen = head.load(relaxed);
    do {
      next[index].store(seen.index, relaxed);
    } while (!head.compare_exchange_weak(seen, {index, seen.tag + (WithTag ? 1 : 0)}, release, relaxed));
  };
  threads([&] { push(pop()); },
          [&] {
            const unsigned first = pop();
            const unsigned second = pop();
            push(first);
            pop();
            if (second != none) push(second);
          });
}

const verify::scenario correct[] = {
    {"ring", ring<ring_orders{}>},
    {"spinlock", spinlock<acquire, release>},
    {"sleep_handshake", sleep_handshake<seq_cst, seq_cst>},
    {"sequence_lock", sequence_lock<acquire, release>},
    {"free_list", free_list<true>},
};

const verify::scenario seeded[] = {
    {"ring_producer_reads_head_relaxed", ring<ring_orders{.producer_reads_head = relaxed}>},
    {"ring_producer_writes_tail_relaxed", ring<ring_orders{.producer_writes_tail = relaxed}>},
    {"ring_consumer_reads_tail_relaxed", ring<ring_orders{.consumer_reads_tail = relaxed}>},
    {"ring_consumer_writes_head_relaxed", ring<ring_orders{.consumer_writes_head = relaxed}>},
    {"spinlock_lock_relaxed", spinlock<relaxed, release>},
    {"spinlock_unlock_relaxed", spinlock<acquire, relaxed>},
    {"sleep_handshake_release_acquire", sleep_handshake<release, acquire>},
    {"sequence_lock_without_reader_fence", sequence_lock<relaxed, release>},
    {"sequence_lock_without_writer_fence", sequence_lock<acquire, relaxed>},
    {"free_list_without_tag", free_list<false>},
};

class correct_structures : public testing::TestWithParam<verify::scenario> {};

TEST_P(correct_structures, pass) {
  model::expect_sound(GetParam());
}

class seeded_bugs : public testing::TestWithParam<verify::scenario> {};

void expect_found(const verify::scenario& bug, const verify::options& how) {
  const verify::report found = verify::explore(bug.body, how);
  model::figures::add("seeded", found, !found.passed(), bug.name);
  EXPECT_FALSE(found);
}

TEST_P(seeded_bugs, are_found_by_depth_first_search) {
  expect_found(GetParam(), {.priorities = 0, .random = 0});
}

TEST_P(seeded_bugs, are_found_by_random_priorities) {
  expect_found(GetParam(), {.depth_first = 0, .priorities = 20'000, .random = 0});
}

TEST_P(seeded_bugs, are_found_by_a_random_walk) {
  expect_found(GetParam(), {.depth_first = 0, .priorities = 0, .random = 20'000});
}

INSTANTIATE_TEST_SUITE_P(structures, correct_structures, testing::ValuesIn(correct), model::name_of);
INSTANTIATE_TEST_SUITE_P(structures, seeded_bugs, testing::ValuesIn(seeded), model::name_of);

}  // namespace
