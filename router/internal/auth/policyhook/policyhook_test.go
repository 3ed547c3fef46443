package policyhook

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type service struct {
	*httptest.Server
	calls atomic.Int32
	last  atomic.Pointer[string]
}

func serve(t *testing.T, handler http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		text := string(body)
		s.last.Store(&text)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestAllPoliciesInOneCall(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(`{"granted":["b","admin"]}`))
	h := New(Options{URL: s.URL, Timeout: time.Minute, Headers: []string{"x-tenant"}})
	held, err := h.Ask(t.Context(), []string{"a", "b"}, Caller{
		Claims: map[string]any{"sub": "ada"}, Scopes: []string{"read"}, Header: http.Header{"X-Tenant": {"t1"}, "Cookie": {"secret"}},
	})
	if err != nil || !slices.Equal(held, []bool{false, true}) {
		t.Errorf("got %v, %v", held, err)
	}
	var sent, want any
	_ = json.Unmarshal([]byte(*s.last.Load()), &sent)
	_ = json.Unmarshal([]byte(`{"version":1,"policies":["a","b"],"claims":{"sub":"ada"},"scopes":["read"],"headers":{"X-Tenant":["t1"]}}`), &want)
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Error(diff)
	}
	if _, err := h.Ask(t.Context(), []string{"a"}, Caller{}); err != nil {
		t.Error(err)
	}
	if want := `{"version":1,"policies":["a"],"claims":null,"scopes":[],"headers":{}}`; *s.last.Load() != want || s.calls.Load() != 2 {
		t.Errorf("anonymous: %d calls, sent %s", s.calls.Load(), *s.last.Load())
	}
}

func TestTheCache(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(`{"granted":["a"]}`))
	h := New(Options{URL: s.URL, Timeout: time.Minute, CacheTime: time.Hour, CacheSize: 100})
	ada, eve := Caller{Claims: map[string]any{"sub": "ada"}}, Caller{Claims: map[string]any{"sub": "eve"}}
	for i, c := range []struct {
		caller   Caller
		policies []string
		calls    int32
	}{{ada, []string{"a", "b"}, 1}, {ada, []string{"a"}, 1}, {ada, []string{"b"}, 1}, {ada, []string{"b", "c"}, 2}, {eve, []string{"a"}, 3}} {
		held, err := h.Ask(t.Context(), c.policies, c.caller)
		if err != nil || s.calls.Load() != c.calls {
			t.Errorf("question %d: %v, %v after %d calls", i, held, err, s.calls.Load())
		}
		for j, policy := range c.policies {
			if held[j] != (policy == "a") {
				t.Errorf("question %d: %v", i, held)
			}
		}
	}
}

// TestFailuresGrantNothing, and are not kept.
func TestFailuresGrantNothing(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	for name, handler := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"granted":["a"]}`)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"no JSON":       answer(`granted: a`),
		"another shape": answer(`{"granted":"a"}`),
		"too large":     answer(`{"granted":["a"],"x":"` + strings.Repeat("x", 1<<20) + `"}`),
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, handler)
			h := New(Options{URL: s.URL, Timeout: 100 * time.Millisecond, CacheTime: time.Hour, CacheSize: 10})
			for call := range int32(2) {
				if held, err := h.Ask(t.Context(), []string{"a"}, Caller{}); err == nil || slices.Contains(held, true) {
					t.Errorf("got %v, %v", held, err)
				}
				if n := s.calls.Load(); n != call+1 {
					t.Errorf("%d calls", n)
				}
			}
		})
	}
}
