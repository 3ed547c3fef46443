package store

// termSet collects distinct terms in the order in which they come.
type termSet struct {
	seen map[string]bool
	list []string
}

func newTermSet() *termSet { return &termSet{seen: map[string]bool{}} }

func (s *termSet) add(terms []string) {
	for _, term := range terms {
		if !s.seen[term] {
			s.seen[term] = true
			s.list = append(s.list, term)
		}
	}
}
