// SPDX-License-Identifier: MIT
// Any text is the URL of a server, within its limits, or refused with a message that does not show the
// password.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "address.hpp"
#include "support/fuzz.hpp"

using fuzz::require;
using plait::remote::address;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  constexpr std::string_view password = "do-not-show-me";
  // Half of the inputs have a user whose password is known.
  std::string url(in.flag() ? "redis://" : "unix://");
  if (in.flag()) url.append("user:").append(password).append("@");
  url.append(in.rest());
  try {
    const address to = plait::remote::parse_url(url);
    require(to.path.empty() != to.host.empty(), "a path or a host");
    require(to.path.empty() || to.path.front() == '/', "a path is absolute");
    require(to.port >= 1 && to.port <= 65535, "a port is one");
    require(to.database >= 0 && to.database <= 1'000'000, "a database is a number");
  } catch (const std::invalid_argument& reason) {
    const std::string_view said = reason.what();
    require(said.starts_with("plait::remote: the URL "), "a refusal says of what");
    require(said.find(password) == said.npos || in.rest().find(password) != std::string_view::npos,
            "a password is never shown");
  }
  return 0;
}
