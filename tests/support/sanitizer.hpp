// SPDX-License-Identifier: MIT
// Which sanitizer the tests are built with: g++ defines macros, clang has __has_feature.
#pragma once

#if defined(__has_feature)
#define PLAIT_HAS_FEATURE(name) __has_feature(name)
#else
#define PLAIT_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || PLAIT_HAS_FEATURE(thread_sanitizer)
#define PLAIT_UNDER_TSAN 1
#else
#define PLAIT_UNDER_TSAN 0
#endif

#if defined(__SANITIZE_ADDRESS__) || PLAIT_HAS_FEATURE(address_sanitizer)
#define PLAIT_UNDER_ASAN 1
#else
#define PLAIT_UNDER_ASAN 0
#endif

// Everything takes five to twenty times as long then: what a test repeats for the sake of numbers it repeats
// less often.
inline constexpr bool under_sanitizer = PLAIT_UNDER_TSAN || PLAIT_UNDER_ASAN;
