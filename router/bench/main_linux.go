package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	duration             time.Duration // of a round; whole seconds
	rounds               int
	workloads, variants  []string // nil: all
	shared               string   // folder of the public benchmark's data
	ownOnly, quick       bool
	routerCore, loadCore string
	router               string // program; "": it is built
	out                  string // file of the report; "": none
	soak                 time.Duration
}

func (o *options) wantsVariant(name string) bool {
	return o.variants == nil || slices.Contains(o.variants, name)
}

func (o *options) wantsWorkload(name string) bool {
	return o.workloads == nil || slices.Contains(o.workloads, name)
}

const (
	fullDuration, fullRounds   = 3 * time.Second, 3
	quickDuration, quickRounds = 2 * time.Second, 2
)

func main() {
	err := command(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// command runs the benchmark, or one of the processes that it is made of.
func command(args []string, out, log io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "subgraphs":
			set, err := openOwn()
			if len(args) > 1 {
				set, err = openShared(args[1])
			}
			if err != nil {
				return err
			}
			return serveSubgraphs(set, out)
		case "relay":
			return serveRelay(relayMode(args[1]), args[2], out)
		}
	}
	o, err := parseOptions(args, log)
	if err != nil {
		return err
	}
	// Only here: the other processes end at once when they are told to.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return measure(ctx, o, out, log)
}

func parseOptions(args []string, log io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.DurationVar(&o.duration, "duration", fullDuration, "`time` of one round, in whole seconds")
	flags.IntVar(&o.rounds, "rounds", fullRounds, "`number` of rounds of each measurement")
	workloads := flags.String("workloads", "", "comma-separated `names` of workloads: tiny, medium, heavy; default all")
	variants := flags.String("variants", "", "comma-separated `names` of variants, of features whose price is wanted, \""+allPrices+"\" for all of these, or \""+safety+"\"; default all")
	quick := flags.Bool("quick", false, fmt.Sprintf("%d rounds of %v, the repository's own data alone, prices of features on tiny alone", quickRounds, quickDuration))
	flags.StringVar(&o.shared, "shared", defaultShared, "`folder` of the public benchmark's data, measured too when it is there; \"\" for none")
	flags.StringVar(&o.routerCore, "router-core", "0", "`number` of the core for the router")
	flags.StringVar(&o.loadCore, "load-core", "1", "`number` of the core for load and subgraphs")
	flags.StringVar(&o.router, "router", "", "router `program` to measure; default: it is built from this repository")
	flags.StringVar(&o.out, "out", "bench/RESULTS.md", "`file` for the report, beside standard output; \"\" for none")
	flags.DurationVar(&o.soak, "soak", 0, "`time` of full load in which growth is looked for, instead of measuring")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.ownOnly, o.quick = true, true
		given := map[string]bool{}
		flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
		if !given["duration"] {
			o.duration = quickDuration
		}
		if !given["rounds"] {
			o.rounds = quickRounds
		}
	}
	o.workloads, o.variants = splitNames(*workloads), splitNames(*variants)
	if o.duration < time.Second || o.duration%time.Second != 0 || o.rounds < 1 {
		return o, errors.New("-duration must be one or more whole seconds, and -rounds at least 1")
	}
	return o, o.checkNames()
}

func (o *options) checkNames() error {
	for _, name := range o.workloads {
		if !slices.Contains(workloadNames, name) {
			return fmt.Errorf("there is no workload %q; there are %s", name, strings.Join(workloadNames, ", "))
		}
	}
	for _, name := range o.variants {
		hasName := func(v variant) bool { return v.name == name }
		if name != allPrices && name != safety && !slices.ContainsFunc(allVariants, hasName) && !slices.ContainsFunc(priced[1:], hasName) {
			return fmt.Errorf("there is no variant %q", name)
		}
	}
	return nil
}

func splitNames(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func measure(ctx context.Context, o options, out, log io.Writer) error {
	if err := findTools("wrk", "taskset"); err != nil {
		return err
	}
	own, err := openOwn()
	if err != nil {
		return err
	}
	sets := []*dataset{own}
	if !o.ownOnly && o.shared != "" {
		public, err := openShared(o.shared)
		if err != nil {
			return err
		}
		if public != nil {
			sets = append(sets, public)
		}
	}
	b, err := newBench(o, log)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if o.soak > 0 {
		return b.soak(ctx, own, out)
	}
	began := time.Now()
	if err := b.run(ctx, sets); err != nil {
		return err
	}
	b.printf("it took %v", time.Since(began).Round(time.Second))
	var report bytes.Buffer
	b.report(&report)
	if _, err := out.Write(report.Bytes()); err != nil || o.out == "" {
		return err
	}
	return os.WriteFile(o.out, report.Bytes(), 0o644) //nolint:gosec // a report for everybody
}

// prepareRouter finds the program that is measured, or builds it, and leaves its core to it.
func (b *bench) prepareRouter(ctx context.Context) error {
	b.router = b.options.router
	if b.router == "" {
		if err := b.buildRouter(ctx); err != nil {
			return err
		}
	}
	// From here on this program reads what the others print: the router's core is none of its business.
	out, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", b.options.loadCore, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("moving to core %s: %w: %s", b.options.loadCore, err, out)
	}
	return nil
}

// buildRouter builds the program that is measured, as it is released.
func (b *bench) buildRouter(ctx context.Context) error {
	b.router = filepath.Join(b.dir, "router")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.router, "github.com/tributary-gql/tributary/router/cmd/router")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the router: %w: %s", err, out)
	}
	return nil
}

// startRedis starts an empty Redis on the load's core.
func (b *bench) startRedis(ctx context.Context, s *site) (*process, error) {
	if err := findTools("redis-server"); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s.redis = "127.0.0.1:" + port
	accepting := func(line string) string {
		if strings.Contains(line, "Ready to accept connections") {
			return s.redis
		}
		return ""
	}
	return start(ctx, b.options.loadCore, "redis-server", accepting, "redis-server", "--port", port, "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", b.dir)
}
