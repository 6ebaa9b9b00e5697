// SPDX-License-Identifier: MIT
#include "stress/history_file.hpp"

#include <cerrno>
#include <system_error>

namespace stress {
namespace {

[[noreturn]] void cannot_write(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + path);
}

}  // namespace

void history_file::open(const std::string& path) {
  path_ = path;
  file_.open(path);
  if (!file_) cannot_write(path_);
}

void history_file::close() {
  const std::lock_guard guard(mutex_);
  if (!file_.is_open()) return;
  file_.close();
  if (!file_) cannot_write(path_);
}

void history_file::begin_round(const std::string& workload, const round& of) {
  const std::lock_guard guard(mutex_);
  workload_ = workload;
  of_ = of;
}

void history_file::write(const history_kind& kind, std::size_t calls, std::string_view lines) {
  const std::lock_guard guard(mutex_);
  const std::string order = kind.order.empty() ? "null" : fmt::format(R"("{}")", kind.order);
  const std::string capacity = kind.capacity == history::unbounded ? "null" : std::to_string(kind.capacity);
  file_ << fmt::format(R"({{"structure":"{}","workload":"{}","seed":{},"threads":{},)",
                       workload_.substr(0, workload_.find('/')), workload_, of_.seed, of_.threads)
        << fmt::format(R"("order":{},"capacity":{},"calls":{}}})"
                       "\n",
                       order, capacity, calls)
        << lines;
}

history_file& exported() {
  static history_file one;
  return one;
}

}  // namespace stress
