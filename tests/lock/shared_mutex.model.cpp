// SPDX-License-Identifier: MIT
// A shared_mutex under every schedule within the bounds of the search: every pair of what can be done with it,
// and three of them, with readers in the word and in slots.
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include <plait/shared_mutex.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"
#include "support/operation_pairs.hpp"

namespace {

using plait::shared_mutex;
using plait::detail::begin_biased;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;
using namespace std::chrono_literals;

enum class held { free, for_reading, for_writing };

struct state {
  std::string name;
  bool is_biased;
  held by_body = held::free;  // until nobody can go on
};

// A number that the holder of the lock may read, or write.
class guarded_number {
 public:
  explicit guarded_number(bool is_biased) {
    if (is_biased) {
      lock_ = std::make_unique<shared_mutex>(begin_biased());
    } else {
      lock_ = std::make_unique<shared_mutex>();
    }
    number_.construct(0);
  }
  ~guarded_number() { number_.destroy(); }

  shared_mutex& lock() { return *lock_; }
  int read() const { return number_.read(); }
  void add() { ++number_.write(); }

 private:
  std::unique_ptr<shared_mutex> lock_;
  sync::storage<int> number_;
};

class world {
 public:
  explicit world(const state& from) : guarded_(from.is_biased), by_body_(from.by_body) {
    if (by_body_ == held::for_reading) lock().lock_shared();
    if (by_body_ == held::for_writing) lock().lock();
  }

  void write(int) {
    wrote(waits([&] { return lock().lock(), true; }));
  }
  void write_in_time(int) {
    wrote(waits([&] { return lock().try_lock_for(1ms); }));
  }
  void write_or_stop(int) {
    wrote(waits([&] { return lock().lock(stop_->get_token()); }));
  }
  void try_write(int) { wrote(lock().try_lock()); }
  void read(int) {
    has_read(waits([&] { return lock().lock_shared(), true; }));
  }
  void read_twice(int thread) { read(thread), read(thread); }
  void read_in_time(int) {
    has_read(waits([&] { return lock().try_lock_shared_for(1ms); }));
  }
  void read_or_stop(int) {
    has_read(waits([&] { return lock().lock_shared(stop_->get_token()); }));
  }
  void try_read(int) { has_read(lock().try_lock_shared()); }
  void read_to_write(int) {
    waits([&] { return lock().lock_upgrade(), true; });
    const int before = guarded_.read();
    waits([&] { return lock().unlock_upgrade_and_lock(), true; });
    check(guarded_.read() == before, "somebody has written in between");
    write_and([&] { lock().unlock_and_lock_upgrade(); });
    const int after = guarded_.read();
    lock().unlock_upgrade_and_lock_shared();
    check(guarded_.read() == after, "a reader that was a writer still keeps others out");
    lock().unlock_shared();
  }
  void read_to_write_in_time(int) {
    waits([&] { return lock().lock_upgrade(), true; });
    const int before = guarded_.read();
    if (waits([&] { return lock().try_unlock_upgrade_and_lock_for(1ms); })) {
      check(guarded_.read() == before, "somebody has written in between");
      write_and([&] { lock().unlock_and_lock_shared(); });
      lock().unlock_shared();
    } else {
      check(guarded_.read() == before, "it still reads");
      lock().unlock_upgrade();
    }
  }
  void stop(int) { verify::request_stop(*stop_); }

  void let_out() {
    check(waiting_ == 0 || by_body_ != held::free, "somebody waits for a lock that is free");
    if (by_body_ == held::for_reading) {
      check(guarded_.read() == 0, "somebody has written what is being read");
      lock().unlock_shared();
    }
    if (by_body_ == held::for_writing) {
      check(guarded_.read() == 0, "somebody else has written");
      lock().unlock();
    }
    by_body_ = held::free;
  }
  void judge() {
    check(lock().try_lock(), "the lock is free in the end");
    check(guarded_.read() == written_, "writers never meet");
    lock().unlock();
  }

 private:
  shared_mutex& lock() { return guarded_.lock(); }

  template <class Wait>
  bool waits(Wait until) {
    ++waiting_;
    const bool has_it = until();
    --waiting_;
    return has_it;
  }
  template <class GiveBack>
  void write_and(GiveBack give_back) {
    guarded_.add();
    ++written_;
    give_back();
  }
  void wrote(bool has_it) {
    if (has_it) write_and([&] { lock().unlock(); });
  }
  void has_read(bool has_it) {
    if (!has_it) return;
    const int first = guarded_.read();
    check(guarded_.read() == first, "a reader sees no change");
    lock().unlock_shared();
  }

  guarded_number guarded_;
  held by_body_;
  std::unique_ptr<std::stop_source> stop_ = std::make_unique<std::stop_source>();
  int written_ = 0;
  int waiting_ = 0;
};

const model::operation<world> operations[] = {
    {"write", &world::write},
    {"write_in_time", &world::write_in_time},
    {"write_or_stop", &world::write_or_stop},
    {"try_write", &world::try_write},
    {"read", &world::read},
    {"read_twice", &world::read_twice},
    {"read_in_time", &world::read_in_time},
    {"read_or_stop", &world::read_or_stop},
    {"try_read", &world::try_read},
    {"read_to_write", &world::read_to_write},
    {"read_to_write_in_time", &world::read_to_write_in_time},
    {"stop", &world::stop},
};
const model::operation<world> third[] = {{"write", &world::write}, {"read", &world::read}};

const state states[] = {
    {"fresh", false},
    {"biased", true},
    {"fresh_read", false, held::for_reading},
    {"biased_read", true, held::for_reading},
    {"fresh_written", false, held::for_writing},
};
const state of_three[] = {{"three_fresh", false}, {"three_biased", true}};

const model::scenarios_of<world, state> of_all{states, operations};
const model::scenarios_of<world, state> of_more{of_three, operations};

class shared_mutex_pairs : public testing::TestWithParam<model::row> {};

TEST_P(shared_mutex_pairs, readers_meet_writers_do_not_and_nobody_waits_for_nothing) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    two, shared_mutex_pairs,
    testing::ValuesIn(of_all.pairs({.depth_first = 1'000, .priorities = 50, .random = 25})), model::name_of);
INSTANTIATE_TEST_SUITE_P(
    three, shared_mutex_pairs,
    testing::ValuesIn(of_more.triples(third, {.depth_first = 200, .priorities = 100, .random = 0})),
    model::name_of);

// -- orders, and scenarios that no pair is --

void write_once(guarded_number& all) {
  all.lock().lock();
  all.add();
  all.lock().unlock();
}
void read_once(guarded_number& all) {
  all.lock().lock_shared();
  const int seen = all.read();
  check(seen == all.read());
  all.lock().unlock_shared();
}
// Of the body, which reads without a slot. A fence, because a reader may well find the old bias for a while.
void find_a_writer_waiting(guarded_number& all) {
  sync::process_wide_fence();
  check(!all.lock().try_lock_shared(), "a writer waits");
  all.lock().unlock_upgrade();
}

const verify::scenario scenarios[] = {
    {"a_writer_and_a_reader",
     [] {
       guarded_number all(false);
       threads([&] { write_once(all), write_once(all); }, [&] { read_once(all), read_once(all); });
       check(all.read() == 2);
     }},
    {"two_writers",
     [] {
       guarded_number all(false);
       threads([&] { write_once(all); }, [&] { write_once(all); });
       check(all.read() == 2);
     }},
    {"a_writer_and_a_reader_in_a_slot",
     [] {
       guarded_number all(true);
       threads([&] { write_once(all); }, [&] { read_once(all), read_once(all); });
       check(all.read() == 1);
     }},
    // It is in there for long enough that the writer looks as often as it does before it sleeps, and then waits
    // for the lock. Four preemptions, because whoever looks twice in vain lets the other go on.
    {"a_writer_waits_for_a_reader_that_has_left_its_slot_and_comes_again",
     [] {
       guarded_number all(true);
       sync::atomic<int> others{0};
       threads([&] { write_once(all); },
               [&] {
                 all.lock().lock_shared();
                 for (int i = 0; i != 2; ++i) others.fetch_add(1, sync::relaxed);  // relaxed: of nobody else
                 all.lock().unlock_shared();
                 read_once(all);
               });
       check(all.read() == 1);
     },
     {.depth_first = 700'000, .preemptions = 4}},
    // A reader opens the slots, and another one finds them open: that is all it knows of the writer.
    {"a_reader_in_a_slot_sees_what_was_written_before_slots_were_open",
     [] {
       guarded_number all(false);
       threads([&] { write_once(all), read_once(all), read_once(all); }, [&] { read_once(all); });
     }},
    {"slots_are_open_again_after_a_writer",
     [] {
       guarded_number all(true);
       threads([&] { write_once(all), read_once(all); }, [&] { read_once(all), read_once(all); },
               [&] { write_once(all); });
       check(all.read() == 2);
     },
     {.depth_first = 10'000}},
    {"without_membarrier_both_fences_are_plain",
     [] {
       sync::has_process_wide_fence = false;
       guarded_number all(true);
       threads([&] { write_once(all); }, [&] { read_once(all); });
       check(all.read() == 1);
     }},
    {"a_thread_ends_and_another_one_has_its_slots",
     [] {
       guarded_number all(true);
       verify::jthread([&] { read_once(all); }).join();
       threads([&] { read_once(all); }, [&] { write_once(all); });
     }},
    {"a_writer_that_gave_up_left_readers_in_slots_to_the_next_who_did_not_look",
     [] {
       guarded_number all(true);
       all.lock().lock_shared();
       threads([&] { check(!all.lock().try_lock_for(0ms)), check(!all.lock().try_lock()); });
       all.lock().unlock_shared();
       write_once(all);
     }},
    // The second thread closes the slots, finds the first one in one, and opens them again; for the third one.
    {"a_reader_in_a_slot_sees_what_was_written_before_a_writer_gave_up",
     [] {
       guarded_number all(false);
       threads([&] { write_once(all), read_once(all), read_once(all), read_once(all); },
               [&] {
                 if (all.lock().try_lock()) all.lock().unlock();
               },
               [&] { read_once(all); });
     }},
    // When nobody can go on, the writer sleeps, and a reader that comes does not get in before it.
    {"a_writer_that_waits_keeps_readers_out",
     [] {
       guarded_number all(false);
       all.lock().lock_shared();
       verify::threads_until_standstill(
           [&] {
             check(!all.lock().try_lock_shared(), "a writer waits");
             all.lock().unlock_shared();
           },
           [&] { write_once(all); });
       check(all.read() == 1);
     }},
    {"a_writer_that_gave_up_let_readers_into_slots_while_another_waited",
     [] {
       guarded_number all(true);
       all.lock().lock_upgrade();
       verify::threads_until_standstill([&] { find_a_writer_waiting(all); }, [&] { write_once(all); },
                                        [&] { check(!all.lock().try_lock_for(1ms), "the body has it"); });
       check(all.read() == 1);
     }},
    // Who waits after that says that it sleeps, so a writer that comes may find nothing to change in the word.
    {"a_writer_that_gave_up_let_readers_into_slots_while_others_came",
     [] {
       guarded_number all(true);
       all.lock().lock_upgrade();
       verify::threads_until_standstill([&] { find_a_writer_waiting(all); },
                                        [&] {
                                          check(!all.lock().try_lock_for(1ms), "the body has it");
                                          all.lock().lock_upgrade();
                                          all.lock().unlock_upgrade();
                                        },
                                        [&] { write_once(all); });
       check(all.read() == 1);
     },
     {.preemptions = 1, .spurious_events = 0}},
};

class shared_mutex_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(shared_mutex_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, shared_mutex_model, testing::ValuesIn(scenarios), model::name_of);

TEST(shared_mutex_orders, every_order_is_needed) {
  model::expect_orders_needed(scenarios, "shared_mutex.hpp", {}, {.depth_first = 5'000});
}

}  // namespace
