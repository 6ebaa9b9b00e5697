// SPDX-License-Identifier: MIT
// operations: this process's end of a structure whose operations are small: names and arguments, in bytes.
// Programs use the structures over it: remote::counter, keyed_counter, map.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/remote/connection.hpp>

namespace plait::remote {

class merged_calls;

using operation = std::vector<std::string>;  // its name, then its arguments

class operations {
 public:
  // `script` names what the server runs.
  operations(const connection& server, std::string_view script, std::string_view name);
  // What was collected goes out, for which it waits for call_timeout at most.
  ~operations();
  operations(const operations&) = delete;
  operations& operator=(const operations&) = delete;

  // One round trip, which callers share. They throw error, also if the result is of another type.
  std::int64_t number(operation what);  // exact: numbers beyond a double's travel as text
  bool flag(operation what) { return number(std::move(what)) != 0; }
  std::optional<std::string> text(operation what);
  std::vector<std::string> list(operation what);

  // `collect` is called, on the connection's thread, when something goes out, and returns what callers have
  // left to be done; announce() says that there is something, to be fetched within 10 ms. `collect` must not
  // call this object.
  void collect_from(std::function<std::vector<operation>()> collect);
  void announce();
  // Waits until what was announced has been done.
  void flush() { (void)number({"beat"}); }
  // The server forgets the structure after this time.
  void expire_after(std::chrono::seconds time) { (void)number({"expire", std::to_string(time.count())}); }

 private:
  std::shared_ptr<session> session_;
  std::shared_ptr<merged_calls> calls_;
};

}  // namespace plait::remote
