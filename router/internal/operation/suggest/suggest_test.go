package suggest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNearNamesAreProposed(t *testing.T) {
	t.Parallel()
	many := make([]string, maxOptions+1)
	for i := range many {
		many[i] = fmt.Sprintf("name%d", i)
	}
	cases := []struct {
		typed   string
		options []string
		want    []string
	}{
		{"nme", []string{"id", "name", "names"}, []string{"name", "names"}},
		{"NAME", []string{"nama", "name"}, []string{"nama", "name"}},
		{"item", []string{"itemD", "itemC", "itemB", "itemA", "itemF", "itemE"}, []string{"itemA", "itemB", "itemC", "itemD", "itemE"}},
		{"far", []string{"entirely", "different"}, nil},
		{strings.Repeat("x", maxLength+1), []string{strings.Repeat("x", maxLength)}, nil},
		{"name", many, nil},
	}
	for _, c := range cases {
		if got := Names(c.typed, c.options); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v want %v", c.typed, got, c.want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"":                                   nil,
		` Did you mean it "a"?`:              {"a"},
		` Did you mean it "a" or "b"?`:       {"a", "b"},
		` Did you mean it "a", "b", or "c"?`: {"a", "b", "c"},
		` Did you mean it "a", "b", "c", "d", or "e"?`: {"a", "b", "c", "d", "e", "f"},
	} {
		if got := Sentence(" it", names); got != want {
			t.Errorf("got %q want %q", got, want)
		}
	}
}
