-- The 100 newest orders: the same request each time.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local request_text

function init(args)
  request_text = wrk.format("GET", args[1])
end

function request()
  return request_text
end
