package subgraph

import (
	"sort"
	"strings"
)

// maxSuggestions bounds the problems of one stage for which similar names are looked for, and maxCandidates the names that are
// looked at each time.
const (
	maxSuggestions = 50
	maxCandidates  = 20_000
)

// suggest is didYouMean for a problem that is about to be reported. The candidates are only asked for when they are looked at.
func (r *report) suggest(name string, candidates func() []string) string {
	if len(r.found) >= maxSuggestions || len(name) > 200 {
		return ""
	}
	names := candidates()
	return didYouMean(name, names[:min(len(names), maxCandidates)])
}

func fieldNames(fields []*Field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

func argumentNames(args []*Argument) []string {
	var names []string
	for _, a := range args {
		names = append(names, a.Name)
	}
	return names
}

// didYouMean suggests up to three names that look like the given one: `Did you mean "a" or "b"?`. It returns "" when none does.
func didYouMean(name string, candidates []string) string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	limit := max(len(name)*2/5, 1)
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(name), strings.ToLower(c), limit); d <= limit && d < max(len(name), len(c)) && c != name {
			found = append(found, near{c, d})
		}
	}
	if len(found) == 0 {
		return ""
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].distance < found[j].distance })
	found = found[:min(len(found), 3)]
	var b strings.Builder
	b.WriteString("Did you mean ")
	for i, f := range found {
		switch {
		case i > 0 && i == len(found)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(`"` + f.name + `"`)
	}
	return b.String() + "?"
}

// editDistance is the number of inserted, removed, changed and swapped bytes between a and b; once it exceeds limit, any number above
// limit will do.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return least
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
