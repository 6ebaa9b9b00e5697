// SPDX-License-Identifier: MIT
// What a word is, and how text is cut into words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace plait::cli {

enum class word_kind {
  whitespace,    // Python's text.split()
  alphanumeric,  // runs of characters for which str.isalnum(): re.findall(r"[^\W_]+", text)
};

struct word_rules {
  word_kind kind = word_kind::whitespace;
  bool keep_case = false;      // otherwise Python's text.lower() comes first
  std::size_t min_length = 1;  // in code points, after lower-casing
};

// Whether text may be cut at this byte without changing a word: ASCII white space. No word, character or
// context of a sigma extends across it.
constexpr bool is_boundary(char byte) noexcept {
  return (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x20);
}

// Cuts UTF-8 text into words and passes them on in batches. One splitter for each thread.
class word_splitter {
 public:
  // The words are valid during the call only.
  using sink = std::function<void(std::span<const std::string_view>)>;

  word_splitter(const word_rules& rules, sink take);

  // `text` begins and ends at a boundary, or at an end of the file. It is overwritten: ASCII is lower-cased in
  // place, so that most words are passed on without a copy.
  void split(std::span<char> text);

 private:
  void take_block(std::uint64_t word_bytes, bool all_ascii);
  void take_run(const char* first, const char* last, bool known_ascii);
  void take_ascii_alphanumerics(const char* first, const char* last);
  void take_unicode(std::string_view run);
  void take_word(std::string_view word, std::size_t code_points);
  void make_room(std::size_t bytes);
  void hand_on();

  static constexpr std::size_t batch_size = 256;

  word_rules rules_;
  sink take_;

  // The position of split(): the next block, and the sequence of word bytes that is not finished.
  char* block_ = nullptr;
  const char* open_run_ = nullptr;
  bool open_run_is_ascii_ = true;

  std::array<std::string_view, batch_size> batch_;
  std::size_t batched_ = 0;

  // Words that could not stay in place. Never reallocated while the batch points into it.
  std::string rewritten_;
  std::u32string decoded_;
  std::u32string lowered_;
};

}  // namespace plait::cli
