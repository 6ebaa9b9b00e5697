// SPDX-License-Identifier: MIT
#include "remote/local_server.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plait::cli {
namespace {

// Debian's redis-server is a link to a program of the package redis-tools, which goes by its name.
std::string find_program() {
  for (const char* name : {"valkey-server", "redis-server", "redis-check-rdb"})
    for (const char* folder : {"/usr/bin/", "/usr/local/bin/"}) {
      std::string path = std::string(folder) + name;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  return {};
}

}  // namespace

std::unique_ptr<local_server> local_server::start() {
  std::string program = find_program();
  if (program.empty()) return nullptr;
  std::string folder = (std::filesystem::temp_directory_path() / "plait-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) throw std::system_error(errno, std::generic_category(), folder);
  return std::unique_ptr<local_server>(new local_server(std::move(program), std::move(folder)));
}

local_server::local_server(std::string program, std::string folder)
    : program_(std::move(program)), folder_(std::move(folder)) {
  const char* const name = program_.ends_with("valkey-server") ? "valkey-server" : "redis-server";
  std::vector<std::string> words{
      name,     "--port", "0",         "--unixsocket", folder_ + "/server.sock", "--dir", folder_,
      "--save", "",       "--logfile", "server.log"};
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  process_ = ::fork();
  if (process_ == -1) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execv(program_.c_str(), pointers.data());
  ::_exit(127);
}

local_server::~local_server() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace plait::cli
