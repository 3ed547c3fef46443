package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
)

// The floors: programs that do what every router must do with the bytes and nothing else. A relay reads the request,
// makes the same calls as the router, each stage after the one before, and writes a response of the same bytes.

// relayScript is what a relay does, by workload.
type relayScript struct {
	Upstream  string                   `json:"upstream"` // host:port
	Workloads map[string]relayWorkload `json:"workloads"`
}

type relayWorkload struct {
	Stages   [][]relayCall `json:"stages"`
	Response string        `json:"response"`
}

type relayCall struct {
	Path string `json:"path"`
	Body string `json:"body"`
}

// relayMode is what a relay is made of.
type relayMode string

const (
	relayNetHTTP relayMode = "net/http"
	relayLean    relayMode = "lean"
	relayShared  relayMode = "shared"
)

// caller makes one call and reads its answer to the end.
type caller interface {
	call(ctx context.Context, path string, body []byte, authorization string) error
}

// serveRelay is the program of the process "relay": it prints its address and serves until it is ended.
func serveRelay(mode relayMode, scriptFile string, out io.Writer) error {
	text, err := os.ReadFile(scriptFile)
	if err != nil {
		return err
	}
	var script relayScript
	if err := json.Unmarshal(text, &script); err != nil {
		return fmt.Errorf("%s: %w", scriptFile, err)
	}
	r := &relay{workloads: map[string]*relayProgram{}}
	for name, w := range script.Workloads {
		r.workloads["/"+name] = newRelayProgram(w)
	}
	switch mode {
	case relayNetHTTP:
		r.caller = &netHTTPCaller{upstream: "http://" + script.Upstream, client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 2048, DisableCompression: true},
		}}
	case relayLean, relayShared:
		r.caller = &leanCaller{upstream: script.Upstream}
	default:
		return fmt.Errorf("there is no relay %q", mode)
	}
	if mode == relayShared {
		r.flights = map[string]*relayFlight{}
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	return http.Serve(listener, r) //nolint:gosec // a benchmark's relay has no time-outs
}

type relay struct {
	workloads map[string]*relayProgram
	caller    caller

	mu      sync.Mutex
	flights map[string]*relayFlight // nil: nothing is shared
}

// relayFlight is one answer under way; err is set before done is closed.
type relayFlight struct {
	done chan struct{}
	err  error
}

type relayProgram struct {
	stages   [][]relayStep
	response []byte
	length   []string
}

type relayStep struct {
	path string
	body []byte
}

func newRelayProgram(w relayWorkload) *relayProgram {
	p := &relayProgram{response: []byte(w.Response), length: []string{strconv.Itoa(len(w.Response))}}
	for _, stage := range w.Stages {
		var steps []relayStep
		for _, c := range stage {
			steps = append(steps, relayStep{path: c.Path, body: []byte(c.Body)})
		}
		p.stages = append(p.stages, steps)
	}
	return p
}

var relayBodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var jsonHeader = []string{"application/json"}

// ServeHTTP implements http.Handler.
func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	program := r.workloads[request.URL.Path]
	if program == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body := relayBodies.Get().(*bytes.Buffer)
	defer relayBodies.Put(body)
	body.Reset()
	if _, err := body.ReadFrom(request.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := r.answer(request, body.Bytes(), program); err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header()["Content-Type"] = jsonHeader
	w.Header()["Content-Length"] = program.length
	_, _ = w.Write(program.response) // the client has gone
}

// answer makes the calls, or waits for who makes the same.
func (r *relay) answer(request *http.Request, body []byte, program *relayProgram) error {
	authorization := request.Header.Get("Authorization")
	if r.flights == nil {
		return r.run(request.Context(), program, authorization)
	}
	key := request.URL.Path + "\x00" + authorization + "\x00" + string(body)
	r.mu.Lock()
	if f := r.flights[key]; f != nil {
		r.mu.Unlock()
		<-f.done
		return f.err
	}
	f := &relayFlight{done: make(chan struct{})}
	r.flights[key] = f
	r.mu.Unlock()
	f.err = r.run(request.Context(), program, authorization)
	r.mu.Lock()
	delete(r.flights, key)
	r.mu.Unlock()
	close(f.done)
	return f.err
}

func (r *relay) run(ctx context.Context, program *relayProgram, authorization string) error {
	for _, stage := range program.stages {
		if len(stage) == 1 {
			if err := r.caller.call(ctx, stage[0].path, stage[0].body, authorization); err != nil {
				return err
			}
			continue
		}
		var others sync.WaitGroup
		errs := make([]error, len(stage))
		for i := 1; i < len(stage); i++ {
			others.Go(func() { errs[i] = r.caller.call(ctx, stage[i].path, stage[i].body, authorization) })
		}
		errs[0] = r.caller.call(ctx, stage[0].path, stage[0].body, authorization)
		others.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// netHTTPCaller calls through net/http.
type netHTTPCaller struct {
	upstream string
	client   *http.Client
}

func (c *netHTTPCaller) call(ctx context.Context, path string, body []byte, authorization string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.upstream+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header["Content-Type"] = jsonHeader
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	buffer := relayBodies.Get().(*bytes.Buffer)
	defer relayBodies.Put(buffer)
	buffer.Reset()
	_, err = buffer.ReadFrom(answer.Body)
	return err
}

// leanCaller is the least HTTP/1.1 client: a blocking write and blocking reads on a pooled connection, no deadline, no
// cancellation.
type leanCaller struct {
	upstream string
	mu       sync.Mutex
	idle     []*leanConn
}

type leanConn struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

func (c *leanCaller) call(ctx context.Context, path string, body []byte, authorization string) error {
	conn, err := c.get(ctx)
	if err != nil {
		return err
	}
	out := append(conn.out[:0], "POST "...) //nolint:gocritic // it is conn.out again below
	out = append(append(append(out, path...), " HTTP/1.1\r\nHost: "...), c.upstream...)
	out = append(out, "\r\nContent-Type: application/json\r\n"...)
	if authorization != "" {
		out = append(append(append(out, "Authorization: "...), authorization...), "\r\n"...)
	}
	out = strconv.AppendInt(append(out, "Content-Length: "...), int64(len(body)), 10)
	out = append(append(out, "\r\n\r\n"...), body...)
	conn.out = out
	if _, err := conn.Write(out); err != nil {
		_ = conn.Close()
		return err
	}
	if err := conn.readAnswer(); err != nil {
		_ = conn.Close()
		return err
	}
	c.mu.Lock()
	c.idle = append(c.idle, conn)
	c.mu.Unlock()
	return nil
}

func (c *leanCaller) get(ctx context.Context) (*leanConn, error) {
	c.mu.Lock()
	if last := len(c.idle) - 1; last >= 0 {
		conn := c.idle[last]
		c.idle = c.idle[:last]
		c.mu.Unlock()
		return conn, nil
	}
	c.mu.Unlock()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.upstream)
	if err != nil {
		return nil, err
	}
	return &leanConn{Conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

var errRelayAnswer = errors.New("the answer is not what a relay expects")

func (c *leanConn) readAnswer() error {
	length := -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return errRelayAnswer
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return errRelayAnswer
			}
		}
	}
	if length < 0 {
		return errRelayAnswer
	}
	_, err := c.in.Discard(length)
	return err
}
