package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// TestRefusals: no document is refused for its tokens or for its size, unless that is what it is about.
func TestRefusals(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range refusals() {
		if seen[r.name] {
			t.Errorf("there are two refusals of %s", r.name)
		}
		seen[r.name] = true
		first, err := r.body(1)
		second, errSecond := r.body(2)
		if err := errors.Join(err, errSecond); err != nil {
			t.Fatal(err)
		}
		if len(first) > limitBody && r.name != "body" {
			t.Errorf("%s: the body has %d bytes", r.name, len(first))
		}
		var request struct{ Query string }
		if json.Unmarshal(first, &request) != nil {
			continue // no single document
		}
		if string(first) == string(second) {
			t.Errorf("%s: a router could remember its first answer", r.name)
		}
		_, err = parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, limitTokens)
		if isTooLarge := err != nil && strings.Contains(err.Error(), "token limit"); isTooLarge != (r.name == "tokens") || err != nil && !isTooLarge {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

func TestIsAnswer(t *testing.T) {
	t.Parallel()
	r := refusal{code: "OPERATION_TOO_LARGE", mentions: "limits.depth"}
	right := `{"errors":[{"message":"another"},{"message":"see limits.depth","extensions":{"code":"OPERATION_TOO_LARGE"}}]}`
	for _, c := range []struct {
		status int
		text   string
		want   bool
	}{
		{400, right, true},
		{200, right, false},
		{500, right, false},
		{400, strings.Replace(right, "depth", "width", 1), false},
		{400, strings.Replace(right, "OPERATION", "REQUEST", 1), false},
		{400, `{"data":{},` + right[1:], false},
		{400, "no", false},
	} {
		if got := r.isAnswer(c.status, []byte(c.text)); got != c.want {
			t.Errorf("%d %s: got %t", c.status, c.text, got)
		}
	}
}
