// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace plait::remote {
namespace {

constexpr std::size_t most_kept = 1 << 16;  // of the memory of one large call

timeval to_timeval(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  timeval result{};
  result.tv_sec = static_cast<decltype(result.tv_sec)>(seconds.count());
  result.tv_usec = static_cast<decltype(result.tv_usec)>((time - seconds).count() * 1000);
  return result;
}

}  // namespace

link::link(const address& to, std::chrono::milliseconds connect_timeout, std::chrono::milliseconds call_timeout)
    : patience_(call_timeout) {
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

void link::send(std::span<const std::string> command) {
  append(command);
  while (wants_to_write()) {
    write();
    pollfd descriptor{.fd = context_->fd, .events = POLLOUT, .revents = 0};
    if (wants_to_write() && ::poll(&descriptor, 1, static_cast<int>(patience_.count())) == 0)
      throw link_broken("the server takes nothing");
  }
}

answer link::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) broken();
  return reply == nullptr ? answer() : answer(static_cast<redisReply*>(reply));
}

// The descriptor itself blocks still, within its time limit: who waits for an answer needs no poll().
void link::stop_blocking() noexcept {
  context_->flags &= ~REDIS_BLOCK;  // hiredis then takes EAGAIN for what it is
}

void link::append(std::span<const std::string> first, std::span<const std::string> rest) {
  const auto add_length = [this](char mark, std::size_t length) {
    std::array<char, 24> digits{};
    digits[0] = mark;
    const auto [end, failure] = std::to_chars(digits.data() + 1, digits.data() + digits.size(), length);
    output_.append(digits.data(), end).append("\r\n");
  };
  add_length('*', first.size() + rest.size());
  for (const std::span<const std::string> part : {first, rest})
    for (const std::string& word : part) {
      add_length('$', word.size());
      output_.append(word).append("\r\n");
    }
}

// Not hiredis' function, which would end the program with SIGPIPE: these are callers' threads.
void link::write() {
  const ssize_t count =
      ::send(context_->fd, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count == -1) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
    throw link_broken(std::generic_category().message(errno));
  }
  written_ += static_cast<std::size_t>(count);
  if (wants_to_write()) return;
  written_ = 0;
  output_.clear();
  if (output_.capacity() > most_kept) output_.shrink_to_fit();
}

void link::shut_down() noexcept {
  (void)::shutdown(context_->fd, SHUT_RDWR);
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

answer accepted(const char* command, answer reply) {
  if (!reply.is_error()) return reply;
  const std::string text(reply.text());
  if (text.starts_with("LOADING") || text.starts_with("BUSY")) throw link_broken(text);
  throw error(errc::not_permitted, std::string("plait::remote: ") + command + ": " + text);
}

}  // namespace plait::remote
