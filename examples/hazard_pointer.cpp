// SPDX-License-Identifier: MIT
// Settings that are read all the time and replaced now and then.
#include <atomic>
#include <iostream>
#include <thread>

#include <plait/hazard_pointer.hpp>

namespace {

// [settings]
struct settings : plait::hazard_pointer_obj_base<settings> {
  int limit = 0;
};
std::atomic<settings*> current = new settings;
void replace(settings* next) {  // from any thread
  current.exchange(next)->retire();
}
int limit() {  // from any thread
  plait::hazard_pointer guard = plait::make_hazard_pointer();
  return guard.protect(current)->limit;
}
// [settings]

}  // namespace

int main() {
  bool goes_back = false;
  {
    const std::jthread reader([&] {
      for (int seen = 0; seen < 1000;) {
        const int now = limit();
        goes_back |= now < seen;
        seen = now;
      }
    });
    for (int value = 1; value <= 1000; ++value) {
      auto* const next = new settings;
      next->limit = value;
      replace(next);
    }
  }
  std::cout << "the reader ends with a limit of " << limit() << '\n';
  delete current.load();
  return goes_back ? 1 : 0;
}
