// SPDX-License-Identifier: MIT
// Any bytes, read in segments and steps of any size as `plait count` does, give the words of the whole text,
// which is decoded here by a slow decoder, lower-cased and split at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "count/characters.hpp"
#include "count/runs.hpp"
#include "count/words.hpp"
#include "support/fuzz.hpp"

namespace {

using namespace plait::cli;
using word_table = std::map<std::string, int>;

// The UTF-8 of a scalar value, from the table in the standard.
std::string encoded(char32_t c) {
  const auto lead = [c](int mark, int shift) { return static_cast<char>(mark | static_cast<int>(c >> shift)); };
  const auto next = [c](int shift) { return static_cast<char>(0x80 | static_cast<int>(c >> shift & 0x3F)); };
  if (c < 0x80) return {lead(0, 0)};
  if (c < 0x800) return {lead(0xC0, 6), next(0)};
  if (c < 0x10000) return {lead(0xE0, 12), next(6), next(0)};
  return {lead(0xF0, 18), next(12), next(6), next(0)};
}

bool is_scalar(char32_t c) {
  return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

// All proper beginnings of valid sequences of more than one byte. The last byte is in none of these, so one
// value in 64 is enough.
std::set<std::string, std::less<>> all_beginnings() {
  std::set<std::string, std::less<>> beginnings;
  for (char32_t c = 0x80; c <= 0x10FFFF; c += 64) {
    if (!is_scalar(c)) continue;
    const std::string sequence = encoded(c);
    for (std::size_t length = 1; length != sequence.size(); ++length)
      beginnings.insert(sequence.substr(0, length));
  }
  return beginnings;
}

// As Python's bytes.decode(errors="replace"): U+FFFD for each longest beginning of a valid sequence, or else
// byte.
std::u32string decoded_slowly(std::string_view text) {
  static const auto beginnings = all_beginnings();
  std::u32string code_points;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < text.size() && beginnings.contains(text.substr(0, length))) ++length;
    // Either the sequence is complete, or its last byte does not belong to it.
    char32_t c = static_cast<unsigned char>(text[0]);
    if (length > 1) c &= 0xFFu >> (length + 1);
    for (std::size_t i = 1; i != length; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    const bool complete = is_scalar(c) && encoded(c) == text.substr(0, length);
    if (!complete && length > 1 && !beginnings.contains(text.substr(0, length))) --length;
    code_points.push_back(complete ? c : U'\uFFFD');
    text.remove_prefix(length);
  }
  return code_points;
}

// Python's Counter(text.lower().split()), or of re.findall(r"[^\W_]+", text.lower()).
word_table words_of_whole_text(std::string_view bytes, const word_rules& rules) {
  const std::u32string text = decoded_slowly(bytes);
  std::u32string lowered;
  rules.keep_case ? void(lowered = text) : append_lower(lowered, text);

  word_table table;
  std::string word;
  std::size_t code_points = 0;
  lowered.push_back(U' ');
  for (const char32_t c : lowered) {
    if (rules.kind == word_kind::whitespace ? !is_space(c) : is_alphanumeric(c)) {
      word += encoded(c);
      ++code_points;
    } else {
      if (code_points != 0 && code_points >= rules.min_length) ++table[word];
      word.clear();
      code_points = 0;
    }
  }
  return table;
}

word_table words_of_segments(std::string_view bytes, const word_rules& rules, std::uint64_t segment_size,
                             std::size_t step) {
  word_table table;
  word_splitter splitter(rules, [&](std::span<const std::string_view> batch) {
    for (const std::string_view word : batch) ++table[std::string(word)];
  });
  std::vector<char> buffer;
  const auto read_at = [&](std::uint64_t offset, std::span<char> to) -> std::size_t {
    const std::string_view rest = bytes.substr(std::min<std::uint64_t>(offset, bytes.size()));
    return rest.copy(to.data(), std::min(to.size(), step));
  };
  for (std::uint64_t first = 0; first < bytes.size(); first += segment_size)
    read_runs(first, std::min<std::uint64_t>(bytes.size(), first + segment_size), buffer, read_at,
              [&](std::span<char> text) { splitter.split(text); });
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const unsigned how = in.byte();
  const word_rules rules{.kind = how & 1 ? word_kind::alphanumeric : word_kind::whitespace,
                         .keep_case = (how & 2) != 0,
                         .min_length = 1 + (how >> 2) % 4};
  const std::uint64_t segment_size = 1 + in.byte();
  const std::size_t step = 1 + in.byte();
  fuzz::require(
      words_of_segments(in.rest(), rules, segment_size, step) == words_of_whole_text(in.rest(), rules),
      "segments have the words of the whole text");
  return 0;
}
