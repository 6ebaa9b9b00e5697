// SPDX-License-Identifier: MIT
#include "count/find_files.hpp"

#include <cerrno>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "count/interruption.hpp"
#include "count/paths.hpp"

namespace plait::cli {
namespace {

class open_folder {
 public:
  explicit open_folder(const std::string& path) {
    file_descriptor folder = open_path(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    entries_ = ::fdopendir(folder.number());
    if (entries_ == nullptr) fail();
    folder.release();
  }
  ~open_folder() { ::closedir(entries_); }
  open_folder(const open_folder&) = delete;
  open_folder& operator=(const open_folder&) = delete;

  int descriptor() const { return ::dirfd(entries_); }

  // The next entry, other than the folder itself and its parent; null at the end.
  const dirent* next() {
    const dirent* entry;
    do {
      errno = 0;
      entry = ::readdir(entries_);
      if (entry == nullptr && errno != 0) fail();
    } while (entry != nullptr &&
             (entry->d_name == std::string_view(".") || entry->d_name == std::string_view("..")));
    return entry;
  }

 private:
  DIR* entries_;
};

found_file describe(std::string path, const struct stat& status) {
  const bool regular = S_ISREG(status.st_mode);
  return {std::move(path), regular, regular ? static_cast<std::uint64_t>(status.st_size) : 0};
}

std::string message_for(const std::string& path, const std::exception& error) {
  return path.empty() ? fmt::format("'': {}", error.what()) : fmt::format("{}: {}", path, error.what());
}

// One folder, without the folders in it: these are added to `folders`.
void list_folder(const std::string& path, std::set<std::pair<dev_t, ino_t>>& entered,
                 std::vector<std::string>& folders, const file_sink& take, const error_sink& complain) {
  open_folder folder(path);
  const struct stat own = status_of(folder.descriptor());
  if (!entered.emplace(own.st_dev, own.st_ino).second) return;
  while (const dirent* const entry = folder.next()) {
    if (interruption::requested()) throw interrupted{};
    std::string name = path + (path.ends_with('/') ? "" : "/") + entry->d_name;
    struct stat status;
    if (::fstatat(folder.descriptor(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      complain(message_for(name, std::system_error(errno, std::generic_category())));
    } else if (S_ISDIR(status.st_mode)) {
      folders.push_back(std::move(name));
    } else if (S_ISREG(status.st_mode)) {
      take(describe(std::move(name), status));
    }
  }
}

}  // namespace

void find_files(const std::string& path, const file_sink& take, const error_sink& complain) try {
  const struct stat status = status_of(open_path(path, O_PATH).number());
  if (!S_ISDIR(status.st_mode)) return take(describe(path, status));

  std::set<std::pair<dev_t, ino_t>> entered;
  std::vector<std::string> folders{path};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    try {
      list_folder(folder, entered, folders, take, complain);
    } catch (const input_error& error) {
      complain(message_for(folder, error));
    }
  }
} catch (const input_error& error) {
  complain(message_for(path, error));
}

}  // namespace plait::cli
