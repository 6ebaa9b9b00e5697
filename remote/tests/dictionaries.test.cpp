// SPDX-License-Identifier: MIT
// remote::keyed_counter and remote::map: a test for each row of their tables.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/connection.hpp>
#include <plait/remote/counter.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/fenced_mutex.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/queue.hpp>

#include "support/proxy.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using plait::remote::connection;
using words_counter = plait::remote::keyed_counter<std::string>;
using numbers = plait::remote::map<std::string, std::int64_t>;

struct dictionaries : testing::Test {
  const watchdog limit{"a test of a remote dictionary", 60s};
  support::server server;
  connection here{server.url()}, there{server.url()};
};

TEST_F(dictionaries, keyed_counter_adds_up_what_processes_have_seen) {
  words_counter first(here, "words"), second(there, "words");
  first.add("cat", 2);
  second.add("cat");
  second.add("dog");
  first.flush();
  EXPECT_EQ(second.count("cat"), 3);
  EXPECT_EQ(first.count("dog"), 1);
  EXPECT_EQ(first.count("bird"), 0);
  EXPECT_EQ(first.total(), 4);
  EXPECT_EQ(first.size(), 2u);
}

TEST_F(dictionaries, keyed_counter_orders_by_count_and_then_by_key) {
  words_counter words(here, "words");
  for (const char* word : {"b", "a", "c", "c"}) words.add(word);
  const std::vector<words_counter::value_type> expected{{"c", 2}, {"a", 1}, {"b", 1}};
  EXPECT_EQ(words.most_common(), expected);
  EXPECT_EQ(words.most_common(1), (std::vector<words_counter::value_type>{{"c", 2}}));
  EXPECT_EQ(words.most_common(0), std::vector<words_counter::value_type>());
}

TEST_F(dictionaries, keyed_counter_reads_more_keys_than_a_call_carries) {
  plait::remote::keyed_counter<int> squares(here, "squares");
  for (int i = 0; i < 12'000; ++i) squares.add(i, i + 1);
  const auto all = squares.most_common();
  ASSERT_EQ(all.size(), 12'000u);
  for (int i = 0; i < 12'000; ++i)
    ASSERT_EQ(all[static_cast<std::size_t>(i)], std::pair(11'999 - i, std::int64_t{12'000 - i}));
}

TEST_F(dictionaries, keyed_counter_adds_a_tag_once) {
  words_counter first(here, "words"), second(there, "words");
  const std::map<std::string, int> counts{{"cat", 2}, {"dog", 1}};
  EXPECT_TRUE(first.add_once("page 1", counts));
  EXPECT_FALSE(second.add_once("page 1", counts));
  EXPECT_TRUE(second.add_once("page 2", counts));
  EXPECT_TRUE(second.add_once("page 3", std::map<std::string, int>()));
  EXPECT_EQ(first.count("cat"), 4);
  EXPECT_EQ(first.total(), 6);
  first.clear();
  EXPECT_EQ(second.total(), 0);
  EXPECT_TRUE(first.add_once("page 1", counts));
}

TEST_F(dictionaries, keyed_counter_refuses_more_keys_at_once_than_a_script_can_take) {
  words_counter words(here, "words");
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < words_counter::most_keys_once; ++i) counts.emplace(std::to_string(i), 1);
  EXPECT_TRUE(words.add_once("full", counts));
  counts.emplace("one more", 1);
  EXPECT_THROW(words.add_once("too full", counts), std::length_error);
  EXPECT_EQ(words.total(), static_cast<std::int64_t>(words_counter::most_keys_once));
}

TEST_F(dictionaries, map_puts_gets_and_erases) {
  numbers first(here, "m"), second(there, "m");
  EXPECT_TRUE(first.put("a", 1));
  EXPECT_FALSE(second.put("a", 2));
  EXPECT_EQ(first.get("a"), 2);
  EXPECT_EQ(first.get("b"), std::nullopt);
  EXPECT_TRUE(second.contains("a"));
  EXPECT_EQ(first.size(), 1u);
  EXPECT_FALSE(first.put_if_absent("a", 3));
  EXPECT_TRUE(first.erase("a"));
  EXPECT_FALSE(second.erase("a"));
  EXPECT_TRUE(first.put_if_absent("a", 3));
  EXPECT_EQ(second.get("a"), 3);
}

TEST_F(dictionaries, map_refuses_a_token_that_is_older_than_the_last) {
  numbers one(here, "m");
  EXPECT_TRUE(one.put("a", 1, 7));
  EXPECT_FALSE(one.put("a", 2, 6));
  EXPECT_EQ(one.get("a"), 1);
  EXPECT_TRUE(one.put("a", 3, 7));
  EXPECT_TRUE(one.erase("a"));
  EXPECT_FALSE(one.put("a", 4, 6));
}

TEST_F(dictionaries, map_refuses_tokens_that_are_older_than_a_fence) {
  numbers one(here, "m"), other(there, "m");
  EXPECT_TRUE(one.put("a", 1, 7));
  EXPECT_TRUE(other.fence("a", 9));
  EXPECT_FALSE(one.put("a", 2, 8));
  EXPECT_FALSE(one.fence("a", 8));
  EXPECT_TRUE(one.put("b", 2, 8));
  EXPECT_EQ(other.get("a"), 1);
  EXPECT_TRUE(other.put("a", 3, 9));
}

TEST_F(dictionaries, map_updates_of_several_processes_are_all_done) {
  numbers first(here, "m"), second(there, "m");
  {
    std::vector<std::jthread> threads;
    for (numbers* to : {&first, &second, &first})
      threads.emplace_back([to] {
        for (int i = 0; i < 200; ++i) to->update("sum", [](auto before) { return before.value_or(0) + 1; });
      });
  }
  EXPECT_EQ(first.get("sum"), 600);
}

TEST_F(dictionaries, map_says_that_a_value_is_of_another_type) {
  numbers one(here, "m");
  plait::remote::map<std::string, std::string> other(there, "m");
  other.put("a", "text");
  EXPECT_THROW((void)one.get("a"), plait::remote::error);
}

TEST_F(dictionaries, a_name_belongs_to_the_kind_of_structure_that_had_it_first) {
  numbers one(here, "shared");
  one.put("a", 1);
  words_counter words(there, "shared");
  plait::remote::counter hits(there, "shared");
  for (const std::function<void()>& use :
       {std::function<void()>([&] { (void)words.count("a"); }),
        std::function<void()>([&] { (void)hits.value(); }),
        std::function<void()>([&] { plait::remote::queue<int>(there, "shared"); }),
        std::function<void()>([&] { plait::remote::fenced_mutex(there, "shared"); })})
    try {
      use();
      ADD_FAILURE() << "another structure has the name of a map";
    } catch (const plait::remote::error& reason) {
      EXPECT_EQ(reason.code(), plait::remote::errc::wrong_type);
      EXPECT_NE(std::string_view(reason.what()).find("{shared}:m is that of a map"), std::string_view::npos)
          << reason.what();
    }
  EXPECT_EQ(one.get("a"), 1);
  EXPECT_EQ(numbers(there, "shared").get("a"), 1);
}

TEST_F(dictionaries, cuts_lose_and_double_nothing) {
  support::proxy between(server.socket());
  const connection cut(between.url());
  words_counter words(cut, "words");
  numbers one(cut, "m");
  for (int i = 1; i <= 300; ++i) {
    between.cut_after(i % 2 == 0 ? support::proxy::direction::to_server : support::proxy::direction::to_client,
                      i * 7 % 400);
    words.add("cat");
    ASSERT_EQ(words.count("cat"), i);
    ASSERT_EQ(one.update("n", [](auto before) { return before.value_or(0) + 1; }), i);
  }
  EXPECT_GE(cut.reconnections(), 100u);
}

}  // namespace
