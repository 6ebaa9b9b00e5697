// SPDX-License-Identifier: MIT
// A process for tests of remote::fenced_mutex: lock_worker hold|count URL LEASE_MS.
//
// hold    locks, writes "worker" to the map's entry "owner" until that is refused, and prints "refused" and
//         whether lost() was requested by then
// count   adds one to the map's entry "count" under the lock until the entry "end" is there, and prints a line
//         with its token, the value and when it was written for each time that was not refused
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <plait/remote/connection.hpp>
#include <plait/remote/fenced_mutex.hpp>
#include <plait/remote/map.hpp>

namespace {

using namespace std::chrono_literals;

void hold(plait::remote::fenced_mutex& mutex, plait::remote::map<std::string, std::string>& entries) {
  const auto mine = mutex.lock();
  while (entries.put("owner", "worker", mine->token())) std::this_thread::sleep_for(1ms);
  while (!mine->lost().stop_requested()) std::this_thread::sleep_for(1ms);
  std::puts("refused, lost");
}

void count(plait::remote::fenced_mutex& mutex, plait::remote::map<std::string, std::string>& entries) {
  while (!entries.contains("end")) {
    const auto mine = mutex.lock();
    if (!entries.fence("count", mine->token())) continue;
    const std::string next = std::to_string(std::stoll(entries.get("count").value_or("0")) + 1);
    if (entries.put("count", next, mine->token()))
      std::printf("%llu %s\n", static_cast<unsigned long long>(mine->token()), next.c_str());
  }
}

}  // namespace

int main(int, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const plait::remote::connection server(arguments[2],
                                         {.lease = std::chrono::milliseconds(std::atoi(arguments[3]))});
  plait::remote::fenced_mutex mutex(server, "lock");
  plait::remote::map<std::string, std::string> entries(server, "entries");
  std::string_view(arguments[1]) == "hold" ? hold(mutex, entries) : count(mutex, entries);
}
