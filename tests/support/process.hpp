// SPDX-License-Identifier: MIT
// Running a program as a person would: arguments, standard input, a terminal, Ctrl-C.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

// A folder that is removed at the end of the test. All users may read it.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "plait-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::string file(const std::string& name, std::string_view content) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline constexpr int to_pipe = -1;
inline constexpr int closed = -2;

struct child_setup {
  int standard_input = to_pipe;
  int standard_output = to_pipe;
  int standard_error = to_pipe;
  bool without_privileges = false;  // as the user `nobody`, if the test runs as root
  std::size_t memory = 0;           // of its address space, in bytes, if not 0
};

// A running program. Its standard error and output are read by finish().
class child {
 public:
  using setup = child_setup;

  child(const std::string& program, std::vector<std::string> arguments, const setup& how = {}) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    const int image = ::open(program.c_str(), O_RDONLY | O_CLOEXEC);
    std::array<int, 2> in = pipe_unless(how.standard_input);
    std::array<int, 2> out = pipe_unless(how.standard_output);
    std::array<int, 2> err = pipe_unless(how.standard_error);
    process_ = ::fork();
    if (process_ == 0) {
      // The defaults, as in a terminal: exec would keep the signals that this process or its parent ignores.
      for (const int signal : {SIGPIPE, SIGINT}) ::signal(signal, SIG_DFL);
      attach(0, how.standard_input == to_pipe ? in[0] : how.standard_input);
      attach(1, how.standard_output == to_pipe ? out[1] : how.standard_output);
      attach(2, how.standard_error == to_pipe ? err[1] : how.standard_error);
      const rlimit memory{how.memory, how.memory};
      if (how.memory != 0) ::setrlimit(RLIMIT_AS, &memory);
      if (how.without_privileges && ::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
        ::_exit(99);
      ::fexecve(image, pointers.data(), environ);  // by descriptor: the user `nobody` may not see the path
      ::_exit(98);
    }
    ::close(image);
    close_if_open(in[0]);
    close_if_open(out[1]);
    close_if_open(err[1]);
    input_ = in[1];
    output_ = out[0];
    error_ = err[0];
  }

  child(const child&) = delete;
  child& operator=(const child&) = delete;

  ~child() {
    for (const int descriptor : {input_, output_, error_}) close_if_open(descriptor);
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }

  // Input that the program does not read before it ends is lost, as when a person types.
  void write(std::string_view text) {
    ::signal(SIGPIPE, SIG_IGN);  // in this process only: the program has started with the default
    while (!text.empty()) {
      const auto written = ::write(input_, text.data(), text.size());
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void close_input() { close_if_open(std::exchange(input_, -1)); }
  void close_output() { close_if_open(std::exchange(output_, -1)); }
  void interrupt() const { send(SIGINT); }
  void send(int signal) const { ::kill(process_, signal); }
  pid_t process() const { return process_; }

  // Waits until everything written was read and all threads of the program sleep.
  void wait_until_idle() const {
    while (pending(input_) != 0 || !every_thread_sleeps())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  // Waits until it has filled its output pipe, which is not read yet, and sleeps.
  void wait_until_blocked_on_output() const {
    const int capacity = ::fcntl(output_, F_GETPIPE_SZ);
    while (pending(output_) < capacity || !every_thread_sleeps())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  struct result {
    int exit_code = 0;  // 128 + signal if a signal ended it
    std::string out;
    std::string err;
  };

  // Closes its input, reads its output and waits for its end.
  result finish() {
    close_input();
    result all;
    std::array<pollfd, 2> from{{{output_, POLLIN, 0}, {error_, POLLIN, 0}}};
    while (from[0].fd >= 0 || from[1].fd >= 0) {
      ::poll(from.data(), from.size(), -1);
      for (const std::size_t i : {0u, 1u}) {
        if (from[i].fd < 0 || from[i].revents == 0) continue;
        std::array<char, 65536> buffer;
        const auto count = ::read(from[i].fd, buffer.data(), buffer.size());
        if (count > 0)
          (i == 0 ? all.out : all.err).append(buffer.data(), static_cast<std::size_t>(count));
        else
          from[i].fd = -1;
      }
    }
    int status = 0;
    ::waitpid(std::exchange(process_, 0), &status, 0);
    all.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return all;
  }

 private:
  static void attach(int standard, int descriptor) {
    if (descriptor == closed)
      ::close(standard);
    else
      ::dup2(descriptor, standard);
  }

  static std::array<int, 2> pipe_unless(int descriptor) {
    std::array<int, 2> ends{-1, -1};
    if (descriptor == to_pipe && ::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return ends;
  }
  static void close_if_open(int descriptor) {
    if (descriptor >= 0) ::close(descriptor);
  }

  static int pending(int descriptor) {
    int count = 0;
    if (descriptor >= 0) ::ioctl(descriptor, FIONREAD, &count);
    return count;
  }

  bool every_thread_sleeps() const {
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process_) + "/task")) {
      std::ifstream stat(thread.path() / "stat");
      const std::string line{std::istreambuf_iterator<char>(stat), {}};
      const std::size_t name_end = line.rfind(')');
      if (name_end == std::string::npos || line.substr(name_end, 3) != ") S") return false;
    }
    return true;
  }

  pid_t process_ = 0;
  int input_ = -1;
  int output_ = -1;
  int error_ = -1;
};

// A terminal of 80 columns. The program writes to its far end; what it shows is read here.
class terminal {
 public:
  terminal() {
    winsize size{24, 80, 0, 0};
    if (::openpty(&near_, &far_, nullptr, nullptr, &size) != 0) throw std::runtime_error("openpty");
    ::fcntl(near_, F_SETFD, FD_CLOEXEC);
    ::fcntl(far_, F_SETFD, FD_CLOEXEC);
  }
  ~terminal() {
    ::close(near_);
    if (far_ >= 0) ::close(far_);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  int far_end() const { return far_; }

  // Waits until `text` is shown, and returns all that was shown since the last call.
  std::string wait_for(std::string_view text) {
    std::string shown;
    while (shown.find(text) == std::string::npos) {
      std::array<char, 4096> buffer;
      const auto count = ::read(near_, buffer.data(), buffer.size());
      if (count <= 0) break;
      shown.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return shown;
  }

  // The rest of the output, after all programs have closed it.
  std::string rest() {
    ::close(std::exchange(far_, -1));
    return wait_for("\x01 never shown");
  }

 private:
  int near_ = -1;
  int far_ = -1;
};

}  // namespace support
