-- Judges and debits the buckets KEYS, all or none: none is debited when an enforced one refuses.
-- ARGV holds for each key: interval (microseconds for a token), burst, need, want, enforced ("1" or "0").
-- Returns for each key: granted, remaining, retry and reset (microseconds; retry -1: never).
-- A bucket holds the time at which it will be full again; it expires at that time, for an absent bucket is full.
local clock = redis.call('TIME')
-- Counted from 2025, so that a double holds it with the fractions that intervals have (gcra.go).
local now = (tonumber(clock[1]) - 1735689600) * 1000000 + tonumber(clock[2])
local answer, debts, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 5
  local interval, burst = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local need, want = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local debt = math.max((tonumber(redis.call('GET', key) or now) or now) - now, 0)
  local available = math.floor(burst - debt / interval)
  local granted, remaining, retry = 0, math.max(available, 0), 0
  if need > available then
    retry = -1
    if need <= burst then
      retry = math.max(math.ceil(debt - (burst - need) * interval), 1)
    end
    refused = refused or ARGV[a + 5] == '1'
  else
    granted = math.min(want, available)
    remaining = math.min(available - granted, burst)
    debt = math.max(debt + granted * interval, 0)
    debts[i] = debt
  end
  local at = (i - 1) * 4
  answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = granted, remaining, retry, math.ceil(debt)
end
if refused then
  return answer
end
for i, key in ipairs(KEYS) do
  if debts[i] == 0 then
    redis.call('DEL', key)
  elseif debts[i] then
    redis.call('SET', key, string.format('%.17g', now + debts[i]), 'PX', math.ceil(debts[i] / 1000))
  end
end
return answer
