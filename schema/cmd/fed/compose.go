package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	composition "github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/contract"
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
	"github.com/tributary-gql/tributary/schema/workspace"
)

// composeOptions are the flags of fed compose.
type composeOptions struct {
	config, output, format, color string
	include, exclude              names
	hideUnreachable, api, watch   bool
	interval, timeout             time.Duration
	retries                       int
	hints                         string
}

// names is a flag that may be repeated, or hold several names with commas.
type names []string

func (n *names) String() string { return strings.Join(*n, ",") }

func (n *names) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return errors.New("names a tag that is empty")
		}
		*n = append(*n, name)
	}
	return nil
}

func (o *composeOptions) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("compose", flag.ContinueOnError)
	flags.StringVar(&o.config, "config", "supergraph.yaml", "`file` that lists the subgraphs, as Rover users have it")
	flags.StringVar(&o.output, "output", "", "`file` for the supergraph; standard output when empty")
	flags.StringVar(&o.format, "format", "text", "text, json, or github (annotations of GitHub Actions)")
	flags.StringVar(&o.color, "color", "auto", "auto, always or never")
	flags.StringVar(&o.hints, "hints", "info", "least severity of hints that are shown as text: warn, info, debug or none")
	flags.Var(&o.include, "include-tag", "`tag` of what a contract keeps; may be repeated")
	flags.Var(&o.exclude, "exclude-tag", "`tag` of what a contract leaves out; may be repeated")
	flags.BoolVar(&o.hideUnreachable, "hide-unreachable-types", false, "leave out of a contract the types that no field leads to any more")
	flags.BoolVar(&o.api, "api", false, "write the API schema that clients see instead of the supergraph")
	flags.BoolVar(&o.watch, "watch", false, "go on and compose again whenever a schema changes")
	flags.DurationVar(&o.interval, "interval", time.Second, "with --watch: `time` between two looks")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "longest `time` for one question to a running service")
	flags.IntVar(&o.retries, "retries", 3, "how `often` a running service is asked again")
	return flags
}

func (o *composeOptions) check() error {
	for _, choice := range []struct {
		flag, value string
		allowed     []string
	}{
		{"format", o.format, []string{"text", "json", "github"}}, {"color", o.color, []string{"auto", "always", "never"}},
		{"hints", o.hints, []string{"warn", "info", "debug", "none"}},
	} {
		if !slices.Contains(choice.allowed, choice.value) {
			return fmt.Errorf("--%s is %q; use one of %s", choice.flag, choice.value, strings.Join(choice.allowed, ", "))
		}
	}
	if o.interval <= 0 || o.timeout <= 0 || o.retries < 0 {
		return errors.New("--interval and --timeout must be positive, --retries not negative")
	}
	if o.hideUnreachable && len(o.include) == 0 && len(o.exclude) == 0 {
		return errors.New("--hide-unreachable-types goes with --include-tag or --exclude-tag")
	}
	return nil
}

func compose(ctx context.Context, args []string, s streams) int {
	o := &composeOptions{}
	if code, done := parse(o.flags(), args, 0, s); done {
		return code
	}
	if err := o.check(); err != nil {
		fmt.Fprintf(s.err, "fed compose: %v\n", err)
		return exitFailed
	}
	fetcher := workspace.NewFetcher(o.retries, o.timeout)
	if o.watch {
		return o.follow(ctx, fetcher, s)
	}
	w, err := workspace.Load(o.config)
	if err != nil {
		fmt.Fprintf(s.err, "fed compose: %v\n", err)
		return exitFailed
	}
	subgraphs, err := fetcher.All(ctx, w.Subgraphs)
	if err != nil {
		fmt.Fprintf(s.err, "fed compose: %v\n", err)
		return exitFailed
	}
	return o.compose(subgraphs, s)
}

// follow composes at each change until ctx ends.
func (o *composeOptions) follow(ctx context.Context, fetcher *workspace.Fetcher, s streams) int {
	if _, err := workspace.Load(o.config); err != nil {
		fmt.Fprintf(s.err, "fed compose: %v\n", err)
		return exitFailed
	}
	watcher := workspace.Watcher{
		Path: o.config, Interval: o.interval, Fetcher: fetcher,
		Changed: func(subgraphs []workspace.Subgraph) {
			if len(subgraphs) > 0 && o.compose(subgraphs, s) == exitFine {
				noun := "subgraphs"
				if len(subgraphs) == 1 {
					noun = "subgraph"
				}
				fmt.Fprintf(s.err, "composed %d %s; watching for changes\n", len(subgraphs), noun)
			}
		},
		Problem: func(err error) {
			if err != nil {
				fmt.Fprintf(s.err, "fed compose: %v\n", err)
			}
		},
	}
	watcher.Run(ctx)
	return exitFine
}

// compose composes, filters, and writes what came of it.
func (o *composeOptions) compose(subgraphs []workspace.Subgraph, s streams) int {
	sources := make([]composition.Source, len(subgraphs))
	for i, g := range subgraphs {
		sources[i] = composition.Source{Name: g.Name, URL: g.RoutingURL, File: shortPath(g.File), SDL: g.SDL}
	}
	result := composition.Sources(sources...)
	text := ""
	if len(result.Errors) == 0 {
		var err error
		if text, err = o.render(&result, s); err != nil {
			fmt.Fprintf(s.err, "fed compose: %v\n", err)
			return exitFailed
		}
	}
	if err := o.write(result, text, sources, s); err != nil {
		fmt.Fprintf(s.err, "fed compose: %v\n", err)
		return exitFailed
	}
	if len(result.Errors) > 0 {
		return exitInvalid
	}
	return exitFine
}

// render gives the SDL that was asked for. What a contract has to say is added to the result.
func (o *composeOptions) render(result *composition.Result, s streams) (string, error) {
	graph := result.Supergraph
	if len(o.include) > 0 || len(o.exclude) > 0 {
		made := contract.Apply(graph, contract.Filter{Include: o.include, Exclude: o.exclude, HideUnreachableTypes: o.hideUnreachable})
		for _, tag := range made.UnusedTags {
			fmt.Fprintf(s.err, "fed compose: nothing carries the tag %q; is it spelt as in the subgraphs?\n", tag)
		}
		if len(made.Errors) > 0 {
			result.Errors = append(result.Errors, made.Errors...)
			return "", nil
		}
		graph = made.Supergraph
	}
	if !o.api {
		return graph.Print(), nil
	}
	api, err := graph.API()
	if err != nil {
		return "", err
	}
	return supergraph.FormatSchema(api), nil
}

func (o *composeOptions) write(result composition.Result, text string, sources []composition.Source, s streams) error {
	ok := len(result.Errors) == 0
	if o.format == "json" {
		report, err := reportJSON(result, text)
		if err != nil {
			return err
		}
		if _, err := s.out.Write(report); err != nil {
			return err
		}
		if ok && o.output != "" {
			return replaceFile(o.output, text)
		}
		return nil
	}
	shown := slices.Concat(result.Errors, o.shownHints(result.Hints))
	if err := o.print(shown, sources, s); err != nil {
		return err
	}
	switch {
	case !ok:
		return nil
	case o.output != "":
		return replaceFile(o.output, text)
	case o.format == "github":
		return nil
	}
	_, err := fmt.Fprint(s.out, text)
	return err
}

func (o *composeOptions) print(shown []diag.Diagnostic, sources []composition.Source, s streams) error {
	if o.format == "github" {
		return diag.GitHub(s.out, shown)
	}
	if len(shown) == 0 {
		return nil
	}
	color := o.color == "always" || o.color == "auto" && s.terminal
	if err := diag.Text(s.err, shown, diag.TextOptions{Source: sourceOf(sources), Color: color}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.err, "\n"+diag.Summary(shown))
	return err
}

func (o *composeOptions) shownHints(hints []diag.Diagnostic) []diag.Diagnostic {
	least, ok := map[string]diag.Severity{"warn": diag.Warn, "info": diag.Info, "debug": diag.Debug}[o.hints]
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(hints), func(d diag.Diagnostic) bool { return d.Severity > least })
}

// sourceOf finds a subgraph's SDL for excerpts.
func sourceOf(sources []composition.Source) func(subgraph string) (string, bool) {
	return func(subgraph string) (string, bool) {
		for _, s := range sources {
			if s.Name == subgraph {
				return s.SDL, true
			}
		}
		return "", false
	}
}

func reportJSON(result composition.Result, text string) ([]byte, error) {
	type report struct {
		Supergraph *string           `json:"supergraph"`
		Errors     []diag.Diagnostic `json:"errors"`
		Hints      []diag.Diagnostic `json:"hints"`
	}
	// Lists, also when they are empty.
	r := report{Errors: append([]diag.Diagnostic{}, result.Errors...), Hints: append([]diag.Diagnostic{}, result.Hints...)}
	if len(result.Errors) == 0 {
		r.Supergraph = &text
	}
	out, err := json.MarshalIndent(r, "", "  ")
	return append(out, '\n'), err
}

// replaceFile writes a file as a whole or not at all, so that a router that watches it never reads half of it.
func replaceFile(path, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // gone when it was renamed
	_, writeErr := temporary.WriteString(text)
	if err := errors.Join(writeErr, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// shortPath is a file's path as a person in this folder would write it.
func shortPath(file string) string {
	here, err := os.Getwd()
	if err != nil || !filepath.IsAbs(file) {
		return file
	}
	if short, err := filepath.Rel(here, file); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return file
}
