package exec

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestErrorsBeyondTheLimit: a list of errors that is cut ends with one that tells how many are missing.
func TestErrorsBeyondTheLimit(t *testing.T) {
	t.Parallel()
	users := func(n int, id func(i int) int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"id":"%d"}`, id(i))
		}
		return `{"data":{"users":[` + strings.Join(list, ",") + `]}}`
	}
	same, different := func(int) int { return 0 }, func(i int) int { return i }
	failures := func(n int, path string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"message":"boom","path":`+path+`}`, i)
		}
		return strings.Join(list, ",")
	}
	cases := []struct {
		name, users, payments string
		limit, told, more     int
	}{
		{
			"one error at many places", users(5, same),
			`{"data":{"_entities":[{"payments":null}]},"errors":[` + failures(1, `["_entities",%d,"payments"]`) + `]}`, 3, 3, 2,
		},
		{
			"one error at more places than are kept", users(1500, same),
			`{"data":{"_entities":[{"payments":null}]},"errors":[` + failures(1, `["_entities",%d,"payments"]`) + `]}`, 0, 1000, 500,
		},
		{
			"as many errors as are allowed", users(1, same),
			`{"data":{"_entities":[{"payments":null}]},"errors":[` + failures(3, `["_entities",0,"payments",%d,"total"]`) + `]}`, 3, 3, 0,
		},
		{
			"more errors in one answer than are read", users(1, same),
			`{"data":{"_entities":[{"payments":null}]},"errors":[` + failures(5, `["_entities",0,"payments",%d,"total"]`) + `]}`, 3, 3, 2,
		},
		{
			"nulls whose errors are not read", users(5, different),
			`{"data":{"_entities":[` + strings.Repeat(`,{"payments":[{"id":"a","total":null}]}`, 5)[1:] + `]},` +
				`"errors":[` + failures(5, `["_entities",%d,"payments",0,"total"]`) + `]}`, 3, 3, 2,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := scenarioOf(t, "entity-field-error")
			s.sections["answers/0.json"], s.sections["answers/1.json"] = c.users, c.payments
			s.input.Limits.Errors = c.limit
			sink := &collected{}
			if err := s.program.Execute(t.Context(), s.input, s, sink); err != nil {
				t.Fatal(err)
			}
			var payload struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code string }
				}
			}
			if err := json.Unmarshal([]byte(sink.payloads[0]), &payload); err != nil {
				t.Fatal(err)
			}
			var told []string
			last := ""
			for _, e := range payload.Errors {
				if e.Extensions.Code == CodeTooManyErrors {
					last = e.Message
					continue
				}
				told = append(told, e.Message)
			}
			want := ""
			if c.more > 0 {
				want = fmt.Sprintf("At least %d more errors were left out.", c.more)
			}
			if len(told) != c.told || last != want {
				t.Errorf("%d errors and %q, want %d and %q", len(told), last, c.told, want)
			}
		})
	}
}
