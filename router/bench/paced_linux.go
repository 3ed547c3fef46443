package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pacedOptions tell the subgraphs' process to be the load as well: it sends requests at a fixed rate, whether or not
// answers come, and measures each from the time at which it should have been sent. A slow answer therefore delays nobody's
// clock (no "coordinated omission"). One thread is both, as below saturation every change between two processes, and every
// sleep of a core, would cost more than the work between them.
//
// Without a rate every connection sends its next request when it has the answer, as wrk does, at less cost.
type pacedOptions struct {
	Address     string        `json:"address"` // of the target
	Path        string        `json:"path"`
	Body        string        `json:"body"`
	Rate        float64       `json:"rate"` // requests per second; 0: as many as are answered
	Who         identity      `json:"who"`
	TokenFile   string        `json:"tokenFile"` // of identity tokens, one a line
	Accepts     string        `json:"accepts"`   // Accept-Encoding, "": none
	Connections int           `json:"connections"`
	Warmup      time.Duration `json:"warmup"`
	Duration    time.Duration `json:"duration"`
	Length      int           `json:"length"` // of every answer's body; 0: any
}

// pacedResult holds latencies in microseconds.
type pacedResult struct {
	Requests int     `json:"requests"` // that were measured
	Sent     int     `json:"sent"`
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

// pacer is the load; its sockets are watched by the subgraphs' poller.
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
	before  []byte          // the request up to the caller
	callers []string        // Authorization headers; none: one for each request, or no header at all
	request []byte
}

type pacedConn struct {
	fd       int
	intended time.Time
	in       []byte
	left     int // bytes of the answer still to come, -1: the head is not complete
}

// answerBuffer takes the head of an answer, and all of a small one.
const answerBuffer = 8 << 10

// newPacer connects to the target and begins to count the time.
func newPacer(p *poller, o pacedOptions) (*pacer, error) {
	g := &pacer{options: o, conns: map[int32]*pacedConn{}}
	expected := o.Rate
	if expected == 0 {
		expected = mostPerSecond
	}
	g.took = make([]time.Duration, 0, int(expected*o.Duration.Seconds())+1)
	if err := g.prepare(); err != nil {
		return nil, err
	}
	for range o.Connections {
		fd, err := connectLoopback(o.Address)
		if err != nil {
			g.close()
			return nil, err
		}
		c := &pacedConn{fd: fd, in: make([]byte, 0, answerBuffer)}
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

// mostPerSecond bounds how many answers are measured of a load without a rate.
const mostPerSecond = 200_000

// prepare makes the parts of all requests.
func (g *pacer) prepare() error {
	o := &g.options
	g.before = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", o.Path, len(o.Body))
	if o.Accepts != "" {
		g.before = fmt.Appendf(g.before, "Accept-Encoding: %s\r\n", o.Accepts)
	}
	if o.Who != tokens {
		return nil
	}
	text, err := os.ReadFile(o.TokenFile)
	for line := range strings.Lines(string(text)) {
		g.callers = append(g.callers, "Authorization: Bearer "+strings.TrimSpace(line)+"\r\n\r\n")
	}
	return err
}

// next makes the next request.
func (g *pacer) next() []byte {
	r := append(g.request[:0], g.before...) //nolint:gocritic // it is g.request again below
	switch {
	case len(g.callers) > 0:
		r = append(r, g.callers[g.sent%len(g.callers)]...)
	case g.options.Who == unique:
		r = append(strconv.AppendInt(append(r, "Authorization: bench-"...), int64(g.sent), 10), "\r\n\r\n"...)
	default:
		r = append(r, "\r\n"...)
	}
	g.request = append(r, g.options.Body...)
	return g.request
}

// due is when the next request is to be sent.
func (g *pacer) due(now time.Time) time.Time {
	if g.options.Rate == 0 {
		return now
	}
	return g.intended(g.sent)
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
	next := g.due(now)
	for len(g.idle) > 0 && !next.After(now) && next.Before(g.end) {
		if err := g.send(now, next); err != nil {
			return 0, true, err
		}
		next = g.due(now)
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

// send sends the next request on a connection that is idle.
func (g *pacer) send(now, intended time.Time) error {
	c := g.idle[len(g.idle)-1]
	g.idle = g.idle[:len(g.idle)-1]
	return g.sendOn(c, now, intended)
}

func (g *pacer) sendOn(c *pacedConn, now, intended time.Time) error {
	c.intended, c.left = intended, -1
	if now.Sub(c.intended) > time.Millisecond {
		g.late++
	}
	r := g.next()
	g.sent++
	n, err := writeNow(c.fd, r)
	if err == nil && n < len(r) {
		err = errors.New("a request did not fit into its socket")
	}
	return err
}

// receive takes what has come of an answer. Only its head is looked at; the rest is not even copied.
func (g *pacer) receive(c *pacedConn) error {
	var n int
	var err error
	if c.left > 0 {
		n, err = dropNow(c.fd, c.left)
	} else {
		n, err = readNow(c.fd, c.in[len(c.in):cap(c.in)])
	}
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
		if err != nil || g.options.Length > 0 && length != g.options.Length || !bytes.HasPrefix(c.in, []byte("HTTP/1.1 200 ")) {
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
	now := time.Now()
	if c.intended.Sub(g.start) >= g.options.Warmup && len(g.took) < cap(g.took) {
		g.took = append(g.took, now.Sub(c.intended))
	}
	if g.options.Rate == 0 && now.Before(g.end) {
		return g.sendOn(c, now, now) // at once, so that the target has work while other answers are read
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
		Requests: len(g.took), Sent: g.sent, P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1), Late: float64(g.late) / float64(g.sent),
		Stall: float64(g.stall.Nanoseconds()) / 1000,
	}
}
