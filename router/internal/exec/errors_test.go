package exec

import (
	"encoding/json"
	"fmt"
	"slices"
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
				want = fmt.Sprintf("More errors were left out: at least %d.", c.more)
			}
			if len(told) != c.told || last != want {
				t.Errorf("%d errors and %q, want %d and %q", len(told), last, c.told, want)
			}
		})
	}
}

// TestPayloadsKeepTheirErrors: what a deferred part has more errors of than are told leaves those of the payload before it
// alone, whichever comes first.
func TestPayloadsKeepTheirErrors(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "deferred")
	fail := func(path string, n int) string {
		return `{"data":null,"errors":[` + strings.Repeat(`,{"message":"boom","path":`+path+`}`, n)[1:] + `]}`
	}
	s.sections["answers/1.json"] = fail(`["_entities",0,"inStock"]`, 5)
	s.sections["answers/0.json"] = `{"data":{"topProducts":[{"upc":"1"}],"me":null},` +
		`"errors":[{"message":"no me","path":["me"]},{"message":"no me","path":["me"]},{"message":"no me","path":["me"]}]}`
	s.input.Limits.Errors = 2
	s.input.Turn = func(n int) int { return n - 1 } // payloads give way as long as something is under way
	s.run(t)
	want := [][]string{
		{"no me", "no me", "More errors were left out: at least 1."},
		{"boom", "boom", "More errors were left out: at least 3."},
	}
	for i, payload := range s.emitted[:2] {
		if got := messages(t, payload); !slices.Equal(got, want[i]) {
			t.Errorf("payload %d has the errors %q, want %q\n%s", i, got, want[i], payload)
		}
	}
}

// TestErrorWhereADeferredPartBegins: it is told once, with the payload that shows the field.
func TestErrorWhereADeferredPartBegins(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "deferred")
	s.sections["answers/0.json"] = `{"data":{"topProducts":[{"upc":"1"}],"me":null},"errors":[{"message":"no me","path":["me"]}]}`
	s.run(t)
	if got := messages(t, s.emitted[0]); !slices.Equal(got, []string{"no me"}) {
		t.Errorf("got the errors %q, want one", got)
	}
}

// messages are those of the errors in a payload.
func messages(t *testing.T, payload []byte) []string {
	t.Helper()
	type list struct{ Errors []struct{ Message string } }
	var p struct {
		list
		Incremental []list
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, part := range append(p.Incremental, p.list) {
		for _, e := range part.Errors {
			messages = append(messages, e.Message)
		}
	}
	return messages
}
