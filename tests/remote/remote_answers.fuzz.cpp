// SPDX-License-Identifier: MIT
// Whatever bytes a server answers with, what is read from them has the type that was asked for, or it is an
// error of the protocol.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <hiredis/hiredis.h>

#include "answer.hpp"
#include "bundle.hpp"
#include "server_state.hpp"
#include "support/fuzz.hpp"

namespace {

using fuzz::require;
using plait::remote::answer;

// Calls `read`, which may say that the answer is of another type; `fits` says whether it had to succeed.
template <class Read>
void expect(bool fits, Read read) {
  bool succeeds = true;
  try {
    read();
  } catch (const plait::remote::error& reason) {
    succeeds = false;
    require(reason.code() == plait::remote::errc::protocol, "another type is an error of the protocol");
  }
  require(succeeds == fits, "a value is read exactly if it is of the type");
}

// Items of a queue, as hand_out() reads them.
void read_bundles(std::string_view text) try {
  std::size_t sum = 0;
  for (plait::remote::bundle_reader items(text); !items.at_end();) sum += items.next().size();
  require(sum <= text.size(), "items lie in the answer");
} catch (const plait::remote::error& reason) {
  require(reason.code() == plait::remote::errc::protocol,
          "a bundle that is cut off is an error of the protocol");
}

void walk(const answer& value, int depth) {
  const bool is_number = !value.is_nothing() && !value.is_text() && !value.is_error() && !value.is_list();
  expect(is_number, [&] { (void)value.number(); });
  expect(value.is_text() || value.is_error(), [&] {
    std::size_t sum = 0;
    for (const char byte : value.text()) sum += static_cast<unsigned char>(byte);  // all of it can be read
    require(sum <= 255 * value.text().size(), "bytes are bytes");
  });
  if (value.is_text()) read_bundles(value.text());
  expect(value.is_list(), [&] { (void)value.size(); });
  if (!value.is_list()) return;
  expect(false, [&] { (void)value[value.size()]; });
  for (std::size_t i = 0; i < value.size() && depth < 8; ++i) walk(value[i], depth + 1);
  try {
    plait::remote::check_nothing_is_missing(value, 7, "{name}:m");
  } catch (const plait::remote::error&) {  // NOLINT(bugprone-empty-catch): an error is an answer, too
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  fuzz::input in(data, size);
  const std::size_t first = size == 0 ? 0 : in.byte() % size;  // in two parts, as from a socket
  const std::size_t rest = in.rest().size(), cut = first < rest ? first : rest;
  for (const std::string_view part : {in.rest().substr(0, cut), in.rest().substr(cut)}) {
    if (redisReaderFeed(reader.get(), part.data(), part.size()) != REDIS_OK) return 0;
    for (void* reply = nullptr; redisReaderGetReply(reader.get(), &reply) == REDIS_OK && reply != nullptr;
         reply = nullptr)
      walk(answer(static_cast<redisReply*>(reply)), 0);
  }
  return 0;
}
