// SPDX-License-Identifier: MIT
// The checker as a user of it includes it: scenarios, and the names of std:: that it checks.
//
//   #if defined(QUEUE_CHECKED)
//   #include <verify/verify.hpp>
//   namespace threading = verify;
//   #else
//   ...
//   namespace threading = std;
//   #endif
#pragma once

#include <verify/atomic.hpp>
#include <verify/atomic_flag.hpp>
#include <verify/clock.hpp>
#include <verify/condition_variable.hpp>
#include <verify/locks.hpp>
#include <verify/mutex.hpp>
#include <verify/name.hpp>
#include <verify/plain.hpp>
#include <verify/scenario.hpp>
#include <verify/shared_mutex.hpp>
#include <verify/thread.hpp>
#include <verify/unavailable.hpp>
