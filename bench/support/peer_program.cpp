// SPDX-License-Identifier: MIT
#include "peer_program.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench_build.hpp"

namespace bench {
namespace {

[[noreturn]] void cannot(const std::string& what, int error) {
  throw std::system_error(error, std::generic_category(), "cannot " + what);
}

std::string peers_folder() {
  return std::string(source_folder) + "/bench/peers";
}

// Its standard input and output are `stream`, or those of this process if that is -1.
pid_t spawn_shell(std::string script, int stream) {
  std::string shell = "sh";
  std::string option = "-c";
  std::string peers = peers_folder();
  std::string output = peer_program::output_folder();
  const std::array arguments{shell.data(),
                             option.data(),
                             script.data(),
                             shell.data(),
                             peers.data(),
                             output.data(),
                             static_cast<char*>(nullptr)};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (stream != -1) {
    posix_spawn_file_actions_adddup2(&actions, stream, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, stream, STDOUT_FILENO);
  }
  pid_t started = -1;
  const int error = posix_spawn(&started, "/bin/sh", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot("start /bin/sh", error);
  return started;
}

bool succeeds(const std::string& script) {
  int status = 0;
  const pid_t process = spawn_shell(script, -1);
  while (waitpid(process, &status, 0) == -1)
    if (errno != EINTR) cannot("wait for /bin/sh", errno);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string peer_program::output_folder() {
  return std::string(source_folder) + "/build/peers/cache";
}

peer_program::~peer_program() {
  if (stream_ == -1) return;
  close(stream_);  // its standard input ends, and so does it
  waitpid(process_, nullptr, 0);
}

const std::string& peer_program::why_missing() {
  if (std::exchange(is_built_, true)) return why_missing_;
  for (const std::string& tool : how_.tools)
    if (!succeeds("command -v " + tool + " >/dev/null"))
      return why_missing_ = fmt::format("{} (it needs {}, which is not installed)", how_.name, tool);
  if (!std::filesystem::is_directory(peers_folder()))
    return why_missing_ = fmt::format("{} (its source, {}, is not there)", how_.name, peers_folder());
  std::filesystem::create_directories(output_folder());
  const std::string log = output_folder() + '/' + how_.name + ".log";
  fmt::print(stderr, "plait bench: building {}, which takes minutes the first time\n", how_.name);
  if (!succeeds("exec >\"$2\"/" + how_.name + ".log 2>&1; " + how_.build))
    why_missing_ = fmt::format("{} (it cannot be built: see {})", how_.name, log);
  return why_missing_;
}

measurement peer_program::measure(const std::string& request) {
  if (stream_ == -1) start();
  send(request);
  if (const std::string answer = receive(); answer != "ready")
    throw wrong_result("it answered '" + answer + "' instead of 'ready'");
  const double cpu_before = cpu_seconds();
  send("go");
  const nlohmann::json answer = nlohmann::json::parse(receive());
  measurement measured;
  measured.items = answer.at("items");
  measured.seconds = answer.at("seconds");
  measured.used.cpu_seconds = cpu_seconds() - cpu_before;
  measured.extra = {{"hit_ratio", answer.at("hit_ratio"), spread::typical}};
  return measured;
}

void peer_program::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) cannot("make a socket", errno);
  stream_ = ends[0];
  process_ = spawn_shell(how_.start, ends[1]);
  close(ends[1]);
}

void peer_program::send(const std::string& line) {
  const std::string text = line + '\n';
  // MSG_NOSIGNAL: if it has ended, receive() says so
  if (::send(stream_, text.data(), text.size(), MSG_NOSIGNAL) == -1 && errno != EPIPE)
    cannot("write to " + how_.name, errno);
}

std::string peer_program::receive() {
  std::string line;
  for (char next = 0;;) {
    const ssize_t got = read(stream_, &next, 1);
    if (got == -1 && errno == EINTR) continue;
    if (got != 1) throw wrong_result("the program ended without an answer; what it said is above");
    if (next == '\n') return line;
    line += next;
  }
}

double peer_program::cpu_seconds() const {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(process_, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace bench
