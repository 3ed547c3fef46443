package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// identity is whose requests a load sends.
type identity int

const (
	unique    identity = iota // a different Authorization header for each request
	anonymous                 // all requests are the same bytes
	tokens                    // a thousand callers with signed tokens
)

// loadResult is what wrk measured; latencies are in microseconds.
type loadResult struct {
	Requests int64   `json:"requests"`
	Duration int64   `json:"duration"` // microseconds
	P50      float64 `json:"p50"`
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
	Errors   int64   `json:"errors"`
}

// load is what is sent to one target.
type load struct {
	path      string
	body      []byte
	accepts   string // Accept-Encoding, "": none
	who       identity
	tokenFile string
}

// wrkScript writes the Lua script of a load. Requests are put together from constant parts, as the load core has to keep
// up with the router's.
func (l *load) wrkScript(dir string) (string, error) {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", l.path, len(l.body))
	if l.accepts != "" {
		head += "Accept-Encoding: " + l.accepts + "\r\n"
	}
	var b strings.Builder
	switch l.who {
	case unique:
		fmt.Fprintf(&b, "local n = 0\nlocal head, tail = %s, %s\n", luaString(head+"Authorization: bench-"), luaString("\r\n\r\n"+string(l.body)))
		b.WriteString("function request() n = n + 1; return head .. n .. tail end\n")
	case tokens:
		fmt.Fprintf(&b, "local all, n = {}, 0\nfor line in io.lines(%s) do all[#all + 1] = %s .. line .. %s end\n",
			luaString(l.tokenFile), luaString(head+"Authorization: Bearer "), luaString("\r\n\r\n"+string(l.body)))
		b.WriteString("function request() n = n % #all + 1; return all[n] end\n")
	case anonymous:
		fmt.Fprintf(&b, "local whole = %s\nfunction request() return whole end\n", luaString(head+"\r\n"+string(l.body)))
	}
	b.WriteString(luaDone)
	file := filepath.Join(dir, "load.lua")
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

// luaDone prints what runWrk reads.
const luaDone = `function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"duration":%d,"p50":%.1f,"p95":%.1f,"p99":%.1f,"errors":%d}\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`

// luaString writes bytes as a Lua string: everything but letters and digits by number.
func luaString(text string) string {
	b := []byte{'"'}
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			b = append(b, c)
			continue
		}
		b = fmt.Appendf(b, "\\%03d", c)
	}
	return string(append(b, '"'))
}

// runWrk loads a target from a core for a time.
func runWrk(ctx context.Context, core, script, url string, connections int, duration time.Duration) (loadResult, error) {
	seconds := max(1, int(duration.Round(time.Second)/time.Second))
	command := exec.CommandContext(ctx, "taskset", "-c", core, "wrk", "-t1", "-c"+strconv.Itoa(connections),
		"-d"+strconv.Itoa(seconds)+"s", "--timeout", "10s", "-s", script, url)
	out, err := command.CombinedOutput()
	if err != nil {
		return loadResult{}, fmt.Errorf("wrk: %w: %s", err, lastLines(out))
	}
	var result loadResult
	_, after, ok := bytes.Cut(out, []byte("RESULT "))
	if !ok || json.Unmarshal(after, &result) != nil || result.Duration == 0 {
		return loadResult{}, fmt.Errorf("wrk printed no result: %s", lastLines(out))
	}
	return result, nil
}
