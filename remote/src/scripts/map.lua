-- SPDX-License-Identifier: MIT
-- map. Its keys: values: hash; fences: hash, the largest token that an entry was written with.

local values, fences

function own.name_keys()
  values, fences = key('values'), key('fences')
end

function operations.get(key)
  return redis.call('HGET', values, key)
end

-- Answers whether the key is new.
function operations.put(key, value)
  return redis.call('HSET', values, key, value)
end

-- From now on smaller tokens are refused. Answers 0 if a larger one was seen before.
function operations.fence(key, token)
  local before = redis.call('HGET', fences, key)
  if before and tonumber(before) > tonumber(token) then return 0 end
  redis.call('HSET', fences, key, token)
  return 1
end

-- Only if no larger token has written the key. Answers whether it did.
function operations.put_fenced(key, value, token)
  if operations.fence(key, token) == 0 then return 0 end
  redis.call('HSET', values, key, value)
  return 1
end

-- Puts `value` in place of `before`; without `before`, only if the key is absent. Answers whether it did.
function operations.exchange(key, value, before)
  local now = redis.call('HGET', values, key)
  if now ~= (before or false) then return 0 end
  redis.call('HSET', values, key, value)
  return 1
end

function operations.erase(key)
  return redis.call('HDEL', values, key)
end

function operations.size()
  return redis.call('HLEN', values)
end

local function run(of_keys, of_args)
  return carry_out('map', of_keys, of_args)
end
