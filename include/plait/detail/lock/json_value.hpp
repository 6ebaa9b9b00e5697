// SPDX-License-Identifier: MIT
// A value of JSON, read from text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// As much of JSON as this library writes: numbers are whole and not negative. An error says what was expected,
// and where.
class json_value {
 public:
  // Throws std::invalid_argument.
  static json_value read(std::string_view text) {
    reader from(text);
    json_value all = from.value(0);
    from.end();
    return all;
  }

  // What it must be. They throw std::invalid_argument.
  std::uint64_t number() const { return of(kind::number).number_; }
  bool truth() const { return of(kind::truth).number_ != 0; }
  const std::string& string() const { return of(kind::string).string_; }
  const std::vector<json_value>& list() const { return of(kind::list).list_; }
  const json_value& operator[](const char* name) const {
    const auto& members = of(kind::object).members_;
    const auto found = members.find(name);
    if (found == members.end()) throw std::invalid_argument(std::string("no \"") + name + '"');
    return found->second;
  }

 private:
  enum class kind { number, truth, string, list, object };
  static const char* in_words(kind of) {
    constexpr const char* words[] = {"a number", "true or false", "a string", "a list", "an object"};
    return words[static_cast<int>(of)];
  }

  const json_value& of(kind expected) const {
    if (kind_ != expected)
      throw std::invalid_argument(std::string(in_words(kind_)) + " instead of " + in_words(expected));
    return *this;
  }

  class reader {
   public:
    explicit reader(std::string_view text) : text_(text) {}

    json_value value(int depth) {
      if (depth > deepest) fail("no list within so many others");
      json_value made;
      const char next = look();
      if (next == '{') {
        made.kind_ = kind::object;
        each('{', '}', [&] {
          std::string name = string();
          expect(':');
          made.members_.insert_or_assign(std::move(name), value(depth + 1));
        });
      } else if (next == '[') {
        made.kind_ = kind::list;
        each('[', ']', [&] { made.list_.push_back(value(depth + 1)); });
      } else if (next == '"') {
        made.kind_ = kind::string;
        made.string_ = string();
      } else if (next >= '0' && next <= '9') {
        made.kind_ = kind::number;
        made.number_ = number();
      } else if (skip("true")) {
        made.kind_ = kind::truth;
        made.number_ = 1;
      } else if (skip("false")) {
        made.kind_ = kind::truth;
      } else {
        fail("a value");
      }
      return made;
    }

    void end() {
      if (look() != '\0' || at_ != text_.size()) fail("the end");
    }

   private:
    static constexpr int deepest = 16;

    [[noreturn]] void fail(const std::string& expected) const {
      throw std::invalid_argument("at byte " + std::to_string(at_) + " of the text: " + expected +
                                  " was expected");
    }

    // The next character that is no space; 0 at the end.
    char look() {
      while (at_ != text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
      return at_ != text_.size() ? text_[at_] : '\0';
    }
    void expect(char c) {
      if (look() != c || at_ == text_.size()) fail(std::string("'") + c + "'");
      ++at_;
    }
    bool skip(std::string_view word) {
      const bool is_there = text_.substr(at_).starts_with(word);
      if (is_there) at_ += word.size();
      return is_there;
    }

    template <class ReadOne>
    void each(char begin, char end, ReadOne read_one) {
      expect(begin);
      if (look() != end) {
        read_one();
        while (look() == ',') {
          ++at_;
          read_one();
        }
      }
      expect(end);
    }

    std::uint64_t number() {
      std::uint64_t all = 0;
      for (; at_ != text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
        if (all > (UINT64_MAX - digit) / 10) fail("a number below 2^64");
        all = 10 * all + digit;
      }
      return all;
    }

    std::string string() {
      expect('"');
      std::string all;
      while (at_ != text_.size() && text_[at_] != '"') {
        const char c = text_[at_++];
        all += c != '\\' ? c : escaped();
      }
      expect('"');
      return all;
    }
    char escaped() {
      const char c = at_ != text_.size() ? text_[at_++] : '\0';
      if (c == '"' || c == '\\' || c == '/') return c;
      if (c == 'n') return '\n';
      if (c == 't') return '\t';
      if (c == 'u' && skip("00")) {
        const int high = hexadecimal();
        return static_cast<char>(16 * high + hexadecimal());
      }
      fail("an escape that this library writes");
    }
    int hexadecimal() {
      const std::size_t digit =
          at_ != text_.size() ? std::string_view("0123456789abcdef").find(text_[at_]) : std::string_view::npos;
      if (digit == std::string_view::npos) fail("a digit from 0 to f");
      ++at_;
      return static_cast<int>(digit);
    }

    std::string_view text_;
    std::size_t at_ = 0;
  };

  kind kind_ = kind::number;
  std::uint64_t number_ = 0;  // of a truth: 1 if it is true
  std::string string_;
  std::vector<json_value> list_;
  std::map<std::string, json_value> members_;
};

}  // namespace PLAIT_NAMESPACE::detail
