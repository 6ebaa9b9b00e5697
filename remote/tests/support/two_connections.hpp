// SPDX-License-Identifier: MIT
// Two connections to a server of the test's own.
#pragma once

#include <chrono>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>

#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace support {

// So long a lease that no busy machine lets it end.
struct two_connections : testing::Test {
  const watchdog limit{"a test over two connections"};
  support::server server;
  plait::remote::connection here{server.url(), {.lease = std::chrono::seconds(300)}};
  plait::remote::connection there{server.url(), {.lease = std::chrono::seconds(300)}};
};

}  // namespace support
