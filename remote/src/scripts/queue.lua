-- SPDX-License-Identifier: MIT
-- queue: items that wait, items that came back, and deliveries in flight.
--
-- keys  ready: list of bundles, oldest first. By priority: sorted set of payloads, whose scores are all 0, so that they
--         come in the order of their bytes: eight of the priority, eight of the number of the push
--       returned: list of bundles of one item; taken before the ready ones. By priority: hash, from the number of a push
--         to the deliveries so far; the payload itself is in `ready` again
--       flights: hash; SESSION:TAKE = bundles, and beside it SESSION:TAKE:done, the indices of those items that are finished
--       leases: sorted set of sessions, by when their lease ends
--       items, room, done: sessions that wait for that, in the order in which they came. In items a take that waits is
--         SESSION TAKE MOST
--       dead: list of {payload, deliveries, reason}
--
-- A bundle is what one call has pushed: a string of the deliveries so far, the number of items, and for each item its
-- length and its bytes, all numbers in four bytes. It is kept and handed out as it came, unless fewer are wanted.
--
-- Nothing waits here: a session that has to wait is put down in `items`, `room` or `done` in the same call that found nothing, and
-- is told by a message, once, when there is something. It then calls again.
--
-- What is pushed while nothing is ready and a session waits for items is handed over: leased to that session as if the take that
-- waits had found it, and sent in the message. If the message is lost, recall() finds the items among the flights.

local ready, returned, flights, leases, dead
local waiters = {}

-- The state. A queue that was never opened has none. `..._wanted`: somebody may be waiting for that.
local capacity, ready_count, returned_count, put, done, closed, by_priority
local limit, bundle_count, taken, ticket, last_beat, items_wanted, room_wanted, done_wanted
local state_format = '<dddddBBdddddBBB'
local most_in_message = 16384  -- bytes of items that are handed over; what is larger is fetched by recall()

-- What the callers of this call still want when it ends.
local wants_items, wants_room, wants_done
local rest            -- a bundle: what of push() found no room
local held            -- a bundle that counts as ready, and is not in the list yet: it may be handed over
local recalled        -- how many items recall() has found
local place           -- of this session among those who wait for items, since an earlier call
local bundles, count  -- what take() has taken, joined, and how many items that are

function own.name_keys()
  ready, returned, flights, leases, dead = key('ready'), key('returned'), key('flights'), key('leases'), key('dead')
  waiters.items, waiters.room, waiters.done = key('items'), key('room'), key('done')
end

function own.begin()
  capacity = nil  -- load() gives all of the state values, or open()
  wants_items, wants_room, wants_done = false, false, false
  rest, bundles, held, recalled, place = nil, nil, nil, 0, nil
end

function own.load(packed)
  local is_closed, has_priorities, items_are, room_is, done_is
  capacity, ready_count, returned_count, put, done, is_closed, has_priorities, limit, bundle_count, taken, ticket, last_beat,
    items_are, room_is, done_is = struct.unpack(state_format, packed)
  closed, by_priority = is_closed == 1, has_priorities == 1
  items_wanted, room_wanted, done_wanted = items_are == 1, room_is == 1, done_is == 1
end

function own.save()
  return struct.pack(state_format, capacity, ready_count, returned_count, put, done, closed and 1 or 0, by_priority and 1 or 0,
    limit, bundle_count, taken, ticket, last_beat, items_wanted and 1 or 0, room_wanted and 1 or 0, done_wanted and 1 or 0)
end

-- The items from `first` to `last`.
local function bundle_of(items, first, last, deliveries)
  local parts = {struct.pack('<I4I4', deliveries, last - first + 1)}
  for i = first, last do parts[#parts + 1] = struct.pack('<I4c0', #items[i], items[i]) end
  return table.concat(parts)
end

local function size_of(bundle)
  return (struct.unpack('<I4', bundle, 5))
end

-- The items of all bundles, and how often each was delivered.
local function items_of(joined)
  local items, deliveries, at = {}, {}, 1
  while at <= #joined do
    local before, size
    before, size, at = struct.unpack('<I4I4', joined, at)
    for i = #items + 1, #items + size do
      items[i], at = struct.unpack('<I4c0', joined, at)
      deliveries[i] = before
    end
  end
  return items, deliveries
end

local function room()
  if closed then return 0 end
  if capacity == 0 then return math.huge end
  return math.max(capacity - ready_count, 0)
end

-- Of a queue by priority: puts items among the ready ones.
local function add(items)
  local members = {}
  for i, item in ipairs(items) do
    members[2 * i - 1] = 0
    members[2 * i] = string.sub(item, 1, 8) .. struct.pack('>I8', put + i) .. string.sub(item, 17)
  end
  redis.call('ZADD', ready, unpack(members))
end

-- And takes the first `most`, each as a bundle of its own, since they may differ in how often they were delivered.
local function remove_first(most, into)
  if ready_count + returned_count == 0 then return end
  local found, pushes = redis.call('ZPOPMIN', ready, most), {}
  for i = 1, #found, 2 do pushes[#pushes + 1] = string.sub(found[i], 9, 16) end
  local before = returned_count > 0 and redis.call('HMGET', returned, unpack(pushes)) or {}
  for i, number in ipairs(pushes) do
    into[i] = bundle_of(found, 2 * i - 1, 2 * i - 1, tonumber(before[i] or 0))
    if before[i] then
      returned_count = returned_count - redis.call('HDEL', returned, number)
    else
      ready_count = ready_count - 1
    end
  end
end

-- Takes `left` items, fewer than it has, from the bundle found[i], and puts back what then is left of `found`: that bundle
-- in pieces of `most`, since others will want as many.
local function cut(found, i, left, most, into)
  local items, back = items_of(found[i]), {}
  if left > 0 then into[#into + 1] = bundle_of(items, 1, left, 0) end
  for at = #found, i + 1, -1 do back[#back + 1] = found[at] end
  local first = left + 1
  local pieces = math.ceil((#items - left) / most)
  for piece = pieces - 1, 0, -1 do
    local from = first + piece * most
    back[#back + 1] = bundle_of(items, from, math.min(from + most - 1, #items), 0)
  end
  redis.call('LPUSH', ready, unpack(back))
  ready_count, bundle_count = ready_count - left, bundle_count + #back
end

-- Of a queue in the order of pushes: the first `most` of the ready ones.
local function remove_ready(most, into)
  local left = most
  while left > 0 and ready_count > 0 do
    local most_bundles = math.floor(left * bundle_count / ready_count)
    local found = most_bundles > 1 and redis.call('LPOP', ready, most_bundles) or {redis.call('LPOP', ready)}
    bundle_count = bundle_count - #found
    for i, bundle in ipairs(found) do
      local size = size_of(bundle)
      if size > left then return cut(found, i, left, most, into) end
      into[#into + 1] = bundle
      left, ready_count = left - size, ready_count - size
    end
  end
end

local function append(bundle)
  redis.call('RPUSH', ready, bundle)
  bundle_count = bundle_count + 1
end

local function hold_no_longer()
  if held then append(held) end
  held = nil
end

-- Answers how many went in.
local function push(bundle)
  local size = size_of(bundle)
  local fits = math.min(size, room())
  rest = nil
  if fits == 0 then
    rest = bundle
  elseif fits < size then
    local items = items_of(bundle)
    bundle, rest = bundle_of(items, 1, fits, 0), bundle_of(items, fits + 1, size, 0)
  end
  if fits > 0 then
    if by_priority then
      add(items_of(bundle))
    elseif items_wanted and ready_count + returned_count == 0 then
      held = bundle
    else
      append(bundle)
    end
    ready_count, put = ready_count + fits, put + fits
  end
  results[#results + 1] = fits
end

-- The first argument is '1' if callers wait for room, and the second a bundle.
function in_place.push(first)
  push(args[first + 1])
  wants_room = args[first] == '1'
end

-- After a take() there may be room for more.
function in_place.push_rest()
  if rest then push(rest) else results[#results + 1] = 0 end
end

-- As `items` names a take that waits: a session's call of that number, which found nothing.
local function waiting_take(of_call, most)
  return session .. ' ' .. of_call .. ' ' .. most
end

-- A take that waits does so no longer. What was handed over to it may not have arrived, and is answered: number of the first
-- delivery, and bundles. Since it may have, take() takes as many fewer.
function in_place.recall(first)
  local waiting = waiting_take(args[first], args[first + 1])
  place = redis.call('ZSCORE', waiters.items, waiting)
  local found = ''
  if place then
    redis.call('ZREM', waiters.items, waiting)
  else
    found = redis.call('HGET', flights, session .. ':' .. args[first]) or ''
    recalled = #items_of(found)
    taken = taken + recalled
  end
  local at = #results
  results[at + 1], results[at + 2] = taken - recalled + 1, found
end

-- Takes at most `most`; callers wait unless there are at least `least`. `how` is 'forget' if they are done with that.
-- Its results come at the end of all: number of the first delivery, and bundles.
function in_place.take(first)
  local most, least, how = math.max(args[first] - recalled, 0), args[first + 1] - recalled, args[first + 2]
  hold_no_longer()
  local before, found = ready_count + returned_count, {}
  if by_priority then
    remove_first(most, found)
  else
    if returned_count > 0 and most > 0 then
      found = redis.call('LPOP', returned, most)
      returned_count = returned_count - #found
    end
    remove_ready(most - #found, found)
  end
  bundles = #found == 1 and found[1] or table.concat(found)
  count = before - ready_count - returned_count
  if count < least then wants_items = (how == 'keep' and count == 0) and waiting_take(number, most) or session end
  taken = taken + count
  if how == 'forget' then
    done = done + count
  elseif count > 0 then
    redis.call('HSET', flights, session .. ':' .. number, bundles)
    unfinished = true
  end
end

-- What was taken is in flight, when the call comes again too, unless the lease is over.
function own.finish(answer)
  answer[#answer + 1] = bundles or redis.call('HGET', flights, session .. ':' .. number) or ''
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

local function wait_for(what, who, at)
  if not at then
    ticket = ticket + 1
    at = ticket
  end
  redis.call('ZADD', waiters[what], 'NX', at, who)
  return true
end

-- False if the session no longer listens.
local function send(to, message)
  local connection, endpoint = string.match(to, '^(.*)%.(.*)$')
  return redis.call('PUBLISH', 'plait:wake:' .. connection, endpoint .. message) > 0
end

-- Tells at most `count` of those that wait. One that no longer listens is passed over.
local function tell(what, count)
  while count > 0 do
    local first = redis.call('ZPOPMIN', waiters[what])
    if #first == 0 then return false end
    if send(string.match(first[1], '^%S+'), '') then count = count - 1 end
  end
  return true
end

-- Leases what is held to the first that waits, and sends it, if all of it is wanted there; else it is held no longer.
local function hand_over()
  local size = size_of(held)
  while held do
    local first = redis.call('ZPOPMIN', waiters.items)
    local name, call, most = string.match(first[1] or '', '^(%S+) (%d+) (%d+)$')
    if not name or tonumber(most) < size then
      if first[1] then redis.call('ZADD', waiters.items, first[2], first[1]) end
      return hold_no_longer()
    end
    if send(name, ' ' .. call .. ' ' .. taken + 1 .. ' ' .. (#held <= most_in_message and held or '')) then
      redis.call('HSET', flights, name .. ':' .. call, held)
      taken, ready_count, held = taken + size, ready_count - size, nil
    end
  end
end

local beat, leave = operations.beat, operations.leave

-- Answers the capacity, which is that of the first open().
function operations.open(as_capacity, as_limit, order)
  if not capacity then
    by_priority = order == 'priority'
    capacity, limit, closed, ready_count, returned_count = tonumber(as_capacity), tonumber(as_limit), false, 0, 0
    bundle_count, put, done, taken, ticket, last_beat = 0, 0, 0, 0, 0, now()
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
    redis.call('RPUSH', returned, bundle_of({item}, 1, 1, deliveries))
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
  local items, deliveries = items_of(kept[1])
  local item, before = items[tonumber(index)], deliveries[tonumber(index)]
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

-- Or something may be handed over to a session whose lease has ended, and which nobody would end again.
local function forget_takes_that_wait(name)
  local cursor = '0'
  repeat
    local page = redis.call('ZSCAN', waiters.items, cursor, 'MATCH', name .. ' *', 'COUNT', 1000)
    cursor = page[1]
    for i = 1, #page[2], 2 do redis.call('ZREM', waiters.items, page[2][i]) end
  until cursor == '0'
end

-- Everything that a session has in flight comes back, in the order in which it was taken.
local function end_lease(name, reason)
  redis.call('ZREM', leases, name)
  forget_takes_that_wait(name)
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
    local items, deliveries = items_of(takes[take])
    local done = marks[take] or ''
    for i, item in ipairs(items) do
      if not string.find(done, ',' .. i .. ',', 1, true) then put_back(item, deliveries[i] + 1, reason) end
    end
    redis.call('HDEL', flights, name .. ':' .. take, name .. ':' .. take .. ':done')
  end
end

-- Renews the session's lease and ends those that are over. If nobody has been heard of for longer than a lease, the
-- server, or the way to it, stood still: then everybody gets a lease more.
function operations.beat()
  local time, lease = beat(), tonumber(lease)
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
  ready_count, bundle_count, returned_count, done, held = 0, 0, 0, done + count, nil
  return count
end

function operations.await_done()
  wants_done = true
  return 1
end

-- Puts this session down for what it lacks, and tells others what there is. Adds: closed, items, room (-1: no bound),
-- unfinished tasks; and then what was taken.
local function at_end()
  if held then hand_over() end
  local available, left = ready_count + returned_count, room()
  if closed then
    if items_wanted then items_wanted = tell('items', math.huge) end
    if room_wanted then room_wanted = tell('room', math.huge) end
  else
    if wants_items and available == 0 then
      items_wanted = wait_for('items', wants_items, place)
    elseif items_wanted and available > 0 then
      items_wanted = tell('items', available)
    end
    if wants_room and left == 0 then
      room_wanted = wait_for('room', session)
    elseif room_wanted and left > 0 then
      room_wanted = tell('room', left)
    end
  end
  if put > done then
    if wants_done then done_wanted = wait_for('done', session) end
  elseif done_wanted then
    done_wanted = tell('done', math.huge)
  end
  local at = #results
  results[at + 1], results[at + 2] = closed and 1 or 0, available
  results[at + 3], results[at + 4] = capacity == 0 and -1 or left, put - done
  if not bundles then return end
  results[at + 5] = taken - count + 1
  if not unfinished then own.finish(results) end
end

local function run(of_keys, of_args)
  return carry_out('queue', of_keys, of_args, at_end)
end
