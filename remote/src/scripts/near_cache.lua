-- SPDX-License-Identifier: MIT
-- near_cache. The key of an entry is {name}:e: and the entry's own. An entry is a key of its own, because
-- keys are what the server tells changes of, and what expires.

local beginning

function own.name_keys()
  beginning = key('e:')
end

-- Answers {value, milliseconds it has left to live, or -1: it does not expire}, or nothing.
function operations.get(key)
  local value = redis.call('GET', beginning .. key)
  if not value then return {} end
  return {value, tostring(redis.call('PTTL', beginning .. key))}
end

function operations.put(key, value, milliseconds)
  if milliseconds then
    redis.call('SET', beginning .. key, value, 'PX', milliseconds)
  else
    redis.call('SET', beginning .. key, value)
  end
  return 1
end

-- Answers whether it was there.
function operations.remove(key)
  return redis.call('DEL', beginning .. key)
end

local function run(of_keys, of_args)
  return carry_out('near cache', of_keys, of_args)
end
