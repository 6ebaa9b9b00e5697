// SPDX-License-Identifier: MIT
// A queue and a file descriptor, served by one thread.
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include <unistd.h>

#include <plait/bounded_queue.hpp>
#include <plait/pop_any.hpp>
#include <plait/queue_scopes.hpp>

int main() {
  int ends[2];
  if (::pipe(ends) != 0) return 2;
  const int descriptor = ends[0];
  plait::bounded_queue<int> results(64);
  std::jthread worker([&] {
    const plait::producer out(results);
    for (int i = 1; i <= 10; ++i) out->push(i);
  });
  std::jthread peer([&] {
    constexpr std::string_view text = "what the other end writes";
    for (std::string_view left = text; !left.empty(); left.remove_prefix(5))
      if (::write(ends[1], left.data(), 5) != 5) break;
    ::close(ends[1]);
  });
  int sum = 0;
  std::string received;
  // [event loop]
  plait::bounded_queue<std::string> input(8);
  std::jthread reader([&] {
    const plait::producer out(input);  // closes the queue at the end of the file, or after an error
    char bytes[4096];
    for (ssize_t count; (count = ::read(descriptor, bytes, sizeof bytes)) > 0;)
      if (!out->push(std::string(bytes, static_cast<std::size_t>(count)))) break;
  });
  while (auto event = plait::pop_any(input, results)) {
    if (event->index() == 0) {
      received += std::get<0>(*event);
    } else {
      sum += std::get<1>(*event);
    }
  }
  // [event loop]
  std::printf("%d, and %s\n", sum, received.c_str());
  return sum == 55 && received == "what the other end writes" ? 0 : 1;
}
