// SPDX-License-Identifier: MIT
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <plait/recursive_mutex.hpp>

namespace {

// [again]
class inventory {
 public:
  void put(const std::string& what) {
    const std::lock_guard hold(lock_);
    ++pieces_[what];
  }
  void put_pair(const std::string& what) {
    const std::lock_guard hold(lock_);
    put(what);  // takes the lock again
    put(what);
  }

 private:
  plait::recursive_mutex lock_;
  std::map<std::string, int> pieces_;
};
// [again]

}  // namespace

int main() {
  inventory shelf;
  const std::jthread first([&] { shelf.put_pair("shoe"); }), second([&] { shelf.put("hat"); });
}
