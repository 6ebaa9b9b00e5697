// SPDX-License-Identifier: MIT
// Three threads do five operations each and write them down, each in data of its own: no locks, and nothing to
// clear away. Afterwards what they did is added up, although they have ended.
#include <iostream>
#include <string>
#include <syncstream>
#include <thread>
#include <vector>

#include <plait/thread_specific.hpp>

namespace {

constexpr int threads = 3, operations = 5;

struct progress {
  int id = 0;
  int counter = 0;
  std::vector<std::string> operations;
};

// What the values of threads that end become: one value.
progress together(const progress& total, const progress& ended) {
  progress sum = total;
  sum.counter += ended.counter;
  sum.operations.insert(sum.operations.end(), ended.operations.begin(), ended.operations.end());
  return sum;
}

class job {
 public:
  void begin(int id) { mine_->id = id; }  // makes the calling thread's value, an empty one

  void work() {
    for (int i = 0; i < operations; ++i) {
      progress& mine = mine_.get();
      ++mine.counter;
      mine.operations.push_back("operation " + std::to_string(i));
    }
    std::osyncstream(std::cout) << "thread " << mine_->id << ": counter = " << mine_->counter
                                << ", operations = " << mine_->operations.size() << '\n';
  }

  progress all() const { return mine_.combine(progress(), together); }

 private:
  plait::thread_specific<progress> mine_{plait::fold_at_exit(&together)};
};

}  // namespace

int main() {
  job one, another;  // each with values of its own, which thread_local could not give them
  {
    std::vector<std::jthread> workers;
    for (int id = 0; id < threads; ++id)
      workers.emplace_back([&, id] {
        one.begin(id);
        one.work();
      });
  }
  const progress all = one.all();
  std::cout << "all of them: counter = " << all.counter << ", operations = " << all.operations.size() << '\n'
            << "of another job: counter = " << another.all().counter << '\n';
  return all.counter == threads * operations && another.all().counter == 0 ? 0 : 1;
}
