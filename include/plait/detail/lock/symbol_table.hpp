// SPDX-License-Identifier: MIT
// The functions in the file of a program or library, by their addresses.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// Of an ELF file for 64 bits. The linker's table is there unless the file was stripped; the loader does not
// read it. Of any other file there are no functions.
class symbol_table {
 public:
  struct function {
    std::uint64_t begin;  // as in the file
    std::uint64_t size;
    std::uint32_t name;  // where it begins in names_
  };

  explicit symbol_table(const std::string& path) : file_(std::fopen(path.c_str(), "rbe"), &std::fclose) {
    std::array<char, 64> header{};
    if (!read(0, header) || std::memcmp(header.data(), "\177ELF\2\1", 6) != 0) return;
    is_fixed_ = number<std::uint16_t>(header, 16) == 2;
    const auto sections = number<std::uint64_t>(header, 40);
    const auto count = number<std::uint16_t>(header, 60);
    for (std::uint16_t i = 0; i != count; ++i) {
      const std::array<char, 64> section = section_at(sections, i);
      if (number<std::uint32_t>(section, 4) != 2) continue;  // a table of symbols
      const std::array<char, 64> strings = section_at(sections, number<std::uint32_t>(section, 40));
      names_.resize(number<std::uint64_t>(strings, 32));
      if (!read(number<std::uint64_t>(strings, 24), names_)) names_.clear();
      add_functions(number<std::uint64_t>(section, 24), number<std::uint64_t>(section, 32));
    }
    std::ranges::sort(functions_, {}, &function::begin);
    file_.reset();
  }

  // Whether addresses in the file are those in memory, because it is always loaded at the same place.
  bool is_fixed() const noexcept { return is_fixed_; }

  // Null if there is none at the address.
  const function* find(std::uint64_t address) const {
    const auto after = std::ranges::upper_bound(functions_, address, {}, &function::begin);
    if (after == functions_.begin()) return nullptr;
    const function& before = *std::prev(after);
    return address - before.begin < before.size ? &before : nullptr;
  }
  const char* name(const function& of) const { return names_.c_str() + of.name; }

 private:
  static constexpr std::size_t symbol_size = 24;

  template <class Bytes>
  bool read(std::uint64_t from, Bytes& into) {
    return file_ != nullptr && std::fseek(file_.get(), static_cast<long>(from), SEEK_SET) == 0 &&
           std::fread(into.data(), 1, into.size(), file_.get()) == into.size();
  }
  template <class Number, class Bytes>
  static Number number(const Bytes& bytes, std::size_t at) {
    Number value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }
  std::array<char, 64> section_at(std::uint64_t sections, std::uint64_t index) {
    std::array<char, 64> section{};
    if (!read(sections + index * section.size(), section)) section.fill(0);
    return section;
  }

  void add_functions(std::uint64_t from, std::uint64_t bytes) {
    std::vector<char> symbols(bytes);
    if (!read(from, symbols)) return;
    for (std::size_t at = 0; at + symbol_size <= symbols.size(); at += symbol_size) {
      const function each{number<std::uint64_t>(symbols, at + 8), number<std::uint64_t>(symbols, at + 16),
                          number<std::uint32_t>(symbols, at)};
      const bool is_function = (symbols[at + 4] & 15) == 2;
      if (is_function && each.size != 0 && each.name < names_.size()) functions_.push_back(each);
    }
  }

  // Open while the table is read. No stream: it brings all locales along if the standard library is linked in.
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  bool is_fixed_ = false;
  std::string names_;
  std::vector<function> functions_;  // by address
};

}  // namespace PLAIT_NAMESPACE::detail
