package exec

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the goldens of testdata/scenarios")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScenarios runs each file of testdata/scenarios: a hand-written plan (see planText), what the subgraphs answer, and as
// goldens the requests that were sent and the payloads that came out.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runScenario(t, file)
		})
	}
}

func runScenario(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newScenario(t, archive)
	s.run(t)
	got := map[string]string{"requests.txt": s.log(), "response.json": s.payloads(t)}
	for _, name := range []string{"requests.txt", "response.json"} {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if *update {
			if i < 0 {
				archive.Files = append(archive.Files, txtar.File{Name: name})
				i = len(archive.Files) - 1
			}
			archive.Files[i].Data = []byte(got[name])
			continue
		}
		if i < 0 || string(archive.Files[i].Data) != got[name] {
			t.Errorf("%s is not what the golden says; got:\n%s", name, got[name])
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// scenario is one file, ready to run; it is the Fetcher and the Sink.
type scenario struct {
	planText  *planText
	program   *Program
	input     Input
	sections  map[string]string
	answered  map[int]int
	requests  []loggedRequest
	emitted   [][]byte
	hasNext   []bool
	releases  int
	unfreed   int
	mu        sync.Mutex // guards what fetches change
	observers []FetchReport
	reported  []string // code and subgraph of each error
}

type loggedRequest struct {
	fetch    int
	subgraph string
	body     string
}

func newScenario(t testing.TB, archive *txtar.Archive) *scenario {
	t.Helper()
	s := &scenario{sections: map[string]string{}, answered: map[int]int{}}
	for _, f := range archive.Files {
		s.sections[f.Name] = string(f.Data)
	}
	s.planText = parsePlanText(t, s.sections)
	program, err := Compile(s.planText.plan, s.planText.variables)
	if err != nil {
		t.Fatal(err)
	}
	s.program = program
	values := map[string]json.RawMessage{}
	if text := s.sections["variables.json"]; text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range s.planText.variables {
		s.input.Variables = append(s.input.Variables, values[name])
	}
	for range s.planText.plan.Authorizations {
		s.input.Authorizations = append(s.input.Authorizations, false)
	}
	for allowed := range strings.FieldsSeq(s.sections["authorized.txt"]) {
		i, err := strconv.Atoi(allowed)
		if err != nil {
			t.Fatal(err)
		}
		s.input.Authorizations[i] = true
	}
	if text, ok := s.sections["introspection.json"]; ok {
		s.input.Introspect = func(string) ([]byte, error) { return []byte(strings.TrimSpace(text)), nil }
	}
	s.input.Observer = s
	return s
}

func (s *scenario) run(t *testing.T) {
	t.Helper()
	if err := s.program.Execute(t.Context(), s.input, s, s); err != nil {
		t.Fatal(err)
	}
	if s.releases != s.unfreed {
		t.Errorf("%d answers were given back of %d", s.releases, s.unfreed)
	}
	if len(s.observers) != len(s.requests) && s.planText.plan.Kind != "subscription" {
		t.Errorf("the observer heard of %d requests of %d", len(s.observers), len(s.requests))
	}
	slices.Sort(s.reported)
	if codes := s.codes(t); !slices.Equal(s.reported, codes) {
		t.Errorf("the observer heard of the errors %q, the client of %q", s.reported, codes)
	}
}

// codes gives the codes of all errors in the payloads.
func (s *scenario) codes(t *testing.T) []string {
	t.Helper()
	type withErrors struct {
		Errors []struct {
			Extensions struct{ Code, ServiceName string }
		}
	}
	var codes []string
	for _, payload := range s.emitted {
		var p struct {
			withErrors
			Incremental []withErrors
		}
		if err := json.Unmarshal(payload, &p); err != nil {
			t.Fatal(err)
		}
		for _, part := range append(p.Incremental, p.withErrors) {
			for _, e := range part.Errors {
				codes = append(codes, e.Extensions.Code+" "+e.Extensions.ServiceName)
			}
		}
	}
	slices.Sort(codes)
	return codes
}

// FetchStarts implements Observer.
func (s *scenario) FetchStarts(ctx context.Context, _ *plan.Fetch) context.Context {
	return context.WithValue(ctx, startedKey{}, true)
}

type startedKey struct{}

// ErrorReported implements Observer.
func (s *scenario) ErrorReported(subgraph, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reported = append(s.reported, code+" "+subgraph)
}

// FetchDone implements Observer.
func (s *scenario) FetchDone(report FetchReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(s.observers, report)
}

// Fetch implements Fetcher: a request of fetch f is answered by the section answers/f.json, or, where a fetch makes
// several requests, by the one whose name answers/f~TEXT.json has a text that is in the request's body; the events of a
// subscription, and what each brings about, are answers/f.1.json, answers/f.2.json …
func (s *scenario) Fetch(ctx context.Context, request *FetchRequest) (Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := request.Fetch.ID
	if ctx.Value(startedKey{}) == nil {
		panic("a request runs outside of its observer's context")
	}
	s.requests = append(s.requests, loggedRequest{id, request.Fetch.Subgraph, string(request.Body)})
	s.answered[id]++
	text, ok := s.sections[fmt.Sprintf("answers/%d.%d.json", id, s.answered[id])]
	if !ok {
		text, ok = s.sections[fmt.Sprintf("answers/%d.json", id)]
	}
	for name, other := range s.sections {
		part, isPart := strings.CutPrefix(strings.TrimSuffix(name, ".json"), fmt.Sprintf("answers/%d~", id))
		if isPart && strings.Contains(string(request.Body), part) {
			text, ok = other, true
		}
	}
	if !ok {
		return Answer{}, fmt.Errorf("the scenario has no answer for fetch %d", id)
	}
	return s.answer(text)
}

// answer reads a section: JSON, or a first line "!error CODE message" or "!status N".
func (s *scenario) answer(text string) (Answer, error) {
	if rest, ok := strings.CutPrefix(text, "!error "); ok {
		code, message, _ := strings.Cut(strings.TrimSpace(rest), " ")
		return Answer{}, &FetchError{Code: code, Message: message}
	}
	answer := Answer{Body: []byte(text)}
	if rest, ok := strings.CutPrefix(text, "!status "); ok {
		status, body, _ := strings.Cut(rest, "\n")
		answer.Status, _ = strconv.Atoi(status)
		answer.Body = []byte(body)
	}
	if strings.HasPrefix(text, "!panic") {
		panic("the fetcher is broken")
	}
	s.unfreed++
	answer.Release = func() {
		clear(answer.Body) // whoever reads it later finds nothing
		s.releases++
	}
	return answer, nil
}

// Stream implements Streamer: the events are answers/0.1.json, answers/0.2.json …
func (s *scenario) Stream(ctx context.Context, request *FetchRequest, emit func(Answer) error) error {
	s.requests = append(s.requests, loggedRequest{request.Fetch.ID, request.Fetch.Subgraph, string(request.Body)})
	for n := 1; ; n++ {
		text, ok := s.sections[fmt.Sprintf("answers/%d.%d.json", request.Fetch.ID, n)]
		if !ok {
			return ctx.Err()
		}
		answer, err := s.answer(text)
		if err == nil {
			err = emit(answer)
		}
		if err != nil {
			return err
		}
	}
}

// Emit implements Sink.
func (s *scenario) Emit(payload []byte, hasNext bool) error {
	s.emitted = append(s.emitted, bytes.Clone(payload))
	s.hasNext = append(s.hasNext, hasNext)
	return nil
}

// log is the requests in the order of their fetches, those of one fetch by their bodies.
func (s *scenario) log() string {
	slices.SortStableFunc(s.requests, func(a, b loggedRequest) int {
		return cmp.Or(a.fetch-b.fetch, strings.Compare(a.body, b.body))
	})
	var b strings.Builder
	for _, r := range s.requests {
		fmt.Fprintf(&b, "%d %s %s\n", r.fetch, r.subgraph, r.body)
	}
	return b.String()
}

// payloads is what was emitted, indented, with every token as it was.
func (s *scenario) payloads(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	for i, payload := range s.emitted {
		if err := json.Indent(&b, payload, "", "  "); err != nil {
			t.Fatalf("the payload is not JSON: %v\n%s", err, payload)
		}
		b.WriteByte('\n')
		if s.hasNext[i] {
			b.WriteString("…\n")
		}
	}
	return b.String()
}
