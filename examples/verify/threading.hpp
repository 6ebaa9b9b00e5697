// SPDX-License-Identifier: MIT
// Where the ring takes its atomics from: std, or the checker.
#pragma once

#if defined(RING_CHECKED)
#include <verify/verify.hpp>
namespace threading = verify;
#else
#include <atomic>
namespace threading {
using namespace std;
template <class T>
using plain = T;
void name(const auto&, const char*) {}  // for traces
}  // namespace threading
#endif
