// SPDX-License-Identifier: MIT
// A server of the test's own, on a Unix socket in a folder of its own, which ends with the test.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/process.hpp"

namespace support {

class server {
 public:
  // `configuration` is what a file says that the server may write to; none if it is empty.
  explicit server(std::vector<std::string> options = {}, const std::string& configuration = {})
      : options_(std::move(options)) {
    if (!configuration.empty()) {
      configuration_ = folder_ / "server.conf";
      std::ofstream(configuration_) << configuration;
    }
    start();
  }
  ~server() { kill(); }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  static bool is_installed() { return !find_program().empty(); }

  std::string socket() const { return folder_ / "server.sock"; }
  std::string url() const { return "unix://" + socket(); }

  // Waits until it does; false if it has ended.
  bool listens() {
    while (::access(socket().c_str(), F_OK) != 0) {
      if (::waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = 0;
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  // As a power failure does.
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(std::exchange(process_, 0), nullptr, 0);
  }
  void stand_still() const { ::kill(process_, SIGSTOP); }
  void go_on() const { ::kill(process_, SIGCONT); }

  // Returns at once; connections are refused until it listens. It ends with the thread that has called this.
  void start() {
    const std::string program = find_program();
    if (program.empty())
      throw std::runtime_error("no server to test with is installed: apt-get install redis-tools");
    std::vector<std::string> words{
        "redis-server", "--port", "0",         "--unixsocket",        socket(), "--dir", folder_.path(),
        "--save",       "",       "--logfile", folder_ / "server.log"};
    if (!configuration_.empty()) words.insert(words.begin() + 1, configuration_);
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ == -1) throw std::runtime_error("fork");
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(98);
    ::execv(program.c_str(), pointers.data());
    ::_exit(98);
  }

 private:
  // Debian's redis-server is a link to a program of the package redis-tools, which goes by its name; that
  // package starts no service. PLAIT_REMOTE_SERVER names another, valkey-server say.
  static std::string find_program() {
    if (const char* named = std::getenv("PLAIT_REMOTE_SERVER"); named != nullptr && *named != 0) return named;
    for (const char* name : {"redis-server", "redis-check-rdb"})
      for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
        if (::access((std::string(folder) + name).c_str(), X_OK) == 0) return std::string(folder) + name;
    return {};
  }

  std::vector<std::string> options_;
  std::string configuration_;  // its file
  temporary_folder folder_;
  pid_t process_ = 0;
};

}  // namespace support
