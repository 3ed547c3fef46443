// Command fed is the schema team's tool: it composes subgraphs into a supergraph, compares schemas, and explains the codes
// of what composition says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit codes; scripts depend on them.
const (
	exitFine     = 0
	exitBreaking = 1 // fed diff found a breaking change
	exitInvalid  = 2 // composition failed
	exitFailed   = 3 // it could not run: network, files, usage
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr)})
	stop()
	os.Exit(code)
}

// streams are where a command writes.
type streams struct {
	out, err io.Writer
	terminal bool // err is a terminal: colour may be used
}

// isTerminal tells whether a person reads the file; NO_COLOR (no-color.org) says that they want none of it.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}

// command is one of the tool's commands.
type command struct {
	name, usage, summary string
	run                  func(ctx context.Context, args []string, s streams) int
}

func commands() []command {
	return []command{
		{"compose", "compose --config supergraph.yaml [flags]", "compose subgraphs into a supergraph", compose},
		{"diff", "diff [flags] OLD NEW", "list what changed between two schemas, worst first", diffCommand},
		{"codes", "codes [CODE]", "explain the codes of errors and hints", codes},
	}
}

func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Fprint(s.out, usage())
		if len(args) == 0 {
			return exitFailed
		}
		return exitFine
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], s)
		}
	}
	fmt.Fprintf(s.err, "fed: unknown command %q\n\n%s", args[0], usage())
	return exitFailed
}

func usage() string {
	var b strings.Builder
	b.WriteString("fed works on federated schemas.\n\nUsage:\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  fed %-42s %s\n", c.usage, c.summary)
	}
	b.WriteString("\nRun \"fed COMMAND --help\" for its flags.\nExit codes: 0 fine, 1 breaking change, 2 composition failed, 3 could not run.\n")
	return b.String()
}

// parse reads flags and the arguments that follow; done tells that the command ends with code.
func parse(flags *flag.FlagSet, args []string, wanted int, s streams) (code int, done bool) {
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(s.out, "Usage of fed %s:\n", flags.Name())
		flags.SetOutput(s.out)
		flags.PrintDefaults()
		return exitFine, true
	case err != nil:
		fmt.Fprintf(s.err, "fed %s: %v; --help lists the flags\n", flags.Name(), err)
		return exitFailed, true
	case flags.NArg() > wanted:
		fmt.Fprintf(s.err, "fed %s: unexpected argument %q; flags come before arguments\n", flags.Name(), flags.Arg(wanted))
		return exitFailed, true
	}
	return exitFine, false
}
