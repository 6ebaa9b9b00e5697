// SPDX-License-Identifier: MIT
#include "replay/decompressed_file.hpp"

#include <utility>

#include <archive.h>
#include <archive_entry.h>

#include <fmt/format.h>

#include "count/paths.hpp"

namespace plait::cli {

void decompressed_file::closing::operator()(archive* of) const noexcept {
  ::archive_read_free(of);
}

decompressed_file::decompressed_file(input_file file)
    : file_(std::move(file)), buffer_(std::size_t{64} * 1024), archive_(::archive_read_new()) {
  if (!archive_) throw std::bad_alloc();
  ::archive_read_support_filter_all(archive_.get());
  ::archive_read_support_format_raw(archive_.get());
  ::archive_read_support_format_empty(archive_.get());
  archive_entry* entry = nullptr;
  if (::archive_read_open(archive_.get(), this, nullptr, &read_compressed, nullptr) != ARCHIVE_OK) fail_at(0);
  const int status = ::archive_read_next_header(archive_.get(), &entry);
  is_empty_ = status == ARCHIVE_EOF;
  if (status != ARCHIVE_OK && !is_empty_) fail_at(0);
}

std::size_t decompressed_file::read(std::span<char> to) {
  if (is_empty_) return 0;
  const auto count = ::archive_read_data(archive_.get(), to.data(), to.size());
  if (count < 0 || thrown_) fail_at(offset_);
  offset_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

std::ptrdiff_t decompressed_file::read_compressed(archive*, void* self, const void** bytes) {
  auto& file = *static_cast<decompressed_file*>(self);
  try {
    *bytes = file.buffer_.data();
    const std::size_t count = file.file_.read(file.buffer_);
    file.all_was_read_ = count == 0;
    return static_cast<std::ptrdiff_t>(count);
  } catch (...) {
    file.thrown_ = std::current_exception();
    return -1;
  }
}

void decompressed_file::fail_at(std::uint64_t offset) const {
  if (thrown_) std::rethrow_exception(thrown_);
  const char* const reason = ::archive_error_string(archive_.get());
  throw input_error(fmt::format("offset {} of what it decompresses to: {} ({})", offset,
                                all_was_read_ ? "it ends too soon" : "it is damaged",
                                reason != nullptr ? reason : "no reason is known"));
}

}  // namespace plait::cli
