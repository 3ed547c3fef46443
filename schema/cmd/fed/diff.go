package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diff"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// diffCommand compares two schemas and ends with 1 when a change is breaking.
func diffCommand(_ context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("diff", flag.ContinueOnError)
	format := flags.String("format", "text", "text or json")
	if code, done := parse(flags, args, 2, s); done {
		return code
	}
	if flags.NArg() != 2 || (*format != "text" && *format != "json") {
		fmt.Fprintln(s.err, "fed diff: name the old and the new schema: fed diff OLD NEW (files of SDL, or of supergraphs; --format text or json)")
		return exitFailed
	}
	var schemas [2]*ast.Schema
	for i, file := range flags.Args() {
		schema, err := readSchema(file)
		if err != nil {
			fmt.Fprintf(s.err, "fed diff: %v\n", err)
			return exitFailed
		}
		schemas[i] = schema
	}
	changes := diff.Schemas(schemas[0], schemas[1])
	if *format == "json" {
		writeChangesJSON(s.out, changes)
	} else {
		writeChanges(s.out, changes)
	}
	if diff.Worst(changes) == diff.Breaking {
		return exitBreaking
	}
	return exitFine
}

// maxSchema bounds a schema file.
const maxSchema = 256 << 20

// readSchema reads API schema SDL, or a supergraph's API schema.
func readSchema(file string) (*ast.Schema, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSchema+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSchema {
		return nil, fmt.Errorf("%s: is larger than 256 MiB", file)
	}
	if strings.Contains(string(text), "@join__") {
		graph, err := supergraph.Read(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return graph.API()
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: file, Input: string(text)})
	if err != nil {
		if strings.Contains(string(text), "@link") || strings.Contains(string(text), "@key") {
			return nil, fmt.Errorf("%s is not an API schema but perhaps a subgraph's SDL: compare what fed compose makes of it, a supergraph or with --api an API schema (%w)", file, err)
		}
		return nil, fmt.Errorf("not a GraphQL schema: %w", err)
	}
	return schema, nil
}

type changeJSON struct {
	diff.Change
	Class  diff.Class `json:"class"`
	Reason string     `json:"reason"`
}

func writeChangesJSON(w io.Writer, changes []diff.Change) {
	out := make([]changeJSON, len(changes))
	for i, c := range changes {
		out[i] = changeJSON{c, c.Class(), c.Reason()}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(map[string]any{"changes": out}) // plain data
}

// writeChanges lists the changes by class, worst first.
func writeChanges(w io.Writer, changes []diff.Change) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "No changes.")
		return
	}
	var counts []string
	for _, class := range []diff.Class{diff.Breaking, diff.Dangerous, diff.Safe} {
		of := slices.DeleteFunc(slices.Clone(changes), func(c diff.Change) bool { return c.Class() != class })
		if len(of) == 0 {
			continue
		}
		counts = append(counts, fmt.Sprintf("%d %s", len(of), strings.ToLower(string(class))))
		fmt.Fprintf(w, "%s\n", class)
		for _, c := range of {
			fmt.Fprintf(w, "  %s (%s)\n    %s\n", c.Message, c.Kind, c.Reason())
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s.\n", strings.Join(counts, ", "))
}
