// SPDX-License-Identifier: MIT
#include <plait/remote/connection.hpp>
#include <plait/remote/error.hpp>
#include <plait/remote/queue.hpp>

// There need not be a server: it is enough to be linked, and to be told so.
int main() try {
  const plait::remote::connection server("unix:///nowhere.sock",
                                         {.connect_timeout = std::chrono::milliseconds(1)});
  return 1;
} catch (const plait::remote::error& reason) {
  return reason.code() == plait::remote::errc::cannot_connect ? 0 : 1;
}
