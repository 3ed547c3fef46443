package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// subgraphServer answers for all subgraphs in one thread. What it answered to a body it remembers as it was sent, so that
// a call costs a look at the head, a look into a map, and two system calls.
type subgraphServer struct {
	*poller
	listener int
	graph    *graph
	conns    map[int32]*serverConn
	answers  map[string][]byte // whole HTTP responses by request body
	delay    time.Duration
	waiting  []delayedAnswer // in the order in which they are due: the delay is the same for all
	stats    serverStats
	record   bool
	stage    int         // of the next call
	pacer    *pacer      // nil: it is not the load
	asked    *serverConn // who wants to know what the pacer measures
}

type serverConn struct {
	fd  int
	in  []byte
	out []byte // what did not fit into the socket
}

type delayedAnswer struct {
	due    time.Time
	conn   *serverConn
	answer []byte
	call   int // in stats.Recorded, -1: none
}

// serverSettings is what POST /control takes.
type serverSettings struct {
	Delay  time.Duration `json:"delay"`
	Record bool          `json:"record"`
}

// serverStats is what POST /control answers, before the settings are changed.
type serverStats struct {
	Calls    int64          `json:"calls"`
	BytesOut int64          `json:"bytesOut"`
	Recorded []recordedCall `json:"recorded"`
}

// recordedCall is one call as it came.
type recordedCall struct {
	Path          string `json:"path"`
	Body          string `json:"body"`
	Authorization string `json:"authorization"`
	// Stage counts from 0: a call belongs to the stage after the latest one of which any answer had been sent.
	Stage int `json:"stage"`
}

const (
	maxAnswers  = 10_000 // bounds what is remembered
	subgraphsGC = 400    // growth of the heap in percent until memory is collected
)

// serveSubgraphs is the program of the process "subgraphs": it prints its address and serves until it is ended.
func serveSubgraphs(set *dataset, out io.Writer) error {
	debug.SetGCPercent(subgraphsGC)
	p, err := newPoller()
	if err != nil {
		return err
	}
	listener, address, err := listenLoopback()
	if err != nil {
		return err
	}
	s := &subgraphServer{poller: p, listener: listener, graph: set.graph, conns: map[int32]*serverConn{}, answers: map[string][]byte{}}
	if err := p.add(listener); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, address); err != nil {
		return err
	}
	for {
		if err := s.round(); err != nil {
			return err
		}
	}
}

func (s *subgraphServer) round() error {
	timeout := time.Duration(-1)
	if len(s.waiting) > 0 {
		timeout = max(0, time.Until(s.waiting[0].due))
	}
	var began time.Time
	if s.pacer != nil {
		began = time.Now()
		wait, isOver, err := s.pacer.sendDue(began)
		if isOver {
			s.endPacing(err)
			return nil
		}
		if timeout < 0 || wait < timeout {
			timeout = wait
		}
	}
	events, err := s.wait(timeout)
	if err != nil {
		return err
	}
	if s.pacer != nil {
		s.pacer.stall = max(s.pacer.stall, time.Since(began)-timeout)
	}
	for i := range events {
		s.handleEvent(&events[i])
	}
	s.sendDue()
	return nil
}

func (s *subgraphServer) handleEvent(event *syscall.EpollEvent) {
	if int(event.Fd) == s.listener {
		s.accept()
		return
	}
	if s.pacer != nil {
		if c := s.pacer.conns[event.Fd]; c != nil {
			if err := s.pacer.receive(c); err != nil {
				s.endPacing(err)
			}
			return
		}
	}
	c := s.conns[event.Fd]
	if c == nil {
		return
	}
	if event.Events&syscall.EPOLLOUT != 0 {
		s.send(c, nil)
	}
	if event.Events&^syscall.EPOLLOUT != 0 {
		s.receive(c)
	}
}

// pace begins to be the load as well.
func (s *subgraphServer) pace(c *serverConn, body []byte) {
	var o pacedOptions
	err := json.Unmarshal(body, &o)
	if err == nil && s.pacer != nil {
		err = errors.New("there is a load at a fixed rate already")
	}
	var g *pacer
	if err == nil {
		g, err = newPacer(s.poller, o)
	}
	if err != nil {
		s.send(c, httpAnswer(statusFailed, []byte(err.Error())))
		return
	}
	s.pacer, s.asked = g, c
}

// endPacing tells what was measured, or why it was not.
func (s *subgraphServer) endPacing(err error) {
	status, text := statusFine, []byte(nil)
	if err == nil {
		text, err = json.Marshal(s.pacer.result())
	}
	if err != nil {
		status, text = statusFailed, []byte(err.Error())
	}
	s.pacer.close()
	s.pacer = nil
	s.send(s.asked, httpAnswer(status, text))
}

func (s *subgraphServer) accept() {
	for {
		fd, _, err := syscall.Accept4(s.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		setNoDelay(fd)
		if s.add(fd) != nil {
			_ = syscall.Close(fd)
			continue
		}
		s.conns[int32(fd)] = &serverConn{fd: fd, in: make([]byte, 0, 8<<10)}
	}
}

func (s *subgraphServer) drop(c *serverConn) {
	delete(s.conns, int32(c.fd))
	_ = syscall.Close(c.fd)
	c.fd = -1
}

func (s *subgraphServer) receive(c *serverConn) {
	if len(c.in) == cap(c.in) {
		c.in = append(make([]byte, 0, 2*cap(c.in)), c.in...)
	}
	n, err := readNow(c.fd, c.in[len(c.in):cap(c.in)])
	if err == syscall.EAGAIN { //nolint:errorlint // readNow gives errnos
		return
	}
	if n == 0 {
		s.drop(c)
		return
	}
	c.in = c.in[:len(c.in)+n]
	for c.fd >= 0 {
		head, body, size := splitRequest(c.in)
		if size == 0 {
			return
		}
		s.handle(c, head, body)
		c.in = c.in[:copy(c.in, c.in[size:])]
	}
}

var (
	headEnd      = []byte("\r\n\r\n")
	lengthHeader = []byte("\r\nContent-Length: ") // as routers and relays write it
)

// splitRequest takes one whole request from the start of data; size is 0 while it is not all there.
func splitRequest(data []byte) (head, body []byte, size int) {
	end := bytes.Index(data, headEnd)
	if end < 0 {
		return nil, nil, 0
	}
	head = data[:end+2]
	start, length := end+len(headEnd), contentLength(head)
	if len(data)-start < length {
		return nil, nil, 0
	}
	return head, data[start : start+length], start + length
}

// contentLength is 0 where there is none.
func contentLength(head []byte) int {
	var digits []byte
	if at := bytes.Index(head, lengthHeader); at >= 0 {
		digits = head[at+len(lengthHeader):]
	} else {
		digits = headValue(head, "content-length")
	}
	length := 0
	for _, c := range digits {
		if c < '0' || c > '9' || length > 1<<40 {
			break
		}
		length = 10*length + int(c-'0')
	}
	return length
}

// headValue finds a header by its name in lower case.
func headValue(head []byte, name string) []byte {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > len(name) && line[len(name)] == ':' && line[0]|0x20 == name[0] && strings.EqualFold(string(line[:len(name)]), name) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

// Answers to who is no client of the subgraphs: a collector has taken what it was sent, a coprocessor changes nothing.
var (
	collectorAnswer   = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
	coprocessorAnswer = []byte("HTTP/1.1 204 No Content\r\n\r\n")
)

func (s *subgraphServer) handle(c *serverConn, head, body []byte) {
	path, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("POST ")), []byte(" "))
	switch string(path) {
	case "/control":
		s.control(c, body)
		return
	case "/pace":
		s.pace(c, body)
		return
	case "/v1/traces", "/v1/metrics":
		s.send(c, collectorAnswer)
		return
	case "/coprocessor":
		s.send(c, coprocessorAnswer)
		return
	}
	answer, ok := s.answers[string(body)]
	if !ok {
		answer = s.answer(body)
	}
	s.stats.Calls++
	s.stats.BytesOut += int64(len(answer))
	call := -1
	if s.record {
		call = s.note(head, body)
	}
	if s.delay == 0 {
		s.send(c, answer)
		return
	}
	s.waiting = append(s.waiting, delayedAnswer{due: time.Now().Add(s.delay), conn: c, answer: answer, call: call})
}

func (s *subgraphServer) answer(body []byte) []byte {
	status := statusFine
	text, err := s.graph.answer(body)
	if err != nil {
		status = statusFailed
		text, _ = json.Marshal(map[string]any{"errors": []any{map[string]string{"message": err.Error()}}}) // strings
	}
	answer := httpAnswer(status, text)
	if len(s.answers) < maxAnswers {
		s.answers[string(body)] = answer
	}
	return answer
}

const (
	statusFine   = "200 OK"
	statusFailed = "500 Internal Server Error"
)

// httpAnswer is a whole response.
func httpAnswer(status string, text []byte) []byte {
	return []byte("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(text)) + "\r\n\r\n" + string(text))
}

func (s *subgraphServer) note(head, body []byte) int {
	s.stats.Recorded = append(s.stats.Recorded, recordedCall{
		Path: strings.Fields(string(head))[1], Body: string(body),
		Authorization: string(headValue(head, "authorization")), Stage: s.stage,
	})
	return len(s.stats.Recorded) - 1
}

func (s *subgraphServer) control(c *serverConn, body []byte) {
	stats, _ := json.Marshal(s.stats) // numbers and strings
	var settings serverSettings
	if json.Unmarshal(body, &settings) == nil {
		s.delay, s.record = settings.Delay, settings.Record
		s.stats, s.stage = serverStats{}, 0
	}
	s.send(c, httpAnswer(statusFine, stats))
}

// send writes an answer after what is still to be written.
func (s *subgraphServer) send(c *serverConn, answer []byte) {
	if c.fd < 0 {
		return
	}
	wasBlocked := len(c.out) > 0
	if wasBlocked {
		c.out = append(c.out, answer...)
		answer = c.out
	}
	n, err := writeNow(c.fd, answer)
	if err != nil {
		s.drop(c)
		return
	}
	c.out = append(c.out[:0], answer[n:]...)
	if isBlocked := len(c.out) > 0; isBlocked != wasBlocked {
		s.watchWrites(c.fd, isBlocked)
	}
}

// sendDue sends the answers whose delay is over.
func (s *subgraphServer) sendDue() {
	if len(s.waiting) == 0 {
		return
	}
	now, n := time.Now(), 0
	for n < len(s.waiting) && !s.waiting[n].due.After(now) {
		if call := s.waiting[n].call; call >= 0 {
			s.stage = s.stats.Recorded[call].Stage + 1
		}
		s.send(s.waiting[n].conn, s.waiting[n].answer)
		n++
	}
	s.waiting = s.waiting[:copy(s.waiting, s.waiting[n:])]
}
