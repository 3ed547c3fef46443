package overload

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// scratched is a context with memory for later requests, as connections of package http1 have it.
type scratched struct {
	context.Context
	scratch lifetime.Scratch
}

func (s *scratched) Scratch() *lifetime.Scratch { return &s.scratch }

// TestPlacesAreUsedAgain, and are new each time: also after one that was given back early.
func TestPlacesAreUsedAgain(t *testing.T) {
	t.Parallel()
	l := New(Options{MaxInFlight: 2, Logger: discard})
	ctx := &scratched{Context: t.Context()}
	var places []http.ResponseWriter
	h := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		places = append(places, w)
		if n := l.Stats().InFlight; n != 1 {
			t.Errorf("request %d: %d are under way, want 1", len(places), n)
		}
		if len(places)%2 == 1 { // a stream begins
			w.(http.Flusher).Flush()
			if n := l.Stats().InFlight; n != 0 {
				t.Errorf("request %d: %d are under way while it streams, want none", len(places), n)
			}
		}
	}))
	for range 6 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", nil))
		if n := l.Stats().InFlight; n != 0 {
			t.Fatalf("%d are under way, want none", n)
		}
		if w.Flushed != (len(places)%2 == 1) {
			t.Errorf("request %d: flushed is %t", len(places), w.Flushed)
		}
		ctx.scratch.Reset()
	}
	for i, p := range places {
		if p != places[0] {
			t.Errorf("request %d has a place of its own", i)
		}
	}
	// A request that has not ended keeps its place from the next one.
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", nil))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", nil))
	if places[6] != places[0] || places[7] == places[6] {
		t.Error("a place that is in use was used again")
	}
}
