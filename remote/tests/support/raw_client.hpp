// SPDX-License-Identifier: MIT
// The server's own commands, in a pipeline, over hiredis: what plait::remote is compared with, and what tests
// ask.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

namespace support {

class raw_client {
 public:
  explicit raw_client(const std::string& socket) {
    for (int attempt = 0; attempt < 2000; ++attempt) {  // the server may be just starting
      context_.reset(redisConnectUnix(socket.c_str()));
      if (context_ && context_->err == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("no server at " + socket);
  }

  void append(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      lengths.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(), lengths.data());
  }
  // The answer as text; empty if it is none.
  std::string receive() {
    const reply answer = next();
    return answer->str == nullptr ? "" : std::string(answer->str, static_cast<std::size_t>(answer->len));
  }
  std::string call(const std::vector<std::string>& words) {
    append(words);
    return receive();
  }
  // Of XREADGROUP, from one stream: the entries' names, and the values of their only fields.
  std::vector<std::pair<std::string, std::string>> receive_entries() {
    std::vector<std::pair<std::string, std::string>> entries;
    const reply answer = next();
    if (answer->type != REDIS_REPLY_ARRAY) return entries;
    const redisReply& all = *answer->element[0]->element[1];
    for (std::size_t i = 0; i < all.elements; ++i)
      entries.emplace_back(all.element[i]->element[0]->str, all.element[i]->element[1]->element[1]->str);
    return entries;
  }

  // What INFO says of `name` in `section`.
  double info(const std::string& section, const std::string& name) {
    const std::string all = call({"INFO", section});
    const std::size_t at = all.find(name + ':');
    if (at == std::string::npos) throw std::runtime_error("INFO " + section + " says nothing of " + name);
    return std::stod(all.substr(at + name.size() + 1));
  }
  // What the server has used of its processor.
  double server_seconds() { return info("cpu", "used_cpu_sys") + info("cpu", "used_cpu_user"); }

 private:
  struct deleter {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
  };
  using reply = std::unique_ptr<redisReply, deleter>;

  reply next() {
    void* answer = nullptr;
    if (redisGetReply(context_.get(), &answer) != REDIS_OK) throw std::runtime_error(context_->errstr);
    reply result(static_cast<redisReply*>(answer));
    if (result->type == REDIS_REPLY_ERROR) throw std::runtime_error(result->str);
    return result;
  }

  std::unique_ptr<redisContext, deleter> context_;
};

}  // namespace support
