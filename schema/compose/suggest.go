package compose

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean words a suggestion of names that look like the one given, or "".
func didYouMean(name string, known []string) string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	limit := len([]rune(name))/2 + 1
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < limit {
			near = append(near, candidate{k, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	const most = 3
	var names []string
	for _, c := range near[:min(len(near), most)] {
		names = append(names, fmt.Sprintf("%q", c.name))
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "Did you mean " + names[0] + "?"
	}
	last := len(names) - 1
	return "Did you mean " + strings.Join(names[:last], ", ") + " or " + names[last] + "?"
}

// editDistance is the number of single characters to add, drop or replace to get from one text to the other.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			above := row[j+1]
			best := min(above, row[j]) + 1
			if r == s {
				best = min(best, diagonal)
			} else {
				best = min(best, diagonal+1)
			}
			row[j+1] = best
			diagonal = above
		}
	}
	return row[len(y)]
}
