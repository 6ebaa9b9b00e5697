// SPDX-License-Identifier: MIT
// Two threads of which each looks whether a page is there, and puts it in if not. Every call is safe, and the
// two together are not: here both have looked before either puts, every time.
#include <atomic>
#include <barrier>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include <plait/hash_map.hpp>

namespace {

using dictionary = plait::hash_map<std::string, std::string>;

void in_two_threads(const std::function<void()>& body) {
  const std::jthread one(body);
  const std::jthread other(body);
}

class renderer {
 public:
  std::string render(const std::string& name) {
    ++times_;
    return "<h1>" + name + "</h1>";
  }
  int times() const { return times_; }

 private:
  std::atomic<int> times_ = 0;
};

void check_then_act() {
  dictionary pages;
  renderer work;
  std::barrier both_have_looked(2);
  in_two_threads([&] {
    const bool is_there = pages.contains("index");
    both_have_looked.arrive_and_wait();  // in other programs it is chance that does this
    if (!is_there) pages.insert_or_assign("index", work.render("index"));
  });
  std::cout << "contains, then insert_or_assign: " << pages.size() << " page, rendered " << work.times()
            << " times\n";
}

void in_one_call() {
  dictionary pages;
  renderer work;
  std::barrier both_are_ready(2);
  in_two_threads([&] {
    both_are_ready.arrive_and_wait();
    pages.get_or_insert_with("index", [&] { return work.render("index"); });
  });
  std::cout << "get_or_insert_with: " << pages.size() << " page, rendered " << work.times() << " time\n";
}

// A value that depends on the one before is changed in one call, too.
void count_visits() {
  plait::hash_map<std::string, int> visits;
  visits.insert("index", 0);
  std::barrier both_have_read(2);
  in_two_threads([&] {
    const int seen = visits.find("index").value();
    both_have_read.arrive_and_wait();
    visits.insert_or_assign("index", seen + 1);
  });
  std::cout << "find, then insert_or_assign: 2 visits, counted " << visits.find("index").value() << '\n';

  visits.insert_or_assign("index", 0);
  in_two_threads([&] { visits.update("index", [](int& count) { ++count; }); });
  std::cout << "update: 2 visits, counted " << visits.find("index").value() << '\n';
}

}  // namespace

int main() {
  check_then_act();
  in_one_call();
  count_visits();
}
