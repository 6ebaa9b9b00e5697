// SPDX-License-Identifier: MIT
// plait count --remote: as exact as plait count, also if a worker is killed in the middle.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

#include <gtest/gtest.h>

#include "support/process.hpp"
#include "support/server.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;

// The same each time, and more than the queue holds.
std::string some_text() {
  std::minstd_rand random(7);
  std::string text;
  while (text.size() < 4'000'000)
    text += "Word" + std::to_string(random() % 20'000) + (random() % 10 == 0 ? '\n' : ' ');
  return text;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> all;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) all.push_back(child);
  }
  return all;
}

struct remote_count : testing::Test {
  const watchdog limit{"plait count --remote", 100s};
  const support::server server;
  const support::temporary_folder folder;
  const std::string text = folder.file("text", some_text());

  std::vector<std::string> arguments(bool remote) const {
    std::vector<std::string> words{"count", "-q", "--top", "all", text};
    if (remote) words.insert(words.end(), {"--remote", server.url(), "--workers", "3"});
    return words;
  }
};

TEST_F(remote_count, counts_what_a_count_of_this_process_counts) {
  const auto here = support::child(PLAIT_PROGRAM, arguments(false)).finish();
  const auto there = support::child(PLAIT_PROGRAM, arguments(true)).finish();
  EXPECT_EQ(there.exit_code, 0) << there.err;
  EXPECT_EQ(there.out, here.out);
}

TEST_F(remote_count, is_exact_if_a_worker_is_killed) {
  const auto here = support::child(PLAIT_PROGRAM, arguments(false)).finish();
  support::child counts(PLAIT_PROGRAM, arguments(true));
  std::vector<pid_t> workers;
  while (workers.size() < 3) {
    std::this_thread::sleep_for(1ms);
    workers = children_of(counts.process());
  }
  std::this_thread::sleep_for(100ms);
  ::kill(workers[1], SIGKILL);
  const auto there = counts.finish();
  EXPECT_EQ(there.exit_code, 0) << there.err;
  EXPECT_EQ(there.out, here.out);
}

TEST_F(remote_count, says_that_no_server_is_there) {
  const auto result =
      support::child(PLAIT_PROGRAM, {"count", "--remote", "unix:///nowhere.sock", text}).finish();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("No such file"), std::string::npos) << result.err;
}

}  // namespace
