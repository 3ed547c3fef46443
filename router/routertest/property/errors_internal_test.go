package property

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/routertest/execute"
)

// TestListsOfErrorsThatAreCut: what may be missing of a list of errors, and how it has to say so.
func TestListsOfErrorsThatAreCut(t *testing.T) {
	t.Parallel()
	const maxErrors = 100
	const expected = maxErrors + 5 // all at fields that are null, none hides another
	outcome := &Outcome{maxErrors: maxErrors, tellers: 1}
	data := make([]string, expected)
	for i := range data {
		data[i] = "null"
		outcome.Expected.Errors = append(outcome.Expected.Errors, execute.Error{Path: []any{"list", i}})
	}
	outcome.Expected.Data = []byte(`{"list":[` + strings.Join(data, ",") + `]}`)
	list := func(n int, last ...map[string]any) []map[string]any {
		var errors []map[string]any
		for i := range n {
			errors = append(errors, map[string]any{"message": "no", "path": []any{"list", float64(i)}})
		}
		return append(errors, last...)
	}
	more := func(message string) map[string]any {
		return map[string]any{"message": message, "extensions": map[string]any{"code": exec.CodeTooManyErrors}}
	}
	left := func(n int) map[string]any { return more(fmt.Sprintf("More errors were left out: at least %d.", n)) }
	withPath := left(5)
	withPath["path"] = []any{"list"}
	for _, test := range []struct {
		name   string
		errors []map[string]any
		fails  string // "": it is right
	}{
		{"cut, and says of all", list(maxErrors, left(5)), ""},
		{"cut, and says of some", list(maxErrors, left(1)), ""},
		{"cut, and says of more than there are", list(maxErrors, left(6)), "6 errors were left out, of 105 at most"},
		{"cut without a word", list(maxErrors), "no error at [list 100]"},
		{"not cut", list(expected), "too many errors"},
		{"cut too early", list(maxErrors-1, left(5)), "errors left out in a list"},
		{"says so twice", list(maxErrors, left(5), left(5)), "an error after"},
		{"without a number", list(maxErrors, more("Some were left out.")), "no number"},
		{"none left out", list(maxErrors, left(0)), "no number"},
		{"with a path", list(maxErrors, withPath), "a path [list]"},
		{"an error twice", append(list(maxErrors-1), list(1)[0], left(5)), "told twice"},
		{"an error of nothing", append(list(maxErrors-1), map[string]any{"path": []any{"other"}}, left(5)), "that nothing explains"},
		{"an error without a path", append(list(maxErrors-1), map[string]any{}, left(5)), "that nothing explains"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			failure := compareErrors(outcome, test.errors)
			switch {
			case test.fails == "" && failure != nil:
				t.Errorf("fails: %.300s", failure)
			case test.fails != "" && (failure == nil || !strings.Contains(failure.Detail, test.fails)):
				t.Errorf("got %.300v, want %s", failure, test.fails)
			}
		})
	}
}
