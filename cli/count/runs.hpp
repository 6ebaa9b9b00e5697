// SPDX-License-Identifier: MIT
// Reading a part of a file so that no word is cut and none is read twice, whatever the borders.
//
// A border b means the end of the first boundary (ASCII white space) at or after byte b - 1, and border 0 the
// start of the file. The segment [first, last) is the text between the positions that its two borders mean, so
// segments that share a border neither overlap nor leave a gap: a word belongs to the segment in which it
// begins, and the reader of that segment reads on to the end of the word.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "count/words.hpp"

namespace plait::cli {

// The border behind the last byte, whatever the length.
inline constexpr std::uint64_t end_of_file = std::numeric_limits<std::uint64_t>::max();

// Passes the text of the segment [first, last), which is not empty, to `take` in pieces of whole words, each a
// span of `buffer`. read_at(offset, span) fills a part of the span and returns how much; 0 is the end of the
// file. It is called for increasing offsets without gaps. The buffer grows only for a word that does not fit.
template <class ReadAt, class Take>
void read_runs(std::uint64_t first, std::uint64_t last, std::vector<char>& buffer, ReadAt&& read_at,
               Take&& take) {
  constexpr std::size_t least_read = 4096;
  std::uint64_t offset = first == 0 ? 0 : first - 1;  // where the file is read next
  bool skipping = first != 0;                         // the position that `first` means is yet to come
  std::size_t held = 0;                               // bytes of an unfinished word, at the start of the buffer

  while (true) {
    if (buffer.size() < held + least_read) buffer.resize(2 * held + least_read);
    const std::uint64_t wanted = std::max<std::uint64_t>(offset < last ? last - offset : held, least_read);
    const std::size_t room = std::min<std::uint64_t>(wanted, buffer.size() - held);
    char* const fresh = buffer.data() + held;
    char* const end = fresh + read_at(offset, std::span(fresh, room));

    // The position that `last` means ends the segment, and so does the end of the file.
    bool finished = end == fresh;
    char* stop = end;
    if (offset + static_cast<std::uint64_t>(end - fresh) >= last) {
      char* const boundary = std::find_if(fresh + (offset < last ? last - 1 - offset : 0), end, is_boundary);
      if (boundary != end) {
        stop = boundary + 1;
        finished = true;
      }
    }
    offset += static_cast<std::uint64_t>(end - fresh);

    char* begin = buffer.data();
    if (skipping) {
      char* const boundary = std::find_if(fresh, stop, is_boundary);
      if (boundary == stop) {
        if (finished || offset >= last) return;  // one word reaches across the whole segment
        continue;
      }
      begin = boundary + 1;
      skipping = false;
    }

    char* whole = stop;
    if (!finished) {
      while (whole != begin && whole != fresh && !is_boundary(whole[-1])) --whole;
      if (whole == fresh) whole = begin;  // not one boundary among the new bytes
    }
    if (whole != begin) take(std::span(begin, whole));
    if (finished) return;
    held = static_cast<std::size_t>(end - whole);
    std::memmove(buffer.data(), whole, held);
  }
}

}  // namespace plait::cli
