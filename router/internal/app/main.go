package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Exit codes of the router's commands.
const (
	ExitFine    = 0
	ExitInvalid = 1 // the operation or the configuration is wrong
	ExitFailed  = 3 // it could not run: files, network, usage
)

// Streams are what a command reads and writes beside its arguments.
type Streams struct {
	Out, Err io.Writer
	Env      config.LookupEnv
	// Reload asks a router that serves to read its configuration again; nil: only a change of the file does.
	Reload <-chan os.Signal
}

const usage = `Tributary's router: one GraphQL endpoint in front of many subgraphs.

Usage:
  router [serve] --supergraph FILE [--listen HOST:PORT] [--config router.yml]
  router plan --supergraph FILE --operation FILE [--variables FILE] [--operation-name NAME]
              [--override-label NAME=true|false]… [--defer] [--format text|json]
  router validate --config router.yml
  router config reference|schema|codes

Commands:
  serve      answer GraphQL requests (the default)
  plan       print the query plan of an operation
  validate   check a configuration and say everything that is wrong with it
  config     print the reference of router.yml, its JSON Schema, or all error codes

Run "router COMMAND --help" for its flags. Flags win over the environment, which wins over the file.
Exit codes: 0 fine, 1 invalid operation or configuration, 3 could not run.
`

// Main runs the command that args name and gives its exit code.
func Main(ctx context.Context, args []string, s Streams) int {
	command, rest := "serve", args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, rest = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(s.Out, usage)
		return ExitFine
	}
	switch command {
	case "serve":
		return serve(ctx, rest, s)
	case "plan":
		return planCommand(ctx, rest, s)
	case "validate":
		return validate(rest, s)
	case "config":
		return configCommand(rest, s)
	case "help":
		fmt.Fprint(s.Out, usage)
		return ExitFine
	}
	fmt.Fprintf(s.Err, "router: unknown command %q\n\n%s", command, usage)
	return ExitFailed
}

// parseFlags reports wrong usage; done tells that the command has ended with code.
func parseFlags(flags *flag.FlagSet, args []string, s Streams) (code int, done bool) {
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(s.Out, "Usage of router %s:\n", flags.Name())
		flags.SetOutput(s.Out)
		flags.PrintDefaults()
		return ExitFine, true
	case err != nil:
		fmt.Fprintf(s.Err, "router %s: %v; --help lists the flags\n", flags.Name(), err)
		return ExitFailed, true
	case flags.NArg() > 0:
		fmt.Fprintf(s.Err, "router %s: unexpected argument %q; --help lists the flags\n", flags.Name(), flags.Arg(0))
		return ExitFailed, true
	}
	return ExitFine, false
}

func serve(ctx context.Context, args []string, s Streams) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	file := flags.String("config", "", "configuration `file` (router.yml)")
	supergraph := flags.String("supergraph", "", "supergraph SDL `file`; watched for changes")
	compose := flags.String("compose", "", "supergraph.yaml `file` that lists subgraphs to compose and watch")
	listen := flags.String("listen", "", "`host:port` for clients, or unix:///path (default 127.0.0.1:4000)")
	admin := flags.String("admin-listen", "", "`host:port` for metrics and profiles (default off)")
	level := flags.String("log-level", "", "debug, info, warn or error")
	if code, done := parseFlags(flags, args, s); done {
		return code
	}
	load := func() (*config.Config, error) {
		return config.Load(*file, s.Env, func(c *config.Config) {
			set(&c.Listen, *listen)
			set(&c.AdminListen, *admin)
			set(&c.Log.Level, *level)
			if *supergraph != "" {
				c.Supergraph.File, c.Supergraph.Compose = *supergraph, ""
			}
			if *compose != "" {
				c.Supergraph.File, c.Supergraph.Compose = "", *compose
			}
		})
	}
	c, err := load()
	if err != nil {
		fmt.Fprintf(s.Err, "router: the configuration is not valid:\n%v\n", err)
		return ExitInvalid
	}
	a, err := New(c, NewLogger(c, s.Err))
	if err != nil {
		fmt.Fprintf(s.Err, "router: the configuration is not valid:\n%v\n", err)
		return ExitInvalid
	}
	a.ReloadFrom(*file, load, s.Reload)
	defer tuneMemory(c, a.logger)()
	if err := a.Run(ctx); err != nil {
		fmt.Fprintf(s.Err, "router: %v\n", err)
		return ExitFailed
	}
	return ExitFine
}

func set(to *string, value string) {
	if value != "" {
		*to = value
	}
}

func validate(args []string, s Streams) int {
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	file := flags.String("config", "router.yml", "configuration `file`")
	if code, done := parseFlags(flags, args, s); done {
		return code
	}
	c, err := config.Load(*file, s.Env, nil)
	if err == nil {
		_, err = New(c, NewLogger(c, io.Discard))
	}
	if err != nil {
		fmt.Fprintln(s.Err, err)
		return ExitInvalid
	}
	fmt.Fprintf(s.Out, "%s is valid\n", *file)
	return ExitFine
}

func configCommand(args []string, s Streams) int {
	switch {
	case len(args) == 1 && args[0] == "reference":
		fmt.Fprint(s.Out, config.Reference())
		return ExitFine
	case len(args) == 1 && args[0] == "schema":
		fmt.Fprintln(s.Out, config.JSONSchema())
		return ExitFine
	}
	if len(args) == 1 && args[0] == "codes" {
		fmt.Fprint(s.Out, gqlerr.Reference())
		return ExitFine
	}
	fmt.Fprintln(s.Err, "router config: say what to print: reference, schema or codes")
	return ExitFailed
}
