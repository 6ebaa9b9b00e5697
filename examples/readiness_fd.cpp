// SPDX-License-Identifier: MIT
// A queue and a pipe, served by one thread that sleeps in poll().
#include <cstdio>
#include <string>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include <plait/bounded_queue.hpp>
#include <plait/queue_scopes.hpp>
#include <plait/readiness_fd.hpp>

int main() {
  int ends[2];
  if (::pipe(ends) != 0) return 2;
  plait::bounded_queue<int> results(4);
  std::jthread worker([&] {
    const plait::producer out(results);
    for (int i = 1; i <= 100; ++i) out->push(i);
  });
  std::jthread peer([&] {
    (void)!::write(ends[1], "hello", 5);
    ::close(ends[1]);
  });
  int sum = 0;
  std::string received;
  const auto read_some = [&] {
    char bytes[64];
    const ssize_t count = ::read(ends[0], bytes, sizeof bytes);
    if (count > 0) received.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  };
  // [poll]
  plait::readiness_fd ready(results);
  pollfd waited_for[] = {{ready.native_handle(), POLLIN, 0}, {ends[0], POLLIN, 0}};
  while (!results.is_closed() || !results.empty()) {
    if (::poll(waited_for, 2, -1) < 0) continue;  // a signal
    if (waited_for[0].revents != 0) {
      while (auto item = results.try_pop()) sum += *item;
      ready.rearm();  // if an item has come meanwhile, poll() returns at once
    }
    if (waited_for[1].revents != 0 && !read_some()) waited_for[1].fd = -1;  // which poll() leaves out
  }
  // [poll]
  while (read_some()) {
  }
  ::close(ends[0]);
  std::printf("%d, and %s\n", sum, received.c_str());
  return sum == 5050 && received == "hello" ? 0 : 1;
}
