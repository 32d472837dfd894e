-- What all workloads share: a random stream for each thread, and the result as one line of JSON behind a mark.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", os.time() * 16 + threads)
end

-- Begins the stream of this thread. Called by init, which each thread runs by itself.
function begin_random()
  math.randomseed(seed)
  -- The first numbers of neighbouring seeds are alike.
  for _ = 1, 10 do math.random() end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'mwallet-bench {"requests":%d,"micros":%d,"p50_us":%.0f,"p99_us":%.0f,'
      .. '"refused":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end

-- Requests rows by a random number up to `most`. The path comes with %d in the place of the number.
function request_by_number(most)
  local path

  function init(args)
    path = args[1]
    begin_random()
  end

  function request()
    return wrk.format("GET", string.format(path, math.random(most)))
  end
end
