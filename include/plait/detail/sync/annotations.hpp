// SPDX-License-Identifier: MIT
// Part of the seam: what a compiler is told of locks and lifetimes, so that it can warn of misuse.
#pragma once

// What Clang's -Wthread-safety knows of a lock. Nothing to other compilers, for which no attribute means the
// same. The bodies of functions that take and release locks are not looked into: they are what the analysis
// believes.
#if defined(__clang__)
#define PLAIT_CAPABILITY(name) __attribute__((capability(name)))
#define PLAIT_ACQUIRES(...) __attribute__((acquire_capability(__VA_ARGS__), no_thread_safety_analysis))
#define PLAIT_ACQUIRES_IF_TRUE __attribute__((try_acquire_capability(true), no_thread_safety_analysis))
#define PLAIT_RELEASES(...) __attribute__((release_capability(__VA_ARGS__), no_thread_safety_analysis))
#define PLAIT_SHARES __attribute__((acquire_shared_capability(), no_thread_safety_analysis))
#define PLAIT_SHARES_IF_TRUE __attribute__((try_acquire_shared_capability(true), no_thread_safety_analysis))
#define PLAIT_RELEASES_SHARED __attribute__((release_shared_capability(), no_thread_safety_analysis))
#define PLAIT_UNANALYZED __attribute__((no_thread_safety_analysis))  // locks here and unlocks elsewhere
#define PLAIT_LIFETIME_BOUND [[clang::lifetimebound]]  // what is returned must not outlive the object
#else
#define PLAIT_SHARES
#define PLAIT_SHARES_IF_TRUE
#define PLAIT_RELEASES_SHARED
#define PLAIT_UNANALYZED
#define PLAIT_LIFETIME_BOUND
#define PLAIT_CAPABILITY(name)
#define PLAIT_ACQUIRES(...)
#define PLAIT_ACQUIRES_IF_TRUE
#define PLAIT_RELEASES(...)
#endif
