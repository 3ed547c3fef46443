package compose

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/diag"
)

// mergeDescription returns the description that most subgraphs give, the first one among equals. An empty description is no
// description.
func (c *composition) mergeDescription(what label, elements []element) string {
	var texts []string
	counts := map[string]int{}
	for _, e := range elements {
		if e.description == "" {
			continue
		}
		if counts[e.description] == 0 {
			texts = append(texts, e.description)
		}
		counts[e.description]++
	}
	if len(texts) == 0 {
		return ""
	}
	best := texts[0]
	for _, text := range texts[1:] {
		if counts[text] > counts[best] {
			best = text
		}
	}
	if len(texts) > 1 {
		var t tally
		var described []element
		for _, e := range elements {
			if e.description != "" {
				t.add(fmt.Sprintf("%q", shorten(e.description)), e.graph)
				described = append(described, e)
			}
		}
		c.report.hint(diag.InconsistentDescription, c.report.places(described), "Use one description in all subgraphs.",
			"%s is described differently: %s. The supergraph takes %q.", what, c.report.words(&t), shorten(best))
	}
	return best
}
