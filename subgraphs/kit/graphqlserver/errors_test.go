package graphqlserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

func TestPresent(t *testing.T) {
	t.Parallel()
	secret := errors.New("dial tcp 10.0.0.5:5432: connection refused")
	coded := fault.New(fault.NotFound, "there is no payment %s", "p-1")
	_, number := strconv.ParseInt("x", 10, 64)
	path := ast.Path{ast.PathName("me")}
	located := gqlerror.WrapPath(path, fmt.Errorf("wrapped: %w", coded))
	located.Locations = []gqlerror.Location{{Line: 1, Column: 3}}
	tests := []struct {
		name    string
		err     error
		code    any
		message string
		logged  bool
	}{
		{"a coded error", coded, fault.NotFound, "there is no payment p-1", false},
		{"a coded error that is wrapped", fmt.Errorf("loading: %w", coded), fault.NotFound, "there is no payment p-1", false},
		{"a coded error with a path", located, fault.NotFound, "there is no payment p-1", false},
		{"a number that does not fit", &graphql.NumberOverflowError{IntegerError: &graphql.IntegerError{Message: "too large"}}, fault.BadInput, "too large", false},
		{"text that is no number", number, fault.BadInput, number.Error(), false},
		{"GraphQL's own", &gqlerror.Error{Message: "must not be null"}, nil, "must not be null", false},
		{"an end of time", fmt.Errorf("query: %w", context.DeadlineExceeded), fault.Timeout, "time was over", false},
		{"a caller that left", fmt.Errorf("query: %w", context.Canceled), fault.Timeout, "given up", false},
		{"an unexpected error", secret, fault.Internal, "under the reference", true},
		{"an unexpected error with a path", gqlerror.WrapPath(path, secret), fault.Internal, "under the reference", true},
	}
	for _, test := range tests {
		var log strings.Builder
		r := &reporter{logger: slog.New(slog.NewTextHandler(&log, nil))}
		shown := r.present(t.Context(), test.err)
		if shown.Extensions["code"] != test.code || !strings.Contains(shown.Message, test.message) {
			t.Errorf("%s is shown as %q with %v, want %q with %v", test.name, shown.Message, shown.Extensions, test.message, test.code)
		}
		if strings.Contains(shown.Error(), "10.0.0.5") || shown.Unwrap() != nil {
			t.Errorf("%s shows too much: %v", test.name, shown)
		}
		if isLogged := strings.Contains(log.String(), "10.0.0.5"); isLogged != test.logged {
			t.Errorf("%s: in the log %v, want %v:\n%s", test.name, isLogged, test.logged, &log)
		}
		var given *gqlerror.Error
		if errors.As(test.err, &given) && (shown.Path.String() != given.Path.String() || len(shown.Locations) != len(given.Locations)) {
			t.Errorf("%s: the place is %v %v, want %v %v", test.name, shown.Path, shown.Locations, given.Path, given.Locations)
		}
	}
}

func TestAPanicIsLoggedOnceWithItsStack(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	r := &reporter{logger: slog.New(slog.NewTextHandler(&log, nil))}
	shown := r.present(t.Context(), r.recovered(t.Context(), "a nil map"))
	words := strings.Fields(shown.Message)
	reference := words[len(words)-1]
	if shown.Extensions["code"] != fault.Internal || strings.Contains(shown.Message, "nil map") {
		t.Errorf("the panic is shown as %v", shown)
	}
	if strings.Count(log.String(), "level=ERROR") != 1 || !strings.Contains(log.String(), reference) || !strings.Contains(log.String(), "errors_test.go") {
		t.Errorf("the log under %s is:\n%s", reference, &log)
	}
}
