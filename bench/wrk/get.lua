-- One order by its slug, any of them. The path comes with %d in the place of the order's number.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local orders = 200000
local path

function init(args)
  path = args[1]
  begin_random()
end

function request()
  return wrk.format("GET", string.format(path, math.random(orders)))
end
