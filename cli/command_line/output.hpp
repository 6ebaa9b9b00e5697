// SPDX-License-Identifier: MIT
// A file to be written when the work is done. It is opened before, so that an error is reported at once.
#pragma once

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace plait::cli {

class output {
 public:
  // Without a path nothing is written. Throws std::system_error, as write() does.
  explicit output(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    file_.open(path_);
    if (!file_) fail();
  }
  void write(const std::string& text) {
    if (path_.empty()) return;
    file_ << text;
    file_.close();
    if (!file_) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), "cannot write " + path_);
  }

  std::string path_;
  std::ofstream file_;
};

}  // namespace plait::cli
