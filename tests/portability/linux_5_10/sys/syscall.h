// SPDX-License-Identifier: MIT
// What <sys/syscall.h> was before Linux 5.16.
#pragma GCC system_header  // #include_next is not in the standard
#pragma once

#include_next <sys/syscall.h>
#undef SYS_futex_waitv
#undef __NR_futex_waitv
