// SPDX-License-Identifier: MIT
// answer: what the server answered, as hiredis has read it, with typed access: an answer of another type than
// the script gives is an error of the protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include <plait/remote/error.hpp>

namespace plait::remote {

class answer {
 public:
  answer() = default;
  // Takes the reply over.
  explicit answer(redisReply* reply) : reply_(reply, freeReplyObject) {}

  explicit operator bool() const noexcept { return reply_ != nullptr; }

  bool is_nothing() const noexcept { return reply_->type == REDIS_REPLY_NIL; }
  bool is_error() const noexcept { return reply_->type == REDIS_REPLY_ERROR; }
  bool is_text() const noexcept {
    return reply_->type == REDIS_REPLY_STRING || reply_->type == REDIS_REPLY_STATUS;
  }
  bool is_list() const noexcept { return reply_->type == REDIS_REPLY_ARRAY; }

  std::int64_t number() const {
    if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
    refuse("a number");
  }
  std::string_view text() const {
    if (is_text() || is_error()) return {reply_->str, static_cast<std::size_t>(reply_->len)};
    refuse("a string");
  }
  std::size_t size() const {
    if (is_list()) return reply_->elements;
    refuse("a list");
  }
  answer operator[](std::size_t index) const {
    if (index >= size()) refuse("a longer list");
    answer part;
    part.reply_ = std::shared_ptr<const redisReply>(reply_, reply_->element[index]);
    return part;
  }

 private:
  [[noreturn]] void refuse(const char* wanted) const {
    throw error(errc::protocol, "plait::remote: the server's answer is of type " +
                                    std::to_string(reply_->type) + " where " + wanted + " was expected");
  }

  std::shared_ptr<const redisReply> reply_;  // an element shares the ownership of the whole
};

}  // namespace plait::remote
