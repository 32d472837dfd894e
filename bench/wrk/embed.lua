-- 20 funds from any of them on, with what belongs to them. The path comes with %d in the place of the first fund's number.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local starts = 199981
local path

function init(args)
  path = args[1]
  begin_random()
end

function request()
  return wrk.format("GET", string.format(path, math.random(starts)))
end
