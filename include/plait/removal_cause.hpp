// SPDX-License-Identifier: MIT
// Why a value has left an expiring_cache.
#pragma once

#include <cstdint>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE {

enum class removal_cause : std::uint8_t {
  evicted,   // it made room for another entry, or the capacity was lowered
  expired,   // its time to live was over
  replaced,  // its key has another value
  removed,   // by remove(), remove_if() or invalidate_tag(), or because its key was given what is not kept: a
             // time to live that is over already, or a value that is too heavy
  cleared,   // by clear()
};

}  // namespace PLAIT_NAMESPACE
