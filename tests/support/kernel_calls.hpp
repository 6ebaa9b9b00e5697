// SPDX-License-Identifier: MIT
// Which system calls the kernel has, and how to take one away from a thread, as a sandbox does.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <plait/detail/sync/futex.hpp>

namespace kernel_calls {

inline constexpr long futex_waitv = plait::detail::sync::waitv::system_call;

// Without any word to wait on, the call is known or unknown, but never waits.
inline bool has_futex_waitv() {
  return syscall(futex_waitv, nullptr, 0, 0, nullptr, 0) == -1 && errno == EINVAL;
}

// From now on, the call fails with EPERM in this thread. False if the system knows no such filters.
inline bool forbid_in_this_thread(long call) {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace kernel_calls
