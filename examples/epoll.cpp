// SPDX-License-Identifier: MIT
// Two queues, served by one thread that sleeps in epoll_wait(): it wakes up once for a burst, not for an item.
#include <cstdio>
#include <thread>

#include <sys/epoll.h>
#include <unistd.h>

#include <plait/bounded_queue.hpp>
#include <plait/queue_scopes.hpp>
#include <plait/readiness_fd.hpp>
#include <plait/unbounded_queue.hpp>

int main() {
  plait::bounded_queue<int> orders(4);
  plait::unbounded_queue<int> payments;
  std::jthread shop([&] {
    const plait::producer out(orders);
    for (int i = 1; i <= 100; ++i) out->push(i);
  });
  std::jthread bank([&] {
    const plait::producer out(payments);
    for (int i = 1; i <= 50; ++i) out->push(2 * i);
  });
  int owed = 0;
  // [epoll]
  plait::readiness_fd orders_ready(orders);
  plait::readiness_fd payments_ready(payments);
  const int loop = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [loop](int descriptor) {
    epoll_event interest{.events = EPOLLIN, .data = {.fd = descriptor}};
    return ::epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &interest) == 0;
  };
  int open_queues = watch(orders_ready.native_handle()) + watch(payments_ready.native_handle());

  const auto serve = [&](auto& queue, auto& ready, int sign) {
    while (auto item = queue.try_pop()) owed += sign * *item;
    if (ready.rearm() || !queue.is_closed() || !queue.empty()) return;
    ::epoll_ctl(loop, EPOLL_CTL_DEL, ready.native_handle(), nullptr);  // closed: it stays readable for ever
    --open_queues;
  };
  while (open_queues != 0) {
    epoll_event events[2];
    const int count = ::epoll_wait(loop, events, 2, -1);  // -1 after a signal
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == orders_ready.native_handle()) {
        serve(orders, orders_ready, 1);
      } else {
        serve(payments, payments_ready, -1);
      }
    }
  }
  // [epoll]
  ::close(loop);
  std::printf("%d owed\n", owed);
  return owed == 5050 - 2550 ? 0 : 1;
}
