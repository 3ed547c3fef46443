package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

	"github.com/tributary-gql/tributary/schema/diag"
)

// codes lists all codes, explains one, or prints the reference page.
func codes(_ context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("codes", flag.ContinueOnError)
	markdown := flags.Bool("markdown", false, "print the reference page of all codes")
	if code, done := parse(flags, args, 1, s); done {
		return code
	}
	if *markdown {
		if err := diag.Reference(s.out); err != nil {
			fmt.Fprintf(s.err, "fed codes: %v\n", err)
			return exitFailed
		}
		return exitFine
	}
	if flags.NArg() == 0 {
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		for _, e := range diag.Registry() {
			fmt.Fprintf(table, "%s\t%s\t%s\n", e.Code, e.Severity, e.Summary)
		}
		_ = table.Flush() // to standard output
		return exitFine
	}
	entries := diag.Describe(diag.Code(flags.Arg(0)))
	if len(entries) == 0 {
		fmt.Fprintf(s.err, "fed codes: there is no code %q; fed codes lists them all\n", flags.Arg(0))
		return exitFailed
	}
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := diag.Explain(s.out, e, s.terminal); err != nil {
			fmt.Fprintf(s.err, "fed codes: %v\n", err)
			return exitFailed
		}
	}
	return exitFine
}
