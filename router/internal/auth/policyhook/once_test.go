package policyhook

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestOnce: within a request a question is asked once, by whoever asks it first; another question, caller, header or request
// is asked for itself.
func TestOnce(t *testing.T) {
	t.Parallel()
	var waiting sync.WaitGroup
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		waiting.Wait()
		answer(`{"granted":["a"]}`)(w, r)
	})
	h := New(Options{URL: s.URL, Timeout: time.Minute, Headers: []string{"x-tenant"}})
	ask := func(ctx context.Context, caller Caller, policies ...string) {
		held, err := h.Ask(ctx, policies, caller)
		if err != nil || !slices.Equal(held, []bool{true, false}[:len(policies)]) {
			t.Errorf("%v: %v, %v", policies, held, err)
		}
	}
	together := func(calls int32, asks ...func()) {
		t.Helper()
		before := s.calls.Load()
		waiting.Add(len(asks))
		var askers sync.WaitGroup
		for _, ask := range asks {
			askers.Go(func() { waiting.Done(); ask() })
		}
		askers.Wait()
		if made := s.calls.Load() - before; made != calls {
			t.Errorf("%d calls, want %d", made, calls)
		}
	}
	ada := Caller{Claims: map[string]any{"sub": "ada", "roles": []any{"x", "y"}}}
	same := Caller{Claims: map[string]any{"roles": []any{"x", "y"}, "sub": "ada"}}
	eve := Caller{Claims: map[string]any{"sub": "eve", "roles": []any{"x", "y"}}}
	there := Caller{Claims: ada.Claims, Header: http.Header{"X-Tenant": {"t"}}}
	request := Once(t.Context())
	together(1,
		func() { ask(request, ada, "a", "b") }, func() { ask(request, ada, "a", "b") }, func() { ask(request, same, "a", "b") },
		func() { ask(request, ada, "a", "b") }, func() { ask(request, same, "a", "b") })
	together(0, func() { ask(request, ada, "a", "b") })
	together(4,
		func() { ask(request, ada, "a") }, func() { ask(request, eve, "a") }, func() { ask(request, there, "a") }, func() { ask(request, Caller{}, "a") },
		func() { ask(request, ada, "a") }, func() { ask(request, eve, "a") }, func() { ask(request, there, "a") }, func() { ask(request, Caller{}, "a") })
	together(1, func() { ask(Once(t.Context()), ada, "a") })
	together(2, func() { ask(t.Context(), ada, "a") }, func() { ask(t.Context(), ada, "a") })
}

// TestOnceFails: who shares a question shares its failure as well, and nobody waits for longer than his own context lives.
func TestOnceFails(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-release
		w.WriteHeader(http.StatusInternalServerError)
	})
	h := New(Options{URL: s.URL, Timeout: time.Minute})
	request := Once(t.Context())
	var first sync.WaitGroup
	first.Go(func() {
		if held, err := h.Ask(request, []string{"a"}, Caller{}); err == nil || held[0] {
			t.Errorf("%v, %v", held, err)
		}
	})
	<-asked
	gone, cancel := context.WithCancel(request)
	cancel()
	if held, err := h.Ask(gone, []string{"a"}, Caller{}); err == nil || held[0] {
		t.Errorf("gone: %v, %v", held, err)
	}
	close(release)
	first.Wait()
	if held, err := h.Ask(request, []string{"a"}, Caller{}); err == nil || held[0] || s.calls.Load() != 1 {
		t.Errorf("afterwards: %v, %v after %d calls", held, err, s.calls.Load())
	}
}
