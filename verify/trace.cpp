// SPDX-License-Identifier: MIT
#include "trace.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace verify {

std::string source_line(const std::string& file, std::uint32_t line) {
  static std::map<std::string, std::vector<std::string>> sources;
  const auto [found, is_new] = sources.try_emplace(file);
  if (is_new) {
    std::ifstream source(file);
    for (std::string text; std::getline(source, text);) found->second.push_back(text);
  }
  if (line == 0 || line > found->second.size()) return {};
  std::string text = found->second[line - 1];
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

namespace detail {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

std::string trace::to_string() const {
  std::size_t width = 0;
  for (const event& each : events_) width = std::max(width, each.what.size() + std::size_t{2} * each.thread);
  width = std::min<std::size_t>(width, 60);
  std::string text;
  std::size_t count = 0;
  for (const event& each : events_) {
    const std::string place =
        each.line == 0 ? std::string()
                       : each.file.substr(each.file.find_last_of('/') + 1) + ':' + std::to_string(each.line);
    std::string number = std::to_string(++count);
    number.insert(0, 5 - std::min<std::size_t>(5, number.size()), ' ');
    std::string line = number + "  " +
                       padded(std::string(std::size_t{2} * each.thread, ' ') + 'T' +
                                  std::to_string(each.thread) + ' ' + each.what,
                              width + 4) +
                       "  " + padded(place, 24) + "  " + source_line(each.file, each.line);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace detail
}  // namespace verify
