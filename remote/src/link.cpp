// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <new>
#include <vector>

#include <fcntl.h>
#include <sys/time.h>

namespace plait::remote {
namespace {

timeval to_timeval(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  timeval result{};
  result.tv_sec = static_cast<decltype(result.tv_sec)>(seconds.count());
  result.tv_usec = static_cast<decltype(result.tv_usec)>((time - seconds).count() * 1000);
  return result;
}

}  // namespace

link::link(const address& to, std::chrono::milliseconds connect_timeout,
           std::chrono::milliseconds call_timeout) {
  const timeval limit = to_timeval(connect_timeout);
  context_.reset(to.path.empty() ? redisConnectWithTimeout(to.host.c_str(), to.port, limit)
                                 : redisConnectUnixWithTimeout(to.path.c_str(), limit));
  if (context_ == nullptr) throw std::bad_alloc();
  if (context_->err != 0) broken();
  redisSetTimeout(context_.get(), to_timeval(call_timeout));
  if (!to.password.empty() || !to.user.empty()) {
    std::vector<std::string> command{"AUTH"};
    if (!to.user.empty()) command.push_back(to.user);
    command.push_back(to.password);
    expect_ok(command);
  }
  if (to.database != 0) expect_ok(std::vector<std::string>{"SELECT", std::to_string(to.database)});
}

void link::expect_ok(std::span<const std::string> command) {
  const answer reply = call(command);
  if (!reply.is_error()) return;
  const std::string_view text = reply.text();
  if (text.starts_with("LOADING")) throw link_broken(std::string(text));
  throw error(errc::cannot_connect,
              "plait::remote: the server refuses " + command[0] + ": " + std::string(text));
}

answer link::call(std::span<const std::string> command) {
  append(command);
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) broken();
  unwritten_ = false;
  return reply == nullptr ? answer() : answer(static_cast<redisReply*>(reply));
}

void link::stop_blocking() {
  const int flags = ::fcntl(context_->fd, F_GETFL);
  if (flags == -1 || ::fcntl(context_->fd, F_SETFL, flags | O_NONBLOCK) == -1) throw link_broken("fcntl");
  context_->flags &= ~REDIS_BLOCK;  // hiredis then takes EAGAIN for what it is
}

void link::append(std::span<const std::string> command) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  words.reserve(command.size());
  lengths.reserve(command.size());
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(), lengths.data()) !=
      REDIS_OK)
    broken();
  unwritten_ = true;
}

void link::write() {
  int all = 0;
  if (redisBufferWrite(context_.get(), &all) != REDIS_OK) broken();
  unwritten_ = all == 0;
}

void link::read() {
  if (redisBufferRead(context_.get()) != REDIS_OK) broken();
}

answer link::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) throw link_broken(context_->reader->errstr);
  return reply == nullptr ? answer() : answer(static_cast<redisReply*>(reply));
}

void link::broken() const {
  throw link_broken(context_->errstr);
}

}  // namespace plait::remote
