// SPDX-License-Identifier: MIT
// The seam: the only place under include/plait that names atomics, shared plain data, the futex, the
// clock, mutexes and thread-local state. Everything else says plait::detail::sync: not plait::sync, which
// would make sync() of <unistd.h> ambiguous wherever somebody says `using namespace plait`.
//
// Normally those names are std::atomic and Linux calls, at no cost: sync/ has a header for each concept. With
// PLAIT_MODEL=1 the model checker in verify/ supplies the same names, and the very same structures run under
// its scheduler; with PLAIT_SIMULATE=1 simulate/ does, and they run on simulated processors. They then live in
// an inline namespace of their own, so that all kinds can be linked into one program.
#pragma once

#if !defined(__cpp_exceptions)
#error "plait needs exceptions: it reports by them what it cannot do. Compile without -fno-exceptions."
#endif

#include <plait/detail/sync/annotations.hpp>

#if defined(PLAIT_MODEL) && PLAIT_MODEL

#define PLAIT_NAMESPACE plait::inline modelled
#include <version>

#include <verify/seam.hpp>
// What the standard library has of the structures knows nothing of the checker's atomics.
#undef __cpp_lib_hazard_pointer

namespace PLAIT_NAMESPACE::detail {
namespace sync = verify::sync;
}

#elif defined(PLAIT_SIMULATE) && PLAIT_SIMULATE

#define PLAIT_NAMESPACE plait::inline simulated
#include <version>

#include <simulate/seam.hpp>
#undef __cpp_lib_hazard_pointer  // as above

namespace PLAIT_NAMESPACE::detail {
namespace sync = simulate::sync;
}

#else

#define PLAIT_NAMESPACE plait
#include <version>

#include <plait/detail/sync/atomics.hpp>
#include <plait/detail/sync/call_stack.hpp>
#include <plait/detail/sync/choices.hpp>
#include <plait/detail/sync/clock.hpp>
#include <plait/detail/sync/fences.hpp>
#include <plait/detail/sync/futex.hpp>
#include <plait/detail/sync/lifetime.hpp>
#include <plait/detail/sync/locks.hpp>
#include <plait/detail/sync/processor.hpp>
#include <plait/detail/sync/settable_descriptor.hpp>
#include <plait/detail/sync/storage.hpp>

#endif
