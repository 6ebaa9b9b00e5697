// SPDX-License-Identifier: MIT
// Readers, writers, ends of threads and deleters around hazard pointers. Here a thread scans the records as
// soon as it has retired two objects, or twice as many as there are records.
#include <utility>

#include <gtest/gtest.h>

#include <plait/hazard_pointer.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::hazard_pointer;
using plait::make_hazard_pointer;
using verify::check;
using verify::threads;
namespace sync = plait::detail::sync;

struct node : plait::hazard_pointer_obj_base<node> {
  explicit node(int number) : value(number) {}

  // A use after free, or a free that is not ordered after a use, is found.
  ~node() { value.write(-1); }
  int read() const { return value.read(); }

  verify::plain<int> value;
};

// A pointer that is replaced while others follow it.
class replaceable {
 public:
  explicit replaceable(int number) : current(new node(number)) {}
  ~replaceable() { delete current.load(sync::relaxed); }

  void replace(int number) { current.exchange(new node(number), sync::acq_rel)->retire(); }
  int read() const {
    hazard_pointer guard = make_hazard_pointer();
    return guard.protect(current)->read();
  }

  sync::atomic<node*> current;
};

// Retires objects that no other thread ever sees, so that the calling thread scans the records.
void make_it_look() {
  for (std::size_t i = plait::detail::retired_objects::batch(); i-- != 0;) (new node(0))->retire();
}

// During its lifetime, scenarios see a system without membarrier.
class without_membarrier {
 public:
  without_membarrier() { sync::has_process_wide_fence = false; }
  ~without_membarrier() { sync::has_process_wide_fence = true; }
};

// Used by the hook of a thread below, after the thread has given back its hazard records.
replaceable* used_late = nullptr;

void use_late() noexcept {
  used_late->read();
  used_late->replace(9);
}

// Nodes whose deleters each retire the next one, and how many there are.
struct chain : plait::hazard_pointer_obj_base<chain> {
  chain(int length, int& left) : alive(left), next(length == 1 ? nullptr : new chain(length - 1, left)) {
    ++alive;
  }
  ~chain() {
    --alive;
    if (next != nullptr) next->retire();
  }
  int& alive;
  chain* next;
};

void a_reader_and_a_writer() {
  replaceable shared(1);
  threads([&] { check(shared.read() <= 3); }, [&] { shared.replace(2), shared.replace(3); });
}

const verify::scenario scenarios[] = {
    {"a_reader_and_a_writer", a_reader_and_a_writer},

    {"a_reader_and_a_writer_without_membarrier",
     [] {
       const without_membarrier old_system;
       a_reader_and_a_writer();
     }},

    {"a_reader_whose_record_is_new_without_membarrier",
     [] {
       const without_membarrier old_system;
       replaceable shared(1);
       const hazard_pointer first = make_hazard_pointer();
       threads([&] { check(shared.read() <= 3); },
               [&] {
                 shared.replace(2), shared.replace(3);
                 make_it_look();
               });
     }},

    {"a_reader_that_reads_twice_and_a_writer",
     [] {
       replaceable shared(1);
       threads(
           [&] {
             hazard_pointer guard = make_hazard_pointer();
             const int first = guard.protect(shared.current)->read();
             check(guard.protect(shared.current)->read() >= first);
           },
           [&] { shared.replace(2), shared.replace(3), shared.replace(4); });
     }},

    {"two_readers_and_a_writer",
     [] {
       replaceable shared(1);
       threads([&] { shared.read(); }, [&] { shared.read(); },
               [&] {
                 shared.replace(2);
                 make_it_look();
               });
     }},

    {"a_reader_and_two_writers",
     [] {
       replaceable shared(1);
       threads([&] { shared.read(); }, [&] { shared.replace(2), shared.replace(3); },
               [&] { shared.replace(4), shared.replace(5); });
     }},

    {"a_try_that_fails_says_what_is_there",
     [] {
       replaceable shared(1);
       threads(
           [&] {
             hazard_pointer guard = make_hazard_pointer();
             node* object = shared.current.load(sync::relaxed);
             if (guard.try_protect(object, shared.current) || guard.try_protect(object, shared.current))
               check(object->read() != 0);
           },
           [&] { shared.replace(2), shared.replace(3); });
     }},

    {"protection_is_handed_from_one_hazard_pointer_to_the_next",
     [] {
       replaceable shared(1);
       threads(
           [&] {
             hazard_pointer next = make_hazard_pointer();
             node* object = nullptr;
             {
               hazard_pointer guard = make_hazard_pointer();
               object = guard.protect(shared.current);
               next.reset_protection(object);
             }
             check(object->read() != 0);
           },
           [&] {
             shared.replace(2);
             make_it_look();
           });
     }},

    {"protection_is_handed_from_one_thread_to_another",
     [] {
       replaceable shared(1);
       hazard_pointer guard = make_hazard_pointer();
       node* object = guard.protect(shared.current);
       threads(
           [&] {
             const hazard_pointer mine = std::move(guard);
             check(object->read() == 1);
           },
           [&] {
             shared.replace(2);
             make_it_look();
           });
     }},

    {"a_record_goes_from_an_ended_thread_to_a_new_one",
     [] {
       replaceable shared(1);
       threads(
           [&] {
             verify::jthread([&] { shared.read(); }).join(), verify::jthread([&] { shared.read(); }).join();
           },
           [&] { shared.replace(2), shared.replace(3); });
     },
     {.depth_first = 50'000}},

    {"a_record_is_used_again_after_a_thread_that_had_none_of_its_own_has_destroyed_it",
     [] {
       hazard_pointer moved = make_hazard_pointer();
       threads([&] { const hazard_pointer gone = std::move(moved); });
       const hazard_pointer again = make_hazard_pointer();
       check(plait::detail::hazard_records::count() == 1, "no record is lost");
     }},

    {"what_a_thread_leaves_behind_is_freed_by_another",
     [] {
       replaceable shared(1);
       hazard_pointer guard = make_hazard_pointer();
       const node* object = guard.protect(shared.current);
       threads([&] { shared.replace(2); });
       check(object->read() == 1);
       guard.reset_protection();
       make_it_look();
     }},

    {"ends_of_two_threads_and_a_reader",
     [] {
       replaceable shared(1);
       threads([&] { shared.read(); }, [&] { shared.replace(2); }, [&] { shared.replace(3); });
     }},

    {"a_deleter_may_retire_more",
     [] {
       int alive = 0;
       replaceable shared(1);
       threads([&] { shared.read(); },
               [&] {
                 (new chain(3, alive))->retire();
                 shared.replace(2);
                 make_it_look();
               });
     }},

    {"what_deleters_retire_while_their_thread_ends_is_freed_at_its_end",
     [] {
       int alive = 0;
       replaceable shared(1);
       threads([&] { shared.read(); },
               [&] {
                 (new chain(3, alive))->retire();
                 shared.replace(2);
               });
       check(alive == 0, "no reader protects the chain");
     }},

    // Hooks run last to first: the thread's records and garbage have been given back, and so has its id.
    {"a_late_destructor_reads_and_retires_while_others_do",
     [] {
       replaceable shared(1);
       used_late = &shared;
       threads([&] { shared.read(), shared.read(), shared.replace(2); },
               [&] {
                 sync::at_thread_exit<&use_late>();
                 shared.read(), shared.replace(3), shared.read();
               });
     }},

    {"late_destructors_of_two_threads_and_a_thread_that_begins_then",
     [] {
       replaceable shared(1);
       used_late = &shared;
       threads(
           [&] {
             sync::at_thread_exit<&use_late>();
             shared.replace(2);
           },
           [&] {
             verify::jthread([&] {
               sync::at_thread_exit<&use_late>();
               shared.read();
             }).join();
             shared.read();
           });
     }},
};

TEST(hazard_pointer_freeze, a_stopped_reader_holds_up_no_writer) {
  const verify::report found = verify::freeze(
      [] {
        replaceable shared(1);
        hazard_pointer guard = make_hazard_pointer();
        threads(
            [&] {
              guard.protect(shared.current)->read();
              guard.reset_protection();
            },
            [&] { shared.replace(2), shared.replace(3), shared.replace(4); });
      },
      1);
  EXPECT_TRUE(found) << found;
}

class hazard_pointer_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(hazard_pointer_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, hazard_pointer_model, testing::ValuesIn(scenarios), model::name_of);

TEST(hazard_pointer_orders, every_order_of_the_records_is_needed) {
  model::expect_orders_needed(scenarios, "hazard_records.hpp");
}

}  // namespace
