package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs on one core until it is ended.
type process struct {
	name    string
	command *exec.Cmd
	address string // host:port, "" when it says none
	logs    *bytes.Buffer
}

// startTimeout is how long a process may take until it says its address.
const startTimeout = 20 * time.Second

// errNoAddress is why a process could not be used.
var errNoAddress = errors.New("it ended or was silent before it said its address")

// start runs a program on a core. addressIn finds the address in a line of what it prints, "" when it is not there; nil:
// the program has none.
func start(ctx context.Context, core, name string, addressIn func(line string) string, program string, args ...string) (*process, error) {
	p := &process{name: name, logs: &bytes.Buffer{}}
	p.command = exec.CommandContext(ctx, "taskset", append([]string{"-c", core, program}, args...)...)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 5 * time.Second
	// When the benchmark is killed nothing may be left behind.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.command.Stdout, p.command.Stderr = write, write
	err = p.command.Start()
	_ = write.Close()
	if err != nil {
		_ = read.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	addresses := make(chan string, 1)
	go p.watch(read, addressIn, addresses)
	if addressIn == nil {
		return p, nil
	}
	select {
	case p.address = <-addresses:
	case <-time.After(startTimeout):
	case <-ctx.Done():
	}
	if p.address == "" {
		p.stop()
		for range addresses { // until all that it printed is read
		}
		return nil, fmt.Errorf("%s: %w; it printed: %s", name, errNoAddress, lastLines(p.logs.Bytes()))
	}
	return p, nil
}

// watch reads what the process prints until it ends; the first lines are kept for error messages.
func (p *process) watch(read io.ReadCloser, addressIn func(string) string, addresses chan<- string) {
	defer read.Close()
	defer close(addresses)
	lines := bufio.NewScanner(read)
	found := addressIn == nil
	for lines.Scan() {
		if !found {
			p.logs.WriteString(lines.Text() + "\n")
			if address := addressIn(lines.Text()); address != "" {
				found = true
				addresses <- address
			}
		}
	}
}

func lastLines(text []byte) []byte { return text[max(0, len(text)-2000):] }

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		_ = p.command.Wait() // it was told to end
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		_ = p.command.Process.Kill()
		<-ended
	}
}

func (p *process) pid() int { return p.command.Process.Pid }

// wholeLine is for programs that print nothing but their address.
func wholeLine(line string) string { return line }

// listeningLine finds the address in the router's log.
func listeningLine(line string) string {
	var entry struct{ Msg, Address string }
	if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
		return entry.Address
	}
	return ""
}

// waitReady waits until a router says that it can serve.
func waitReady(ctx context.Context, client *http.Client, base string) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/ready", nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s is not ready after %v", base, startTimeout)
}

// control tells the subgraphs how to behave from now on and gives what they counted until now.
func control(ctx context.Context, subgraphs *process, settings serverSettings) (serverStats, error) {
	body, err := json.Marshal(settings)
	if err != nil {
		return serverStats{}, err
	}
	var stats serverStats
	text, _, err := post(ctx, http.DefaultClient, "http://"+subgraphs.address+"/control", "", body)
	if err == nil {
		err = json.Unmarshal(text, &stats)
	}
	return stats, err
}

// post sends JSON and reads the whole answer.
func post(ctx context.Context, client *http.Client, url, authorization string, body []byte) (text []byte, status int, err error) {
	return postAccepting(ctx, client, url, authorization, "", body)
}

// postAccepting is post with an Accept-Encoding header; of encodings it can read gzip alone.
func postAccepting(ctx context.Context, client *http.Client, url, authorization, accepts string, body []byte) (text []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	if accepts != "" {
		request.Header.Set("Accept-Encoding", accepts)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	var from io.Reader = answer.Body
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(from); err != nil {
			return nil, answer.StatusCode, err
		}
	}
	text, err = io.ReadAll(from)
	return text, answer.StatusCode, err
}

// findTools says what is missing on this machine.
func findTools(names ...string) error {
	var missing []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("these programs are missing: %s (Debian packages wrk, util-linux, redis-server)", strings.Join(missing, ", "))
	}
	return nil
}

// freePort finds a port that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
