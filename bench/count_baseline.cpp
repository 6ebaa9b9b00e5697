// SPDX-License-Identifier: MIT
// The baseline of `plait count`: a well-tuned program for one thread by the same rules. The file is mapped, not
// read; words are cut by the same code; the table is flat, with open addressing, and the words are in an arena.
//
//   count-baseline FILE       prints the 20 most common words, as plait count does
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count/words.hpp"

namespace {

class flat_table {
 public:
  struct slot {
    const char* word = nullptr;
    std::uint32_t size = 0;
    std::uint32_t hash = 0;
    std::uint64_t count = 0;
    std::string_view text() const { return {word, size}; }
  };

  void add(std::string_view word) {
    const std::uint32_t hash = hash_of(word);
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].count != 0; at = (at + 1) & (slots_.size() - 1)) {
      slot& seen = slots_[at];
      if (seen.hash == hash && seen.text() == word) {
        ++seen.count;
        return;
      }
    }
    slots_[at] = {keep(word), static_cast<std::uint32_t>(word.size()), hash, 1};
    if (2 * ++size_ > slots_.size()) grow();
  }

  std::vector<slot> take() {
    std::erase_if(slots_, [](const slot& each) { return each.count == 0; });
    return std::move(slots_);
  }

 private:
  static std::uint32_t hash_of(std::string_view word) {
    std::uint64_t hash = word.size();
    const auto mix_in = [&hash](std::uint64_t bytes) {
      hash = (hash ^ bytes) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 32;
    };
    std::uint64_t bytes = 0;
    for (; word.size() >= sizeof bytes; word.remove_prefix(sizeof bytes)) {
      std::memcpy(&bytes, word.data(), sizeof bytes);
      mix_in(bytes);
    }
    // At most seven bytes are left: two reads that may overlap, rather than a copy of unknown length.
    bytes = 0;
    if (word.size() >= 4) {
      std::uint32_t low = 0;
      std::uint32_t high = 0;
      std::memcpy(&low, word.data(), sizeof low);
      std::memcpy(&high, word.data() + word.size() - sizeof high, sizeof high);
      bytes = low | std::uint64_t{high} << 32;
    } else if (!word.empty()) {
      const auto byte = [word](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(word[i])}; };
      bytes = byte(0) | byte(word.size() / 2) << 8 | byte(word.size() - 1) << 16;
    }
    mix_in(bytes);
    return static_cast<std::uint32_t>(hash);
  }

  const char* keep(std::string_view word) {
    if (left_ < word.size()) {
      left_ = std::max<std::size_t>(word.size(), 1024 * 1024);
      next_ = arena_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
    }
    std::memcpy(next_, word.data(), word.size());
    left_ -= word.size();
    return std::exchange(next_, next_ + word.size());
  }

  void grow() {
    std::vector<slot> wider(2 * slots_.size());
    for (const slot& moved : slots_) {
      if (moved.count == 0) continue;
      std::size_t at = moved.hash & (wider.size() - 1);
      while (wider[at].count != 0) at = (at + 1) & (wider.size() - 1);
      wider[at] = moved;
    }
    slots_ = std::move(wider);
  }

  std::vector<slot> slots_ = std::vector<slot>(1 << 16);
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> arena_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

std::string_view map(const char* path) {
  const int file = ::open(path, O_RDONLY);
  struct stat status{};
  if (file < 0 || ::fstat(file, &status) != 0) {
    std::perror(path);
    std::exit(2);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (bytes == MAP_FAILED) {
    std::perror("mmap");
    std::exit(2);
  }
  return {static_cast<const char*>(bytes), size};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace plait::cli;
  if (argc != 2) {
    std::fprintf(stderr, "usage: count-baseline FILE\n");
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  std::string_view text = map(argv[1]);
  const std::size_t bytes = text.size();

  flat_table table;
  std::uint64_t total = 0;
  word_splitter splitter(word_rules{}, [&](std::span<const std::string_view> words) {
    for (const std::string_view word : words) table.add(word);
    total += words.size();
  });
  // The splitter lower-cases in place, so it gets a copy, small enough to stay in the cache.
  std::vector<char> piece;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(text.size(), 64 * 1024);
    while (size != text.size() && !is_boundary(text[size])) ++size;
    piece.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    splitter.split(piece);
    text.remove_prefix(size);
  }

  std::vector<flat_table::slot> words = table.take();
  const auto top = words.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(20, words.size()));
  std::partial_sort(words.begin(), top, words.end(), [](const auto& left, const auto& right) {
    return left.count != right.count ? left.count > right.count : left.text() < right.text();
  });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const int width =
      words.empty() ? 0 : std::snprintf(nullptr, 0, "%llu", static_cast<unsigned long long>(words[0].count));
  for (auto word = words.begin(); word != top; ++word)
    std::printf("%*llu %.*s\n", width, static_cast<unsigned long long>(word->count),
                static_cast<int>(word->size), word->word);
  std::fprintf(stderr, "count-baseline: %llu words, %zu distinct, %.1f MB in %.2f s\n",
               static_cast<unsigned long long>(total), words.size(), static_cast<double>(bytes) / 1e6,
               elapsed.count());
}
