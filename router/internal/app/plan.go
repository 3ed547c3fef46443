package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
)

// labelFlags collects --override-label NAME=true|false.
type labelFlags map[string]bool

func (l labelFlags) String() string { return "" }

func (l labelFlags) Set(text string) error {
	i := strings.LastIndex(text, "=")
	if i < 1 {
		return fmt.Errorf("%q is not NAME=true or NAME=false", text)
	}
	value, err := strconv.ParseBool(text[i+1:])
	if err != nil {
		return fmt.Errorf("%q is not NAME=true or NAME=false", text)
	}
	l[text[:i]] = value
	return nil
}

// planCommand prints the plan of one operation.
func planCommand(ctx context.Context, args []string, s Streams) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	supergraph := flags.String("supergraph", "", "supergraph SDL `file`")
	operation := flags.String("operation", "", "GraphQL document `file`")
	variables := flags.String("variables", "", "JSON `file` with the variables; they are checked, plans do not depend on them")
	name := flags.String("operation-name", "", "`name` of the operation, when the document has several")
	format := flags.String("format", "text", "text or json")
	deferred := flags.Bool("defer", false, "plan @defer as parts of their own")
	labels := labelFlags{}
	flags.Var(labels, "override-label", "`NAME=true|false`: decide an override label; may be repeated (default false)")
	if code, done := parseFlags(flags, args, s); done {
		return code
	}
	if *supergraph == "" || *operation == "" || (*format != "text" && *format != "json") {
		fmt.Fprintln(s.Err, "router plan: --supergraph FILE and --operation FILE are needed, --format is text or json")
		return ExitFailed
	}
	var texts [3]string
	for i, file := range []string{*supergraph, *operation, *variables} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintf(s.Err, "router plan: %v\n", err)
			return ExitFailed
		}
		texts[i] = string(text)
	}
	o := snapshotOptions(config.Default())
	o.DeferEnabled, o.Operation.Defer = *deferred, *deferred
	snap, err := snapshot.Build(texts[0], o)
	if err != nil {
		fmt.Fprintf(s.Err, "router plan: %s: %v\n", *supergraph, err)
		return ExitFailed
	}
	made, err := planDocument(ctx, snap, texts[1], *name, texts[2], labels)
	if err != nil {
		var list gqlerr.List
		if !errors.As(err, &list) {
			list = gqlerr.Mask(ctx, NewLogger(config.Default(), s.Err), err)
		}
		for _, e := range list {
			fmt.Fprintf(s.Err, "%s: %s: %s\n", *operation, e.Code, e.Error())
		}
		return ExitInvalid
	}
	if *format == "json" {
		text, err := made.JSON()
		if err != nil {
			fmt.Fprintf(s.Err, "router plan: %v\n", err)
			return ExitFailed
		}
		fmt.Fprintln(s.Out, string(text))
	} else {
		fmt.Fprintln(s.Out, made.String())
	}
	return ExitFine
}

func planDocument(ctx context.Context, snap *snapshot.Snapshot, document, name, variables string, labels map[string]bool) (*plan.Plan, error) {
	prepared, err := snap.Prepare(ctx, document, name)
	if err != nil {
		return nil, err
	}
	if variables != "" {
		if _, err := prepared.Operation.CoerceVariables(nil, []byte(variables), prepared.Literals); err != nil {
			return nil, err
		}
	}
	return snap.Plan(ctx, prepared.Operation, labels)
}
