// SPDX-License-Identifier: MIT
// Ranges whose elements can be read once, or are gone when the next one is read.
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <plait/keyed_counter.hpp>

namespace {

using namespace std::string_literals;
using words = plait::keyed_counter<std::string>;

const std::string long_word(100, 'x');

// Generates its elements one after another in one place, and counts how often they were read. `Reference` is
// the type that reading returns.
template <class Reference>
class one_place {
 public:
  class iterator {
   public:
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    explicit iterator(one_place& in) : in_(&in) {}
    Reference operator*() const {
      ++in_->reads;
      return in_->place_;
    }
    iterator& operator++() {
      in_->next();
      return *this;
    }
    void operator++(int) { in_->next(); }
    friend bool operator==(const iterator& left, std::default_sentinel_t) { return left.in_->is_over(); }

   private:
    one_place* in_;
  };

  explicit one_place(int count) : left_(count) {}
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }
  bool is_over() const { return left_ == 0; }

  int reads = 0;

 private:
  void next() {
    --left_;
    place_.replace(place_.size() - 1, 1, left_ % 2 == 0 ? "a" : "b");
  }

  int left_;
  std::string place_ = long_word + "a";
};

template <class Range>
void counts_each_once(Range range, int expected) {
  words counter;
  counter.update(range);
  EXPECT_EQ(range.reads, expected);
  EXPECT_EQ(counter.count(long_word + "a"), expected / 2);
  EXPECT_EQ(counter.count(long_word + "b"), expected / 2);
  EXPECT_EQ(counter.size(), 2U);
}

TEST(keyed_counter_ranges, views_of_strings_that_are_overwritten_by_the_next_count_their_own) {
  counts_each_once(one_place<std::string_view>(1000), 1000);
}

TEST(keyed_counter_ranges, references_to_strings_that_are_overwritten_by_the_next_count_their_own) {
  counts_each_once(one_place<const std::string&>(1000), 1000);
}

TEST(keyed_counter_ranges, strings_made_on_the_way_are_read_once) {
  counts_each_once(one_place<std::string>(1000), 1000);
}

TEST(keyed_counter_ranges, views_of_a_stream_of_words_count_what_they_show_when_read) {
  std::istringstream in("the cat the dog " + long_word + " " + long_word + "y " + long_word);
  words counter;
  counter.update(std::ranges::istream_view<std::string>(in) |
                 std::views::transform([](const std::string& word) { return std::string_view(word); }));
  EXPECT_EQ(counter.count("the"), 2);
  EXPECT_EQ(counter.count("cat"), 1);
  EXPECT_EQ(counter.count("dog"), 1);
  EXPECT_EQ(counter.count(long_word), 2);
  EXPECT_EQ(counter.total(), 7);
}

TEST(keyed_counter_ranges, a_view_that_writes_all_its_elements_to_one_place_counts_each) {
  std::string place;
  words counter;
  counter.update(std::views::iota(0, 1000) | std::views::transform([&](int i) {
                   place = long_word + std::to_string(i % 10);
                   return std::string_view(place);
                 }));
  for (int i = 0; i != 10; ++i) EXPECT_EQ(counter.count(long_word + std::to_string(i)), 100);
}

TEST(keyed_counter_ranges, moved_strings_are_read_once_and_counted) {
  std::vector<std::string> from{long_word, "a", long_word};
  words counter;
  counter.update(std::ranges::subrange(std::move_iterator(from.begin()), std::move_iterator(from.end())));
  EXPECT_EQ(counter.count(long_word), 2);
  EXPECT_EQ(counter.count("a"), 1);
}

TEST(keyed_counter_ranges, vector_of_bool_whose_elements_are_proxies) {
  plait::keyed_counter<bool> counter;
  counter.update(std::vector<bool>{});
  EXPECT_TRUE(counter.empty());
  counter.update(std::vector<bool>{true, false, true});
  counter.update(std::array{true, true});
  EXPECT_EQ(counter.count(true), 4);
  EXPECT_EQ(counter.count(false), 1);
}

// Converts to a string only explicitly.
struct name {
  const char* text;
  explicit operator std::string() const { return text; }
};

TEST(keyed_counter_ranges, what_a_key_can_only_be_made_of_is_counted) {
  words counter;
  counter.update(std::vector<name>{{"a"}, {"b"}, {"a"}});
  EXPECT_EQ(counter.count("a"), 2);
  EXPECT_EQ(counter.total(), 3);
}

}  // namespace
