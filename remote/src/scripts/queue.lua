-- SPDX-License-Identifier: MIT
-- queue: items that wait, items that came back, and deliveries in flight.
--
-- KEYS  3 ready: list of payloads, oldest first
--       4 returned: list of {deliveries so far, payload}; taken before the ready ones
--       5 flights: hash; SESSION:TAKE = {payloads, deliveries before this one}, and beside it SESSION:TAKE:done, the
--         indices of those that are finished
--       6 leases: sorted set of sessions, by when their lease ends
--       7, 8, 9 sessions that wait for an item, for room, for all to be done, in the order in which they came
--       10 dead: list of {payload, deliveries, reason}
--
-- Nothing waits here: a session that has to wait is put down in 7, 8 or 9 in the same call that found nothing, and
-- is told by a message, once, when there is something. It then calls again.

local ready, returned, flights, leases, dead = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[10]
local waiters = {items = KEYS[7], room = KEYS[8], done = KEYS[9]}

-- What the callers of this call still want when it ends.
local wants = {}
-- What of push() found no room.
local rest = {}

local function available() return state.ready + state.returned end
local function room()
  if state.closed then return 0 end
  if state.capacity == 0 then return math.huge end
  return math.max(state.capacity - state.ready, 0)
end
local function unfinished() return state.put - state.done end

-- Answers the capacity, which is that of the first open(). Of the state, `items`, `room` and `all_done` say whether
-- somebody may be waiting for that.
function operations.open(capacity, limit)
  state = state or {capacity = tonumber(capacity), limit = tonumber(limit), closed = false, ready = 0, returned = 0,
                    put = 0, done = 0, taken = 0, ticket = 0, last_beat = now()}
  return state.capacity
end

local function push(items, first)
  local count = math.min(#items - first + 1, room())
  if count > 0 then
    redis.call('RPUSH', ready, unpack(items, first, first + count - 1))
    state.ready = state.ready + count
    state.put = state.put + count
  end
  return count
end

-- Answers how many went in. `waits` is '1' if callers wait for the others.
function operations.push(waits, ...)
  local items = {...}
  local count = push(items, 1)
  rest = {items = items, first = count + 1}
  wants.room = waits == '1'
  return count
end

-- After a take() there may be room for more.
function operations.push_rest()
  local count = push(rest.items, rest.first)
  rest.first = rest.first + count
  return count
end

-- Takes at most `most`; callers wait unless there are at least `least`. Answers {payloads, deliveries before this one
-- (none: of no payload), number of the first delivery}. `how` is 'forget' if they are done with that.
function operations.take(most, least, how)
  most = tonumber(most)
  local items, counts = {}, {}
  if state.returned > 0 then
    for i, packed in ipairs(redis.call('LPOP', returned, most)) do
      counts[i], items[i] = cmsgpack.unpack(packed)
    end
    state.returned = state.returned - #items
  end
  if #items < most and state.ready > 0 then
    local fresh = redis.call('LPOP', ready, most - #items)
    state.ready = state.ready - #fresh
    if #items == 0 then
      items = fresh
    else
      for _, item in ipairs(fresh) do
        items[#items + 1] = item
        counts[#items] = 0
      end
    end
  end
  if how == 'forget' then
    state.done = state.done + #items
  elseif #items > 0 then
    redis.call('HSET', flights, session .. ':' .. number, cmsgpack.pack(items, counts))
    kept[#results + 1] = {'flight', state.taken + 1}
  end
  wants.items = #items < tonumber(least)
  local first = state.taken + 1
  state.taken = state.taken + #items
  return {items, counts, first}
end

-- Marks items of a take as done: `count` of them, which are all that are left, or those at the indices. Answers 0 if
-- the lease was lost.
function operations.ack(take, count, ...)
  local flight = session .. ':' .. take
  if select('#', ...) == 0 then
    if redis.call('HDEL', flights, flight, flight .. ':done') == 0 then return 0 end
  else
    local kept = redis.call('HMGET', flights, flight, flight .. ':done')
    if not kept[1] then return 0 end
    redis.call('HSET', flights, flight .. ':done', (kept[2] or ',') .. table.concat({...}, ',') .. ',')
  end
  state.done = state.done + tonumber(count)
  return 1
end

local function bury(item, deliveries, reason)
  redis.call('RPUSH', dead, cmsgpack.pack(item, deliveries, reason))
  state.done = state.done + 1
end

-- Puts one delivered item back, or among the dead.
local function put_back(item, deliveries, reason)
  if state.limit > 0 and deliveries >= state.limit then return bury(item, deliveries, reason) end
  redis.call('RPUSH', returned, cmsgpack.pack(deliveries, item))
  state.returned = state.returned + 1
end

-- One item of a take: `how` is 'unseen', and nobody has got it; 'refused' or the reason for which it is buried.
-- Answers 0 if the lease was lost.
function operations.give_back(take, index, how)
  local flight = session .. ':' .. take
  local kept = redis.call('HMGET', flights, flight, flight .. ':done')
  if not kept[1] then return 0 end
  local items, counts = cmsgpack.unpack(kept[1])
  local item, before = items[tonumber(index)], counts[tonumber(index)] or 0
  redis.call('HSET', flights, flight .. ':done', (kept[2] or ',') .. index .. ',')
  if how == 'unseen' then
    redis.call('RPUSH', returned, cmsgpack.pack(before, item))
    state.returned = state.returned + 1
  elseif how == 'refused' then
    put_back(item, before + 1, 'given back too often')
  else
    bury(item, before + 1, how)
  end
  return 1
end

-- Everything that a session has in flight comes back, in the order in which it was taken.
local function end_lease(name, reason)
  redis.call('ZREM', leases, name)
  local takes, marks = {}, {}
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', flights, cursor, 'MATCH', name .. ':*', 'COUNT', 1000)
    cursor = page[1]
    for i = 1, #page[2], 2 do
      local take, done = string.match(page[2][i], ':(%d+)(.*)$')
      if done == '' then takes[tonumber(take)] = page[2][i + 1] else marks[tonumber(take)] = page[2][i + 1] end
    end
  until cursor == '0'
  local order = {}
  for take in pairs(takes) do order[#order + 1] = take end
  table.sort(order)
  for _, take in ipairs(order) do
    local items, counts = cmsgpack.unpack(takes[take])
    local done = marks[take] or ''
    for i, item in ipairs(items) do
      if not string.find(done, ',' .. i .. ',', 1, true) then put_back(item, (counts[i] or 0) + 1, reason) end
    end
    redis.call('HDEL', flights, name .. ':' .. take, name .. ':' .. take .. ':done')
  end
end

-- Renews the session's lease and ends those that are over. If nobody has been heard of for longer than a lease, the
-- server, or the way to it, stood still: then everybody gets a lease more.
local beat = operations.beat
function operations.beat()
  local time = beat()
  redis.call('ZADD', leases, time + lease, session)
  if time - state.last_beat > lease then
    for _, name in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
      redis.call('ZADD', leases, 'XX', 'GT', time + lease, name)
    end
  end
  state.last_beat = time
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', '(' .. time, 'LIMIT', 0, 100)) do
    end_lease(name, 'its worker was silent for longer than a lease')
  end
  return time
end

local leave = operations.leave
function operations.leave()
  end_lease(session, 'its worker left without finishing it')
  for _, list in pairs(waiters) do redis.call('ZREM', list, session) end
  return leave()
end

function operations.close()
  state.closed = true
  return 1
end

-- Answers how many there were.
function operations.discard()
  local count = available()
  redis.call('DEL', ready, returned)
  state.ready, state.returned = 0, 0
  state.done = state.done + count
  return count
end

function operations.await_done()
  wants.done = true
  return 1
end

local function wait_for(what)
  state.ticket = state.ticket + 1
  redis.call('ZADD', waiters[what], 'NX', state.ticket, session)
end

-- Tells at most `count` of those that wait. One that no longer listens is passed over.
local function tell(what, count)
  while count > 0 do
    local first = redis.call('ZPOPMIN', waiters[what])
    if #first == 0 then return false end
    local connection, endpoint = string.match(first[1], '^(.*)%.(.*)$')
    if redis.call('PUBLISH', 'plait:wake:' .. connection, endpoint) > 0 then count = count - 1 end
  end
  return true
end

-- What was taken is in flight still, unless the lease is over.
local function recall(again)
  for i, result in ipairs(again) do
    if type(result) == 'table' and result[1] == 'flight' then
      local packed = redis.call('HGET', flights, session .. ':' .. number)
      local items, counts = {}, {}
      if packed then items, counts = cmsgpack.unpack(packed) end
      again[i] = {items, counts, result[2]}
    end
  end
end

-- Puts this session down for what it lacks, and tells others what there is. Answers {closed, items, room (-1: no
-- bound), unfinished}.
return carry_out(function()
  if state.closed then
    if state.items then state.items = tell('items', math.huge) end
    if state.room then state.room = tell('room', math.huge) end
  else
    if wants.items and available() == 0 then
      wait_for('items')
      state.items = true
    elseif state.items and available() > 0 then
      state.items = tell('items', available())
    end
    if wants.room and room() == 0 then
      wait_for('room')
      state.room = true
    elseif state.room and room() > 0 then
      state.room = tell('room', room())
    end
  end
  if unfinished() > 0 then
    if wants.done then
      wait_for('done')
      state.all_done = true
    end
  elseif state.all_done then
    state.all_done = tell('done', math.huge)
  end
  return {state.closed and 1 or 0, available(), state.capacity == 0 and -1 or room(), unfinished()}
end, recall)
