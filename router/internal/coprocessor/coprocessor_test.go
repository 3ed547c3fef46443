package coprocessor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/router/internal/hook"
)

// service answers every question with a handler and keeps the questions.
type service struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, handler http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.asked = append(s.asked, string(body))
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[len(s.asked)-1]
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func hooksFor(s *service, o Options, stages ...Stage) *hook.Hooks {
	o.URL, o.Timeout, o.Stages, o.Logger = s.URL, time.Minute, stages, slog.New(slog.DiscardHandler)
	o.MaxBody = 100
	return Hooks(o)
}

func request(body string) *hook.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header = http.Header{"X-Tenant": {"t1"}, "Cookie": {"secret"}}
	return &hook.Request{HTTP: r, Values: &hook.Values{}}
}

func wantAsked(t *testing.T, s *service, want string) {
	t.Helper()
	var sent, wanted any
	if err := json.Unmarshal([]byte(s.last()), &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, sent); diff != "" {
		t.Error(diff)
	}
}

func TestTheServiceIsToldWhatIsConfigured(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	ctx := context.Background()

	hooks := hooksFor(s, Options{}, Stage{Point: OnRequest})
	if err := hooks.OnRequest(ctx, request("{}")); err != nil || hooks.OnFetch != nil || hooks.OnOperation != nil || hooks.OnResponse != nil {
		t.Errorf("%v, %+v", err, hooks)
	}
	wantAsked(t, s, `{"version":1,"stage":"request","method":"POST","path":"/graphql"}`)

	hooks = hooksFor(s, Options{}, Stage{Point: OnRequest, Headers: []string{"x-tenant"}, Body: true, Context: true})
	r := request(`{"query":"{a}"}`)
	r.Values.Set("a", 1)
	if err := hooks.OnRequest(ctx, r); err != nil {
		t.Error(err)
	}
	wantAsked(t, s, `{"version":1,"stage":"request","method":"POST","path":"/graphql","headers":{"X-Tenant":["t1"]},"context":{"a":1},"body":"{\"query\":\"{a}\"}"}`)
	if left, err := io.ReadAll(r.HTTP.Body); err != nil || string(left) != `{"query":"{a}"}` {
		t.Errorf("the body is gone: %q, %v", left, err)
	}

	hooks = hooksFor(s, Options{}, Stage{Point: OnOperation, Body: true, Operation: true, Claims: true})
	op := &hook.Operation{HTTP: request("").HTTP, Name: "Q", Kind: "query", Document: "query Q{a}", Variables: []byte(`{"v":1}`), Claims: map[string]any{"sub": "ada"}, Values: &hook.Values{}}
	if err := hooks.OnOperation(ctx, op); err != nil {
		t.Error(err)
	}
	wantAsked(t, s, `{"version":1,"stage":"operation","method":"POST","path":"/graphql","operationName":"Q","operationKind":"query","claims":{"sub":"ada"},"body":{"query":"query Q{a}","variables":{"v":1}}}`)

	hooks = hooksFor(s, Options{}, Stage{Point: OnFetch, Body: true, Operation: true, Headers: []string{"*"}}, Stage{Point: OnResponse, Body: true})
	if err := hooks.OnFetch(ctx, &hook.Fetch{Subgraph: "users", Kind: "query", Body: []byte(`{"query":"{a}"}`), Header: http.Header{"A": {"b"}}, Values: &hook.Values{}}); err != nil {
		t.Error(err)
	}
	wantAsked(t, s, `{"version":1,"stage":"fetch","subgraph":"users","operationKind":"query","headers":{"A":["b"]},"body":{"query":"{a}"}}`)
	if err := hooks.OnResponse(ctx, &hook.Response{HTTP: request("").HTTP, Status: 200, Header: http.Header{}, Body: []byte(`{"data":null}`), Values: &hook.Values{}}); err != nil {
		t.Error(err)
	}
	wantAsked(t, s, `{"version":1,"stage":"response","method":"POST","path":"/graphql","status":200,"body":{"data":null}}`)
}

func TestTheServiceChangesHeadersAndContext(t *testing.T) {
	t.Parallel()
	s := serve(t, says(`{"headers":{"set":{"x-tenant":["t2","t3"]},"remove":["cookie"]},"context":{"a":{"b":2},"gone":null}}`))
	r := request("")
	r.Values.Set("gone", true)
	if err := hooksFor(s, Options{}, Stage{Point: OnRequest}).OnRequest(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"X-Tenant": {"t2", "t3"}}, r.HTTP.Header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"a": map[string]any{"b": 2.0}}, r.Values.All()); diff != "" {
		t.Error(diff)
	}
}

func TestTheServiceRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says   string
		status int
		codes  []string
	}{
		"status and errors":           {`{"reject":{"status":451,"errors":[{"message":"no","extensions":{"code":"LEGAL","more":1}},{"message":"and no"}],"headers":{"x-why":["law"]}}}`, 451, []string{"LEGAL", ""}},
		"nothing but no":              {`{"reject":{}}`, 403, nil},
		"a status that is no refusal": {`{"reject":{"status":200}}`, 403, nil},
	} {
		err := hooksFor(serve(t, says(c.says)), Options{}, Stage{Point: OnRequest}).OnRequest(context.Background(), request(""))
		var refusal *hook.Refusal
		if !errors.As(err, &refusal) || refusal.Status != c.status {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var codes []string
		for _, e := range refusal.Errors {
			codes = append(codes, e.Code)
		}
		if !slices.Equal(codes, c.codes) {
			t.Errorf("%s: codes %q", name, codes)
		}
	}
}

// TestFailures: the request is refused, or goes on as it was, as configured.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"an error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"a redirect":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
		"no JSON":       says("fine"),
		"another shape": says(`{"headers":["a"],"reject":{"status":403}}`),
		"too large":     says(`{"context":{"a":"` + strings.Repeat("a", 1<<20) + `"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, handler)
			err := hooksFor(s, Options{}, Stage{Point: OnRequest}).OnRequest(context.Background(), request(""))
			var refusal *hook.Refusal
			if !errors.As(err, &refusal) || refusal.Status != http.StatusServiceUnavailable || refusal.Errors[0].Code != CodeUnavailable {
				t.Errorf("closed: %v", err)
			}
			r := request("")
			if err := hooksFor(s, Options{FailOpen: true}, Stage{Point: OnRequest}).OnRequest(context.Background(), r); err != nil || len(r.HTTP.Header) != 2 {
				t.Errorf("open: %v, %v", err, r.HTTP.Header)
			}
		})
	}
	stop := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-stop })
	t.Cleanup(func() { close(stop) }) // before the server closes, which waits for its handlers
	o := Options{URL: s.URL, Timeout: 10 * time.Millisecond, Stages: []Stage{{Point: OnRequest}}, Logger: slog.New(slog.DiscardHandler)}
	if err := Hooks(o).OnRequest(context.Background(), request("")); err == nil {
		t.Error("a service that does not answer agrees")
	}
}

func TestABodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := serve(t, says(`{}`))
	err := hooksFor(s, Options{}, Stage{Point: OnRequest, Body: true}).OnRequest(context.Background(), request(strings.Repeat("a", 101)))
	var refusal *hook.Refusal
	if !errors.As(err, &refusal) || refusal.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %v", err)
	}
}
