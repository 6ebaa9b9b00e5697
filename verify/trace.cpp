// SPDX-License-Identifier: MIT
#include "trace.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <utility>

#include "source_lines.hpp"

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

std::string place_of(const trace_event& event) {
  if (event.line == 0) return {};
  return event.file.substr(event.file.find_last_of('/') + 1) + ':' + std::to_string(event.line);
}

static std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string to_string(const std::vector<trace_event>& events) {
  std::size_t width = 0;
  for (const trace_event& each : events)
    width = std::max(width, each.what.size() + std::size_t{2} * each.thread);
  width = std::min<std::size_t>(width, 60);
  std::string text;
  std::size_t count = 0;
  for (const trace_event& each : events) {
    std::string number = std::to_string(++count);
    number.insert(0, 5 - std::min<std::size_t>(5, number.size()), ' ');
    std::string line = number + "  " +
                       padded(std::string(std::size_t{2} * each.thread, ' ') + 'T' +
                                  std::to_string(each.thread) + ' ' + each.what,
                              width + 4) +
                       "  " + padded(place_of(each), 24) + "  " + source_line(each.file, each.line);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

namespace detail {
namespace {

bool holds(const void* begin, std::size_t size, const void* address) {
  const auto* const first = static_cast<const std::byte*>(begin);
  return !std::less<>()(address, begin) && std::less<>()(address, static_cast<const void*>(first + size));
}

}  // namespace

void trace::add(unsigned thread, std::string what, const site& where, const void* return_address, use of) {
  trace_event event{thread, std::move(what), where.file_name(), where.line()};
  for (std::size_t i = of.reads ? events_.size() : 0; i-- != 0;)
    if (uses_[i].object == of.object && uses_[i].writes == of.reads) {
      event.from = i;
      break;
    }
  events_.push_back(std::move(event));
  uses_.push_back(of);
  return_addresses_.push_back(where.line() == 0 ? return_address : nullptr);
}

void trace::add_plain(unsigned thread, std::string what, const site& where, const void* return_address,
                      const void* object, bool writes) {
  std::uint32_t newest = 0;
  for (const use& each : uses_)
    if (each.object == object && each.writes) newest = *each.writes;
  use of{object};
  (writes ? of.writes : of.reads) = writes ? newest + 1 : newest;
  add(thread, std::move(what), where, return_address, of);
}

void trace::was_woken() {
  const unsigned thread = events_.back().thread;
  const auto by =
      std::find_if(wakers_.rbegin(), wakers_.rend(), [=](const waker& each) { return each.thread == thread; });
  if (by != wakers_.rend()) events_.back().from = by->event;
}

void trace::name(const void* begin, std::size_t size, std::string called) {
  names_.push_back({begin, size, std::move(called)});
}

std::string trace::name_of(const void* object) const {
  // What was named last is there now.
  const auto found = std::find_if(names_.rbegin(), names_.rend(), [=](const named_range& each) {
    return holds(each.begin, each.size, object);
  });
  if (found == names_.rend()) return {};
  const auto distance = static_cast<const std::byte*>(object) - static_cast<const std::byte*>(found->begin);
  return found->called + (distance == 0 ? std::string() : '+' + std::to_string(distance));
}

std::string trace::other_side(unsigned thread, const void* begin, std::size_t size, bool writes_only) {
  resolved();
  for (std::size_t i = events_.size(); i-- != 0;) {
    if (events_[i].thread != thread || !holds(begin, size, uses_[i].object)) continue;
    if (writes_only && !uses_[i].writes) continue;
    events_[i].at_fault = events_.back().at_fault = true;
    const std::string place = verify::place_of(events_[i]);
    return place.empty() ? std::string() : " at " + place;
  }
  return {};
}

void trace::add_free(unsigned thread, const void* return_address, const void* begin, std::size_t size) {
  add(thread, "frees " + std::to_string(size) + " bytes", site(), return_address);
  freed_.push_back({begin, size, events_.size() - 1});
}

std::string trace::who_freed(const void* object) {
  const auto found = std::find_if(freed_.rbegin(), freed_.rend(), [=](const freed_range& each) {
    return holds(each.begin, each.size, object);
  });
  if (found == freed_.rend()) return {};
  resolved();
  trace_event& free = events_[found->event];
  free.at_fault = true;
  const std::string place = verify::place_of(free);
  return ", which T" + std::to_string(free.thread) + " freed" +
         (place.empty() ? std::string() : " at " + place);
}

void trace::resolved() {
  std::vector<const void*> open;
  for (const void* each : return_addresses_)
    if (each != nullptr) open.push_back(each);
  if (open.empty()) return;
  std::vector<source_place> places = places_of_calls(open);
  for (std::size_t i = 0, next = 0; i != events_.size(); ++i) {
    if (return_addresses_[i] == nullptr) continue;
    events_[i].file = std::move(places[next].file);
    events_[i].line = places[next++].line;
    return_addresses_[i] = nullptr;
  }
}

}  // namespace detail
}  // namespace verify
