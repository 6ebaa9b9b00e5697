// SPDX-License-Identifier: MIT
// What passes through a queue leaves nothing at the server. PLAIT_REMOTE_ITEMS: how many items.
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

#include "support/effort.hpp"
#include "support/raw_client.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::queue;

// In batches and alone, acknowledged out of order, and some only the second time.
void pass(queue<std::int64_t>& in, queue<std::int64_t>& out, std::int64_t count) {
  std::jthread produces([&] {
    for (std::int64_t next = 0; next < count;) {
      std::vector<std::int64_t> batch;
      for (; batch.size() < 100 && next < count; ++next) batch.push_back(next);
      ASSERT_EQ(in.push_n(batch.begin(), batch.size()), batch.size());
    }
  });
  std::vector<bool> seen(static_cast<std::size_t>(count));
  for (std::int64_t left = count; left > 0;) {
    auto item = out.pop_leased();
    ASSERT_TRUE(item);
    if (item->deliveries() == 1 && **item % 50 == 0) {
      item->give_back();
      continue;
    }
    ASSERT_FALSE(seen[static_cast<std::size_t>(**item)]) << **item;
    seen[static_cast<std::size_t>(**item)] = true;
    item->done();
    --left;
    std::vector<std::int64_t> more(70);
    const std::size_t size = out.try_pop_n(more.begin(), more.size());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_FALSE(seen[static_cast<std::size_t>(more[i])]) << more[i];
      seen[static_cast<std::size_t>(more[i])] = true;
      out.task_done();
      --left;
    }
  }
  out.join();
}

TEST(a_soak, leaves_the_servers_memory_where_it_was) {
  const std::int64_t count = support::effort("ITEMS", 20'000);
  const watchdog limit("soak", 100s + std::chrono::seconds(count / 1000));
  const support::server server;
  const connection here(server.url()), there(server.url());
  queue<std::int64_t> in(here, "n", {.capacity = 1000, .delivery_limit = 0});
  queue<std::int64_t> out(there, "n", {.capacity = 1000, .delivery_limit = 0});
  support::raw_client client(server.socket());
  pass(in, out, 5000);
  const double before = client.info("memory", "used_memory");
  pass(in, out, count);
  EXPECT_EQ(out.size(), 0u);
  EXPECT_EQ(out.lost_leases(), 0u);
  EXPECT_LE(client.info("memory", "used_memory"), before + (256 << 10)) << "after " << count << " items";
  for (const char* key : {"{n}:ready", "{n}:returned", "{n}:flights", "{n}:dead"})
    EXPECT_EQ(client.call({"TYPE", key}), "none") << key;
}

}  // namespace
