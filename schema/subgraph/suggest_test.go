package subgraph

import "testing"

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	names := []string{"product", "products", "price", "id", "Product", "unrelated"}
	for _, c := range []struct{ name, want string }{
		{"prodcut", `Did you mean "product", "Product" or "products"?`},
		{"pricee", `Did you mean "price"?`},
		{"ID", `Did you mean "id"?`},
		{"zzz", ""},
		{"x", ""},
		{"", ""},
	} {
		if got := didYouMean(c.name, names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "bcde", 2}, {"kitten", "sitting", 3}} {
		if got := editDistance(c.a, c.b, 10); got != c.want {
			t.Errorf("%q and %q: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := editDistance(c.b, c.a, 10); got != c.want {
			t.Errorf("%q and %q: got %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
