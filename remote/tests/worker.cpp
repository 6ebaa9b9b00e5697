// SPDX-License-Identifier: MIT
// A worker process for tests: takes items from the queue NAME at URL with the lease MS and says on standard
// output what it does, until the queue is closed:
//
//   got ITEM DELIVERIES TOKEN NANOSECONDS
//   giving ITEM NANOSECONDS                before it gives an item back
//   done|late|back ITEM NANOSECONDS
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include <plait/remote/connection.hpp>
#include <plait/remote/queue.hpp>

namespace {

long long now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

int main(int, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const plait::remote::connection server(arguments[1],
                                         {.lease = std::chrono::milliseconds(std::atoi(arguments[3]))});
  plait::remote::queue<std::int64_t> items(server, arguments[2], {.delivery_limit = 0});
  std::minstd_rand random(std::random_device{}());
  while (auto item = items.pop_leased()) {
    std::printf("got %lld %llu %llu %lld\n", static_cast<long long>(**item),
                static_cast<unsigned long long>(item->deliveries()),
                static_cast<unsigned long long>(item->token()), now());
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 6000));
    const char* end = "back";
    if (random() % 8 == 0) {
      std::printf("giving %lld %lld\n", static_cast<long long>(**item), now());
      item->give_back();
    } else {
      end = item->done_for_sure() ? "done" : "late";
    }
    std::printf("%s %lld %lld\n", end, static_cast<long long>(**item), now());
  }
}
