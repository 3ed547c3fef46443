package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// manyWays is from how many ways to a place on they are joined although the path that stands for them leads to other
// objects as well. These are asked again then, for what they have already, which costs requests and changes nothing;
// operations of ordinary size have fewer ways.
const manyWays = 8

// paths are all ways to a place. Ways from one parent are one path with alternatives.
func (d *draft) paths(o *place) ([]plan.Path, error) {
	if o.ways != nil {
		return o.ways, nil
	}
	if len(o.up) == 0 {
		o.ways = []plan.Path{{}}
		return o.ways, nil
	}
	var parents []*place
	elements := map[*place][]plan.PathElement{}
	for _, l := range o.up {
		element := plan.PathElement{StoreName: l.field.store, ResponseName: l.field.response, List: l.field.list}
		if !l.parent.position.types.SubsetOf(l.types) {
			element.Types = d.run.graph.Names(l.types)
		}
		if elements[l.parent] == nil {
			parents = append(parents, l.parent)
		}
		elements[l.parent] = append(elements[l.parent], element)
	}
	for _, parent := range parents {
		ways, err := d.paths(parent)
		if err != nil {
			return nil, err
		}
		last := elements[parent][0]
		last.Also = elements[parent][1:]
		for _, way := range ways {
			if err := d.run.spend(1); err != nil {
				return nil, err
			}
			o.ways = append(o.ways, append(slices.Clip(way), last))
		}
		if fault.On(fault.NarrowPlaces) && len(o.ways) > 1 {
			o.ways = o.ways[:1]
		}
		if len(o.ways) > d.run.options.MaxPaths {
			return nil, &LimitError{What: "paths to entities", Limit: d.run.options.MaxPaths}
		}
	}
	if len(o.ways) > manyWays {
		o.ways = joinWays(o.ways)
	}
	return o.ways, nil
}

// joinWays makes one path of all that are equally long: at each step of it, one may go where any of them goes.
func joinWays(ways []plan.Path) []plan.Path {
	var joined []plan.Path
	for _, way := range ways {
		i := slices.IndexFunc(joined, func(other plan.Path) bool { return len(other) == len(way) })
		if i < 0 {
			joined = append(joined, slices.Clone(way))
			continue
		}
		for n := range way {
			joined[i][n] = joinElements(joined[i][n], way[n])
		}
	}
	return joined
}

// joinElements is an element that leads where either of two does.
func joinElements(a, b plan.PathElement) plan.PathElement {
	a = joinAlternative(a, b)
	for _, also := range b.Also {
		a = joinAlternative(a, also)
	}
	return a
}

// joinAlternative is an element that leads into one more field as well.
func joinAlternative(a, more plan.PathElement) plan.PathElement {
	more.Also = nil
	if a.StoreName == more.StoreName {
		a.Types = joinTypes(a.Types, more.Types)
		return a
	}
	i := slices.IndexFunc(a.Also, func(own plan.PathElement) bool { return own.StoreName == more.StoreName })
	if i < 0 {
		a.Also = append(slices.Clip(a.Also), more)
	} else if types := joinTypes(a.Also[i].Types, more.Types); len(types) != len(a.Also[i].Types) {
		a.Also = slices.Clone(a.Also)
		a.Also[i].Types = types
	}
	return a
}

// joinTypes is the union of two sorted lists of types, of which nil is all.
func joinTypes(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	if slices.Equal(a, b) {
		return a
	}
	joined := slices.Concat(a, b)
	slices.Sort(joined)
	return slices.Compact(joined)
}
