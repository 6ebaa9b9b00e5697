// SPDX-License-Identifier: MIT
// A load that somebody else's thread does, perhaps.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <plait/detail/at_end_of_scope.hpp>
#include <plait/detail/cache/entry_stamp.hpp>
#include <plait/detail/cache/load_terms.hpp>
#include <plait/detail/sync.hpp>
#include <plait/put_options.hpp>

namespace PLAIT_NAMESPACE::detail {

// A load for an executor. It may never be called, or when the value was removed: then it does nothing.
template <class Core, class F>
class background_load {
  using key_type = typename Core::key_type;
  using mapped = typename Core::mapped_type;
  using flight = typename Core::flight;

 public:
  background_load(Core& cache, const key_type& key, std::uint64_t hash, F f, const load_terms<mapped>& terms)
      : cache_(cache),
        key_(key),
        hash_(hash),
        f_(std::move(f)),
        tags_(terms.tags.begin(), terms.tags.end()),
        terms_(terms) {
    terms_.tags = tags_;
  }
  background_load(const background_load&) = delete;
  background_load& operator=(const background_load&) = delete;
  ~background_load() {
    if (flight_ == nullptr) return;
    cache_.shards_.of(hash_).end(*flight_);
    flight_->release();
  }

  // False if there is nothing to do.
  bool join(entry_stamp old) {
    flight_ = cache_.shards_.of(hash_).join_to_refresh(hash_, cache_.equal_to(key_), key_, tags_, old);
    return flight_ != nullptr;
  }
  void run() {
    if (flight_ == nullptr || !cache_.shards_.of(hash_).begin(*flight_)) return;
    flight* const mine = std::exchange(flight_, nullptr);
    const at_end_of_scope leave([&]() noexcept { mine->release(); });
    try {
      cache_.load(*mine, cache_.shards_.of(hash_), key_, f_, terms_);
    } catch (...) {  // NOLINT(bugprone-empty-catch): counted, and told to those who wait
    }
  }

 private:
  Core& cache_;
  const key_type key_;
  const std::uint64_t hash_;
  F f_;
  const std::vector<cache_tag> tags_;
  load_terms<mapped> terms_;
  flight* flight_ = nullptr;
};

}  // namespace PLAIT_NAMESPACE::detail
