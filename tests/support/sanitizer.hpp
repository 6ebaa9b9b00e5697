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
