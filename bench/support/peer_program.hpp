// SPDX-License-Identifier: MIT
// A rival in another language: a program of its own, which is built when it is first wanted.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "suite.hpp"

namespace bench {

// It reads requests from standard input, a line each:
//   WORKLOAD THREADS NANOSECONDS CAPACITY KEYS_FILE
// gets everything ready, answers `ready`, and after the line `go` it measures and answers in a line
//   {"items":N,"seconds":S,"hit_ratio":R}
// Between two requests it waits, so that a compiler that works while the program runs has done its work once.
class peer_program {
 public:
  // Commands of the shell: $1 is bench/peers, and $2 a folder for what is built.
  struct recipe {
    std::string name;
    std::vector<std::string> tools;  // what they need
    std::string build;
    std::string start;  // has to begin with exec
  };

  explicit peer_program(recipe how) : how_(std::move(how)) {}
  peer_program(const peer_program&) = delete;
  peer_program& operator=(const peer_program&) = delete;
  ~peer_program();

  // Builds it, the first time. Empty if it is there; otherwise why it is not.
  const std::string& why_missing();

  // Throws wrong_result if it ends without an answer.
  measurement measure(const std::string& request);

  static std::string output_folder();

 private:
  void start();
  void send(const std::string& line);
  std::string receive();
  double cpu_seconds() const;

  recipe how_;
  bool is_built_ = false;    // or it was tried in vain
  std::string why_missing_;  // if so
  pid_t process_ = -1;       // -1: not started
  int stream_ = -1;          // its standard input and output
};

}  // namespace bench
