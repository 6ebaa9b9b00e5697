// SPDX-License-Identifier: MIT
// What <linux/futex.h> was before Linux 5.16.
#pragma GCC system_header  // #include_next is not in the standard
#pragma once

#define futex_waitv unknown_before_linux_5_16
#include_next <linux/futex.h>
#undef futex_waitv
#undef FUTEX_32
#undef FUTEX_WAITV_MAX
