-- SPDX-License-Identifier: MIT
-- counter: the field `value` of the hash. Numbers travel as text, because Lua's are doubles.

function operations.add(amount)
  redis.call('HINCRBY', hash, 'value', amount)
  return 1
end

function operations.get()
  return redis.call('HGET', hash, 'value') or '0'
end

local function run(of_keys, of_args)
  return carry_out('counter', of_keys, of_args)
end
