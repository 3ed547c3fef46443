package loaders_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/loaders"
)

// set is a service's loaders.
type set struct{ number int }

func TestMiddlewareMakesLoadersForEachRequest(t *testing.T) {
	t.Parallel()
	built := 0
	var seen []int
	handler := loaders.Middleware(func(context.Context) *set { built++; return &set{number: built} })(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen = append(seen, loaders.From[*set](r.Context()).number)
		}))
	for range 2 {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	}
	if len(seen) != 2 || seen[0] != 1 || seen[1] != 2 {
		t.Errorf("the requests saw the loaders %v, want 1 and 2", seen)
	}
}

func TestFromWithoutMiddlewarePanicsWithAReason(t *testing.T) {
	t.Parallel()
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "loaders_test.set") || !strings.Contains(text, "Middleware") {
			t.Errorf("the panic says %q", text)
		}
	}()
	loaders.From[*set](t.Context())
}
