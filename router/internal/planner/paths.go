package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// manyWays is from how many ways to a place on they are joined although the path that stands for them leads to other
// objects as well. These are asked again then, for what they have already, which costs requests and changes nothing;
// operations of ordinary size have fewer ways.
const manyWays = 32

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
			o.ways = append(o.ways, append(slices.Clip(way), last))
		}
		if len(o.ways) > manyWays {
			o.ways = joinWays(o.ways)
		}
		if fault.On(fault.NarrowPlaces) && len(o.ways) > 1 {
			o.ways = o.ways[:1]
		}
		if len(o.ways) > d.run.options.MaxPaths {
			return nil, &LimitError{What: "paths to entities", Limit: d.run.options.MaxPaths}
		}
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
	ways := append([]plan.PathElement{a}, a.Also...)
	ways[0].Also = nil
	for _, element := range append([]plan.PathElement{b}, b.Also...) {
		element.Also = nil
		same := slices.IndexFunc(ways, func(own plan.PathElement) bool { return own.StoreName == element.StoreName })
		switch {
		case same < 0:
			ways = append(ways, element)
		case ways[same].Types == nil || element.Types == nil:
			ways[same].Types = nil
		default:
			ways[same].Types = slices.Concat(ways[same].Types, element.Types)
			slices.Sort(ways[same].Types)
			ways[same].Types = slices.Compact(ways[same].Types)
		}
	}
	joined := ways[0]
	joined.Also = ways[1:]
	return joined
}
