// SPDX-License-Identifier: MIT
// One call that loads many keys of a cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/cache/entry_terms.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

// The keys that were asked for together and are not there. Those that nobody loads this thread loads, all at
// once, and only when it is done with them it waits for those that others load: so two that want the same keys
// in another order do not wait for each other. `Core` is a cache_core.
template <class Core>
class bulk_load {
  using key_type = typename Core::key_type;
  using mapped_type = typename Core::mapped_type;
  using flight = typename Core::flight;

 public:
  explicit bulk_load(Core& cache) noexcept : cache_(cache) {}
  bulk_load(const bulk_load&) = delete;
  bulk_load& operator=(const bulk_load&) = delete;
  ~bulk_load() {
    for (const missing& each : missing_)
      if (each.joined != nullptr) each.joined->release();
  }

  // A key that is not there, and the place of its value in the answer.
  template <class L>
  void add(const L& key, std::uint64_t hash, std::size_t place) {
    missing_.push_back({static_cast<key_type>(key), hash, place});
  }

  // Writes the values of all keys that were added to their places in `found`.
  template <class F>
  void run(F& f, const entry_terms& terms, std::vector<std::optional<mapped_type>>& found) {
    if (missing_.empty()) return;
    try {
      for (missing& each : missing_) join(each, terms, found);
      load_own(f, terms, found);
    } catch (...) {
      end_own(std::current_exception());
      throw;
    }
    end_own(nullptr);
    for (missing& each : missing_) {
      if (each.joined == nullptr || each.is_mine) continue;
      const typename Core::waits::waiting waits(cache_.waits_, *each.joined);
      set(found[each.place], each.joined->wait());
    }
  }

 private:
  struct missing {
    key_type key;
    std::uint64_t hash;
    std::size_t place;
    flight* joined = nullptr;  // null: somebody has put it in meanwhile
    bool is_mine = false;
    // Of one that is mine:
    bool is_listed = true;     // in its shard
    bool is_finished = false;  // who waits for it has been told its value
  };

  void join(missing& key, const entry_terms& terms, std::vector<std::optional<mapped_type>>& found) {
    while (key.joined == nullptr && !found[key.place]) {
      key.joined = cache_.shards_.of(key.hash).join(key.hash, cache_.equal_to(key.key), key.key, terms.tags,
                                                    cache_.time_, key.is_mine);
      if (key.joined == nullptr) set(found[key.place], cache_.template look_hashed<false>(key.key, key.hash));
    }
  }
  // A value may be one that cannot be assigned.
  static void set(std::optional<mapped_type>& empty, std::optional<mapped_type>&& value) {
    if (value) empty.emplace(*std::move(value));
  }

  template <class F>
  void load_own(F& f, const entry_terms& terms, std::vector<std::optional<mapped_type>>& found) {
    std::vector<key_type> wanted;
    for (missing& each : missing_) {
      if (!each.is_mine) continue;
      wanted.push_back(each.key);
      own_.push_back(&each);
    }
    if (wanted.empty()) return;
    std::ranges::sort(own_, {}, &missing::hash);
    using answers = std::invoke_result_t<F&, std::span<const key_type>>;
    // The elements of a container that is f's result are nobody else's.
    constexpr bool is_given_away = !std::is_reference_v<answers> && !std::ranges::view<answers>;
    auto&& all = cache_.template call<answers>(
        [&]() -> answers { return std::invoke(f, std::span<const key_type>(wanted)); });
    for (auto&& [key, value] : all) {
      missing* const asked = find_own(key);
      if (asked == nullptr) continue;
      if constexpr (is_given_away) {
        keep(*asked, static_cast<mapped_type>(std::move(value)), terms, found);
      } else {
        keep(*asked, static_cast<mapped_type>(std::as_const(value)), terms, found);
      }
    }
  }

  // The first that is mine, has no value yet, and has that key; or null.
  template <class L>
  missing* find_own(const L& given) {
    const auto& key = Core::forms::wanted(given);
    const std::uint64_t hash = cache_.hash_of(key);
    for (missing* const each : std::ranges::equal_range(own_, hash, {}, &missing::hash))
      if (!each->is_finished && cache_.equal_to(key)(each->key)) return each;
    return nullptr;
  }

  void keep(missing& own, mapped_type&& value, entry_terms terms,
            std::vector<std::optional<mapped_type>>& found) {
    const mapped_type& loaded = own.joined->set_value(std::move(value));
    found[own.place].emplace(loaded);
    cache_.keep(*own.joined, cache_.shards_.of(own.hash), own.key, loaded, terms, own.is_listed);
    own.joined->finish();
    own.is_finished = true;
  }

  // Those that have no value get none, and who waits for them is told that, or why.
  void end_own(const std::exception_ptr& thrown) noexcept {
    for (missing& each : missing_) {
      if (each.joined == nullptr || !each.is_mine || each.is_finished) continue;
      if (each.is_listed) cache_.shards_.of(each.hash).end(*each.joined);
      each.joined->finish(thrown);
    }
  }

  Core& cache_;
  std::vector<missing> missing_;  // stays as it is from the first join on: flights point to its keys
  std::vector<missing*> own_;     // sorted by hash
};

}  // namespace PLAIT_NAMESPACE::detail
