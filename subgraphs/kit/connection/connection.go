package connection

import (
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

const (
	// DefaultFirst is the size of a page when first is not given.
	DefaultFirst = 20
	// MaxFirst is the largest page.
	MaxFirst = 100
)

// Page is what a client asked for, checked.
type Page struct {
	// Limit is the number of rows for the client, 0 to [MaxFirst]. Ask the store for one more.
	Limit int
	// After holds the sort key of the row before the page, or nil for the first page.
	After []string
}

// PageInfo is bound to the GraphQL type of that name by the gqlgen configuration.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// NewPage checks the arguments of a connection. List and keyLength are those that its cursors are made with. Every error has
// the code BAD_USER_INPUT.
func NewPage(list string, keyLength int, first *int, after *string) (Page, error) {
	page := Page{Limit: DefaultFirst}
	if first != nil {
		page.Limit = *first
	}
	if page.Limit < 0 || page.Limit > MaxFirst {
		return Page{}, fault.New(fault.BadInput, "first must be from 0 to %d, and is %d", MaxFirst, page.Limit)
	}
	if after == nil || *after == "" {
		return page, nil
	}
	values, err := cursor.Decode(list, *after, keyLength)
	if err != nil {
		return Page{}, err
	}
	page.After = values
	return page, nil
}

// Trim cuts rows, of which the store was asked for one more than page.Limit, to the page, and says whether more follow.
func Trim[Row any](rows []Row, page Page) (trimmed []Row, more bool) {
	if len(rows) > page.Limit {
		return rows[:page.Limit], true
	}
	return rows, false
}

// NewPageInfo describes a page whose edges have the given cursors, in order. HasPreviousPage is true when the page began
// after a cursor, as the connection specification allows for forward paging.
func NewPageInfo(page Page, cursors []string, more bool) *PageInfo {
	info := &PageInfo{HasNextPage: more, HasPreviousPage: page.After != nil}
	if len(cursors) > 0 {
		info.StartCursor, info.EndCursor = &cursors[0], &cursors[len(cursors)-1]
	}
	return info
}
