package property

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Case is one request against one world.
type Case struct {
	World   *world.World
	Request generate.Operation
	Faults  []fake.Fault
	Caller  *reference.Caller // nil: one who may see everything
	Defer   bool              // plan @defer as later payloads
	// Order is what the order is made of in which fetches are asked and answers merged that are under way together: it is the
	// same each time. 0: as it comes, in goroutines.
	Order uint64
	// MaxErrors is how many errors a payload may have; 0: the router's default.
	MaxErrors int
	// Through replaces how subgraphs are reached; nil: in process.
	Through func(*fake.Fleet) exec.Fetcher
}

// Outcome is what came of a case that ran.
type Outcome struct {
	Prepared *Prepared
	Fleet    *fake.Fleet
	Payload  []byte
	Expected execute.Result

	conditional bool // the operation has @skip or @include
	maxErrors   int  // in a payload
	tellers     int  // how many may tell of one error: the subgraphs, where they fail, else the router alone
	joined      bool // Payload was put together from several
}

func newOutcome(c Case) *Outcome {
	return &Outcome{
		Fleet: fake.New(c.World), conditional: isConditional(c.Request.Document), joined: c.Defer,
		maxErrors: c.maxErrors(), tellers: c.tellers(),
	}
}

// Failure is a case in which something does not hold.
type Failure struct {
	// Kind is a short stable word for what is wrong: a stage's name, "violation", "data", "errors" or "panic".
	Kind   string
	Detail string
}

// Error implements error.
func (f *Failure) Error() string { return f.Kind + ": " + f.Detail }

// Bench is a supergraph with all that is made of it once.
type Bench struct {
	Super  *supergraph.Supergraph
	router *Router
}

// NewBench prepares a supergraph for many cases.
func NewBench(super *supergraph.Supergraph) (*Bench, error) {
	router, err := NewRouter(super)
	if err != nil {
		return nil, err
	}
	return &Bench{Super: super, router: router}, nil
}

// patience is how long one request may take; ordinary ones take milliseconds.
const patience = 30 * time.Second

// Check runs a case and compares. The failure is nil when everything holds. A request that takes longer than patience is a
// failure of kind "hang", whatever came of it; one that does not end is left running.
func (b *Bench) Check(ctx context.Context, c Case) (*Outcome, *Failure) {
	return b.patiently(ctx, c, func(ctx context.Context) (*Outcome, *Failure) { return b.check(ctx, c) })
}

func (b *Bench) patiently(ctx context.Context, c Case, check func(context.Context) (*Outcome, *Failure)) (*Outcome, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type result struct {
		outcome *Outcome
		failure *Failure
	}
	done := make(chan result, 1)
	go func() {
		outcome, failure := check(ctx)
		done <- result{outcome, failure}
	}()
	hang := &Failure{"hang", fmt.Sprintf("no answer after %v", patience)}
	select {
	case r := <-done:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return r.outcome, hang
		}
		return r.outcome, r.failure
	case <-time.After(patience + patience/4): // what heeds its context has ended by now
		return newOutcome(c), hang
	}
}

func (b *Bench) check(ctx context.Context, c Case) (outcome *Outcome, failure *Failure) {
	outcome = newOutcome(c)
	defer func() {
		if reason := recover(); reason != nil {
			failure = &Failure{"panic", fmt.Sprintf("%v\n%s", reason, debug.Stack())}
		}
	}()
	var err error
	if outcome.Expected, err = reference.Answer(c.World, c.reference()); err != nil {
		return outcome, &Failure{"reference", err.Error()}
	}
	outcome.Prepared, err = b.router.Prepare(ctx, c.Request, c.World.Labels(), c.Defer)
	if err != nil {
		return outcome, failureOf(err)
	}
	for _, fault := range c.Faults {
		outcome.Fleet.Inject(fault)
	}
	var reach exec.Fetcher = &fetcher{fleet: outcome.Fleet}
	if c.Through != nil {
		reach = c.Through(outcome.Fleet)
	}
	payloads, err := outcome.Prepared.Run(ctx, reach, c)
	if err != nil {
		return outcome, failureOf(err)
	}
	// A subgraph that lies about a leaf may get its lie back in a representation.
	lies := slices.ContainsFunc(c.Faults, func(f fake.Fault) bool { return f.Kind == fake.WrongLeaf || f.Kind == fake.NullLeaf })
	if violations := outcome.Fleet.Violations(); len(violations) > 0 && !lies {
		return outcome, &Failure{"violation", violations[0].String()}
	}
	switch {
	case c.Defer:
		if outcome.Payload, err = joinPayloads(payloads); err != nil {
			return outcome, &Failure{"payload", err.Error()}
		}
	case len(payloads) == 1:
		outcome.Payload = payloads[0]
	default:
		return outcome, &Failure{"payloads", fmt.Sprintf("%d payloads for one answer", len(payloads))}
	}
	if len(c.Faults) > 0 || c.World.HasNullKeys() {
		return outcome, compareBroken(outcome, c)
	}
	// What is asked twice, first under a condition, happens where it was asked first.
	if got, want := outcome.Fleet.Mutations(), outcome.Expected.Roots; len(got) > 0 && !outcome.conditional && !slices.Equal(got, want) {
		return outcome, &Failure{"order", fmt.Sprintf("mutations happened as %v, want %v", got, want)}
	}
	return outcome, compare(outcome)
}

// reference is the case's request as the reference executor takes it.
func (c Case) reference() reference.Request {
	return reference.Request{
		Document: c.Request.Document, OperationName: c.Request.Name, Variables: c.Request.Variables, Caller: c.Caller,
	}
}

func failureOf(err error) *Failure {
	var stage *StageError
	if asStage(err, &stage) {
		return &Failure{stage.Stage, stage.Err.Error()}
	}
	return &Failure{"router", err.Error()}
}

func isConditional(document string) bool {
	return strings.Contains(document, "@skip") || strings.Contains(document, "@include")
}

// response is a GraphQL response with its data as written.
type response struct {
	Data   json.RawMessage  `json:"data"`
	Errors []map[string]any `json:"errors"`
}

// compare demands the reference's data, byte for byte, and its errors at the same places.
func compare(o *Outcome) *Failure {
	var got response
	if err := json.Unmarshal(o.Payload, &got); err != nil {
		return &Failure{"payload", fmt.Sprintf("%v in %s", err, o.Payload)}
	}
	if !o.sameData(bytes.TrimSpace(got.Data)) {
		return &Failure{"data", difference(got.Data, o.Expected.Data) + errorsNote(got.Errors)}
	}
	return compareErrors(o, got.Errors)
}

// sameData compares data byte for byte. Where the operation has conditions, the order of fields is not compared: a field
// that is asked twice, first under a condition, stands where it was asked first, whether or not that was skipped. Where
// it was put together from parts, its text is the test's.
func (o *Outcome) sameData(got []byte) bool {
	want := o.Expected.Data
	if bytes.Equal(got, want) || !(o.conditional || o.joined) {
		return bytes.Equal(got, want)
	}
	g, errGot := coerce.Parse(got)
	w, errWant := coerce.Parse(want)
	return errGot == nil && errWant == nil && (o.joined || len(got) == len(want)) && coerce.Canonical(g) == coerce.Canonical(w)
}

// executeError is an error of the reference executor.
type executeError = execute.Error

// reached is how far down an error's path the reference's data goes before it is null.
func reached(o *Outcome, path []any) int {
	value, err := coerce.Parse(o.Expected.Data)
	if err != nil || value == nil {
		return 0
	}
	for depth, element := range path {
		switch v := value.(type) {
		case map[string]any:
			name, _ := element.(string)
			value = v[name]
		case []any:
			if i, isInt := element.(int); isInt && i < len(v) {
				value = v[i]
			}
		}
		if value == nil {
			return depth + 1
		}
	}
	return len(path)
}

// goesUp tells whether an error nulled more than the field it is about.
func goesUp(o *Outcome, e executeError) bool { return reached(o, e.Path) < len(e.Path) }

// hidden tells whether an expected error may be missing: it lies inside something that another error nulled as well, so
// that it may not have been asked for.
func hidden(e executeError, o *Outcome) bool {
	depth := reached(o, e.Path)
	if depth == len(e.Path) {
		return false
	}
	return slices.ContainsFunc(o.Expected.Errors, func(other executeError) bool {
		return !slices.Equal(other.Path, e.Path) && len(other.Path) >= depth && slices.Equal(other.Path[:depth], e.Path[:depth])
	})
}

// expectedPaths and receivedPaths are error paths as canonical JSON.
func expectedPaths(errors []execute.Error) []string {
	var paths []string
	for _, err := range errors {
		paths = append(paths, coerce.Canonical(plainPath(err.Path)))
	}
	return paths
}

func plainPath(path []any) []any {
	plain := make([]any, len(path))
	for i, element := range path {
		if n, isInt := element.(int); isInt {
			element = json.Number(fmt.Sprint(n))
		}
		plain[i] = element
	}
	return plain
}

func receivedPaths(errors []map[string]any) []string {
	var paths []string
	for _, err := range errors {
		text, _ := json.Marshal(err["path"]) // it came from JSON
		paths = append(paths, string(text))
	}
	return paths
}

func errorsNote(errors []map[string]any) string {
	if len(errors) == 0 {
		return ""
	}
	text, _ := json.Marshal(errors) // it came from JSON
	return "\nerrors: " + string(text)
}

// difference shows where two JSON texts part.
func difference(got, want []byte) string {
	g, errGot := coerce.Parse(got)
	w, errWant := coerce.Parse(want)
	if errGot != nil || errWant != nil {
		return fmt.Sprintf("got %s\nwant %s", got, want)
	}
	if path, a, b := firstDifference(g, w, "data"); path != "" {
		return fmt.Sprintf("at %s\ngot  %s\nwant %s", path, a, b)
	}
	return fmt.Sprintf("same values, other text\ngot  %s\nwant %s", got, want)
}

func firstDifference(got, want any, path string) (where, gotText, wantText string) {
	switch w := want.(type) {
	case map[string]any:
		g, isMap := got.(map[string]any)
		if !isMap {
			break
		}
		names := map[string]bool{}
		for name := range g {
			names[name] = true
		}
		for name := range w {
			names[name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			gv, inGot := g[name]
			wv, inWant := w[name]
			if inGot != inWant {
				return path + "." + name, present(gv, inGot), present(wv, inWant)
			}
			if at, a, b := firstDifference(gv, wv, path+"."+name); at != "" {
				return at, a, b
			}
		}
		return "", "", ""
	case []any:
		g, isList := got.([]any)
		if !isList || len(g) != len(w) {
			break
		}
		for i := range w {
			if at, a, b := firstDifference(g[i], w[i], fmt.Sprintf("%s[%d]", path, i)); at != "" {
				return at, a, b
			}
		}
		return "", "", ""
	}
	a, b := coerce.Canonical(got), coerce.Canonical(want)
	if a == b {
		return "", "", ""
	}
	return path, a, b
}

func present(value any, is bool) string {
	if !is {
		return "absent"
	}
	return coerce.Canonical(value)
}

// CheckEvents runs a subscription for n events and compares each payload. The outcome is that of the last event that came.
func (b *Bench) CheckEvents(ctx context.Context, c Case, n int) (outcome *Outcome, failure *Failure) {
	return b.patiently(ctx, c, func(ctx context.Context) (*Outcome, *Failure) { return b.checkEvents(ctx, c, n) })
}

func (b *Bench) checkEvents(ctx context.Context, c Case, n int) (outcome *Outcome, failure *Failure) {
	outcome = newOutcome(c)
	defer func() {
		if reason := recover(); reason != nil {
			failure = &Failure{"panic", fmt.Sprintf("%v\n%s", reason, debug.Stack())}
		}
	}()
	w, request := c.World, c.Request
	expected, err := reference.Events(w, c.reference(), n)
	if err != nil {
		return outcome, &Failure{"reference", err.Error()}
	}
	outcome.Prepared, err = b.router.Prepare(ctx, request, w.Labels(), false)
	if err != nil {
		return outcome, failureOf(err)
	}
	payloads, err := outcome.Prepared.Run(ctx, &fetcher{fleet: outcome.Fleet, events: n}, c)
	if err != nil {
		return outcome, failureOf(err)
	}
	if violations := outcome.Fleet.Violations(); len(violations) > 0 {
		return outcome, &Failure{"violation", violations[0].String()}
	}
	if len(payloads) != n {
		return outcome, &Failure{"payloads", fmt.Sprintf("%d payloads for %d events", len(payloads), n)}
	}
	for i := range payloads {
		outcome.Payload, outcome.Expected = payloads[i], expected[i]
		if failure := compare(outcome); failure != nil {
			return outcome, failure
		}
	}
	return outcome, nil
}
