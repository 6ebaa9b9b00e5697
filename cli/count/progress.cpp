// SPDX-License-Identifier: MIT
#include "count/progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stop_token>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace plait::cli {
namespace {

constexpr double unknown = -1;

std::string readable_time(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, 359999.0)));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  return 80;
}

std::string cut_to(std::size_t columns, const std::string& line) {
  return line.substr(0, columns == 0 ? 0 : columns - 1);
}

bool wants_progress(when wanted, bool is_quiet) {
  if (wanted != when::automatic) return wanted == when::always;
  const char* const kind = std::getenv("TERM");
  return !is_quiet && ::isatty(STDERR_FILENO) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::string share_done(double share) {
  constexpr std::size_t bar_width = 24;
  const auto filled = static_cast<std::size_t>(share * bar_width);
  return fmt::format("[{:#<{}}{:.<{}}] {:3.0f}%", "", filled, "", bar_width - filled, share * 100);
}

std::string readable_bytes(double bytes) {
  constexpr std::array<std::string_view, 6> units{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 != units.size(); ++unit) bytes /= 1000;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

std::string progress_line(const progress_state& state, std::size_t columns) {
  const auto done = static_cast<double>(state.bytes_done);
  const double rate = state.elapsed.count() > 0 ? done / state.elapsed.count() : 0;
  std::string line;
  if (state.all_found && state.bytes_found != 0) {
    const double share = std::min(1.0, done / static_cast<double>(state.bytes_found));
    const double left = rate > 0 ? (static_cast<double>(state.bytes_found) - done) / rate : unknown;
    line = fmt::format("{}  {} of {}  {}/s  {} left", share_done(share), readable_bytes(done),
                       readable_bytes(static_cast<double>(state.bytes_found)), readable_bytes(rate),
                       left == unknown ? "?" : readable_time(std::max(0.0, left)));
  } else {
    line = fmt::format("{}  {}/s  {}", readable_bytes(done), readable_bytes(rate),
                       readable_time(state.elapsed.count()));
  }
  return cut_to(columns, line);
}

progress_bar::progress_bar(const word_count& work, messages& out)
    : work_(work), messages_(out), thread_([this](const std::stop_token& stop) { show_until_stopped(stop); }) {}

progress_bar::~progress_bar() {
  thread_.request_stop();
  thread_.join();
  messages_.show_progress("");
}

void progress_bar::show_until_stopped(const std::stop_token& stop) {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, stop, progress_interval, [&] { return stop.stop_requested(); })) {
    const progress_state now{work_.bytes_done(), work_.bytes_found(), work_.all_found(),
                             std::chrono::steady_clock::now() - start};
    messages_.show_progress(progress_line(now, terminal_columns()));
  }
}

}  // namespace plait::cli
