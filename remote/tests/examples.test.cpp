// SPDX-License-Identifier: MIT
// The example that README.md shows, in processes of its own.
#include <string>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>

#include "support/process.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

TEST(example, gives_jobs_to_two_workers) {
  const watchdog limit("the example", std::chrono::seconds(60));
  const support::server server;
  const plait::remote::connection here(server.url());  // waits until the server listens
  support::child first(PLAIT_REMOTE_EXAMPLE, {"do", server.url()}),
      second(PLAIT_REMOTE_EXAMPLE, {"do", server.url()});
  support::child gives(PLAIT_REMOTE_EXAMPLE, {"give", server.url()});
  for (support::child* one : {&gives, &first, &second}) {
    const auto result = one->finish();
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  plait::remote::keyed_counter<std::string> finished(here, "finished");
  EXPECT_EQ(finished.count("wash"), 2);
  EXPECT_EQ(finished.total(), 3);
}
