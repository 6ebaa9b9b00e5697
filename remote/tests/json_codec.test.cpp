// SPDX-License-Identifier: MIT
// json_codec: what comes back, and what is refused.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <plait/remote/codec.hpp>
#include <plait/remote/json_codec.hpp>

namespace {

struct letter {
  std::string to;
  std::vector<int> pages;
  bool operator==(const letter&) const = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(letter, to, pages)

}  // namespace

template <>
struct plait::remote::codec<letter> : plait::remote::json_codec<letter> {};

namespace {

using letters = plait::remote::codec<letter>;
static_assert(plait::remote::encodable<letter>);

TEST(json_codec, gives_back_what_it_was_given) {
  const letter sent{"Zoë", {1, 2}};
  EXPECT_EQ(letters::encode(sent), R"({"pages":[1,2],"to":"Zoë"})");
  EXPECT_EQ(letters::decode(letters::encode(sent)), sent);
}

TEST(json_codec, refuses_what_is_no_json_and_json_of_another_type) {
  for (const char* text : {"", "to Zoë", R"({"to":"Zoë"})", R"({"to":7,"pages":[]})", "[]"}) {
    const auto result = letters::decode(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().reason, "") << text;
  }
}

TEST(json_codec, cannot_encode_a_string_that_is_not_utf_8) {
  EXPECT_THROW((void)letters::encode({"\xff", {}}), nlohmann::json::type_error);
}

}  // namespace
