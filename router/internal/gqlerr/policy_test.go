package gqlerr_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	p := &gqlerr.Policy{
		All: gqlerr.Rule{Messages: gqlerr.CodedMessages, Extensions: []string{"field", "public*"}},
		Subgraphs: map[string]gqlerr.Rule{
			"open":   {Messages: gqlerr.PassMessages, Extensions: []string{"*"}},
			"closed": {Messages: gqlerr.MaskMessages, Codes: []string{"NO_ACCOUNT"}},
		},
	}
	for _, c := range []struct {
		subgraph, code string
		masks          bool
	}{
		{"users", "NO_USER", false}, {"users", "SUBGRAPH_ERROR", true}, {"users", "INTERNAL_SERVER_ERROR", true}, {"users", "", true},
		{"users", "SUBGRAPH_TIMEOUT", false}, {"open", "", false}, {"closed", "NO_USER", true}, {"closed", "NO_ACCOUNT", false},
		{"closed", "SUBGRAPH_UNREACHABLE", false},
	} {
		if got := p.Masks(c.subgraph, c.code); got != c.masks {
			t.Errorf("%s %s: masks %v", c.subgraph, c.code, got)
		}
	}
	for _, c := range []struct {
		subgraph, extension string
		keeps               bool
	}{
		{"users", "field", true}, {"users", "publicNote", true}, {"users", "stacktrace", false}, {"open", "stacktrace", true}, {"closed", "field", false},
	} {
		if got := p.KeepsExtension(c.subgraph, c.extension); got != c.keeps {
			t.Errorf("%s %s: keeps %v", c.subgraph, c.extension, got)
		}
	}
	if p.Open() {
		t.Error("the policy is not open")
	}
	if !(&gqlerr.Policy{All: p.Subgraphs["open"]}).Open() {
		t.Error("the policy is open")
	}
}
