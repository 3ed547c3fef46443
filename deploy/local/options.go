package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
)

// options are what a person can choose.
type options struct {
	root     string // repository, for the services' SDL
	bin      string // built binaries
	data     string // databases and generated configuration
	listen   string // router
	services []service
	redisURL string // "" starts an in-process server
	admin    string // router's admin address
}

// service is one of the four.
type service struct {
	name        string
	listen      string
	databaseURL string
}

var errHelp = flag.ErrHelp

// serviceNames is the order of start: users first, as the others verify tokens with its keys.
var serviceNames = []string{"users", "payments", "notifications", "search"}

func newFlags(o *options) *flag.FlagSet {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.StringVar(&o.root, "root", ".", "the repository")
	flags.StringVar(&o.bin, "bin", "bin", "folder of the built binaries")
	flags.StringVar(&o.data, "data", ".local", "folder for databases and generated configuration")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:4000", "address of the router")
	flags.StringVar(&o.admin, "admin-listen", "", "address of the router's metrics and profiles; empty for none")
	o.services = make([]service, len(serviceNames))
	for i, name := range serviceNames {
		o.services[i].name = name
		flags.StringVar(&o.services[i].listen, name+"-listen", fmt.Sprintf("127.0.0.1:%d", 4001+i), "address of the "+name+" service")
	}
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags
}

func usage() string {
	var b strings.Builder
	b.WriteString(`Runs Tributary on one machine: Redis (in process), four services, the router.

Usage: local [flags]      (make run ARGS="…" passes flags)

Flags:
`)
	flags := newFlags(&options{})
	flags.SetOutput(&b)
	flags.PrintDefaults()
	b.WriteString(`
Environment:
  REDIS_URL                  use this Redis instead of the in-process one
  DATABASE_URL_USERS         use this database for a service instead of SQLite in --data;
  DATABASE_URL_PAYMENTS …    postgres://USER:PASSWORD@HOST:PORT/NAME
`)
	return b.String()
}

// parseOptions reads flags and the environment; every problem is named with its flag.
func parseOptions(args []string, env func(string) (string, bool)) (*options, error) {
	o := &options{}
	flags := newFlags(o)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, errHelp
		}
		return nil, fmt.Errorf("%w; --help lists the flags", err)
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; --help lists the flags", flags.Arg(0))
	}
	var err error
	if o.data, err = filepath.Abs(o.data); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return nil, fmt.Errorf("--root: %w", err)
	}
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return nil, fmt.Errorf("--bin: %w", err)
	}
	o.redisURL, _ = env("REDIS_URL")
	problems := []error{checkAddress("listen", o.listen)}
	for i, s := range o.services {
		problems = append(problems, checkAddress(s.name+"-listen", s.listen))
		o.services[i].databaseURL = "sqlite:" + filepath.Join(o.data, s.name+".db")
		if url, ok := env("DATABASE_URL_" + strings.ToUpper(s.name)); ok && url != "" {
			o.services[i].databaseURL = url
		}
	}
	return o, errors.Join(problems...)
}

func checkAddress(flagName, address string) error {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return fmt.Errorf("--%s: %q is not host:port, for example 127.0.0.1:4000", flagName, address)
	}
	return nil
}
