-- The request wrk sends: LOAD_METHOD to the path of its URL, with LOAD_BODY, in which __N__ becomes a number that comes once.
local body = os.getenv("LOAD_BODY")
wrk.method = os.getenv("LOAD_METHOD") or "GET"
if body then
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = body
  if body:find("__N__", 1, true) then
    local n = os.time() * 1000000
    function request()
      n = n + 1
      return wrk.format(nil, nil, nil, (body:gsub("__N__", string.format("%.0f", n))))
    end
  end
end
