// SPDX-License-Identifier: MIT
// The examples, in processes of their own.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/map.hpp>

#include "support/process.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

TEST(example, gives_jobs_to_two_workers) {
  const watchdog limit("the example", std::chrono::seconds(60));
  const support::server server;
  const plait::remote::connection here(server.url());  // waits until the server listens
  const std::string program = PLAIT_REMOTE_EXAMPLES "queue";
  support::child first(program, {"do", server.url()}), second(program, {"do", server.url()});
  support::child gives(program, {"give", server.url()});
  for (support::child* one : {&gives, &first, &second}) {
    const auto result = one->finish();
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  plait::remote::keyed_counter<std::string> finished(here, "finished");
  EXPECT_EQ(finished.count("wash"), 2);
  EXPECT_EQ(finished.total(), 3);
}

TEST(example, adds_to_an_account_under_a_lock) {
  const watchdog limit("the example of fenced_mutex", std::chrono::seconds(60));
  const support::server server;
  const plait::remote::connection here(server.url());
  std::vector<std::unique_ptr<support::child>> processes;
  for (int i = 0; i < 4; ++i)
    processes.push_back(std::make_unique<support::child>(PLAIT_REMOTE_EXAMPLES "fenced_mutex",
                                                         std::vector<std::string>{server.url()}));
  for (const auto& one : processes) {
    const auto result = one->finish();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ((plait::remote::map<std::string, std::int64_t>(here, "ledger").get("ann")), 4);
}

TEST(example, downloads_with_a_permit) {
  const support::server server;
  const auto result = support::child(PLAIT_REMOTE_EXAMPLES "semaphore", {server.url()}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "downloading\n");
}

TEST(example, reads_prices_without_asking_for_each) {
  const support::server server;
  const auto result = support::child(PLAIT_REMOTE_EXAMPLES "near_cache", {server.url()}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "no price for gold\n");
}

TEST(example, sends_orders_as_json) {
  const support::server server;
  const auto result = support::child(PLAIT_REMOTE_EXAMPLES "json_codec", {server.url()}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "soup for table 7\n");
}

TEST(example, does_tasks_in_the_order_of_their_priorities) {
  const support::server server;
  const auto result = support::child(PLAIT_REMOTE_EXAMPLES "priority_queue", {server.url()}).finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "1 alarm\n2 report\n3 clean up\n");
}

TEST(example, sums_over_a_queue_of_this_process_and_over_one_at_a_server) {
  const support::server server;
  EXPECT_EQ(support::child(PLAIT_REMOTE_EXAMPLES "either_queue", {}).finish().out, "338350\n");
  EXPECT_EQ(support::child(PLAIT_REMOTE_EXAMPLES "either_queue", {server.url()}).finish().out, "338350\n");
}
