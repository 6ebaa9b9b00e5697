// SPDX-License-Identifier: MIT
#include "count/report.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command_line/grouped.hpp"
#include "command_line/printable.hpp"
#include "count/options.hpp"
#include "count/progress.hpp"

namespace plait::cli {
namespace {

// Writes to a FILE in large pieces and notices when it is full.
class output {
 public:
  explicit output(std::FILE* to) : to_(to) {}

  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(pending_), format, std::forward<Args>(args)...);
    if (pending_.size() >= flush_size) flush();
  }

  void flush() {
    const bool written = std::fwrite(pending_.data(), 1, pending_.size(), to_) == pending_.size();
    if (!written || std::fflush(to_) != 0) throw std::system_error(errno, std::generic_category());
    pending_.clear();
  }

 private:
  static constexpr std::size_t flush_size = 64 * 1024;
  std::FILE* to_;
  fmt::memory_buffer pending_;
};

}  // namespace

namespace {

// Strings compare by bytes, and UTF-8 orders bytes as it orders code points.
bool before(const word_frequency& left, const word_frequency& right) {
  return left.second != right.second ? left.second > right.second : left.first < right.first;
}

}  // namespace

void rank_words(count_report& report, const plait::keyed_counter<std::string>& words, std::size_t top) {
  // The best so far as a heap with the worst of them on top, so that most words need one comparison.
  std::vector<word_frequency>& best = report.words;
  if (top == every_word) best.reserve(words.size());  // growing step by step would need twice the memory
  words.for_each([&](std::string_view word, std::int64_t count) {
    report.total += count;
    ++report.distinct;
    if (best.size() == top) {
      if (!before(word_frequency(word, count), best.front())) return;
      std::ranges::pop_heap(best, before);
      best.pop_back();
    }
    best.emplace_back(word, count);
    if (top != every_word) std::ranges::push_heap(best, before);
  });
  std::ranges::sort(best, before);
}

void rank_estimates(count_report& report, const plait::keyed_counter<std::string>& words, std::size_t top) {
  auto& [kept, greatest_error] = report.estimated.emplace();
  kept = words.most_common_estimates(every_word);
  const auto as_shown = [](const auto& each) { return word_frequency(each.first, each.second.count); };
  std::ranges::sort(kept, before, as_shown);
  report.total = words.total();
  report.distinct = kept.size();
  if (kept.size() > top) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(top), kept.end());
  for (const auto& each : kept) {
    report.words.push_back(as_shown(each));
    greatest_error = std::max(greatest_error, each.second.error);
  }
}

void write_table(const count_report& report, std::FILE* to) {
  if (report.words.empty()) return;
  // A word may contain escape sequences, which a terminal would obey. A file gets the word as it is.
  const bool terminal = ::isatty(::fileno(to)) != 0;
  const std::size_t width = fmt::formatted_size("{}", report.words.front().second);
  output out(to);
  for (const auto& [word, count] : report.words) {
    if (terminal)
      out.print("{:>{}} {}\n", count, width, printable(word));
    else
      out.print("{:>{}} {}\n", count, width, word);
  }
  out.flush();
}

void write_json(const count_report& report, std::FILE* to) {
  // Written word by word: the document as one object would take many times the memory of the table.
  output out(to);
  const auto& estimated = report.estimated;
  out.print(R"({{"schema_version":1,"total":{},"{}":{},"bytes":{},"seconds":{:.6f},"words":[)", report.total,
            estimated ? "kept" : "distinct", report.distinct, report.bytes, report.elapsed.count());
  for (std::size_t i = 0; i != report.words.size(); ++i) {
    const auto& [word, count] = report.words[i];
    out.print(R"({}{{"word":{},"count":{})", i == 0 ? "\n" : ",\n", nlohmann::json(word).dump(), count);
    if (estimated) out.print(R"(,"error":{})", estimated->of_words[i].second.error);
    out.print("}}");
  }
  out.print("{}]}}\n", report.words.empty() ? "" : "\n");
  out.flush();
}

std::string summary_line(const count_report& report, unsigned threads) {
  const double seconds = report.elapsed.count();
  const auto bytes = static_cast<double>(report.bytes);
  const std::string exactness =
      !report.estimated ? " distinct"
      : report.estimated->greatest_error == 0
          ? " kept, counts exact"
          : fmt::format(" kept, counts up to {} too high",
                        grouped(static_cast<std::uint64_t>(report.estimated->greatest_error)));
  return fmt::format("{} word{}, {}{}, {} in {:.2f} s ({}/s), {} thread{}",
                     grouped(static_cast<std::uint64_t>(report.total)), report.total == 1 ? "" : "s",
                     grouped(report.distinct), exactness, readable_bytes(bytes), seconds,
                     readable_bytes(seconds > 0 ? bytes / seconds : 0), threads, threads == 1 ? "" : "s");
}

}  // namespace plait::cli
