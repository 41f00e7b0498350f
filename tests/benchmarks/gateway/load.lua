-- wrk's requests and its summary: one line of JSON.
local stream = os.getenv("STREAM") == "1"
wrk.method = "POST"
wrk.body = '{"model":"bench-model",' .. (stream and '"stream":true,' or "")
  .. '"messages":[{"role":"system","content":"You are a helpful support agent."},'
  .. '{"role":"user","content":"What becomes of my money when a parcel arrives late?"}],"temperature":0}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
wrk.headers["x-portkey-provider"] = "openai"
wrk.headers["x-portkey-custom-host"] = os.getenv("UPSTREAM")

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"per_second":%.0f,"p50":%.3f,"p99":%.3f,"requests":%d,"failed":%d}\n', summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
