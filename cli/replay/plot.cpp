// SPDX-License-Identifier: MIT
// The curves of hit ratio over capacity, as SVG.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "command_line/printable.hpp"
#include "replay/report.hpp"

namespace plait::cli {
namespace {

constexpr double width = 720, height = 300, left = 56, right = 170, top = 40, bottom = 44;
constexpr std::array<std::string_view, 8> colors{"#1f6feb", "#9a6700", "#8c959f", "#1a7f37",
                                                 "#cf222e", "#8250df", "#bf3989", "#0a7ea4"};

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string label(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, text);
}

// One trace: capacities from left to right in logarithmic steps, hit ratio upwards to the best of all.
class panel {
 public:
  panel(const replayed_trace& of, double y) : of_(of), y_(y) {
    for (const replay_run& run : of.runs) most_ = std::max(most_, run.hit_ratio());
    most_ = std::max(0.1, std::ceil(most_ * 10) / 10);
  }

  std::string drawn() const {
    std::string svg = fmt::format("<text x=\"{}\" y=\"{:.1f}\" font-size=\"14\">{}</text>\n", left, y_ + 22,
                                  escaped(of_.name));
    for (int i = 0; i <= 5; ++i) {
      const double ratio = most_ * i / 5;
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#d0d7de\"/>\n", left, y_of(ratio),
                         width - right);
      svg += label(left - 6, y_of(ratio) + 4, "end", fmt::format("{:.0f} %", 100 * ratio));
    }
    for (const std::uint64_t capacity : of_.capacities)
      svg += label(x_of(capacity), y_ + height - bottom + 18, "middle", fmt::format("{}", capacity));
    svg += label((left + width - right) / 2, y_ + height - bottom + 36, "middle",
                 of_.capacity_unit == unit::bytes ? "capacity in bytes" : "capacity in entries");
    std::size_t number = 0;
    for (std::size_t i = 0; i != policy_kinds().size(); ++i)
      if (of_.runs.end() != std::ranges::find(of_.runs, policy_kinds()[i].name, &replay_run::policy))
        svg += curve(policy_kinds()[i], colors[i % colors.size()], number++);
    return svg;
  }

 private:
  std::string curve(const policy_kind& policy, std::string_view color, std::size_t number) const {
    std::string path;
    for (const std::uint64_t capacity : of_.capacities)
      if (const replay_run* const run = of_.find(policy.name, capacity))
        path +=
            fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(capacity), y_of(run->hit_ratio()));
    const double stroke = policy.name == "plait" ? 3 : 1.5, y = y_ + top + 8 + 18 * static_cast<double>(number);
    return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"/>\n", path, color,
                       stroke) +
           fmt::format("<path d=\"M{:.1f} {:.1f}h22\" stroke=\"{}\" stroke-width=\"{}\"/>\n",
                       width - right + 16, y - 4, color, stroke) +
           label(width - right + 44, y, "start", policy.label);
  }

  double x_of(std::uint64_t capacity) const {
    const double from = std::log(static_cast<double>(of_.capacities.front()));
    const double to = std::log(static_cast<double>(of_.capacities.back()));
    const double part = to > from ? (std::log(static_cast<double>(capacity)) - from) / (to - from) : 0.5;
    return left + 14 + part * (width - right - left - 28);
  }
  double y_of(double ratio) const { return y_ + height - bottom - ratio / most_ * (height - top - bottom); }

  const replayed_trace& of_;
  double y_;
  double most_ = 0;
};

}  // namespace

std::string replay_svg(const std::vector<replayed_trace>& traces) {
  const double all = height * static_cast<double>(std::max<std::size_t>(traces.size(), 1));
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"12\" fill=\"#1f2328\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      width, all);
  for (std::size_t i = 0; i != traces.size(); ++i)
    svg += panel(traces[i], height * static_cast<double>(i)).drawn();
  return svg + "</svg>\n";
}

}  // namespace plait::cli
