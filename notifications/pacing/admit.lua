-- Lets messages of one sender go, as many as may now.
-- KEYS: the provider's breaker, the sender's pace
-- ARGV: the segments a second the sender may have (zero: no limit), by which part of them the rate grows in a second,
--       how late (ms) a message may be without its successors being later too, how long (ms) a probe takes, how long
--       (ms) all this is remembered; the segments of each message
-- Gives how many may go, in how many ms the next may, for how many ms the provider has been shut (-1: it is not), and
-- whether it has failed of late.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local base, growth, slack = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local probe, lasts = tonumber(ARGV[4]), ARGV[5]
local most, wait = #ARGV - 5, 0

local shut_at, shut_until = unpack(redis.call('HMGET', KEYS[1], 'shut_at', 'shut_until'))
local troubled = redis.call('EXISTS', KEYS[1])
if shut_until then
  if now < tonumber(shut_until) then
    return {0, math.ceil(shut_until - now), math.floor(now - shut_at), troubled}
  end
  most = math.min(most, 1)
end

local pace = redis.call('HMGET', KEYS[2], 'closed_until', 'free_at', 'rate', 'cut_at')
local closed_until, free_at = tonumber(pace[1] or 0), tonumber(pace[2] or 0)
if now < closed_until then
  return {0, math.ceil(closed_until - now), -1, troubled}
end

local gone = 0
if base == 0 then
  gone = most
else
  local rate = base
  if pace[3] then
    rate = math.min(base, pace[3] + base * growth * math.max(0, now - pace[4]) / 1000)
  end
  while gone < most and free_at <= now do
    gone = gone + 1
    free_at = math.max(free_at, now - slack) + tonumber(ARGV[5 + gone]) * 1000 / rate
  end
  wait = math.max(0, math.ceil(free_at - now))
  redis.call('HSET', KEYS[2], 'free_at', string.format('%.3f', free_at))
  redis.call('PEXPIRE', KEYS[2], lasts)
end
if shut_until and gone > 0 then
  wait = probe
  redis.call('HSET', KEYS[1], 'shut_until', string.format('%.3f', now + probe))
end
return {gone, wait, -1, troubled}
