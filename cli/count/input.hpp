// SPDX-License-Identifier: MIT
// Files and folders named on the command line: opened, read, walked through.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace plait::cli {

// What the user is told about one file; the path stands before it.
struct input_error : std::runtime_error {
  using runtime_error::runtime_error;
};

// A file to read. Every failure is an input_error.
class input_file {
 public:
  explicit input_file(std::string path) : path_(std::move(path)) {}
  static input_file standard_input();
  ~input_file();
  input_file(input_file&& other) noexcept;
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  const std::string& path() const noexcept { return path_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }

  // Neither waits, should the file be a pipe without a writer; open_regular() takes none anyway.
  void open_regular();
  void open_any();

  // For a regular file: from any thread.
  std::size_t read_at(std::uint64_t offset, std::span<char> to) const;
  std::uint64_t size() const;

  // For anything: the next bytes, 0 at the end. Ctrl-C ends the wait: throws interrupted.
  std::size_t read(std::span<char> to) const;

  // True for the first caller only: many threads may find out the same about one file.
  bool first_complaint() noexcept { return !complained_.exchange(true); }

 private:
  void open(int flags);

  std::string path_;
  int descriptor_ = -1;
  bool owned_ = true;
  std::atomic<bool> complained_ = false;
};

struct found_file {
  std::string path;
  bool regular;        // otherwise a pipe, a device, ...
  std::uint64_t size;  // of a regular file, when it was looked at
};

using file_sink = std::function<void(found_file)>;
using error_sink = std::function<void(const std::string& message)>;

// Calls `take` for the file, or for every regular file in the folder and the folders in it. Symbolic
// links are followed only if they are `path` itself; a folder that turns up twice is entered once.
void find_files(const std::string& path, const file_sink& take, const error_sink& complain);

// A zero byte: no text has one.
bool looks_binary(std::span<const char> beginning) noexcept;

inline constexpr std::size_t binary_check_size = std::size_t{8} * 1024;

}  // namespace plait::cli
