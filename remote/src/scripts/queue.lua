-- SPDX-License-Identifier: MIT
-- queue: items that wait, items that came back, and deliveries in flight.
--
-- keys  3 ready: list of payloads, oldest first. By priority: sorted set of payloads, whose scores are all 0, so that
--         they come in the order of their bytes: eight of the priority, eight of the number of the push
--       4 returned: list of {deliveries so far, payload}; taken before the ready ones. By priority: hash, from the number
--         of a push to the deliveries so far; the payload itself is in 3 again
--       5 flights: hash; SESSION:TAKE = {payloads, deliveries before this one}, and beside it SESSION:TAKE:done, the
--         indices of those that are finished
--       6 leases: sorted set of sessions, by when their lease ends
--       7, 8, 9 sessions that wait for an item, for room, for all to be done, in the order in which they came
--       10 dead: list of {payload, deliveries, reason}
--
-- Nothing waits here: a session that has to wait is put down in 7, 8 or 9 in the same call that found nothing, and
-- is told by a message, once, when there is something. It then calls again.

local ready, returned, flights, leases, dead
local waiters = {}

-- The state. A queue that was never opened has none. `..._wanted`: somebody may be waiting for that.
local capacity, limit, closed, ready_count, returned_count, put, done, taken, ticket, last_beat
local items_wanted, room_wanted, done_wanted
local by_priority

-- What the callers of this call still want when it ends.
local wants_items, wants_room, wants_done
-- What of push() found no room: from here to there in args.
local rest_first, rest_last
local items, counts  -- what take() has taken, and deliveries before this one (none: of no item)

function own.begin()
  ready, returned, flights, leases, dead = keys[3], keys[4], keys[5], keys[6], keys[10]
  waiters.items, waiters.room, waiters.done = keys[7], keys[8], keys[9]
  -- load() gives them values, or open().
  capacity, limit, closed, ready_count, returned_count, put, done, taken, ticket, last_beat = nil
  items_wanted, room_wanted, done_wanted, by_priority = nil
  wants_items, wants_room, wants_done = false, false, false
  items, counts = nil, nil
end

function own.load(packed)
  capacity, limit, closed, ready_count, returned_count, put, done, taken, ticket, last_beat, items_wanted, room_wanted,
    done_wanted, by_priority = cmsgpack.unpack(packed)
end
function own.save()
  return cmsgpack.pack(capacity, limit, closed, ready_count, returned_count, put, done, taken, ticket, last_beat,
    items_wanted, room_wanted, done_wanted, by_priority)
end

local function room()
  if closed then return 0 end
  if capacity == 0 then return math.huge end
  return math.max(capacity - ready_count, 0)
end

-- Of a queue by priority: puts `count` items of args among the ready ones.
local function add(first, count)
  local members = {}
  for i = 1, count do
    local item = args[first + i - 1]
    members[2 * i - 1] = 0
    members[2 * i] = string.sub(item, 1, 8) .. struct.pack('>I8', put + i) .. string.sub(item, 17)
  end
  redis.call('ZADD', ready, unpack(members))
end

-- And takes the first `most` into `items` and `counts`.
local function remove_first(most)
  if ready_count + returned_count == 0 then return end
  local found, pushes = redis.call('ZPOPMIN', ready, most), {}
  for i = 1, #found, 2 do
    items[#items + 1] = found[i]
    pushes[#pushes + 1] = string.sub(found[i], 9, 16)
  end
  local before = returned_count
  if before > 0 then
    for i, count in ipairs(redis.call('HMGET', returned, unpack(pushes))) do
      counts[i] = tonumber(count or 0)
      if count then returned_count = returned_count - redis.call('HDEL', returned, pushes[i]) end
    end
  end
  ready_count = ready_count - (#items - (before - returned_count))
end

-- Answers how many went in.
local function push(first, last)
  local count = math.min(last - first + 1, room())
  if count > 0 then
    if by_priority then
      add(first, count)
    else
      redis.call('RPUSH', ready, unpack(args, first, first + count - 1))
    end
    ready_count, put = ready_count + count, put + count
  end
  rest_first, rest_last = first + count, last
  results[#results + 1] = count
end

-- The first argument is '1' if callers wait for room, and the others are items.
function in_place.push(first, last)
  push(first + 1, last)
  wants_room = args[first] == '1'
end

-- After a take() there may be room for more.
function in_place.push_rest()
  push(rest_first, rest_last)
end

-- Takes at most `most`; callers wait unless there are at least `least`. `how` is 'forget' if they are done with that.
-- Its results come at the end of all: number of the first delivery, number of items, items, deliveries.
function in_place.take(first)
  local most, least, how = tonumber(args[first]), tonumber(args[first + 1]), args[first + 2]
  items, counts = {}, {}
  if by_priority then
    remove_first(most)
  elseif returned_count > 0 then
    for i, packed in ipairs(redis.call('LPOP', returned, most)) do
      counts[i], items[i] = cmsgpack.unpack(packed)
    end
    returned_count = returned_count - #items
  end
  local from = #items
  if from < most and ready_count > 0 and not by_priority then
    if most == 1 then
      items[1] = redis.call('LPOP', ready)
    else
      local fresh = redis.call('LPOP', ready, most - from)
      if from == 0 then
        items = fresh
      else
        for i, item in ipairs(fresh) do items[from + i], counts[from + i] = item, 0 end
      end
    end
    ready_count = ready_count - (#items - from)
  end
  wants_items = #items < least
  taken = taken + #items
  if how == 'forget' then
    done = done + #items
  elseif #items > 0 then
    redis.call('HSET', flights, session .. ':' .. number, cmsgpack.pack(items, counts))
    unfinished = true
  end
end

-- What was taken is in flight, when the call comes again too, unless the lease is over.
function own.finish(answer)
  if not items then
    local flight = redis.call('HGET', flights, session .. ':' .. number)
    if flight then items, counts = cmsgpack.unpack(flight) else items, counts = {}, {} end
  end
  local at = #answer + 1
  answer[at] = #items
  for i = 1, #items do answer[at + i] = items[i] end
  at = at + #items
  for i = 1, #counts do answer[at + i] = counts[i] end
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
  done = done + count
  return 1
end

local function wait_for(what)
  ticket = ticket + 1
  redis.call('ZADD', waiters[what], 'NX', ticket, session)
  return true
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

local beat, leave = operations.beat, operations.leave

-- Answers the capacity, which is that of the first open().
function operations.open(as_capacity, as_limit, order)
  if not capacity then
    by_priority = order == 'priority'
    capacity, limit, closed, ready_count, returned_count = tonumber(as_capacity), tonumber(as_limit), false, 0, 0
    put, done, taken, ticket, last_beat = 0, 0, 0, 0, now()
    items_wanted, room_wanted, done_wanted = false, false, false
  elseif by_priority ~= (order == 'priority') then
    error('WRONGTYPE ' .. hash .. ' is that of a queue ' .. (by_priority and 'by' or 'without') .. ' priority')
  end
  return capacity
end

-- Puts an item back that had so many deliveries.
local function restore(item, deliveries)
  if by_priority then
    redis.call('ZADD', ready, 0, item)
    redis.call('HSET', returned, string.sub(item, 9, 16), deliveries)
  else
    redis.call('RPUSH', returned, cmsgpack.pack(deliveries, item))
  end
  returned_count = returned_count + 1
end

local function bury(item, deliveries, reason)
  redis.call('RPUSH', dead, cmsgpack.pack(item, deliveries, reason))
  done = done + 1
end

-- Puts one delivered item back, or among the dead.
local function put_back(item, deliveries, reason)
  if limit > 0 and deliveries >= limit then return bury(item, deliveries, reason) end
  restore(item, deliveries)
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
    restore(item, before)
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
      local take, mark = string.match(page[2][i], ':(%d+)(.*)$')
      if mark == '' then takes[tonumber(take)] = page[2][i + 1] else marks[tonumber(take)] = page[2][i + 1] end
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
function operations.beat()
  local time = beat()
  redis.call('ZADD', leases, time + lease, session)
  if time - last_beat > lease then
    for _, name in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
      redis.call('ZADD', leases, 'XX', 'GT', time + lease, name)
    end
  end
  last_beat = time
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', '(' .. time, 'LIMIT', 0, 100)) do
    end_lease(name, 'its worker was silent for longer than a lease')
  end
  return time
end

function operations.leave()
  end_lease(session, 'its worker left without finishing it')
  for _, list in pairs(waiters) do redis.call('ZREM', list, session) end
  return leave()
end

function operations.close()
  closed = true
  return 1
end

-- Answers how many there were.
function operations.discard()
  local count = ready_count + returned_count
  redis.call('DEL', ready, returned)
  ready_count, returned_count, done = 0, 0, done + count
  return count
end

function operations.await_done()
  wants_done = true
  return 1
end

-- Puts this session down for what it lacks, and tells others what there is. Adds: closed, items, room (-1: no bound),
-- unfinished tasks; and then what was taken.
local function at_end()
  local available, left = ready_count + returned_count, room()
  if closed then
    if items_wanted then items_wanted = tell('items', math.huge) end
    if room_wanted then room_wanted = tell('room', math.huge) end
  else
    if wants_items and available == 0 then
      items_wanted = wait_for('items')
    elseif items_wanted and available > 0 then
      items_wanted = tell('items', available)
    end
    if wants_room and left == 0 then
      room_wanted = wait_for('room')
    elseif room_wanted and left > 0 then
      room_wanted = tell('room', left)
    end
  end
  if put > done then
    if wants_done then done_wanted = wait_for('done') end
  elseif done_wanted then
    done_wanted = tell('done', math.huge)
  end
  local at = #results
  results[at + 1], results[at + 2] = closed and 1 or 0, available
  results[at + 3], results[at + 4] = capacity == 0 and -1 or left, put - done
  if not items then return end
  results[at + 5] = taken - #items + 1
  if not unfinished then own.finish(results) end
end

local function run(of_keys, of_args)
  return carry_out('queue', of_keys, of_args, at_end)
end
