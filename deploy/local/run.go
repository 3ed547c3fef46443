package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// run starts everything, prints the addresses, and stops everything when ctx ends.
func run(ctx context.Context, o *options, stdout io.Writer) error {
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	if err := checkBinaries(o); err != nil {
		return err
	}
	if err := checkPorts(o); err != nil {
		return err
	}
	out := &prefixer{out: stdout, width: len("notifications")}
	redisURL, stopRedis, err := startRedis(o)
	if err != nil {
		return err
	}
	defer stopRedis()
	routerFile, err := writeConfig(o)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan string, 16)
	s := &supervisor{out: out, exited: func(name string, err error) {
		select {
		case stopped <- name + ": " + describe(err):
		default: // only the first matter, and only while starting
		}
	}}
	defer func() { cancel(); s.wait() }()
	began := time.Now()
	for _, p := range processes(o, redisURL, routerFile) {
		out.say("starting %s", p.name)
		s.start(ctx, p)
	}
	if err := waitReady(ctx, o, out, stopped); err != nil {
		return err
	}
	out.say("ready after %.1f s", time.Since(began).Seconds())
	printWelcome(stdout, o, redisURL)
	<-ctx.Done()
	out.say("stopping")
	return nil
}

func checkBinaries(o *options) error {
	for _, name := range append([]string{"router"}, serviceNames...) {
		if _, err := os.Stat(filepath.Join(o.bin, name)); err != nil {
			return fmt.Errorf("%s is not built: run `make build`, or name the folder of the binaries with --bin", filepath.Join(o.bin, name))
		}
	}
	return nil
}

// checkPorts finds taken ports before anything starts, so that the message can name the flag.
func checkPorts(o *options) error {
	var problems []error
	check := func(flagName, address string) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			problems = append(problems, fmt.Errorf("cannot listen on %s: %w; choose another address with --%s (make run ARGS=\"--%s 127.0.0.1:PORT\")",
				address, cause(err), flagName, flagName))
			return
		}
		_ = listener.Close()
	}
	check("listen", o.listen)
	for _, s := range o.services {
		check(s.name+"-listen", s.listen)
	}
	return errors.Join(problems...)
}

func cause(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// startRedis gives the URL of the Redis server to use: the one from the environment, or one in this process.
func startRedis(o *options) (url string, stop func(), err error) {
	if o.redisURL != "" {
		return o.redisURL, func() {}, nil
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return "", nil, fmt.Errorf("in-process Redis: %w", err)
	}
	server.ClockTTL(true) // keys expire by the clock, as on a real server
	return "redis://" + server.Addr() + "/0", server.Close, nil
}

func processes(o *options, redisURL, routerFile string) []process {
	jwks := "http://" + reachable(o.services[0].listen) + "/.well-known/jwks.json"
	var list []process
	for _, s := range o.services {
		args := []string{"--listen", s.listen, "--seed-demo"}
		if s.name != "users" {
			args = append(args, "--jwks-url", jwks)
		}
		list = append(list, process{
			name: s.name, path: filepath.Join(o.bin, s.name), args: args,
			// Not as flags: they may hold passwords, and everybody can read a command line.
			env: []string{"DATABASE_URL=" + s.databaseURL, "REDIS_URL=" + redisURL},
		})
	}
	return append(list, process{name: "router", path: filepath.Join(o.bin, "router"), args: []string{"serve", "--config", routerFile}})
}

// readyTimeout bounds the start; seeding takes a few seconds at the first.
const readyTimeout = 60 * time.Second

// waitReady returns when every program answers /ready. A program that stops while starting ends the wait.
func waitReady(ctx context.Context, o *options, out *prefixer, stopped <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	targets := map[string]string{"router": o.listen}
	for _, s := range o.services {
		targets[s.name] = s.listen
	}
	var group sync.WaitGroup
	ready := make(chan struct{})
	for name, address := range targets {
		group.Go(func() {
			if pollReady(ctx, "http://"+reachable(address)+"/ready") {
				out.say("%s is ready", name)
			}
		})
	}
	go func() { group.Wait(); close(ready) }()
	select {
	case name := <-stopped:
		return fmt.Errorf("%s while starting; its log above says why", name)
	case <-ready:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not everything was ready within %v; the log above says why", readyTimeout)
	}
	return nil
}

func pollReady(ctx context.Context, url string) bool {
	client := &http.Client{Timeout: 2 * time.Second}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
}

func printWelcome(w io.Writer, o *options, redisURL string) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "  Playground\thttp://%s/\n", reachable(o.listen))
	fmt.Fprintf(table, "  GraphQL\thttp://%s/graphql\n", reachable(o.listen))
	for _, s := range o.services {
		fmt.Fprintf(table, "  %s\thttp://%s/graphql\n", s.name, reachable(s.listen))
	}
	fmt.Fprintf(table, "  Redis\t%s\n", withoutPassword(redisURL))
	fmt.Fprintf(table, "  Data\t%s\n", o.data)
	_ = table.Flush()
	fmt.Fprintln(w)
	for _, a := range accounts {
		fmt.Fprintf(w, "  Demo account   %s / %s\n", a.Email, a.Password)
	}
	fmt.Fprintf(w, `
  A first query:

    curl -s http://%s/graphql -H 'content-type: application/json' \
      -d '{"query":"{ search(query: \"ada\", first: 3) { edges { node { snippet hit { ... on User { id name } } } } } }"}'

  Ctrl-C stops everything; the data stays.

`, reachable(o.listen))
}

// withoutPassword hides what stands between the scheme and the host.
func withoutPassword(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if at := strings.LastIndex(rest, "@"); ok && at >= 0 {
		return scheme + "://…@" + rest[at+1:]
	}
	return url
}
