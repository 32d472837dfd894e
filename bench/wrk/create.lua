-- One order, of any user, with the values of baseline/create.sql. The server makes what is unique: uuid and slug.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local users = 20000
local headers = { ["Content-Type"] = "application/json", ["Prefer"] = "return=representation" }
local body = '{"usid":"user%d","user_id":%d,"order_type":"OPEN","asset":"BITCOIN","start":"2030-01-01T00:00:00Z","memo":"limit"}'
local path

function init(args)
  path = args[1]
  -- Those of the command line.
  for name, value in pairs(wrk.headers) do headers[name] = value end
  begin_random()
end

function request()
  local user = math.random(users)
  return wrk.format("POST", path, headers, string.format(body, user, user))
end
