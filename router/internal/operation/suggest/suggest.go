// Package suggest finds the names that somebody may have meant by a name that does not exist.
package suggest

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

const (
	maxShown   = 5
	maxLength  = 60   // longer names get no suggestions: the cost grows with the square of the length
	maxOptions = 5000 // nor does a choice from more
)

// Names are those of options that are near to typed, the nearest first.
func Names(typed string, options []string) []string {
	if len(typed) > maxLength || len(options) > maxOptions {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	threshold := len(typed)*2/5 + 1
	var near []candidate
	for _, option := range options {
		if d := distance(typed, option, threshold); d <= threshold {
			near = append(near, candidate{option, d})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	names := make([]string, 0, maxShown)
	for _, c := range near[:min(len(near), maxShown)] {
		names = append(names, c.name)
	}
	return names
}

// distance counts edits; a difference in case only is one.
func distance(typed, option string, threshold int) int {
	if typed == option {
		return 0
	}
	if strings.EqualFold(typed, option) {
		return 1
	}
	if abs(len(typed)-len(option)) > threshold {
		return threshold + 1
	}
	return levenshtein.ComputeDistance(strings.ToLower(typed), strings.ToLower(option))
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// DidYouMean is a sentence that proposes near names, with a leading space, or "" when there is none. what says what the
// names are, with a leading space: " Did you mean the enum value "RED"?".
func DidYouMean(what, typed string, options []string) string {
	return Sentence(what, Names(typed, options))
}

// Sentence is DidYouMean for names that were chosen otherwise.
func Sentence(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " Did you mean" + what + " " + OrList(names) + "?"
}

// OrList is `"A", "B", or "C"`.
func OrList(names []string) string {
	names = names[:min(len(names), maxShown)]
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = `"` + n + `"`
	}
	switch len(quoted) {
	case 0, 1:
		return strings.Join(quoted, "")
	case 2:
		return quoted[0] + " or " + quoted[1]
	default:
		return strings.Join(quoted[:len(quoted)-1], ", ") + ", or " + quoted[len(quoted)-1]
	}
}
