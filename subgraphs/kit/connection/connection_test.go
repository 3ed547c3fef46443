package connection_test

import (
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/connection"
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

func TestNewPage(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	text := func(s string) *string { return &s }
	tests := []struct {
		name  string
		first *int
		after *string
		limit int
		key   []string
		bad   bool
	}{
		{name: "nothing", limit: connection.DefaultFirst},
		{name: "zero", first: number(0), limit: 0},
		{name: "the most", first: number(connection.MaxFirst), limit: connection.MaxFirst},
		{name: "more", first: number(connection.MaxFirst + 1), bad: true},
		{name: "negative", first: number(-1), bad: true},
		{name: "after", after: text(cursor.Encode("users", "1", "a")), limit: connection.DefaultFirst, key: []string{"1", "a"}},
		{name: "after nothing", after: text(""), limit: connection.DefaultFirst},
		{name: "after another list", after: text(cursor.Encode("payments", "1", "a")), bad: true},
	}
	for _, test := range tests {
		page, err := connection.NewPage("users", 2, test.first, test.after)
		if test.bad != (fault.Code(err) == fault.BadInput) || (!test.bad && (err != nil || page.Limit != test.limit || !slices.Equal(page.After, test.key))) {
			t.Errorf("%s: %+v, %v", test.name, page, err)
		}
	}
}

func TestTrimAndPageInfo(t *testing.T) {
	t.Parallel()
	page := connection.Page{Limit: 2}
	rows, more := connection.Trim([]string{"a", "b", "c"}, page)
	if !slices.Equal(rows, []string{"a", "b"}) || !more {
		t.Errorf("three rows are trimmed to %v, more %v", rows, more)
	}
	info := connection.NewPageInfo(page, rows, more)
	if !info.HasNextPage || info.HasPreviousPage || *info.StartCursor != "a" || *info.EndCursor != "b" {
		t.Errorf("the page is %+v", info)
	}
	rows, more = connection.Trim([]string{"a", "b"}, page)
	if len(rows) != 2 || more {
		t.Errorf("two rows are trimmed to %v, more %v", rows, more)
	}
	empty := connection.NewPageInfo(connection.Page{Limit: 2, After: []string{"z"}}, nil, false)
	if empty.HasNextPage || !empty.HasPreviousPage || empty.StartCursor != nil || empty.EndCursor != nil {
		t.Errorf("an empty page is %+v", empty)
	}
}
