-- SPDX-License-Identifier: MIT
-- What every structure's script begins with. One call carries out the operations that several callers have asked
-- for, in order, once, however often it is sent:
--
--   keys  the structure's hash, {name}:m, alone: the others are in the same slot, and each key that is sent costs the server
--         as much as a fifth of a command
--   args  session, number of the call, lease in ms, and for each operation: name, number of arguments, arguments
--
-- The hash keeps for each session the number of its last call and the results: field s:SESSION. A call with that
-- number again gets those results; the next number is carried out; any other says that something is missing. Its
-- field `state` is the structure's own. `kind` says what structure it is: that which has used the name first.
--
-- Answer: {'done', result, ...} or {'missing', number of the last call that is known, or -1 for none}.
--
-- The server makes the functions once, if it has FUNCTION LOAD, and otherwise in every call, and calls run(keys, args), with
-- which each script ends. So variables outside of functions keep what the last call, of any structure, has left: begin(),
-- and own.begin(), give each of them a value.

local args
local hash, sessions  -- sessions: a sorted set, by the time of their last beat
local names           -- of all keys that the structure may have
local session, number, lease  -- the last two as they came, as text
local day = 24 * 60 * 60 * 1000

local state       -- a table that is kept at the server from call to call; nil: there is none
local leaves      -- this is the session's last call
local results     -- 'done', and those of the operations so far
local unfinished  -- the answer has an end that is kept elsewhere: see carry_out

-- A structure may add to all that: `own.name_keys` names its keys; `own.begin` begins a call; `own.load` and `own.save` keep
-- the state in place of the table `state`; and if `unfinished` is set, `own.finish` adds to the answer what it can find
-- again if the call comes again, so that it is not kept twice.
local own = {}

local function key(part)
  local name = string.sub(hash, 1, -2) .. part
  names[#names + 1] = name
  return name
end

local function begin(of_keys, of_args)
  if of_keys[1] ~= hash then
    hash = of_keys[1]
    names = {hash}
    sessions = key('o')
    if own.name_keys then own.name_keys() end
  end
  args = of_args
  session, number, lease = args[1], args[2], args[3]
  state, leaves, unfinished = nil, false, false
  results = {'done', nil, nil, nil, nil, nil, nil, nil}  -- or the table would grow thrice in a common call
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Operations that all structures have. They return their result. Those in `in_place` get the first and last index of
-- their arguments in args, and add to `results` themselves.
local operations, in_place = {}, {}

-- Says that the session lives, and forgets those that have been silent for a day.
function operations.beat()
  local time = now()
  redis.call('ZADD', sessions, time, session)
  local silent = redis.call('ZRANGEBYSCORE', sessions, '-inf', time - day, 'LIMIT', 0, 100)
  for _, name in ipairs(silent) do
    redis.call('ZREM', sessions, name)
    redis.call('HDEL', hash, 's:' .. name)
  end
  return time
end

function operations.leave()
  redis.call('ZREM', sessions, session)
  leaves = true
  return 1
end

-- The structure is forgotten after so many seconds.
function operations.expire(seconds)
  for _, name in ipairs(names) do redis.call('EXPIRE', name, seconds) end
  return 1
end

-- `kind` is the structure's, for people. Calls `at_end`, if given, after the operations; what it returns, if anything, is
-- the last result.
local function carry_out(kind, of_keys, of_args, at_end)
  begin(of_keys, of_args)
  if own.begin then own.begin() end
  local before = redis.call('HMGET', hash, 's:' .. session, 'state')
  local last = before[1] and select(2, cmsgpack.unpack_one(before[1])) or 0
  local ahead = number - last
  if ahead ~= 1 then
    if ahead ~= 0 then return {'missing', before[1] and last or -1} end
    local _, again, rest = cmsgpack.unpack(before[1])
    if rest then own.finish(again) end
    return again
  end
  if last == 0 and redis.call('HSETNX', hash, 'kind', kind) == 0 then
    local first = redis.call('HGET', hash, 'kind')
    if first ~= kind then
      return redis.error_reply('WRONGTYPE ' .. hash .. ' is that of a ' .. first .. ', and not of a ' .. kind ..
        ': take another name')
    end
  end
  if before[2] then
    if own.load then own.load(before[2]) else state = cmsgpack.unpack(before[2]) end
  end
  local at, words = 4, #args
  while at <= words do
    local name, first = args[at], at + 2
    at = first + args[at + 1]
    if in_place[name] then
      in_place[name](first, at - 1)
    else
      results[#results + 1] = operations[name](unpack(args, first, at - 1))
    end
  end
  local at_last = at_end and at_end()
  if at_last then results[#results + 1] = at_last end
  local kept
  if own.save then kept = own.save() elseif state then kept = cmsgpack.pack(state) end
  if leaves then
    redis.call('HDEL', hash, 's:' .. session)
    if kept then redis.call('HSET', hash, 'state', kept) end
  elseif kept then
    redis.call('HSET', hash, 's:' .. session, cmsgpack.pack(last + 1, results, unfinished), 'state', kept)
  else
    redis.call('HSET', hash, 's:' .. session, cmsgpack.pack(last + 1, results, unfinished))
  end
  if unfinished then own.finish(results) end
  return results
end
