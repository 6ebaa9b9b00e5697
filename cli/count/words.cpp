// SPDX-License-Identifier: MIT
#include "count/words.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "count/characters.hpp"
#include "count/utf8.hpp"

namespace plait::cli {
namespace {

// Eight bytes in one integer, the first in the lowest place.
using eight_bytes = std::uint64_t;

constexpr eight_bytes in_each_byte(unsigned char byte) noexcept {
  return 0x0101010101010101u * byte;
}
constexpr eight_bytes top_bits = in_each_byte(0x80);

eight_bytes load(const char* from) noexcept {
  eight_bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  if constexpr (std::endian::native == std::endian::big) bytes = std::byteswap(bytes);
  return bytes;
}

void store(char* to, eight_bytes bytes) noexcept {
  if constexpr (std::endian::native == std::endian::big) bytes = std::byteswap(bytes);
  std::memcpy(to, &bytes, sizeof bytes);
}

// The top bit of every byte that is at least `least`; all bytes are below 0x80, so that no sum carries.
constexpr eight_bytes at_least(eight_bytes bytes, unsigned char least) noexcept {
  return bytes + in_each_byte(static_cast<unsigned char>(0x80 - least));
}

// The top bits of all bytes, gathered into eight neighbouring bits.
constexpr std::uint64_t gather(eight_bytes bytes) noexcept {
  return ((bytes & top_bits) >> 7) * 0x0102040810204080u >> 56;
}

constexpr std::size_t block_size = 64;

struct block_masks {
  std::uint64_t word_bytes;  // one bit for each byte that is no ASCII white space
  bool all_ascii;
};

// Lower-cases the ASCII letters of a block in place if `case_bits` is 0x20 in each byte; not if it is 0.
block_masks scan_block(char* block, eight_bytes case_bits) noexcept {
  std::uint64_t boundaries = 0;
  eight_bytes seen = 0;
  for (std::size_t i = 0; i != block_size; i += sizeof(eight_bytes)) {
    const eight_bytes bytes = load(block + i);
    const eight_bytes ascii = bytes & ~top_bits;
    const eight_bytes capital = at_least(ascii, 'A') & ~at_least(ascii, 'Z' + 1) & ~bytes & top_bits;
    store(block + i, bytes | (capital >> 2 & case_bits));
    const eight_bytes space =
        (at_least(ascii, 0x09) & ~at_least(ascii, 0x0E)) | (at_least(ascii, 0x1C) & ~at_least(ascii, 0x21));
    boundaries |= gather(space & ~bytes) << i;
    seen |= bytes;
  }
  return {~boundaries, (seen & top_bits) == 0};
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

bool is_ascii_alphanumeric(char byte) noexcept {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

}  // namespace

word_splitter::word_splitter(const word_rules& rules, sink take) : rules_(rules), take_(std::move(take)) {}

void word_splitter::split(std::span<char> text) {
  const eight_bytes case_bits = rules_.keep_case ? 0 : in_each_byte(0x20);
  open_run_ = nullptr;
  block_ = text.data();
  std::size_t left = text.size();
  for (; left >= block_size; left -= block_size, block_ += block_size) {
    const block_masks masks = scan_block(block_, case_bits);
    take_block(masks.word_bytes, masks.all_ascii);
  }
  // The rest, as if spaces followed it; the bits of these end the last word.
  std::array<char, block_size> rest;
  rest.fill(' ');
  std::copy_n(block_, left, rest.begin());
  const block_masks masks = scan_block(rest.data(), case_bits);
  std::copy_n(rest.begin(), left, text.end() - static_cast<std::ptrdiff_t>(left));
  take_block(masks.word_bytes, masks.all_ascii);
  hand_on();
}

// Finds the runs in one block and joins the first to the one left open by the block before.
void word_splitter::take_block(std::uint64_t word_bytes, bool all_ascii) {
  std::uint64_t edges = word_bytes ^ (word_bytes << 1 | (open_run_ != nullptr ? 1 : 0));
  const auto next_edge = [&] {
    const char* edge = block_ + std::countr_zero(edges);
    edges &= edges - 1;
    return edge;
  };
  if (open_run_ != nullptr) {
    open_run_is_ascii_ = open_run_is_ascii_ && all_ascii;
    if (edges == 0) return;
    take_run(std::exchange(open_run_, nullptr), next_edge(), open_run_is_ascii_);
  }
  while (edges != 0) {
    const char* const first = next_edge();
    if (edges == 0) {
      open_run_ = first;
      open_run_is_ascii_ = all_ascii;
      return;
    }
    take_run(first, next_edge(), all_ascii);
  }
}

inline void word_splitter::take_run(const char* first, const char* last, bool known_ascii) {
  const std::string_view run(first, last);
  if (!known_ascii && !is_ascii(run)) {
    take_unicode(run);
  } else if (rules_.kind == word_kind::alphanumeric) {
    take_ascii_alphanumerics(first, last);
  } else {
    take_word(run, run.size());
  }
}

void word_splitter::take_ascii_alphanumerics(const char* first, const char* last) {
  while ((first = std::find_if(first, last, is_ascii_alphanumeric)) != last) {
    const char* const end = std::find_if_not(first, last, is_ascii_alphanumeric);
    take_word({first, end}, static_cast<std::size_t>(end - first));
    first = end;
  }
}

void word_splitter::take_unicode(std::string_view run) {
  decoded_.clear();
  for (std::string_view rest = run; !rest.empty();) {
    const auto [code_point, length] = decode_first(rest);
    decoded_.push_back(code_point);
    rest.remove_prefix(length);
  }
  if (!rules_.keep_case) {
    lowered_.clear();
    append_lower(lowered_, decoded_);
    decoded_.swap(lowered_);
  }
  make_room(3 * run.size());  // an invalid byte grows most: into the three of U+FFFD

  const auto belongs = [this](char32_t c) {
    return rules_.kind == word_kind::alphanumeric ? is_alphanumeric(c) : !is_space(c);
  };
  for (auto first = decoded_.begin();
       (first = std::find_if(first, decoded_.end(), belongs)) != decoded_.end();) {
    const auto last = std::find_if_not(first, decoded_.end(), belongs);
    const std::size_t start = rewritten_.size();
    std::for_each(first, last, [this](char32_t c) { append_utf8(rewritten_, c); });
    take_word(std::string_view(rewritten_).substr(start), static_cast<std::size_t>(last - first));
    first = last;
  }
}

inline void word_splitter::take_word(std::string_view word, std::size_t code_points) {
  if (code_points < rules_.min_length) return;
  batch_[batched_++] = word;
  if (batched_ == batch_size) hand_on();
}

void word_splitter::make_room(std::size_t bytes) {
  if (rewritten_.capacity() - rewritten_.size() >= bytes) return;
  hand_on();
  rewritten_.clear();
  rewritten_.reserve(std::max<std::size_t>(bytes, 64 * 1024));
}

void word_splitter::hand_on() {
  if (batched_ != 0) take_(std::span(batch_).first(batched_));
  batched_ = 0;
}

}  // namespace plait::cli
