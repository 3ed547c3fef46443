// Package connection holds what the connections (first, after) of all services have in common: bounds, the one-row-more
// trick that tells whether a next page exists, and PageInfo.
//
// A resolver reads its arguments with [NewPage], asks its store for page.Limit+1 rows after page.After, and passes the rows
// to [Trim]:
//
//	page, err := connection.NewPage("users", 2, first, after)
//	rows, err := store.List(ctx, page.Limit+1, page.After)
//	rows, more := connection.Trim(rows, page)
package connection
