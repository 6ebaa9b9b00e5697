// SPDX-License-Identifier: MIT
// A workload on simulated cores, and what comes of it. Each file of this folder adds its own before main()
// begins.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <simulate/simulation.hpp>

namespace simulated {

// How long a run is, on the simulated clocks, and what is no step in it.
struct conditions {
  simulate::duration beginning = simulate::nanoseconds(2'000'000);  // until every thread has its own memory
  simulate::duration warm_up = simulate::nanoseconds(50'000);
  simulate::duration measured = simulate::nanoseconds(200'000);
  simulate::duration work{};  // what each operation takes beside its steps
};

struct figures {
  std::uint64_t operations = 0;
  simulate::duration time{};
  simulate::traffic done;

  double operations_per_second() const;
  double each(std::uint64_t simulate::traffic::* what) const;  // for an operation
};

// Counts what a thread does between the warm-up and the end.
class meter {
 public:
  meter(const conditions& given, figures& sum) : given_(given), sum_(sum) {}
  meter(const meter&) = delete;
  meter& operator=(const meter&) = delete;
  ~meter();

  // After what a thread does only once.
  void wait_for_others();
  // False when the time is up.
  bool goes_on();
  // An operation is done.
  void count();
  // The instructions of a part of an operation, between its steps.
  void work(double part);

 private:
  void look();

  const conditions& given_;
  figures& sum_;
  simulate::traffic before_;
  bool has_begun_ = false;
  bool has_ended_ = false;
};

using body = std::function<void(meter&)>;

// Runs the bodies, each on a core of its own.
figures run_together(simulate::simulation& all, const conditions& given, const std::vector<body>& bodies);

// What all threads do again and again; `make` is called in each of them, with its number.
figures repeat(simulate::simulation& all, const conditions& given, unsigned threads,
               const std::function<std::function<void()>(unsigned)>& make);

// A chain of numbers that look random, the same for the same seed.
class random_chain {
 public:
  explicit random_chain(std::uint64_t seed) : state_(seed + 1) {}
  std::uint64_t operator()() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

 private:
  std::uint64_t state_;
};

struct workload {
  std::string structure, name, implementation;
  unsigned fewest_cores;
  bool in_pairs;  // half of the threads give what the other half takes
  std::function<figures(simulate::simulation&, const conditions&, unsigned cores)> run;

  std::string title() const { return structure + '/' + name + '/' + implementation; }
  std::string shape(unsigned cores) const;  // as plait bench has it: 2T, 1P1C
};

inline std::vector<workload>& suite() {
  static std::vector<workload> all;
  return all;
}

// const simulated::registration mine([] { simulated::suite().push_back(...); });
struct registration {
  explicit registration(void (*add)()) { add(); }
};

// A workload in which all threads do the same. `make(threads)` makes what they share; each thread then asks
// that for its own operation.
template <class Shared>
void add_alike(const std::string& structure, const std::string& name, const std::string& implementation) {
  suite().push_back({structure, name, implementation, 1, false,
                     [](simulate::simulation& all, const conditions& given, unsigned threads) {
                       Shared shared(threads);
                       return repeat(all, given, threads,
                                     [&](unsigned number) { return shared.operation(number); });
                     }});
}

}  // namespace simulated
