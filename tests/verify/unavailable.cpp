// SPDX-License-Identifier: MIT
// With REFUSED it is refused: each name of std:: that the checker lacks says what to write instead.
#if defined(REFUSED)
#include <string>

#include <verify/verify.hpp>

verify::atomic_ref<int> of(int& number) {
  return verify::atomic_ref<int>(number);
}
verify::timed_mutex* a;
verify::recursive_timed_mutex* b;
verify::shared_timed_mutex* c;
verify::once_flag* d;
verify::latch* e;
verify::binary_semaphore* f;
verify::counting_semaphore<3> g;
verify::barrier h(2);
verify::future<int> i;
verify::promise<int> j;
verify::packaged_task<void()> k;
void call() {
  verify::call_once(0, [] {});
}
void l() {
  verify::async([] {});
}
verify::atomic<std::string> m;
struct large {
  long words[3];
};
verify::atomic<large> n;
#endif
