package subgraph

import "github.com/tributary-gql/tributary/schema/diag"

// maxWork bounds the steps of those checks whose work can grow faster than the text: types times interfaces, contexts times arguments,
// and the like. Real schemas take a few thousand steps for each megabyte.
const maxWork = 100_000_000

// spend takes n steps off the budget of a subgraph. It reports false when nothing is left; the caller then stops, and the stage ends in
// an error whatever it found.
func (s *Subgraph) spend(n int) bool {
	s.work += n
	return s.work <= maxWork
}

// checkWork replaces what a stage found by one error when the stage ran out of steps.
func (b *builder) checkWork() {
	if b.s.work <= maxWork {
		return
	}
	b.found = nil
	b.addAt(diag.UnsupportedFeature, []diag.Location{{Subgraph: b.s.Name, File: b.s.File}}, "Split the subgraph.",
		"The schema is too complex to be checked: its interfaces, contexts or field sets multiply to more than %d steps.", maxWork)
}
