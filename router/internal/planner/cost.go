package planner

import "slices"

// The cost of a plan.
//
// What a plan costs is, in this order of weight, the round trips on its longest chain, the requests it makes, the
// entities it looks up, and bytes. One number stands for the first two: every request costs
//
//	costRequest + costLevel × (level - 1)
//
// where the level is 1 for a request that needs nothing, and one more than its latest input for others. A request that
// comes later is dearer than one that comes early, so chains cost more than the same number of requests side by side;
// several early requests are worth one late one. The weights were fixed by the plan table of the conformance cases: with
// them neither the number of requests nor the longest chain is above the reference's.
//
// Requests of one level to one subgraph are one request, wherever in the operation they come from. That is what a profile
// counts: the set of (level, subgraph) pairs below a position. Between choices of equal cost the one with fewer
// entity look-ups wins, then the earlier one, then the one that stays where the object is, then subgraph order.
const (
	costRequest = 10
	costLevel   = 100
)

// profile is the set of requests below a position: sorted codes of level and subgraph.
type profile []uint32

const levelShift = 16

func code(level, subgraph int) uint32 { return uint32(level)<<levelShift | uint32(subgraph) }

func levelOf(c uint32) int { return int(c >> levelShift) }

// cost of the requests of a profile whose levels are relative to a position that is one request away from the start.
func (p profile) cost() int {
	sum := 0
	for _, c := range p {
		sum += costRequest + costLevel*levelOf(c)
	}
	return sum
}

// depth is the longest chain of requests below the position.
func (p profile) depth() int {
	if len(p) == 0 {
		return 0
	}
	return levelOf(p[len(p)-1])
}

// later is the profile below a place that is reached levels later.
func (p profile) later(levels int) profile {
	if levels == 0 || len(p) == 0 {
		return p
	}
	shifted := make(profile, len(p))
	for i, c := range p {
		shifted[i] = c + uint32(levels)<<levelShift
	}
	return shifted
}

// with is the union of two profiles.
func (p profile) with(other profile) profile {
	if len(other) == 0 || p.contains(other) {
		return p
	}
	if len(p) == 0 {
		return other
	}
	all := make(profile, 0, len(p)+len(other))
	i, j := 0, 0
	for i < len(p) && j < len(other) {
		switch {
		case p[i] < other[j]:
			all = append(all, p[i])
			i++
		case p[i] > other[j]:
			all = append(all, other[j])
			j++
		default:
			all = append(all, p[i])
			i++
			j++
		}
	}
	all = append(all, p[i:]...)
	return append(all, other[j:]...)
}

func (p profile) contains(other profile) bool {
	for _, c := range other {
		if _, found := slices.BinarySearch(p, c); !found {
			return false
		}
	}
	return true
}

// more is what the requests of other cost that are not in p.
func (p profile) more(other profile) int {
	sum := 0
	for _, c := range other {
		if _, found := slices.BinarySearch(p, c); !found {
			sum += costRequest + costLevel*levelOf(c)
		}
	}
	return sum
}
