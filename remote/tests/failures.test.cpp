// SPDX-License-Identifier: MIT
// What the table "What happens if" in docs/structures/remote.md says of servers, one test for each row.
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/counter.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/queue.hpp>

#include "support/effort.hpp"
#include "support/proxy.hpp"
#include "support/raw_client.hpp"
#include "support/server.hpp"
#include "support/tcp_server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::counter;
using plait::remote::errc;
using plait::remote::queue;
using numbers = plait::remote::map<std::string, std::int64_t>;
using support::effort;
using support::proxy;
using support::raw_client;
using support::server;
using support::tcp_server;

// So long that no beat comes between the calls of a test.
constexpr auto without_beats = 3'600'000ms;

template <class Function>
std::optional<plait::remote::error> error_of(Function function) {
  try {
    function();
    return std::nullopt;
  } catch (const plait::remote::error& reason) {
    return reason;
  }
}

TEST(tcp, a_url_with_host_port_user_password_and_database_works_and_survives_a_restart) {
  const watchdog limit("tcp", 100s);
  const tcp_server one({"--requirepass", "p@ss", "--appendonly", "yes", "--appendfsync", "always"});
  const connection server("redis://default:p%40ss@" + one.place() + "/3");
  counter hits(server, "hits");
  queue<std::string> words(server, "words");
  ++hits;
  EXPECT_EQ(hits.value(), 1);
  ASSERT_TRUE(words.push("first"));
  one->kill();
  one->start();
  ++hits;
  EXPECT_EQ(hits.value(), 2);
  EXPECT_EQ(words.pop(), "first");
  words.task_done();
  EXPECT_EQ(
      error_of([&] { connection refused("redis://:wrong@" + one.place(), {.connect_timeout = 2s}); })->code(),
      errc::cannot_connect);
}

TEST(updates_lost, by_a_restart_from_a_file_that_lagged_are_named) {
  server one;
  const connection server(one.url(), {.lease = without_beats});
  counter hits(server, "hits");
  EXPECT_EQ(hits.value(), 0);  // call 1
  raw_client(one.socket()).call({"SAVE"});
  for (int i = 1; i <= 2; ++i) {  // calls 2 and 3
    ++hits;
    EXPECT_EQ(hits.value(), i);
  }
  one.kill();
  one.start();
  const auto reason = error_of([&] { (void)hits.value(); });
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->code(), errc::updates_lost);
  EXPECT_NE(std::string(reason->what()).find("the calls 2 to 3 "), std::string::npos) << reason->what();
  EXPECT_EQ(error_of([&] { (void)hits.value(); })->code(), errc::updates_lost) << "and it stays so";
}

TEST(a_key_of_another_type, is_an_error_that_says_so) {
  const server one;
  raw_client client(one.socket());
  const connection server(one.url());
  client.call({"SET", "{hits}:m", "a string"});
  EXPECT_EQ(error_of([&] { (void)counter(server, "hits").value(); })->code(), errc::wrong_type);
  queue<std::string> words(server, "words");
  client.call({"SET", "{words}:ready", "a string"});
  EXPECT_EQ(error_of([&] { words.push("first"); })->code(), errc::wrong_type);
}

// A round of what a queue does.
void expect_it_works(queue<std::string>& words) {
  words.push("first");
  EXPECT_EQ(words.pop(), "first");
  words.task_done();
  EXPECT_TRUE(words.try_join_for(10s));
}

TEST(functions_at_the_server, are_loaded_again_when_somebody_has_removed_them) {
  const server one;
  raw_client client(one.socket());
  const connection here(one.url());
  queue<std::string> words(here, "words");
  expect_it_works(words);
  EXPECT_GT(client.info("memory", "number_of_functions"), 0);
  for (int i = 0; i < 3; ++i) {
    client.call({"FUNCTION", "FLUSH"});
    expect_it_works(words);
  }
  EXPECT_EQ(here.reconnections(), 3u);
}

TEST(functions_at_the_server, are_scripts_if_it_does_not_permit_them) {
  const server one;
  raw_client client(one.socket());
  client.call({"ACL", "SETUSER", "default", "-function|load"});
  const connection here(one.url());
  queue<std::string> words(here, "words");
  expect_it_works(words);
  EXPECT_EQ(client.info("memory", "number_of_functions"), 0);
  client.call({"SCRIPT", "FLUSH"});
  expect_it_works(words);
}

TEST(a_server_without_memory, refuses_pushes_and_goes_on_with_pops) {
  const watchdog limit("out of memory", 100s);
  const server one;
  const connection server(one.url());
  queue<std::string> items(server, "items");
  raw_client client(one.socket());
  const auto used = static_cast<long>(client.info("memory", "used_memory"));
  client.call({"CONFIG", "SET", "maxmemory", std::to_string(used + (2 << 20))});
  const std::string large(100'000, 'x');
  int pushed = 0;
  const auto refused = error_of([&] {
    for (; pushed < 1000; ++pushed) items.push(large);
  });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), errc::out_of_memory);
  EXPECT_GE(pushed, 5);
  EXPECT_EQ(items.size(), static_cast<std::size_t>(pushed)) << "what was refused is not there";
  for (int i = 0; i < pushed; ++i) {
    ASSERT_EQ(items.pop(), large);
    items.task_done();
  }
  items.join();
  EXPECT_TRUE(items.push(large)) << "there is room again";
}

// PLAIT_REMOTE_KILLS: how often.
TEST(a_server_that_is_killed, with_appendfsync_always_loses_and_doubles_nothing) {
  const unsigned kills = effort("KILLS", 4);
  const watchdog limit("kills", 60s + kills * 10s);
  server one({"--appendonly", "yes", "--appendfsync", "always"});
  const connection producing(one.url()), consuming(one.url());
  queue<std::int64_t> in(producing, "n", {.capacity = 100}), out(consuming, "n", {.capacity = 100});
  std::jthread produces([&](const std::stop_token& stop) {
    for (std::int64_t i = 0; !stop.stop_requested(); ++i) ASSERT_TRUE(in.push(i));
    in.close();
  });
  std::int64_t expected = 0;
  std::jthread consumes([&] {
    for (; auto item = out.pop(); ++expected) {
      ASSERT_EQ(*item, expected);
      out.task_done();
    }
  });
  std::minstd_rand random(1);
  for (unsigned i = 0; i < kills; ++i) {
    const auto before = producing.reconnections() + consuming.reconnections();
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % 100));
    one.kill();
    one.start();
    while (producing.reconnections() + consuming.reconnections() < before + 2) std::this_thread::sleep_for(5ms);
  }
  produces.request_stop();
  produces.join();
  consumes.join();
  EXPECT_EQ(out.unfinished_tasks(), 0u);
  EXPECT_EQ(out.lost_leases(), 0u);
}

// Each call puts its number, so the map says which calls the new primary knows. PLAIT_REMOTE_FAILOVERS: how
// often.
TEST(a_failover, that_loses_acknowledged_updates_names_them_exactly) {
  const unsigned failovers = effort("FAILOVERS", 3);
  const watchdog limit("failovers", 60s + failovers * 20s);
  unsigned lossy = 0;
  for (unsigned i = 0; i < failovers; ++i) {
    const tcp_server primary({"--repl-diskless-sync-delay", "0"});
    const server replica({"--replicaof", "127.0.0.1 " + std::to_string(primary.port())});
    raw_client at_replica(replica.socket());
    while (at_replica.call({"INFO", "replication"}).find("master_link_status:up") == std::string::npos)
      std::this_thread::sleep_for(10ms);
    proxy between(primary->socket());
    const connection server(between.url(), {.lease = without_beats});
    numbers here(server, "n");
    std::int64_t acknowledged = 0;
    const auto put = [&](int count) {
      for (int n = 0; n < count; ++n) {
        here.put("last", acknowledged + 1);
        ++acknowledged;
      }
    };
    put(20);
    while (at_replica.info("replication", "slave_repl_offset") <
           raw_client(primary->socket()).info("replication", "master_repl_offset"))
      std::this_thread::sleep_for(10ms);
    if (i % 3 != 2) {
      at_replica.call({"REPLICAOF", "NO", "ONE"});  // it hears nothing of what follows
      put(1 + static_cast<int>(i % 7));
    }
    primary->kill();
    at_replica.call({"REPLICAOF", "NO", "ONE"});
    between.redirect(replica.socket());
    const auto reason = error_of([&] { put(1); });
    const connection fresh(replica.url());
    const std::int64_t known = numbers(fresh, "n").get("last").value_or(0);
    if (known >= acknowledged && !reason) continue;
    ASSERT_TRUE(reason) << acknowledged - known << " updates were lost in silence";
    ++lossy;
    ASSERT_EQ(reason->code(), errc::updates_lost) << reason->what();
    const std::string named =
        "the calls " + std::to_string(known + 1) + " to " + std::to_string(acknowledged) + ' ';
    EXPECT_NE(std::string(reason->what()).find(named), std::string::npos)
        << reason->what() << ", not " << named;
  }
  EXPECT_GE(lossy, failovers / 3) << "the test does not lose updates";
}

TEST(sentinels, lead_to_the_next_primary) {
  const watchdog limit("a failover by sentinels", 200s);
  const tcp_server primary({"--repl-diskless-sync-delay", "0"});
  const tcp_server replica({"--replicaof", "127.0.0.1 " + std::to_string(primary.port())});
  raw_client at_primary(primary->socket()), at_replica(replica->socket());
  while (at_replica.call({"INFO", "replication"}).find("master_link_status:up") == std::string::npos)
    std::this_thread::sleep_for(10ms);
  const tcp_server sentinel({"--sentinel"}, "sentinel monitor jobs 127.0.0.1 " +
                                                std::to_string(primary.port()) +
                                                " 1\nsentinel down-after-milliseconds jobs 300\n"
                                                "sentinel failover-timeout jobs 2000\n");
  raw_client at_sentinel(sentinel->socket());
  while (at_sentinel.call({"INFO", "sentinel"}).find("slaves=1") == std::string::npos)
    std::this_thread::sleep_for(10ms);
  const std::string url =
      "sentinel://127.0.0.1:1," + sentinel.place() + "/jobs";  // nobody answers at the first
  const connection here(url, {.lease = without_beats});
  queue<std::string> items(here, "items");
  items.push("first");
  const double written = at_primary.info("replication", "master_repl_offset");
  while (at_replica.info("replication", "master_repl_offset") < written) std::this_thread::sleep_for(1ms);
  primary->kill();
  EXPECT_EQ(items.try_pop_for(100s), "first");
  items.task_done();
  EXPECT_EQ(items.unfinished_tasks(), 0u);
  EXPECT_GE(here.reconnections(), 1u);

  EXPECT_EQ(error_of([&] {
              connection("sentinel://" + sentinel.place() + "/other", {.connect_timeout = 300ms});
            })->code(),
            errc::cannot_connect);
}

}  // namespace
