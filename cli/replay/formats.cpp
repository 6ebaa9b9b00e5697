// SPDX-License-Identifier: MIT
#include "replay/formats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "count/interruption.hpp"
#include "count/paths.hpp"

namespace plait::cli {
namespace {

constexpr std::size_t most_fields = 8;
constexpr std::size_t most_read_requests = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint64_t longest_run = 1 << 24;  // of the ARC format: blocks that one request asks for

// The words of a line; more than `most_fields` are none of ours.
struct fields {
  std::array<std::string_view, most_fields> words;
  std::size_t count = 0;
};

fields split(std::string_view line) {
  fields found;
  constexpr std::string_view blanks = " \t";
  for (std::size_t begin = line.find_first_not_of(blanks);
       begin != std::string_view::npos && found.count != most_fields; begin = line.find_first_not_of(blanks)) {
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blanks), line.size());
    found.words[found.count++] = line.substr(0, end);
    line.remove_prefix(end);
  }
  return found;
}

template <class Number>
bool parse(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

// A key may be any 64-bit number, with a sign or without.
bool parse_key(std::string_view word, std::uint64_t& key) {
  std::int64_t negative = 0;
  if (!word.starts_with('-')) return parse(word, key);
  if (!parse(word, negative)) return false;
  key = static_cast<std::uint64_t>(negative);
  return true;
}

bool parse_time(std::string_view word) {
  double time = 0;
  return parse(word, time);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i != 0; --i)
    number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return number;
}

void check(const trace_builder& to, std::uint64_t offset) {
  if (to.requests() > most_read_requests)
    throw input_error(fmt::format("offset {}: more than {} requests", offset, most_read_requests));
  interruption::heed(to.requests());
}

// What a line asks for; false if it is not of that format.
bool read_line(const fields& line, trace_format format, trace_builder& to) {
  const auto& words = line.words;
  std::uint64_t key = 0;
  if (format == trace_format::integers) {
    if (line.count != 1 || !parse_key(words[0], key)) return false;
    to.add(key);
  } else if (format == trace_format::arc) {
    std::uint64_t count = 0, ignored = 0;
    if (line.count != 4 || !parse(words[0], key) || !parse(words[1], count) || count > longest_run)
      return false;
    if (!parse(words[2], ignored) || !parse(words[3], ignored)) return false;
    for (std::uint64_t i = 0; i != count; ++i) to.add(key + i);
  } else {
    std::uint32_t size = 0;
    if (line.count != 3 || !parse_time(words[0]) || !parse_key(words[1], key) || !parse(words[2], size))
      return false;
    to.add(key, size);
  }
  return true;
}

std::string_view shape_of(trace_format format) {
  if (format == trace_format::integers) return "a whole number";
  return format == trace_format::arc ? "'start count x seq'" : "'time key bytes'";
}

void read_text(byte_reader& from, trace_format format, trace_builder& to) {
  std::uint64_t offset = 0;
  for (std::uint64_t number = 1; const auto line = from.next_line(); ++number, offset = from.offset()) {
    const fields words = split(*line);
    if (words.count == 0 || words.words[0] == "*") continue;
    if (!read_line(words, format, to))
      throw input_error(fmt::format("offset {} (line {}): '{}' is not {}", offset, number, line->substr(0, 60),
                                    shape_of(format)));
    check(to, offset);
  }
}

std::size_t record_size(trace_format format) {
  if (format == trace_format::oracle_general) return 24;
  return format == trace_format::int32 ? 4 : 8;
}

void read_records(byte_reader& from, trace_format format, trace_builder& to) {
  const std::size_t size = record_size(format);
  for (;;) {
    const std::string_view record = from.peek(size);
    if (record.empty()) return;
    if (record.size() != size)
      throw input_error(
          fmt::format("offset {}: it ends in the middle of a record of {} bytes", from.offset(), size));
    if (format == trace_format::oracle_general)
      to.add(little_endian(record.substr(4, 8)),
             static_cast<std::uint32_t>(little_endian(record.substr(12, 4))));
    else
      to.add(big_endian(record));
    from.skip(size);
    check(to, from.offset());
  }
}

bool is_text(trace_format format) {
  return format == trace_format::integers || format == trace_format::arc || format == trace_format::sized;
}

bool looks_like_text(std::string_view beginning) {
  constexpr std::string_view allowed = "0123456789+-.*eE \t\r\n";
  return beginning.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<trace_format> detect_text(std::string_view beginning) {
  while (!beginning.empty()) {
    const std::string_view line = beginning.substr(0, beginning.find_first_of("\r\n"));
    const fields words = split(line);
    beginning.remove_prefix(std::min(line.size() + 1, beginning.size()));
    if (words.count == 0 || words.words[0] == "*") continue;
    trace_builder ignored;
    for (const trace_format format : {trace_format::integers, trace_format::arc, trace_format::sized})
      if (read_line(words, format, ignored)) return format;
    return std::nullopt;
  }
  return std::nullopt;
}

// Times do not fall, and the next request for a key comes after this one, or never.
bool looks_like_oracle_general(std::string_view beginning) {
  const std::size_t records = beginning.size() / 24;
  constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max(), most = std::uint64_t{1} << 48;
  std::uint64_t time = 0;
  for (std::size_t i = 0; i != records; ++i) {
    const std::string_view record = beginning.substr(24 * i, 24);
    const std::uint64_t now = little_endian(record.substr(0, 4));
    const std::uint64_t next = little_endian(record.substr(16, 8));
    const bool comes_again = next > i && next < most;
    if (now < time || !(comes_again || next == never || next == never / 2)) return false;
    time = now;
  }
  return records != 0;
}

std::size_t distinct(std::string_view bytes, std::size_t first, std::size_t step, std::size_t size) {
  std::unordered_set<std::uint64_t> found;
  for (; first + size <= bytes.size(); first += step) found.insert(big_endian(bytes.substr(first, size)));
  return found.size();
}

// Numbers as a program counts them: of 64 bits, their upper halves are nearly all the same. Hashes have
// nothing in common, but those that come again do so as a whole.
std::optional<trace_format> detect_integers(std::string_view beginning) {
  const std::size_t wide = beginning.size() / 8;
  const std::size_t upper = distinct(beginning, 0, 8, 4), lower = distinct(beginning, 4, 8, 4);
  const std::size_t whole = distinct(beginning, 0, 8, 8), halves = distinct(beginning, 0, 4, 4);
  std::uint64_t largest = 0, largest_upper = 0;
  for (std::size_t i = 0; i + 4 <= beginning.size(); i += 4) {
    const std::uint64_t number = big_endian(beginning.substr(i, 4));
    largest = std::max(largest, number);
    if (i % 8 == 0) largest_upper = std::max(largest_upper, number);
  }
  const bool upper_says_nothing = largest_upper == 0 || 8 * upper <= lower;
  if (wide >= 2 && upper_says_nothing) return trace_format::int64;
  if (beginning.size() >= 4 && largest < std::uint64_t{1} << 28) return trace_format::int32;
  if (whole < wide && halves + halves / 64 >= 2 * whole) return trace_format::int64;
  return std::nullopt;
}

}  // namespace

const std::vector<std::pair<std::string, trace_format>>& trace_formats() {
  static const std::vector<std::pair<std::string, trace_format>> all{
      {"integers", trace_format::integers}, {"arc", trace_format::arc},
      {"sized", trace_format::sized},       {"int32", trace_format::int32},
      {"int64", trace_format::int64},       {"oracle_general", trace_format::oracle_general}};
  return all;
}

std::string_view name_of(trace_format format) {
  return std::ranges::find(trace_formats(), format, &std::pair<std::string, trace_format>::second)->first;
}

std::optional<trace_format> detect_format(std::string_view beginning) {
  beginning = beginning.substr(0, detection_size);
  if (beginning.empty()) return std::nullopt;
  if (looks_like_text(beginning)) return detect_text(beginning);
  if (looks_like_oracle_general(beginning)) return trace_format::oracle_general;
  return detect_integers(beginning);
}

void read_requests(byte_reader& from, trace_format format, trace_builder& to) {
  is_text(format) ? read_text(from, format, to) : read_records(from, format, to);
}

}  // namespace plait::cli
