// SPDX-License-Identifier: MIT
// Whoever sleeps until the next entry of a cache ends, while entries come in.
#include <chrono>
#include <cstdint>
#include <stop_token>

#include <gtest/gtest.h>

#include <plait/cache_options.hpp>
#include <plait/detail/cache/sweeper_alarm.hpp>

#include <verify/scenario.hpp>

#include "support/model.hpp"

namespace {

using plait::detail::sweeper_alarm;
using verify::check;
using verify::threads;

const verify::scenario scenarios[] = {
    {"a_ring_after_the_look_ends_the_sleep",
     [] {
       sweeper_alarm alarm;
       verify::plain<int> entry = 0;
       const std::uint32_t seen = alarm.rings();
       threads(
           [&] {
             alarm.sleep(seen, plait::never_expires, {});
             check(alarm.rings() == seen + 1 && entry == 1, "the entry for which it rings is there");
           },
           [&] {
             entry = 1;
             alarm.ring();
           });
     }},
    {"two_sleepers_hear_one_ring",
     [] {
       sweeper_alarm alarm;
       const std::uint32_t seen = alarm.rings();
       const auto sleep = [&] { alarm.sleep(seen, plait::never_expires, {}); };
       threads(sleep, sleep, [&] { alarm.ring(); });
     }},
    {"no_ring_is_lost_while_the_last_one_is_answered",
     [] {
       sweeper_alarm alarm;
       const std::uint32_t first = alarm.rings();
       threads(
           [&] {
             alarm.sleep(first, plait::never_expires, {});
             const std::uint32_t seen = alarm.rings();
             if (seen == first + 1) alarm.sleep(seen, plait::never_expires, {});
             check(alarm.rings() == first + 2);
           },
           [&] { alarm.ring(); }, [&] { alarm.ring(); });
     }},
    {"a_stop_request_ends_the_sleep_and_the_pause",
     [] {
       sweeper_alarm alarm;
       std::stop_source stop;
       threads(
           [&] {
             alarm.pause(std::chrono::hours(1), stop.get_token());
             alarm.sleep(alarm.rings(), plait::never_expires, stop.get_token());
           },
           [&] { stop.request_stop(); });
     },
     {.deadlines_may_help = false}},
};

class sweeper_alarm_model : public testing::TestWithParam<verify::scenario> {};

TEST_P(sweeper_alarm_model, is_sound_in_every_execution) {
  model::expect_sound(GetParam());
}

INSTANTIATE_TEST_SUITE_P(scenarios, sweeper_alarm_model, testing::ValuesIn(scenarios), model::name_of);

}  // namespace
