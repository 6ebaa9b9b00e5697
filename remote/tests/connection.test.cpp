// SPDX-License-Identifier: MIT
// The connection, with the counter as the simplest structure: what is asked for happens once, wherever the
// connection is cut.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/counter.hpp>
#include <plait/remote/error.hpp>

#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using plait::remote::counter;
using plait::remote::errc;
using support::proxy;
using support::server;

std::string refusal(const std::string& url) {
  try {
    const connection refused(url, {.connect_timeout = 300ms});
    return "nothing";
  } catch (const std::exception& reason) {
    return reason.what();
  }
}

// What the server says, if there is one, takes long on a busy machine.
std::error_code code_of(const std::string& url, std::chrono::milliseconds timeout = 20s) {
  try {
    const connection refused(url, {.connect_timeout = timeout});
    return {};
  } catch (const plait::remote::error& reason) {
    return reason.code();
  }
}

TEST(url, says_what_is_wrong_with_it) {
  for (const char* wrong :
       {"", "localhost", "http://host", "redis://", "redis://host:0", "redis://host:65536", "redis://host:x",
        "redis://host/first", "redis://user@host", "redis://u:%4@host", "redis://[::1", "redis://[::1]x",
        "unix://relative", "unix:///a?database=1", "rediss://host", "sentinel://host:1", "sentinel://host:1/",
        "sentinel://host,/name", "sentinel:///name"})
    EXPECT_NE(refusal(wrong).find("the URL "), std::string::npos) << wrong << ": " << refusal(wrong);
}

TEST(url, a_refusal_never_shows_the_password) {
  EXPECT_EQ(refusal("redis://user:secret@host:x").find("secret"), std::string::npos);
}

TEST(connection_, reaches_a_server_by_its_socket) {
  const server one;
  const connection server(one.url());
  EXPECT_TRUE(server.is_connected());
}

TEST(connection_, waits_for_a_server_that_is_just_starting) {
  server one;
  one.kill();
  std::jthread connects([&] { EXPECT_NO_THROW(connection(one.url())); });
  std::this_thread::sleep_for(100ms);
  one.start();
}

TEST(connection_, presents_user_password_and_database) {
  const server one({"--requirepass", "p@ss"});
  EXPECT_EQ(code_of(one.url()), errc::not_permitted);
  EXPECT_EQ(code_of("unix://default:wrong@" + one.socket(), 500ms), errc::cannot_connect);
  EXPECT_EQ(code_of("unix://:p%40ss@" + one.socket() + "?db=99", 500ms), errc::cannot_connect);
  const connection first("unix://default:p%40ss@" + one.socket()),
      third("unix://:p%40ss@" + one.socket() + "?db=3");
  counter here(first, "n"), there(third, "n");
  here.add(1);
  here.flush();
  EXPECT_EQ(there.value(), 0);
}

TEST(connection_, refuses_a_server_that_evicts) {
  const server one({"--maxmemory-policy", "allkeys-lru"});
  EXPECT_EQ(code_of(one.url()), errc::unsafe_server);
}

TEST(connection_, says_that_nobody_is_there) {
  EXPECT_EQ(code_of("unix:///nowhere.sock", 500ms), errc::cannot_connect);
}

TEST(counter_, adds_of_many_threads_and_connections_are_all_there) {
  const server one;
  const connection first(one.url()), second(one.url());
  counter here(first, "hits"), there(second, "hits");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        for (int n = 0; n < 1000; ++n) ++(i % 2 == 0 ? here : there);
      });
  }
  here.flush();
  EXPECT_EQ(there.value(), 4000);
  EXPECT_EQ(here.value(), 4000);
}

TEST(counter_, what_was_added_is_there_after_it_is_gone) {
  const server one;
  const connection server(one.url());
  {
    counter(server, "hits").add(-7);
  }
  EXPECT_EQ(counter(server, "hits").value(), -7);
}

TEST(counter_, is_exact_beyond_what_a_double_holds) {
  const server one;
  const connection server(one.url());
  counter large(server, "n");
  large.add(9'007'199'254'740'993);
  large.add(2);
  EXPECT_EQ(large.value(), 9'007'199'254'740'995);
}

TEST(counter_, that_would_wrap_is_an_error) {
  const server one;
  const connection server(one.url());
  counter large(server, "n");
  large.add(std::numeric_limits<std::int64_t>::max());
  large.flush();
  large.add(1);
  EXPECT_THROW(large.flush(), plait::remote::error);
  EXPECT_THROW(large.add(1), plait::remote::error);
}

TEST(names, with_braces_or_empty_are_refused) {
  const server one;
  const connection server(one.url());
  EXPECT_THROW(counter(server, ""), std::invalid_argument);
  EXPECT_THROW(counter(server, "a{b}"), std::invalid_argument);
}

TEST(a_server_that_forgets, is_an_error_and_not_a_zero) {
  server one;
  const connection server(one.url());
  counter hits(server, "hits");
  hits.add(5);
  EXPECT_EQ(hits.value(), 5);
  one.kill();
  one.start();
  try {
    (void)hits.value();
    FAIL() << "no error";
  } catch (const plait::remote::error& reason) {
    EXPECT_EQ(reason.code(), errc::state_lost) << reason.what();
  }
}

TEST(a_server_that_is_away, is_waited_for) {
  const watchdog limit("a server that is away");
  server one({"--appendonly", "yes", "--appendfsync", "always"});
  const connection server(one.url());
  counter hits(server, "hits");
  hits.add(5);
  EXPECT_EQ(hits.value(), 5);
  one.kill();
  hits.add(6);
  std::jthread waits([&] { EXPECT_EQ(hits.value(), 11); });
  std::this_thread::sleep_for(100ms);
  one.start();
  waits.join();
  EXPECT_GE(server.reconnections(), 1u);
}

TEST(a_server_that_stands_still, costs_a_reconnection_and_nothing_else) {
  const watchdog limit("a server that stands still");
  const server one;
  const connection server(one.url(), {.call_timeout = 100ms});
  counter hits(server, "hits");
  one.stand_still();
  std::jthread later([&] {
    while (server.is_connected()) std::this_thread::sleep_for(1ms);
    one.go_on();
  });
  hits.add(5);
  EXPECT_EQ(hits.value(), 5);
  EXPECT_GE(server.reconnections(), 1u);
}

// In both directions, at every byte of a call and its answer and a few beyond.
TEST(a_cut_at_any_byte, neither_loses_nor_doubles) {
  const watchdog limit("cut at every byte", 100s);
  const server one;
  proxy between(one.socket());
  const connection server(between.url());
  counter hits(server, "hits");
  std::int64_t expected = hits.value();
  for (const auto where : {proxy::direction::to_server, proxy::direction::to_client}) {
    const long bytes = where == proxy::direction::to_server ? 260 : 80;
    for (long offset = 0; offset < bytes; ++offset) {
      between.cut_after(where, offset);
      while (!between.has_cut(where)) {
        hits.add(3);
        expected += 3;
        ASSERT_EQ(hits.value(), expected) << "cut after " << offset << " bytes";
      }
    }
  }
  EXPECT_GE(server.reconnections(), 300u);
}

TEST(a_cut_while_connecting, is_tried_again) {
  const watchdog limit("cut while connecting", 100s);
  const server one;
  proxy between(one.socket());
  std::int64_t expected = 0;
  for (const auto where : {proxy::direction::to_server, proxy::direction::to_client})
    for (long offset = 0; offset < (where == proxy::direction::to_server ? 8000 : 3000); offset += 97) {
      between.cut_after(where, offset);
      const connection server(between.url());
      counter hits(server, "hits");
      hits.add(1);
      ASSERT_EQ(hits.value(), ++expected);
    }
}

TEST(answers_in_small_pieces, are_put_together) {
  const server one;
  proxy between(one.socket());
  const connection server(between.url());
  counter hits(server, "hits");
  between.split(1);
  for (int i = 1; i <= 10; ++i) {
    ++hits;
    EXPECT_EQ(hits.value(), i);
  }
}

TEST(an_idle_connection, sends_one_call_each_third_of_a_lease) {
  const server one;
  const connection server(one.url(), {.lease = 300ms});
  counter hits(server, "hits");
  hits.flush();
  const auto before = server.calls();
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t calls = 0;
  while ((calls = server.calls() - before) < 8) std::this_thread::sleep_for(1ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, calls * 50ms) << "100 ms, but for answers that come late";
}

}  // namespace
