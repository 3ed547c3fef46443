package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestWhoWatches(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for name, test := range map[string]struct {
		probes  []time.Duration
		asked   time.Duration
		watches bool
	}{
		"nobody":                        {nil, time.Minute, false},
		"somebody who waits for ready":  {[]time.Duration{0, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}, time.Second, false},
		"a balancer":                    {[]time.Duration{0, time.Second, 2 * time.Second}, 3 * time.Second, true},
		"Kubernetes, every ten seconds": {[]time.Duration{0, 10 * time.Second, 20 * time.Second}, 29 * time.Second, true},
		"one that has gone":             {[]time.Duration{0, time.Second, 2 * time.Second}, 2 * time.Minute, false},
		"one that has come back":        {[]time.Duration{0, time.Second, 2 * time.Second, 5 * time.Minute}, 5*time.Minute + time.Second, false},
	} {
		d := &drainer{}
		for _, at := range test.probes {
			d.probed(start.Add(at))
		}
		if got := d.isWatched(start.Add(test.asked)); got != test.watches {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestConnectionsCloseWhileDraining, in HTTP/1.1 and HTTP/2, and no request is lost by it.
func TestConnectionsCloseWhileDraining(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		d := &drainer{ready: func() bool { return true }}
		var opened atomic.Int64
		server := httptest.NewUnstartedServer(d.handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })))
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		get := func() {
			t.Helper()
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || string(text) != "ok" || (response.ProtoMajor == 2) != http2 {
				t.Errorf("got %s over %s, %v", text, response.Proto, err)
			}
		}
		for range 5 {
			get()
		}
		if n := opened.Load(); n != 1 {
			t.Errorf("HTTP/2 %t: %d connections before", http2, n)
		}
		d.closing.Store(true)
		for range 5 {
			get()
		}
		if n := opened.Load(); n < 3 {
			t.Errorf("HTTP/2 %t: %d connections while draining", http2, n)
		}
	}
}
