package clientname

import (
	"net/http"
	"strings"
	"testing"
)

func TestOf(t *testing.T) { // not in parallel: it counts allocations
	long := strings.Repeat("é", 100)
	for _, c := range []struct {
		headers       []string // name, value, …
		name, version string
	}{
		{nil, "", ""},
		{[]string{"apollographql-client-name", "web", "apollographql-client-version", "1.2"}, "web", "1.2"},
		{[]string{"graphql-client-name", "ios", "graphql-client-version", "3"}, "ios", "3"},
		{[]string{"graphql-client-name", "ios", "apollographql-client-name", "web"}, "web", ""},
		{[]string{"graphql-client-name", "ios", "apollographql-client-name", ""}, "ios", ""},
		{[]string{"graphql-client-name", long}, strings.Repeat("é", 64), ""},
		{[]string{"graphql-client-name", "\xff"}, "", ""},
	} {
		h := http.Header{}
		for i := 0; i < len(c.headers); i += 2 {
			h.Set(c.headers[i], c.headers[i+1])
		}
		if name, version := Of(h); name != c.name || version != c.version {
			t.Errorf("%q: got %q, %q", c.headers, name, version)
		}
		if allocated := testing.AllocsPerRun(10, func() { Of(h) }); allocated != 0 {
			t.Errorf("%q: %v allocations", c.headers, allocated)
		}
	}
}
