package subgraph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// report collects the problems of one stage.
type report struct {
	s     *Subgraph
	found []diag.Diagnostic
}

// add notes an error at a position of the SDL. fix may be "".
func (r *report) add(code diag.Code, at *ast.Position, fix, format string, args ...any) {
	r.addAt(code, []diag.Location{r.s.Location(at)}, fix, format, args...)
}

// maxProblems bounds what is reported for one subgraph; hostile input can have a problem in every pair of its elements.
const maxProblems = 10_000

// addAt is add for a problem with several places, or one that is already a location.
func (r *report) addAt(code diag.Code, at []diag.Location, fix, format string, args ...any) {
	switch {
	case len(r.found) > maxProblems:
		return
	case len(r.found) == maxProblems:
		at, fix, format, args = nil, "Solve these first.", "There are more than %d problems; the others are not listed.", []any{maxProblems}
	}
	r.found = append(r.found, diag.Diagnostic{
		Code: code, Severity: diag.Error, Message: fmt.Sprintf(format, args...), Fix: fix, Locations: at,
	})
}

// graphql notes an INVALID_GRAPHQL error.
func (r *report) graphql(at *ast.Position, fix, format string, args ...any) {
	r.add(diag.InvalidGraphQL, at, fix, format, args...)
}

func (r *report) clean() bool { return len(r.found) == 0 }
