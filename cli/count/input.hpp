// SPDX-License-Identifier: MIT
// Files that are counted: opened and read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "count/paths.hpp"

namespace plait::cli {

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

  // Neither waits if the file is a pipe without a writer; open_regular() rejects pipes.
  void open_regular();
  void open_any();

  // For a regular file: from any thread.
  std::size_t read_at(std::uint64_t offset, std::span<char> to) const;
  std::uint64_t size() const;

  // For any file: reads the next bytes; 0 at the end. Ctrl-C ends the wait: throws interrupted.
  std::size_t read(std::span<char> to) const;

  // True for the first caller only, because many threads may find the same error in one file.
  bool first_complaint() noexcept { return !complained_.exchange(true); }

 private:
  void open(int flags);

  std::string path_;
  int descriptor_ = -1;
  bool owned_ = true;
  std::atomic<bool> complained_ = false;
};

// Whether there is a zero byte, which no text contains.
bool looks_binary(std::span<const char> beginning) noexcept;

inline constexpr std::size_t binary_check_size = std::size_t{8} * 1024;

}  // namespace plait::cli
