package planner

import (
	"encoding/binary"
	"slices"

	"github.com/tributary-gql/tributary/schema/querygraph"
)

// option is one way to answer a field, with everything that is asked below it.
type option struct {
	way   *way
	to    querygraph.NodeID
	child *position
	codes profile // all requests it takes, relative to the position
	hops  int
	// split: the value's fields are in several subgraphs; way and to are the first of these.
	split []resolved
}

// candidate is a field with its options.
type candidate struct {
	field   *shapeField
	options []option
	chosen  int
}

// candidates finds the options of each field. A field that no subgraph can answer alone is answered by several together;
// a field that cannot be answered at all is returned as the failure.
func (s *solver) candidates(rc *reach, fields []*shapeField) ([]*candidate, *shapeField, error) {
	var all []*candidate
	for _, f := range fields {
		if f.name == "__typename" || rc.subject.object != unknownObject && !f.asked(rc.subject.object) {
			continue
		}
		c, err := s.candidate(rc, f)
		if err != nil {
			return nil, nil, err
		}
		if len(c.options) == 0 {
			return nil, f, nil
		}
		all = append(all, c)
	}
	return all, nil, nil
}

func (s *solver) candidate(rc *reach, f *shapeField) (*candidate, error) {
	c := &candidate{field: f}
	var parts []resolved
	for i := 0; i < len(rc.ways); i++ {
		if rc.ways[i].conditionsOnly {
			continue
		}
		if err := s.run.spend(1); err != nil {
			return nil, err
		}
		w, edge, err := s.take(rc, rc.ways[i], f.name)
		if err != nil {
			return nil, err
		}
		if w == nil || f.child != nil && edge.To == querygraph.NoNode {
			continue
		}
		if rc.defers(s.run, f) {
			if w, edge, err = s.enterDeferred(rc, w, edge, f); err != nil {
				return nil, err
			}
			if w == nil {
				continue
			}
		}
		o, err := s.option(rc, f, w, edge.To)
		if err != nil {
			return nil, err
		}
		if o.child != nil && o.child.failed != nil {
			parts = append(parts, resolved{way: w, to: edge.To})
			continue
		}
		if len(o.codes) == 0 { // answered where the object is, at no cost
			c.options = []option{o}
			return c, nil
		}
		c.add(o)
		if err := s.addRiding(c, rc, w, edge.To); err != nil {
			return nil, err
		}
	}
	if len(c.options) == 0 && rc.defers(s.run, f) { // a value without a key comes with what is around it
		undeferred := *f
		undeferred.deferral = rc.hold
		plain, err := s.candidate(rc, &undeferred)
		if err != nil {
			return nil, err
		}
		plain.field = f
		return plain, nil
	}
	if len(c.options) == 0 && len(parts) > 1 {
		return c, s.splitValue(rc, c, parts)
	}
	return c, nil
}

// option is the answer of a field by a way, with everything that is asked below it.
func (s *solver) option(rc *reach, f *shapeField, w *way, to querygraph.NodeID) (option, error) {
	o := option{way: w, to: to, codes: w.codes, hops: w.hops}
	if f.child == nil {
		return o, nil
	}
	child, err := s.position(f.child, source{
		node: to, given: givenBelow(w, rc.subject.object, f.child), hold: f.deferral,
	})
	if err != nil {
		return o, err
	}
	o.child = child
	o.codes = o.codes.with(child.profile.later(w.level))
	o.hops += child.hops
	return o, nil
}

// add adds an option unless another takes a subset of its requests.
func (c *candidate) add(o option) {
	for _, other := range c.options {
		if o.codes.contains(other.codes) && other.hops <= o.hops {
			return
		}
	}
	c.options = append(c.options, o)
}

// splitValue answers a field by asking several subgraphs for it, each for the part below that it knows: values without a
// key whose fields differ by subgraph.
func (s *solver) splitValue(rc *reach, c *candidate, parts []resolved) error {
	first := parts[0].way.level
	for _, part := range parts {
		first = min(first, part.way.level)
	}
	sources := make([]source, len(parts))
	for i, part := range parts {
		sources[i] = source{
			node: part.to, level: part.way.level - first, given: givenBelow(part.way, rc.subject.object, c.field.child),
			hold: c.field.deferral,
		}
	}
	child, err := s.position(c.field.child, sources...)
	if err != nil || child.failed != nil {
		return err
	}
	// Sources that the solution does not use are left out.
	used := child.usedSources()
	kept, keptSources := parts[:0:0], sources[:0:0]
	for i := range parts {
		if used[i] {
			kept, keptSources = append(kept, parts[i]), append(keptSources, sources[i])
		}
	}
	if len(kept) < len(parts) {
		if child, err = s.position(c.field.child, keptSources...); err != nil || child.failed != nil {
			return err
		}
	}
	o := option{way: kept[0].way, to: kept[0].to, child: child, split: kept, codes: child.profile.later(first), hops: child.hops}
	for _, part := range kept {
		o.codes = o.codes.with(part.way.codes)
		o.hops += part.way.hops
	}
	c.options = []option{o}
	return nil
}

// usedSources tells which sources answer something. The first does at least for the object's type.
func (p *position) usedSources() []bool {
	used := make([]bool, len(p.sources))
	used[0] = true
	for _, c := range p.classes {
		for _, it := range c.items {
			for _, step := range it.steps {
				if step < len(used) {
					used[step] = true
				}
			}
		}
	}
	return used
}

// group is all candidates with the same options: they choose alike.
type group struct {
	options []option // of the first member
	members []*candidate
}

// Bounds of the search in choose: all subsets of up to exactWays further ways are tried as seeds, pairs of up to
// pairWays, single ways beyond.
const (
	exactWays = 6
	pairWays  = 16
)

// choose picks an option for each candidate such that the requests of all together cost least. taken are requests that
// are made anyway. Fields with one option are settled; for the others it is a set cover, solved greedily from several
// seeds (sets of ways taken as given) with a local improvement, which is exact in all but contrived cases.
func (s *solver) choose(all []*candidate, taken profile) error {
	groups := groupCandidates(all)
	base := taken
	var open []*group
	for _, g := range groups {
		if len(g.options) == 1 {
			base = base.with(g.options[0].codes)
		} else {
			open = append(open, g)
		}
	}
	if len(open) == 0 {
		return nil
	}
	best, bestCost := []int(nil), [2]int{}
	for _, seed := range seeds(open) {
		if err := s.run.spend(len(open)); err != nil {
			return err
		}
		chosen := pick(open, base, seed)
		if cost := costOf(open, base, chosen); best == nil || cost[0] < bestCost[0] || cost[0] == bestCost[0] && cost[1] < bestCost[1] {
			best, bestCost = chosen, cost
		}
	}
	for i, g := range open {
		for _, member := range g.members {
			member.chosen = best[i]
		}
	}
	return nil
}

func groupCandidates(all []*candidate) []*group {
	var groups []*group
	byKey := map[string]*group{}
	var key []byte
	for _, c := range all {
		key = key[:0]
		for _, o := range c.options {
			key = binary.LittleEndian.AppendUint32(key, uint32(o.way.level)<<16|uint32(o.way.subgraph))
			key = binary.LittleEndian.AppendUint16(key, uint16(len(o.codes)))
			for _, code := range o.codes {
				key = binary.LittleEndian.AppendUint32(key, code)
			}
		}
		g := byKey[string(key)]
		if g == nil {
			g = &group{options: c.options}
			byKey[string(key)] = g
			groups = append(groups, g)
		}
		g.members = append(g.members, c)
	}
	return groups
}

// seeds are sets of requests to take as given when picking: none, and those of one or more ways of the open groups.
func seeds(open []*group) []profile {
	all := []profile{nil}
	if len(open) == 1 {
		return all
	}
	var ways []profile
	for _, g := range open {
		for _, o := range g.options {
			if !slices.ContainsFunc(ways, func(known profile) bool { return slices.Equal(known, o.way.codes) }) {
				ways = append(ways, o.way.codes)
			}
		}
	}
	if len(ways) <= exactWays {
		for set := 1; set < 1<<len(ways); set++ {
			var seed profile
			for i, w := range ways {
				if set&(1<<i) != 0 {
					seed = seed.with(w)
				}
			}
			all = append(all, seed)
		}
		return all
	}
	for i, w := range ways {
		all = append(all, w)
		if len(ways) > pairWays {
			continue
		}
		for _, other := range ways[i+1:] {
			all = append(all, w.with(other))
		}
	}
	return all
}

// pick chooses for each group what adds least to the requests at hand, then improves until nothing changes.
func pick(open []*group, base, seed profile) []int {
	chosen := make([]int, len(open))
	given := base.with(seed)
	for i, g := range open {
		chosen[i] = cheapest(g.options, given)
		given = given.with(g.options[chosen[i]].codes)
	}
	const rounds = 3
	for range rounds {
		changed := false
		for i, g := range open {
			others := base
			for j, other := range open {
				if j != i {
					others = others.with(other.options[chosen[j]].codes)
				}
			}
			if better := cheapest(g.options, others); better != chosen[i] {
				chosen[i], changed = better, true
			}
		}
		if !changed || len(open) > pairWays {
			break
		}
	}
	return chosen
}

// cheapest is the option that adds least to the requests at hand; of equals the one with fewer look-ups, then the
// earlier.
func cheapest(options []option, given profile) int {
	best, bestCost := 0, 0
	for i, o := range options {
		cost := given.more(o.codes)
		if i > 0 {
			other := options[best]
			if cost > bestCost || cost == bestCost &&
				(o.hops > other.hops || o.hops == other.hops && o.way.level >= other.way.level) {
				continue
			}
		}
		best, bestCost = i, cost
	}
	return best
}

// costOf is the cost of a choice: requests first, look-ups second.
func costOf(open []*group, base profile, chosen []int) [2]int {
	hops := 0
	for i, g := range open {
		o := g.options[chosen[i]]
		base = base.with(o.codes)
		hops += o.hops * len(g.members)
	}
	return [2]int{base.cost(), hops}
}
