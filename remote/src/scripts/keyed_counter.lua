-- SPDX-License-Identifier: MIT
-- keyed_counter. Its keys: counts: hash; ranks: sorted set by minus the count, so that equal counts are in the order
-- of their keys; tags: set of what was added once. The total is a field of the structure's hash. Beyond 2^53 the order
-- is approximate, because scores are doubles; counts are exact.

local counts, ranks, tags

function own.name_keys()
  counts, ranks, tags = key('counts'), key('ranks'), key('tags')
end

-- Pairs of a key and an amount.
function operations.add(...)
  local pairs_of, scores, total = {...}, {}, 0
  for i = 1, #pairs_of, 2 do
    scores[i] = -redis.call('HINCRBY', counts, pairs_of[i], pairs_of[i + 1])
    scores[i + 1] = pairs_of[i]
    total = total + pairs_of[i + 1]
  end
  redis.call('ZADD', ranks, unpack(scores))
  redis.call('HINCRBY', hash, 'total', string.format('%.0f', total))
  return 1
end

-- The same, once for each tag. Answers whether it was the first time.
function operations.add_once(tag, ...)
  if redis.call('SADD', tags, tag) == 0 then return 0 end
  if select('#', ...) > 0 then operations.add(...) end
  return 1
end

function operations.count(key)
  return redis.call('HGET', counts, key) or '0'
end

function operations.size()
  return redis.call('HLEN', counts)
end

function operations.total()
  return redis.call('HGET', hash, 'total') or '0'
end

-- At most `most` from rank `from` on: keys and counts in turn.
function operations.most_common(from, most)
  local keys = redis.call('ZRANGE', ranks, from, from + most - 1)
  if #keys == 0 then return {} end
  local values, both = redis.call('HMGET', counts, unpack(keys)), {}
  for i, key in ipairs(keys) do
    both[2 * i - 1], both[2 * i] = key, values[i]
  end
  return both
end

function operations.clear()
  redis.call('DEL', counts, ranks, tags)
  redis.call('HDEL', hash, 'total')
  return 1
end

local function run(of_keys, of_args)
  return carry_out('keyed counter', of_keys, of_args)
end
