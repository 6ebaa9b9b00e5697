// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <plait/mutex.hpp>
#include <plait/recursive_mutex.hpp>

#include "stress/lock_rounds.hpp"
#include "stress/team.hpp"
#include "stress/workload.hpp"

namespace {

const stress::workload all[] = {
    {"mutex/every_way_to_lock", stress::every_way_to_lock<plait::mutex>},
    {"recursive_mutex/every_way_to_lock", stress::every_way_to_lock<plait::recursive_mutex>},
};

}  // namespace
