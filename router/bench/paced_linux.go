package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// pacedOptions tell the subgraphs' process to be the load as well: it sends requests at a fixed rate, whether or not
// answers come, and measures each from the time at which it should have been sent. A slow answer therefore delays nobody's
// clock (no "coordinated omission"). One thread is both, as below saturation every change between two processes, and every
// sleep of a core, would cost more than the work between them.
type pacedOptions struct {
	Address     string        `json:"address"` // of the target
	Path        string        `json:"path"`
	Body        string        `json:"body"`
	Rate        float64       `json:"rate"` // requests per second
	Connections int           `json:"connections"`
	Warmup      time.Duration `json:"warmup"`
	Duration    time.Duration `json:"duration"`
	Length      int           `json:"length"` // of every answer's body
}

// pacedResult holds latencies in microseconds.
type pacedResult struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50"`
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	// Late is the share of requests that were sent more than a millisecond late.
	Late float64 `json:"late"`
	// Stall is the longest time for which the load was kept from looking at its sockets and its clock: by other
	// programs, or by what the machine itself runs on. What the target needs is not in it.
	Stall float64 `json:"stall"`
}

// pacer is the load at a fixed rate; its sockets are watched by the subgraphs' poller.
type pacer struct {
	options pacedOptions
	conns   map[int32]*pacedConn
	idle    []*pacedConn
	start   time.Time
	end     time.Time // of sending
	sent    int
	late    int
	stall   time.Duration
	took    []time.Duration // of those after the warm-up
	request []byte
}

type pacedConn struct {
	fd       int
	intended time.Time
	in       []byte
	left     int // bytes of the answer still to come, -1: the head is not complete
}

// newPacer connects to the target and begins to count the time.
func newPacer(p *poller, o pacedOptions) (*pacer, error) {
	g := &pacer{options: o, conns: map[int32]*pacedConn{}}
	g.took = make([]time.Duration, 0, int(o.Rate*o.Duration.Seconds())+1)
	for range o.Connections {
		fd, err := connectLoopback(o.Address)
		if err != nil {
			g.close()
			return nil, err
		}
		c := &pacedConn{fd: fd, in: make([]byte, 0, 128<<10)}
		g.conns[int32(fd)] = c
		g.idle = append(g.idle, c)
		if err := p.add(fd); err != nil {
			g.close()
			return nil, err
		}
	}
	// It allocates nothing while it measures, and neither do the subgraphs.
	runtime.GC()
	debug.SetGCPercent(-1)
	g.start = time.Now()
	g.end = g.start.Add(o.Warmup + o.Duration)
	return g, nil
}

// close ends the connections; the poller forgets them by that.
func (g *pacer) close() {
	for _, c := range g.conns {
		_ = syscall.Close(c.fd)
	}
	debug.SetGCPercent(subgraphsGC)
}

func (g *pacer) intended(i int) time.Time {
	return g.start.Add(time.Duration(float64(i) / g.options.Rate * float64(time.Second)))
}

// missingAfter is how long after the last request answers may come.
const missingAfter = 5 * time.Second

// sendDue sends what is due, and tells how long nothing will be: until the next request, or an answer to one of them.
func (g *pacer) sendDue(now time.Time) (wait time.Duration, isOver bool, err error) {
	if now.After(g.end.Add(missingAfter)) {
		return 0, true, fmt.Errorf("answers are missing %v after the last request", missingAfter)
	}
	next := g.intended(g.sent)
	for len(g.idle) > 0 && !next.After(now) && next.Before(g.end) {
		if err := g.send(now); err != nil {
			return 0, true, err
		}
		next = g.intended(g.sent)
	}
	allSent := !next.Before(g.end)
	switch {
	case allSent && len(g.idle) == len(g.conns):
		return 0, true, nil
	case allSent || len(g.idle) == 0:
		return time.Second, false, nil
	}
	return max(0, next.Sub(now)), false, nil
}

func (g *pacer) send(now time.Time) error {
	c := g.idle[len(g.idle)-1]
	g.idle = g.idle[:len(g.idle)-1]
	c.intended, c.left = g.intended(g.sent), -1
	if now.Sub(c.intended) > time.Millisecond {
		g.late++
	}
	r := append(g.request[:0], "POST "...) //nolint:gocritic // it is g.request again below
	r = append(append(r, g.options.Path...), " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: paced-"...)
	r = strconv.AppendInt(r, int64(g.sent), 10)
	r = strconv.AppendInt(append(r, "\r\nContent-Length: "...), int64(len(g.options.Body)), 10)
	r = append(append(r, "\r\n\r\n"...), g.options.Body...)
	g.request = r
	g.sent++
	n, err := writeNow(c.fd, r)
	if err == nil && n < len(r) {
		err = errors.New("a request did not fit into its socket")
	}
	return err
}

func (g *pacer) receive(c *pacedConn) error {
	n, err := readNow(c.fd, c.in[len(c.in):cap(c.in)])
	switch {
	case err == syscall.EAGAIN: //nolint:errorlint // readNow gives errnos
		return nil
	case err != nil:
		return fmt.Errorf("reading an answer: %w", err)
	case n == 0:
		return errors.New("the connection was closed")
	}
	if c.left < 0 {
		c.in = c.in[:len(c.in)+n]
		end := bytes.Index(c.in, []byte("\r\n\r\n"))
		if end < 0 {
			return nil
		}
		length, err := strconv.Atoi(string(headValue(c.in[:end+2], "content-length")))
		if err != nil || length != g.options.Length || !bytes.HasPrefix(c.in, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("the answer is not the expected one of %d bytes: %.300s", g.options.Length, c.in)
		}
		c.left = length - (len(c.in) - end - 4)
		c.in = c.in[:0]
	} else {
		c.left -= n
	}
	if c.left > 0 {
		return nil
	}
	if c.intended.Sub(g.start) >= g.options.Warmup && len(g.took) < cap(g.took) {
		g.took = append(g.took, time.Since(c.intended))
	}
	g.idle = append(g.idle, c)
	return nil
}

func (g *pacer) result() pacedResult {
	if len(g.took) == 0 {
		return pacedResult{}
	}
	slices.Sort(g.took)
	at := func(share float64) float64 {
		return float64(g.took[int(share*float64(len(g.took)-1))].Nanoseconds()) / 1000
	}
	return pacedResult{
		Requests: len(g.took), P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1), Late: float64(g.late) / float64(g.sent),
		Stall: float64(g.stall.Nanoseconds()) / 1000,
	}
}
