package operation

import (
	"encoding/binary"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxJoinAttempts bounds the search for an order that joins; without one the fields stay as the document has them,
// which is right as well.
const maxJoinAttempts = 32

// joinAlike makes one field of fields that differ in their runtime types only, where every type keeps its order of
// fields: "... on A { x id } ... on B { y id }" asks x of A, y of B and one id of both.
func (n *normaliser) joinAlike(fields []placedField) ([]placedField, error) {
	groups := groupAlike(fields)
	for attempt := 0; attempt < maxJoinAttempts && len(groups) < len(fields); attempt++ {
		order, cycle, err := n.orderGroups(fields, groups)
		if err != nil {
			return nil, err
		}
		if cycle < 0 {
			return n.joinGroups(fields, groups, order), nil
		}
		// The groups contradict each other's order: halve one that does.
		members := groups[cycle]
		half := (len(members) + 1) / 2
		groups[cycle] = members[:half]
		groups = append(groups, members[half:])
	}
	return fields, nil
}

// groupAlike puts together the places of fields that are alike, in the order of their first.
func groupAlike(fields []placedField) [][]int {
	groups := make([][]int, 0, len(fields))
	named := make(map[string][]int, len(fields)) // groups by response name
	for i, f := range fields {
		name := f.field.ResponseName
		found := false
		for _, g := range named[name] {
			if alike(fields[groups[g][0]], f) {
				groups[g] = append(groups[g], i)
				found = true
				break
			}
		}
		if !found {
			named[name] = append(named[name], len(groups))
			groups = append(groups, []int{i})
		}
	}
	return groups
}

// orderGroups finds an order of groups in which every type meets its fields as before: a topological order, the
// earliest group first. When there is none it names a group of several fields that is on a cycle, else -1.
func (n *normaliser) orderGroups(fields []placedField, groups [][]int) (order []int, cycle int, err error) {
	groupOf := make([]int, len(fields))
	for g, members := range groups {
		for _, m := range members {
			groupOf[m] = g
		}
	}
	next, previous := make([][]int, len(groups)), make([][]int, len(groups))
	last := map[int32]int{} // a type's field before
	for i, f := range fields {
		if err := n.spend(len(f.types.types)); err != nil {
			return nil, 0, err
		}
		g := groupOf[i]
		for _, t := range f.types.types {
			if before, ok := last[t]; ok {
				next[before] = append(next[before], g)
				previous[g] = append(previous[g], before)
			}
			last[t] = g
		}
	}
	order = topological(next, previous, func(g int) int { return groups[g][0] })
	if len(order) == len(groups) {
		return order, -1, nil
	}
	return nil, onCycle(groups, next, previous, order), nil
}

// topological orders nodes so that edges lead forward; of those that are free the one of lowest rank comes first. Nodes
// on cycles and those behind them are left out.
func topological(next, previous [][]int, rank func(int) int) []int {
	missing := make([]int, len(next))
	var free []int // descending rank
	release := func(node int) {
		at, _ := slices.BinarySearchFunc(free, rank(node), func(have, want int) int { return want - rank(have) })
		free = slices.Insert(free, at, node)
	}
	for node := range next {
		missing[node] = len(previous[node])
		if missing[node] == 0 {
			release(node)
		}
	}
	order := make([]int, 0, len(next))
	for len(free) > 0 {
		node := free[len(free)-1]
		free = free[:len(free)-1]
		order = append(order, node)
		for _, to := range next[node] {
			if missing[to]--; missing[to] == 0 {
				release(to)
			}
		}
	}
	return order
}

// onCycle finds the first group of several fields from which edges lead back to it, among those that are not ordered:
// what remains when nodes without an edge onward are taken away as well.
func onCycle(groups [][]int, next, previous [][]int, ordered []int) int {
	backward := topological(previous, next, func(g int) int { return groups[g][0] })
	clear := make([]bool, len(groups))
	for _, g := range slices.Concat(ordered, backward) {
		clear[g] = true
	}
	for g, members := range groups {
		if !clear[g] && len(members) > 1 {
			return g
		}
	}
	return slices.IndexFunc(groups, func(members []int) bool { return len(members) > 1 })
}

func (n *normaliser) joinGroups(fields []placedField, groups [][]int, order []int) []placedField {
	joined := make([]placedField, len(order))
	for i, g := range order {
		joined[i] = fields[groups[g][0]]
		for _, m := range groups[g][1:] {
			joined[i].types = n.sets.union(joined[i].types, fields[m].types)
		}
	}
	return joined
}

// alike tells whether two fields of one response name differ in their types only.
func alike(a, b placedField) bool {
	return a.field.Name == b.field.Name && a.field.Selections == b.field.Selections && a.field.Defer == b.field.Defer &&
		a.application == b.application && slices.Equal(a.rows, b.rows) &&
		(a.field.Definition == b.field.Definition || a.field.Definition.Type.String() == b.field.Definition.Type.String())
}

// applicationKey identifies a field's arguments and directives, and the interfaces it is asked through. Literals count by their place in the document, not by
// their value: documents that differ only in literals must normalise alike.
func (n *normaliser) applicationKey(f *Field) string {
	if len(f.Args) == 0 && len(f.Directives) == 0 && len(f.Through) == 0 {
		return ""
	}
	key := n.appendArguments(n.key[:0], f.Args)
	for _, name := range f.Through {
		key = append(append(append(key, '^'), name...), 0)
	}
	for _, d := range f.Directives {
		key = append(append(key, '@'), d.Name...)
		key = n.appendArguments(append(key, 0), d.Args)
	}
	n.key = key
	return string(key)
}

func (n *normaliser) appendArguments(key []byte, arguments []Argument) []byte {
	key = binary.AppendUvarint(key, uint64(len(arguments)))
	for _, a := range arguments {
		key = append(append(key, a.Name...), 0)
		key = n.appendValue(key, a.Value)
	}
	return key
}

func (n *normaliser) appendValue(key []byte, v *ast.Value) []byte {
	key = append(key, byte(v.Kind))
	switch v.Kind {
	case ast.Variable:
		return append(append(key, v.Raw...), 0)
	case ast.ListValue, ast.ObjectValue:
		if !holdsVariable(v) {
			return binary.AppendUvarint(key, uint64(n.id(v)))
		}
		key = binary.AppendUvarint(key, uint64(len(v.Children)))
		for _, c := range v.Children {
			key = append(append(key, c.Name...), 0)
			key = n.appendValue(key, c.Value)
		}
		return key
	default:
		return binary.AppendUvarint(key, uint64(n.id(v)))
	}
}
