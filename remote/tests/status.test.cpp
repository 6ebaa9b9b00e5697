// SPDX-License-Identifier: MIT
// plait remote status: every kind of structure, and what it says if there is none, no server, or no right.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plait/prioritized.hpp>
#include <plait/remote/connection.hpp>
#include <plait/remote/counter.hpp>
#include <plait/remote/fenced_mutex.hpp>
#include <plait/remote/keyed_counter.hpp>
#include <plait/remote/map.hpp>
#include <plait/remote/near_cache.hpp>
#include <plait/remote/priority_queue.hpp>
#include <plait/remote/queue.hpp>
#include <plait/remote/semaphore.hpp>

#include "support/process.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using plait::remote::connection;
using support::child;

struct remote_status : testing::Test {
  const watchdog limit{"plait remote status", std::chrono::seconds(90)};
  const support::server server;
  const connection here{server.url()};

  child::result status(const std::string& option = "--") const {
    return child(PLAIT_PROGRAM, {"remote", option, "status", server.url()}).finish();
  }
};

TEST_F(remote_status, shows_each_kind_of_structure) {
  plait::remote::queue<int> jobs(here, "jobs", {.capacity = 9, .delivery_limit = 2});
  for (int i = 0; i < 6; ++i) jobs.push(i);
  const auto first = jobs.pop_leased();
  const auto second = jobs.pop_leased();
  for (int i = 0; i < 2; ++i) jobs.pop_leased()->give_back();  // a dead letter
  auto returned = jobs.pop_leased();
  returned->give_back();
  jobs.close();
  plait::remote::priority_queue<int> tasks(here, "tasks");
  tasks.push(1);
  plait::remote::fenced_mutex mutex(here, "a lock");
  const auto held = mutex.lock();
  plait::remote::semaphore three(here, "three", 3);
  plait::remote::counter hits(here, "hits");
  hits.add(7);
  hits.flush();
  plait::remote::keyed_counter<std::string> words(here, "words");
  words.add("cat", 5);
  words.flush();
  plait::remote::map<std::string, int> map(here, "entries");
  map.put("a", 1);
  plait::remote::near_cache<std::string, int> prices(here, "prices", {.capacity = 9});
  prices.put("tea", 3);

  const child::result text = status();
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_EQ(text.out,
            "name     kind            sessions\n"
            "a lock   mutex                  1  permits 1, held 1, waiting 0\n"
            "entries  map                    1  entries 1\n"
            "hits     counter                1  value 7\n"
            "jobs     queue                  1  ready 2, came back 1, in flight 2, dead letters 1, capacity 9, "
            "closed\n"
            "prices   near cache             1  \n"
            "tasks    priority queue         1  ready 1, came back 0, in flight 0, dead letters 0\n"
            "three    semaphore              1  permits 3, held 0, waiting 0\n"
            "words    keyed counter          1  keys 1, total 5\n");

  const auto json = nlohmann::json::parse(status("--json").out);
  EXPECT_EQ(json["schema_version"], 1);
  ASSERT_EQ(json["structures"].size(), 8u);
  EXPECT_EQ(json["structures"][3]["in flight"], 2);
  EXPECT_EQ(json["structures"][3]["closed"], true);
}

TEST_F(remote_status, says_that_there_is_nothing) {
  const child::result result = status();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("nothing of plait's"), std::string::npos) << result.err;
}

TEST(remote_status_errors, say_what_is_wrong) {
  const support::server guarded({"--requirepass", "secret"});
  const connection there("unix://:secret@" + guarded.socket());
  const auto error = [](std::vector<std::string> words) {
    words.insert(words.begin(), "remote");
    const child::result result = child(PLAIT_PROGRAM, words).finish();
    EXPECT_EQ(result.exit_code, 2) << result.out;
    return result.err;
  };
  EXPECT_NE(error({"status", "unix:///nowhere.sock"}).find("no server answers at /nowhere.sock"),
            std::string::npos);
  EXPECT_NE(error({"status", guarded.url()}).find("NOAUTH"), std::string::npos);
  EXPECT_NE(error({"status", "http://host"}).find("the URL "), std::string::npos);
  EXPECT_NE(error({"status"}).find("needs one URL"), std::string::npos);
  EXPECT_NE(error({"state", "redis://host"}).find("there is no 'state'"), std::string::npos);
}

}  // namespace
