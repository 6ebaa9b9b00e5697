// SPDX-License-Identifier: MIT
// The hash table behind hash_map: from a hash to a chain of blocks, and room for more.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <plait/detail/cache_line.hpp>
#include <plait/detail/key/seeded_hash.hpp>
#include <plait/detail/map/block_tags.hpp>
#include <plait/detail/map/map_block.hpp>
#include <plait/detail/map/map_chain.hpp>
#include <plait/detail/map/map_directory.hpp>
#include <plait/detail/map/map_memory.hpp>
#include <plait/detail/map/map_segment.hpp>
#include <plait/detail/map/map_slot.hpp>
#include <plait/detail/map/slot_set.hpp>
#include <plait/detail/sync.hpp>

namespace PLAIT_NAMESPACE::detail {

//   hash:        | segment ... | ... | tag | ... home |
//   directory:   [0] [1] [2] [3]
//                  \  /   |   |
//   segments:     home    .   .        512 homes, once it has that many
//                 home -> overflow block -> ...
//
// A segment with fewer homes is replaced by one with twice as many, and a full one is split: those keys whose
// hash goes on with a 1 move to a new segment. Both are done by a thread that has to put a key where there is
// no room, and keep waiting only those who change something in that segment, and readers who need a lock. It
//   1. locks all homes of the segment: nothing changes from now on;
//   2. copies, or moves, the keys that go to the new one, which nobody else can see;
//   3. places the new one in the directory;
//   4. takes the keys out of the old one, and unlocks the homes.
// Whoever looks for a key in a segment and does not find it asks the directory again: if the key has moved, it
// has seen what was done in step 4, so it sees what was done in step 3. Whoever has locked a home asks again,
// too, and for the same reason. A reader without a lock that still finds the key in the old one, after step 3,
// has asked the directory before: at that moment the key was there, with that value.
//
// Edges: those of map_block, map_slot and map_directory. No others are needed.
template <class K, class V, class Hash, class Allocator, class Beside = nothing_beside>
class map_table {
 public:
  using slot = typename choose_slot<K, V>::type;
  using block = map_block<slot, Beside>;
  using chain = locked_chain<block>;
  using place = typename chain::place;

  static constexpr bool is_read_unlocked = slot::is_read_unlocked;

  map_table(const seeded_hash<Hash>& hash, const Allocator& allocator)
      : hash_(hash), directory_(allocator), memory_(allocator) {}
  map_table(const map_table&) = delete;
  map_table& operator=(const map_table&) = delete;
  ~map_table() {
    if constexpr (slot::has_to_be_destroyed) visit_at_end([](slot& each) noexcept { each.destroy(); });
  }

  const Allocator& allocator() const noexcept { return memory_.allocator(); }
  const seeded_hash<Hash>& hash() const noexcept { return hash_; }

  // Calls use(V) with a copy of the value of the key for which matches(key) is true; false if it is not there.
  // `ComparesWords`: matches() may be shown a key of which half is changed already.
  template <bool ComparesWords, class Matches, class Use>
  bool read(std::uint64_t hash, Matches matches, Use use) const {
    return read<ComparesWords>(hash, [](const block& in, std::size_t i) { return in[i].load(); }, matches, use);
  }
  // The same, if load(const block&, index) copies what belongs to a slot.
  template <bool ComparesWords, class Load, class Matches, class Use>
  bool read(std::uint64_t hash, Load load, Matches matches, Use use) const {
    for (;;) {
      const segment in = directory_.find(hash);
      if (!in) return false;
      const block& home = in.home(hash);
      prefetch_slots(home);  // the tags, which say which line is wanted, may take as long to come
      const reading result = read_chain<ComparesWords>(home, block_tags::tag_of(hash), load, matches, use);
      if (result == reading::found) return true;
      if (result == reading::absent && directory_.find(hash) == in) return false;
    }
  }

  // Calls use(slot&) for the key for which matches(key) is true, under its lock; false if it is not there.
  template <class Matches, class Use>
  bool read_locked(std::uint64_t hash, Matches matches, Use use) const {
    return read_slot(hash, by_key(matches), use);
  }
  // The same, for the slot for which matches(const slot&) is true.
  template <class Matches, class Use>
  bool read_slot(std::uint64_t hash, Matches matches, Use use) const {
    return read_place(hash, matches, [&](const place& at) { use(at.at()); });
  }
  // The same; calls use(place).
  template <class Matches, class Use>
  bool read_place(std::uint64_t hash, Matches matches, Use use) const {
    for (;;) {
      const segment in = directory_.find(hash);
      if (!in) return false;
      chain held(in.info(), in.home(hash));
      const place at = held.find(block_tags::tag_of(hash), matches);
      if (at.is_taken) return use(at), true;
      if (directory_.find(hash) == in) return false;
    }
  }

  // Calls use(chain&, place) under the lock, for a key that may be there or not, and returns the bool that it
  // returns. If it returns nothing, the segment grows and it is called again. Unless `Grows`, an empty map has
  // no lock to take, and the result is false.
  template <bool Grows, class Matches, class Use>
  bool change(std::uint64_t hash, Matches matches, Use use) {
    for (;;) {
      const segment in = directory_.find(hash);
      if (!in) {
        if constexpr (Grows) {
          add_first_segment(1);
          continue;
        } else {
          return false;
        }
      }
      // Half of the keys are in the second line, and nothing is fetched while the lock is being taken.
      sync::prefetch(second_line(in.home(hash)));
      if constexpr (block::has_beside) sync::prefetch(in.beside_home(hash));
      unsigned depth = 0;
      {
        chain held(in.info(), in.home(hash));
        if (directory_.find(hash) != in) continue;
        const std::optional<bool> result = use(held, held.find(block_tags::tag_of(hash), by_key(matches)));
        if (result) return *result;
        depth = held.segment().depth.get();
      }
      if constexpr (Grows) grow(hash, in, depth);
    }
  }

  // Puts a key at a place where it is not; false if the segment should grow before.
  template <class Key, class... Args>
  bool append(chain& held, const place& end, std::uint64_t hash, Key&& key, Args&&... args) {
    return held.append(memory_, end, block_tags::tag_of(hash), [&](slot& at) {
      at.construct(memory_.allocator(), hash, std::forward<Key>(key), std::forward<Args>(args)...);
    });
  }

  // -- of a table that one thread at a time changes: what it finds stays so until it changes it --
  // `Locks`: somebody may read under a lock.

  // The slot for which matches(const slot&) is true, or null.
  template <class Matches>
  const slot* find_alone(std::uint64_t hash, Matches matches) const {
    const segment in = directory_.find(hash);
    if (!in) return nullptr;
    const place found = map_chain<block>(in.info(), in.home(hash)).find(block_tags::tag_of(hash), matches);
    return found.is_taken ? &found.at() : nullptr;
  }
  // Calls use(chain&, place) for a key that is there.
  template <bool Locks, class Matches, class Use>
  void change_alone(std::uint64_t hash, Matches matches, Use use) {
    const segment in = directory_.find(hash);
    std::conditional_t<Locks, chain, unlocked_chain<block>> held(in.info(), in.home(hash));
    use(held, held.find(block_tags::tag_of(hash), matches));
  }
  // Puts a key that is not there, which construct(slot&) makes.
  template <bool Locks, std::invocable<slot&> Construct>
  [[gnu::always_inline]] void append_alone(std::uint64_t hash, Construct&& construct) {
    for (;;) {
      const segment in = directory_.find(hash);
      if (!in) {
        add_first_segment(1);
        continue;
      }
      {
        std::conditional_t<Locks, chain, unlocked_chain<block>> held(in.info(), in.home(hash));
        if (held.append(memory_, held.end(), block_tags::tag_of(hash), construct)) return;
      }
      grow(hash, in, in.info().depth.get());
    }
  }

  // -- for all --

  // Takes a key out whose slot is empty, or need not be emptied.
  void close_gap(map_chain<block>& held, const place& at) noexcept { held.close_gap(memory_, at); }

  // The first hash of a segment, or the end of all.
  struct position {
    std::uint64_t hash = 0;
    bool is_end = false;
  };

  // Calls visit(chain&) for each home of the segment at `from`, and returns the position of the next segment.
  // If the segment is replaced or split meanwhile, nothing: some of its homes have been visited.
  template <class Visit>
  std::optional<position> visit_segment(position from, Visit visit) const {
    const segment in = directory_.find(from.hash);
    if (!in) return position{0, true};
    const unsigned depth = in.info().depth.get();
    for (std::size_t i = 0; i != in.block_count(); ++i) {
      chain held(in.info(), in.blocks()[i]);
      if (directory_.find(from.hash) != in) return std::nullopt;
      visit(held);
    }
    if (in.info().depth.get() != depth) return std::nullopt;
    return after(from, depth);
  }

  // Takes keys out of the chain: in each block, those whose slots take_out(block&) says that it has emptied.
  template <class TakeOut>
  void remove(chain& held, TakeOut take_out) noexcept {
    held.begin_change();
    held.remove(memory_, take_out);
  }

  // Makes room for so many keys, in a few steps that others do not wait for together.
  void reserve(std::size_t keys) {
    // Two slots of three are taken then; a little later, it would grow.
    const std::size_t homes = std::bit_ceil(3 * keys / (2 * block::slot_count) + 1);
    if (!directory_.find(0)) add_first_segment(std::min(homes, most_homes));
    for (position at; !at.is_end;) {
      const segment in = directory_.find(at.hash);
      const unsigned depth = in.info().depth.get();
      if (in.block_count() << depth < homes) {
        grow(at.hash, in, depth, true);
      } else {
        at = after(at, depth);
      }
    }
  }

  // Moves all keys to a table that is just large enough, and frees all other memory. Nobody else uses the map.
  // If it throws, nothing has changed.
  void shrink(std::size_t keys) {
    map_table fresh(hash_, allocator());
    if (keys != 0) {
      fresh.reserve(keys);
      // Once for the room, which may throw, and once to move.
      const auto forget = [](block& each) { each.set_tags({}); };
      try {
        for_each_key([&](const place& from, block_tags::tag) {
          const place room = fresh.get_room(hash_of(from.at()));
          room.block->set_tags(room.block->tags().with(room.index, block_tags::tag_of(0)));
        });
      } catch (...) {
        fresh.memory_.for_each_block(forget);
        throw;
      }
      fresh.memory_.for_each_block(forget);
      for_each_key([&](const place& from, block_tags::tag tag) {
        const place room = fresh.get_room(hash_of(from.at()));
        room.block->move(room.index, *from.block, from.index);
        room.block->set_tags(room.block->tags().with(room.index, tag));
      });
      memory_.for_each_block(forget);
    }
    directory_.take(fresh.directory_);
    memory_.swap(fresh.memory_);
  }

  // Calls visit(slot&) for each key there is, unless somebody is at work on one: in the child of a fork, some
  // other thread may have been, and may even have moved half of a segment. Nobody else uses the map.
  template <class Visit>
  void visit_at_end(Visit visit) noexcept {
    bool in_use = false;
    memory_.for_each_block([&](const block& each) { in_use = in_use || each.is_locked(); });
    if (in_use) return;
    memory_.for_each_block([&](block& each) {
      for (std::size_t i = 0; i != each.tags().taken(); ++i) visit(each[i]);
    });
  }

  // Asks for the lines of a hash's home.
  void prefetch(std::uint64_t hash) const noexcept {
    if (const segment in = directory_.find(hash)) {
      const block& home = in.home(hash);
      sync::prefetch_to_read(&home);
      prefetch_slots(home);
    }
  }

 private:
  using segment = segment_ref<block>;
  using header = segment_header<block>;
  using memory = map_memory<block, Allocator>;
  using new_chain = new_map_chain<block>;

  static constexpr std::size_t most_homes = sync::sized(512, 2);

  template <class Matches>
  static auto by_key(Matches& matches) {
    return [&matches](const slot& at) { return matches(at.key()); };
  }

  static const std::byte* second_line(const block& home) noexcept {
    return reinterpret_cast<const std::byte*>(&home) + cache_line;
  }
  // Asks for the lines of a home but its first.
  static void prefetch_slots(const block& home) noexcept {
    for (std::size_t at = cache_line; at < sizeof(block); at += cache_line)
      sync::prefetch_to_read(reinterpret_cast<const std::byte*>(&home) + at);
  }

  enum class reading { found, absent, changed };

  template <bool ComparesWords, class Load, class Matches, class Use>
  static reading read_chain(const block& home, block_tags::tag tag, Load& load, Matches& matches, Use& use) {
    const auto since = home.begin_read();
    for (const block* in = &home;;) {
      for (auto candidates = in->tags().find(tag); candidates.has_next();) {
        const auto seen = load(*in, candidates.next());
        if constexpr (ComparesWords) {
          if (!matches(seen.key())) continue;
          if (!home.is_unchanged(since)) return reading::changed;
        } else {
          if (!home.is_unchanged(since)) return reading::changed;
          if (!matches(seen.key())) continue;
        }
        use(seen);
        return reading::found;
      }
      const block* const next = in->next();
      if (!home.is_unchanged(since)) return reading::changed;
      if (next == nullptr) return reading::absent;
      in = next;
    }
  }

  static position after(position from, unsigned depth) noexcept {
    const std::uint64_t next = depth == 0 ? 0 : from.hash + (std::uint64_t{1} << (64 - depth));
    return {next, next == 0};
  }

  // How many overflow blocks are too many. A block of numbers is one line: twice as many homes would take more
  // memory than what stands in a second line of its chain takes time.
  static constexpr std::size_t crowd(std::size_t homes) noexcept {
    return homes / (sizeof(block) <= cache_line ? sync::sized(2, 8) : 8);
  }

  std::uint64_t hash_of(const slot& at) const { return at.hash(hash_); }

  void add_first_segment(std::size_t homes) {
    typename memory::new_segment made(memory_, homes);
    made.get().info().crowded_at.set(crowd(homes));
    if (directory_.place_first(made.get())) made.keep();
  }

  // All homes of a segment, locked.
  class locked_homes {
   public:
    explicit locked_homes(segment of) noexcept : of_(of) {
      for (std::size_t i = 0; i != of_.block_count(); ++i) of_.blocks()[i].lock();
    }
    locked_homes(const locked_homes&) = delete;
    locked_homes& operator=(const locked_homes&) = delete;
    ~locked_homes() {
      for (std::size_t i = 0; i != of_.block_count(); ++i) of_.blocks()[i].unlock();
    }

   private:
    segment of_;
  };

  // Replaces or splits the segment, if it still is the one for that hash, and has that depth. If it throws,
  // nothing has changed. It may find that this would help little, because too many keys have the same hash:
  // then it lets the segment have more overflow blocks.
  void grow(std::uint64_t hash, segment from, unsigned depth, bool always = false) {
    header& info = from.info();
    const std::lock_guard growing(info.growing);
    if (directory_.find(hash) != from || info.depth.get() != depth) return;
    const std::size_t homes = from.block_count();
    const bool doubles = homes < most_homes;
    const unsigned bit = doubles ? static_cast<unsigned>(std::countr_zero(homes)) : 63 - depth;
    if (!doubles) directory_.deepen(depth + 1);
    typename memory::new_segment made(memory_, doubles ? 2 * homes : homes);
    const segment target = made.get();
    const locked_homes all(from);

    const std::size_t overflow = info.overflow.get();
    std::vector<slot_set> goes;  // to the second half; for each block, in the order of visits
    goes.reserve(homes + overflow);
    std::size_t all_keys = 0;
    std::size_t going = 0;
    for_each_chain(from, [&](auto& keys, std::size_t) {
      going += keys.choose(goes, [&](const slot& at) {
        ++all_keys;
        return (hash_of(at) >> bit & 1) != 0;
      });
    });
    const std::size_t fewer = std::min(going, all_keys - going);
    const bool is_crowded_by_few =
        4 * all_keys < homes * block::slot_count || (!doubles && 8 * fewer < all_keys);
    if (!always && is_crowded_by_few) {
      info.crowded_at.set(2 * overflow + 1);
      return;
    }
    typename memory::spare_blocks spares(memory_, overflow);

    // From here on, nothing throws.
    auto next = goes.cbegin();
    for_each_chain(from, [&](auto& keys, std::size_t home) {
      new_chain first(target.info(), target.blocks()[home]);
      new_chain second(target.info(), target.blocks()[doubles ? homes + home : home]);
      keys.for_each_block([&](block& each) {
        if (doubles) first.append(each, each.tags().taken_slots().without(*next), spares);
        second.append(each, *next++, spares);
      });
    });
    target.info().crowded_at.set(crowd(target.block_count()));
    if (doubles) {
      target.info().depth.set(depth);
      directory_.place(hash, depth, made.keep());
    } else {
      target.info().depth.set(depth + 1);
      directory_.place(hash | std::uint64_t{1} << bit, depth + 1, made.keep());
      info.depth.set(depth + 1);
      info.crowded_at.set(crowd(homes));
    }
    next = goes.cbegin();
    for_each_chain(from, [&](auto& keys, [[maybe_unused]] std::size_t home) {
      if constexpr (is_read_unlocked) from.blocks()[home].begin_change();
      keys.remove(memory_, [&](block& each) noexcept {
        const slot_set gone = *next++;
        return doubles ? each.tags().taken_slots() : gone;
      });
    });
  }

  // Calls visit(map_chain&, number) for each home, all of which are locked.
  template <class Visit>
  static void for_each_chain(segment in, Visit visit) {
    for (std::size_t i = 0; i != in.block_count(); ++i) {
      map_chain<block> keys(in.info(), in.blocks()[i]);
      visit(keys, i);
    }
  }

  // Where the next key with this hash belongs, in a table that nobody else can see.
  place get_room(std::uint64_t hash) {
    const segment in = directory_.find(hash);
    for (block* each = &in.home(hash);; each = each->next()) {
      if (each->tags().taken() != block::slot_count) return {false, each, each->tags().taken()};
      if (each->next() != nullptr) continue;
      typename memory::spare_blocks more(memory_, 1);
      each->set_next(&more.use());
      in.info().overflow.add(1);
    }
  }

  template <class Visit>
  void for_each_key(Visit visit) {
    for (position at; !at.is_end;)
      at = *visit_segment(at, [&](chain& held) { held.for_each(visit); });  // nobody else is there to split it
  }

  seeded_hash<Hash> hash_;
  map_directory<segment, Allocator> directory_;
  memory memory_;
};

}  // namespace PLAIT_NAMESPACE::detail
