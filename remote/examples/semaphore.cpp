// SPDX-License-Identifier: MIT
// Three downloads at a time, however many processes there are: semaphore URL.
#include <chrono>
#include <cstdio>

#include <plait/remote/connection.hpp>
#include <plait/remote/semaphore.hpp>

int main(int count, char** arguments) {
  if (count != 2) return std::fprintf(stderr, "usage: %s URL\n", arguments[0]), 2;
  const plait::remote::connection server(arguments[1]);
  plait::remote::semaphore downloads(server, "downloads", 3);  // three at a time, on all machines
  if (const auto mine = downloads.try_acquire_for(std::chrono::seconds(30))) {
    std::puts("downloading");
  }
}
