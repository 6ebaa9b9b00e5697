// SPDX-License-Identifier: MIT
#include "server_scripts.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace plait::remote {
namespace {

std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char one : text) hash = (hash ^ static_cast<unsigned char>(one)) * 0x100000001b3;
  std::array<char, 16> digits{};
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  return {digits.data(), end};
}

std::string library_name(const script& one) {
  return "plait_" + std::string(one.name) + '_' + hash_of(one.text);
}

// When there is no memory left the server refuses the first function, and runs the second, which is for calls
// that free memory.
std::string library(const script& one) {
  const std::string name = library_name(one);
  return "#!lua name=" + name + '\n' + std::string(one.text) + "redis.register_function('" + name +
         "', run)\nredis.register_function{function_name='" + name +
         "_always', callback=run, flags={'allow-oom'}}\n";
}

}  // namespace

void server_scripts::offer(link& server) {
  for (const script& one : all_scripts())
    server.send(std::vector<std::string>{"FUNCTION", "LOAD", library(one)});
}

server_scripts::server_scripts(link& server) {
  std::vector<const script*> refused;
  for (const script& one : all_scripts()) {
    const answer reply = server.receive();
    const std::string name = library_name(one);
    if (!reply.is_error() || reply.text().find("already exists") != std::string_view::npos) {
      commands_[&one] = {{"FCALL", name, "1"}, {"FCALL", name + "_always", "1"}};
    } else {
      refused.push_back(&one);
    }
  }
  for (const script* one : refused) server.send(std::vector<std::string>{"SCRIPT", "LOAD", one->to_run()});
  for (const script* one : refused) {
    const std::string hash(accepted("SCRIPT LOAD", server.receive()).text());
    commands_[one] = {{"EVALSHA", hash, "1"}, {"EVALSHA", hash, "1"}};
  }
}

std::span<const std::string> server_scripts::command(const call& of) const {
  const commands& how = commands_.at(of.what);
  return of.needs_memory ? how.usual : how.without_memory;
}

}  // namespace plait::remote
