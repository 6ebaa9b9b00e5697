// SPDX-License-Identifier: MIT
#include "count/input.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "count/interruption.hpp"

namespace plait::cli {
namespace {

[[noreturn]] void fail() {
  throw input_error(std::generic_category().message(errno));
}

template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  if (result < 0) fail();
  return result;
}

struct stat status_of(int descriptor) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) fail();
  return status;
}

found_file describe(std::string path, const struct stat& status) {
  const bool regular = S_ISREG(status.st_mode);
  return {std::move(path), regular, regular ? static_cast<std::uint64_t>(status.st_size) : 0};
}

std::string message_for(const std::string& path, const std::string& reason) {
  return fmt::format("{}: {}", path, reason);
}

}  // namespace

input_file input_file::standard_input() {
  input_file file("standard input");
  file.descriptor_ = STDIN_FILENO;
  file.owned_ = false;
  return file;
}

input_file::input_file(input_file&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_) {}

input_file::~input_file() {
  if (owned_ && is_open()) ::close(descriptor_);
}

void input_file::open(int flags) {
  descriptor_ = uninterrupted([&] { return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | flags); });
}

void input_file::open_regular() {
  open(O_NONBLOCK);
  if (!S_ISREG(status_of(descriptor_).st_mode)) throw input_error("is no longer a regular file");
}

void input_file::open_any() {
  open(O_NONBLOCK);
  // Opening a pipe may not wait for its writer, or Ctrl-C would go unheard; reading it must.
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
}

std::size_t input_file::read_at(std::uint64_t offset, std::span<char> to) const {
  return static_cast<std::size_t>(
      uninterrupted([&] { return ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset)); }));
}

std::uint64_t input_file::size() const {
  return static_cast<std::uint64_t>(status_of(descriptor_).st_size);
}

std::size_t input_file::read(std::span<char> to) const {
  interruption::wait_for_input(descriptor_);
  return static_cast<std::size_t>(uninterrupted([&] { return ::read(descriptor_, to.data(), to.size()); }));
}

void find_files(const std::string& path, const file_sink& take, const error_sink& complain) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return complain(message_for(path, std::generic_category().message(errno)));
  if (!S_ISDIR(status.st_mode)) return take(describe(path, status));

  std::set<std::pair<dev_t, ino_t>> entered;
  std::vector<std::string> folders{path};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    if (::stat(folder.c_str(), &status) != 0) {
      complain(message_for(folder, std::generic_category().message(errno)));
      continue;
    }
    if (!entered.emplace(status.st_dev, status.st_ino).second) continue;

    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (interruption::requested()) throw interrupted{};
      const std::string& name = entry->path().native();
      if (::lstat(name.c_str(), &status) != 0) {
        complain(message_for(name, std::generic_category().message(errno)));
      } else if (S_ISDIR(status.st_mode)) {
        folders.push_back(name);
      } else if (S_ISREG(status.st_mode)) {
        take(describe(name, status));
      }
    }
    if (error) complain(message_for(folder, error.message()));
  }
}

bool looks_binary(std::span<const char> beginning) noexcept {
  const auto checked = beginning.first(std::min(beginning.size(), binary_check_size));
  return std::ranges::find(checked, '\0') != checked.end();
}

}  // namespace plait::cli
