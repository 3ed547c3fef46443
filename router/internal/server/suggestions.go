package server

import (
	"strings"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// suggestion begins what validation says of names that are near to a wrong one.
const suggestion = " Did you mean "

// withoutSuggestions gives errors that do not tell names of the schema to those who may not ask for it: with enough wrong
// guesses they would learn all of it. The list and its errors are not changed, for other requests may share them.
func withoutSuggestions(list gqlerr.List) gqlerr.List {
	out := make(gqlerr.List, len(list))
	for i, e := range list {
		out[i] = e
		if message, _, found := strings.Cut(e.Message, suggestion); found {
			plain := *e
			plain.Message = message
			out[i] = &plain
		}
	}
	return out
}
