// SPDX-License-Identifier: MIT
// Rivals that are programs of their own, here some of the shell.
#include "support/peer_program.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace {

using bench::peer_program;

constexpr const char* answers =
    R"(exec sh -c 'while read -r workload threads; do
  echo ready; read -r go; echo "{\"items\":$threads,\"seconds\":0.5,\"hit_ratio\":0.25}"
done')";

TEST(peer_program, one_program_answers_all_requests) {
  peer_program program({.name = "shell", .tools = {"sh"}, .build = "true", .start = answers});
  EXPECT_EQ(program.why_missing(), "");
  for (int i = 3; i != 6; ++i) {
    const bench::measurement measured = program.measure("hits " + std::to_string(i));
    EXPECT_EQ(measured.items, i);
    EXPECT_EQ(measured.seconds, 0.5);
    EXPECT_GE(measured.used.cpu_seconds, 0);
    EXPECT_EQ(measured.extra.at(0).name, "hit_ratio");
    EXPECT_EQ(measured.extra.at(0).value, 0.25);
  }
}

TEST(peer_program, a_tool_that_is_missing_is_named) {
  peer_program program({.name = "rival", .tools = {"sh", "no_such_tool"}, .build = "true", .start = answers});
  EXPECT_EQ(program.why_missing(), "rival (it needs no_such_tool, which is not installed)");
}

TEST(peer_program, a_build_that_fails_is_named_with_what_it_said) {
  peer_program program(
      {.name = "broken", .tools = {"sh"}, .build = "echo so it goes; false", .start = answers});
  const std::string log = peer_program::output_folder() + "/broken.log";
  EXPECT_EQ(program.why_missing(), "broken (it cannot be built: see " + log + ")");
  std::ifstream in(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "so it goes\n");
  in.close();
  std::filesystem::remove(log);
}

TEST(peer_program, one_that_ends_without_an_answer_is_an_error) {
  peer_program program({.name = "ends", .tools = {}, .build = "true", .start = "exec sh -c 'read -r request'"});
  EXPECT_THROW(program.measure("hits 1"), bench::wrong_result);
}

TEST(peer_program, one_that_says_something_else_is_an_error_that_shows_it) {
  peer_program program({.name = "odd", .tools = {}, .build = "true", .start = "exec echo hello"});
  try {
    program.measure("hits 1");
    FAIL() << "no error";
  } catch (const bench::wrong_result& error) {
    EXPECT_NE(std::string(error.what()).find("'hello'"), std::string::npos) << error.what();
  }
}

}  // namespace
