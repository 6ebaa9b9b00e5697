// SPDX-License-Identifier: MIT
// A file as it was before it was compressed with gzip, xz, zstd or another program that libarchive knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "count/input.hpp"

struct archive;

namespace plait::cli {

class decompressed_file {
 public:
  // Throws input_error, and interrupted.
  explicit decompressed_file(input_file file);
  decompressed_file(const decompressed_file&) = delete;
  decompressed_file& operator=(const decompressed_file&) = delete;

  // The next bytes; 0 at the end. Throws input_error, and interrupted.
  std::size_t read(std::span<char> to);

 private:
  struct closing {
    void operator()(archive* of) const noexcept;
  };

  // What libarchive calls, and what it must not see thrown.
  static std::ptrdiff_t read_compressed(archive*, void* self, const void** bytes);
  [[noreturn]] void fail_at(std::uint64_t offset) const;

  input_file file_;
  std::vector<char> buffer_;
  std::exception_ptr thrown_;
  std::uint64_t offset_ = 0;  // in what it decompresses to
  bool is_empty_ = false;
  bool all_was_read_ = false;
  std::unique_ptr<archive, closing> archive_;
};

}  // namespace plait::cli
