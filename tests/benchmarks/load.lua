-- wrk: POST /v1/ask with the questions in questions.txt, in turn; ends with one line of JSON.
-- Counts replies that are neither 200 nor an honest 429 or 503 with Retry-After.

local questions = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    table.insert(questions, line)
  end
  offset = tonumber(args[2] or "0")
  ok, busy, bad = 0, 0, 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

local turn = 0

function request()
  turn = turn + 1
  local question = questions[(turn + offset) % #questions + 1]:gsub('[\\"]', "\\%0")
  return wrk.format(nil, "/v1/ask", nil, '{"question": "' .. question .. '"}')
end

function response(status, headers)
  if status == 200 then
    ok = ok + 1
  elseif (status == 429 or status == 503) and (headers["Retry-After"] or headers["retry-after"]) then
    busy = busy + 1
  else
    bad = bad + 1
  end
end

function done(summary, latency)
  local ok, busy, bad = 0, 0, 0
  for _, thread in ipairs(threads) do
    ok = ok + thread:get("ok")
    busy = busy + thread:get("busy")
    bad = bad + thread:get("bad")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"ok": %d, "busy": %d, "bad": %d, "socket_errors": %d, "seconds": %.3f,'
      .. ' "p50_ms": %.2f, "p95_ms": %.2f, "p99_ms": %.2f}\n',
    ok, busy, bad, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
