// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include <cmath>
#include <stdexcept>

namespace simulated {

double figures::operations_per_second() const {
  return static_cast<double>(operations) / std::chrono::duration<double>(time).count();
}

double figures::each(std::uint64_t simulate::traffic::* what) const {
  return operations == 0 ? 0 : static_cast<double>(done.*what) / static_cast<double>(operations);
}

meter::~meter() {
  if (has_begun_ && !has_ended_) sum_.done += simulate::simulation::running()->done() - before_;
}

bool meter::goes_on() {
  look();
  return !has_ended_;
}

void meter::wait_for_others() {
  simulate::simulation& here = *simulate::simulation::running();
  if (here.now() > given_.beginning) throw std::logic_error("a thread's preparations took longer than all may");
  here.pass(given_.beginning - here.now());
}

void meter::count() {
  look();
  if (has_begun_ && !has_ended_) ++sum_.operations;
}

void meter::work(double part) {
  const auto all = static_cast<double>(given_.work.count());
  if (all != 0) simulate::simulation::running()->pass(simulate::duration(std::llround(all * part)));
}

void meter::look() {
  simulate::simulation& here = *simulate::simulation::running();
  if (!has_begun_ && here.now() >= given_.beginning + given_.warm_up) {
    has_begun_ = true;
    before_ = here.done();
  }
  if (!has_ended_ && here.now() >= given_.beginning + given_.warm_up + given_.measured) {
    has_ended_ = true;
    sum_.done += here.done() - before_;
  }
}

figures run_together(simulate::simulation& all, const conditions& given, const std::vector<body>& bodies) {
  figures sum;
  sum.time = given.measured;
  for (const body& each : bodies)
    all.add([&] {
      meter mine(given, sum);
      each(mine);
    });
  all.run();
  return sum;
}

figures repeat(simulate::simulation& all, const conditions& given, unsigned threads,
               const std::function<std::function<void()>(unsigned)>& make) {
  std::vector<body> bodies;
  for (unsigned number = 0; number != threads; ++number)
    bodies.emplace_back([&make, number](meter& mine) {
      const auto operation = make(number);
      operation();
      mine.wait_for_others();
      while (mine.goes_on()) {
        operation();
        mine.work(1);
        mine.count();
      }
    });
  return run_together(all, given, bodies);
}

std::string workload::shape(unsigned cores) const {
  if (!in_pairs) return std::to_string(cores) + 'T';
  return std::to_string(cores / 2) + 'P' + std::to_string(cores / 2) + 'C';
}

}  // namespace simulated
