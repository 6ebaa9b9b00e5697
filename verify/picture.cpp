// SPDX-License-Identifier: MIT
#include "picture.hpp"

#include <algorithm>
#include <vector>

#include "picture_page.hpp"

namespace verify {
namespace {

// The threads that did something, in order: each has a lane.
std::vector<unsigned> lanes_of(const report& found) {
  std::vector<unsigned> threads;
  for (const trace_event& each : found.events) threads.push_back(each.thread);
  std::ranges::sort(threads);
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

std::size_t lane_of(const std::vector<unsigned>& lanes, unsigned thread) {
  return static_cast<std::size_t>(std::ranges::find(lanes, thread) - lanes.begin());
}

// Whether the event is drawn with an arrow from another lane.
bool has_arrow(const report& found, const trace_event& event) {
  return event.from && found.events[*event.from].thread != event.thread;
}

std::string fitted(std::string text, std::size_t width) {
  if (text.size() > width) text.replace(width > 2 ? width - 2 : 0, std::string::npos, width > 2 ? ".." : "");
  text.resize(width, ' ');
  return text;
}

std::string without_end_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char each : text) {
    switch (each) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += each;
    }
  }
  return safe;
}

// All of it, for a reader who points at it.
std::string in_words(const trace_event& event) {
  return event.what + "  " + place_of(event) + "  " + source_line(event.file, event.line);
}

// Where things are on a page, in percent of its lanes' width or its rows' height.
struct page_grid {
  static constexpr double gap = 7;  // between two lanes

  double lane_width() const {
    return lanes == 0 ? 100 : (100 - gap * static_cast<double>(lanes - 1)) / static_cast<double>(lanes);
  }
  std::string middle_of(std::size_t row) const {
    return std::to_string((static_cast<double>(row) + 0.5) * 100 / static_cast<double>(rows)) + '%';
  }
  std::string left_of(std::size_t lane) const {
    return std::to_string(static_cast<double>(lane) * (lane_width() + gap)) + '%';
  }
  std::string right_of(std::size_t lane) const {
    return std::to_string(static_cast<double>(lane) * (lane_width() + gap) + lane_width()) + '%';
  }

  std::size_t lanes;
  std::size_t rows;
};

// Lines from the edge of one lane to the edge of the other.
std::string arrows_of(const report& found, const std::vector<unsigned>& lanes) {
  const page_grid grid{lanes.size(), found.events.size()};
  std::string arrows;
  for (std::size_t i = 0; i != found.events.size(); ++i) {
    const trace_event& event = found.events[i];
    if (!has_arrow(found, event)) continue;
    const std::size_t from = lane_of(lanes, found.events[*event.from].thread);
    const std::size_t to = lane_of(lanes, event.thread);
    arrows += "<line x1=\"" + (from < to ? grid.right_of(from) : grid.left_of(from)) + "\" y1=\"" +
              grid.middle_of(*event.from) + "\" x2=\"" + (from < to ? grid.left_of(to) : grid.right_of(to)) +
              "\" y2=\"" + grid.middle_of(i) + "\" marker-end=\"url(#head)\"/>\n";
  }
  return "<svg aria-hidden=\"true\"><defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
         "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
         "<polygon points=\"0,0 8,4 0,8\"/></marker></defs>\n" +
         arrows + "</svg>\n";
}

// A piece of each lane, and the step in that of its thread.
std::string row_of(const trace_event& event, std::size_t number, const std::vector<unsigned>& lanes) {
  std::string row = "<div class=\"row\">";
  for (std::size_t lane = 0; lane != lanes.size(); ++lane) {
    const std::string column = "style=\"grid-column: " + std::to_string(lane + 1) + "\"";
    row += "<div class=\"lane\" " + column + "></div>";
    if (lanes[lane] != event.thread) continue;
    row += std::string("<div class=\"step") + (event.at_fault ? " fault" : "") + "\" " + column + " title=\"" +
           escaped(in_words(event)) + "\"><div class=\"what\">" + std::to_string(number) + ". " +
           escaped(event.what) + "</div><div class=\"place\">" + escaped(place_of(event)) + " <code>" +
           escaped(source_line(event.file, event.line)) + "</code></div></div>";
  }
  return row + "</div>\n";
}

}  // namespace

std::string to_lanes(const report& found, std::size_t width) {
  const std::vector<unsigned> lanes = lanes_of(found);
  if (lanes.empty()) return {};
  constexpr std::size_t margin = 5;  // for the number
  const std::size_t lane_width = std::max<std::size_t>(16, (width - margin) / lanes.size());
  std::string text(margin, ' ');
  for (const unsigned thread : lanes) text += fitted('T' + std::to_string(thread), lane_width);
  text = without_end_blanks(text);
  for (std::size_t i = 0; i != found.events.size(); ++i) {
    const trace_event& event = found.events[i];
    const std::size_t own = lane_of(lanes, event.thread);
    std::string line = fitted(std::string(i < 9 ? "  " : i < 99 ? " " : "") + std::to_string(i + 1), margin);
    std::size_t from = own;
    if (has_arrow(found, event)) from = lane_of(lanes, found.events[*event.from].thread);
    for (std::size_t lane = 0; lane != lanes.size(); ++lane) {
      std::string cell(1, '|');
      if (lane == own) {
        cell = (event.at_fault ? "! " : "* ") + event.what;
        cell = from > own ? fitted(cell, lane_width - 5) + " <---" : fitted(cell, lane_width - 1);
      } else if (from != own && lane >= std::min(from, own) && lane <= std::max(from, own)) {
        // Part of the arrow: its beginning says at which step it begins.
        const bool begins = lane == from;
        const std::string number = begins ? '-' + std::to_string(*event.from + 1) : "-";
        if (own > from) {
          cell = '|' + number;
          cell.resize(lane_width - 1, '-');
          cell += lane + 1 == own ? '>' : '-';
        } else {
          cell = begins ? std::string(1, '-') + number + " |" : std::string(lane_width, '-');
          cell = fitted(cell, lane_width);
        }
      }
      line += fitted(cell, lane_width);
    }
    text += without_end_blanks(line);
  }
  return text;
}

std::string to_html(const report& found, std::string_view title) {
  const std::vector<unsigned> lanes = lanes_of(found);
  std::string page(page_begin);
  page += "<title>" + escaped(title) + "</title>\n<h1>" + escaped(title) + "</h1>\n";
  page += found.passed() ? "<p class=\"soft\">No execution failed.</p>\n"
                         : "<p class=\"failure\">" + escaped(found.failure) + "</p>\n";
  page +=
      "<div class=\"lanes\" style=\"--lanes: " + std::to_string(lanes.size()) + "\">\n<div class=\"heads\">";
  for (const unsigned thread : lanes) page.append("<div>T").append(std::to_string(thread)).append("</div>");
  page += "</div>\n<div style=\"position: relative\">\n" + arrows_of(found, lanes);
  for (std::size_t i = 0; i != found.events.size(); ++i) page += row_of(found.events[i], i + 1, lanes);
  page += "</div>\n</div>\n";
  if (!found.token.empty())
    page += "<p class=\"again\">Again: <code>VERIFY_REPLAY='" + escaped(found.token) + "'</code></p>\n";
  return page +
         "<p class=\"soft\">From top to bottom in the order of execution. An arrow leads from what wrote a "
         "value, or woke a thread, to what reads it. Red: the two sides of the failure.</p>\n</html>\n";
}

}  // namespace verify
