package ratelimit

import (
	"context"
	"testing"
	"time"
)

// TestRulesWithoutIdentityAreAskedFirst: each rule is asked in exactly one of the two parts.
func TestRulesWithoutIdentityAreAskedFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key, when string
		needs     bool
	}{
		"address":             {key: "address"},
		"header":              {key: `header("x-client") + address`},
		"key":                 {key: "api_key"},
		"claim":               {key: "claims.sub", needs: true},
		"claim in a choice":   {key: `header("x") == "" ? address : string(claims?.sub)`, needs: true},
		"authenticated":       {key: `authenticated ? "a" : "b"`, needs: true},
		"override by scope":   {key: "address", when: `"gold" in scopes`, needs: true},
		"override by address": {key: "address", when: `address == "192.0.2.1"`},
		"whole environment":   {key: `string($env["claims"])`, needs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := Rule{Name: "r", Key: c.key, Rate: 2, Per: time.Hour}
			if c.when != "" {
				r.Overrides = []Override{{When: c.when, Rate: 2}}
			}
			l, err := New(Options{Rules: []Rule{r}})
			if err != nil {
				t.Fatal(err)
			}
			first, then := WithoutIdentity, WithIdentity
			if c.needs {
				first, then = then, first
			}
			caller := &Caller{Peer: "192.0.2.1:99", Claims: map[string]any{"sub": "ada"}, Header: map[string][]string{"X-Client": {"c"}, "X-Api-Key": {"k"}}}
			if d := l.TakeRules(context.Background(), ByRequests, first, caller, 1); d.Rule != "r" || d.Remaining != 1 {
				t.Errorf("its part: %+v", d)
			}
			if d := l.TakeRules(context.Background(), ByRequests, then, caller, 1); d.Rule != "" || !d.Allowed() {
				t.Errorf("the other part: %+v", d)
			}
			if d := l.Take(context.Background(), ByRequests, caller, 1); d.Rule != "r" || d.Remaining != 0 {
				t.Errorf("all: %+v", d)
			}
		})
	}
}
