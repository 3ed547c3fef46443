package demand

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
)

// Compile makes an operation's program. literals are those of the document: with them every literal is a number already.
func (c *Costs) Compile(o *operation.Operation, literals operation.Literals) *Estimate {
	b := &builder{costs: c, variables: map[string]int{}, literals: make([][]byte, len(o.Variables)), sets: map[setKey]term{}, sizings: map[sizingKey]*sizing{}}
	next := 0
	for i, v := range o.Variables {
		b.variables[v.Name] = i
		if v.Literal && next < len(literals) {
			b.literals[i] = literals[next]
			next++
		}
	}
	root := b.set(setKey{set: o.Root})
	if o.Kind == ast.Mutation {
		root = b.sum([]term{root, fixed(mutationCost)})
	}
	e := &Estimate{root: root.node, static: atLeastNothing(root.fixed), invalid: b.invalid}
	if c.options.Actual {
		e.actual = b.actual(o)
	}
	e.nodes = b.nodes
	return e
}

// term is a number that is known, or that of a node.
type term struct {
	node  int32
	fixed float64
}

func fixed(number float64) term { return term{node: none, fixed: number} }

// setKey names what is summed up over one selection set.
type setKey struct {
	set     *operation.SelectionSet
	sizing  *sizing // of the field above; nil: none
	objects bool    // with what the object itself costs by its type
}

// sizing is the size that a field gives to lists right below it.
type sizing struct {
	fields []string
	size   term
}

type sizingKey struct {
	field *operation.Field
	size  *listSize
}

type builder struct {
	costs     *Costs
	nodes     []node
	variables map[string]int
	literals  [][]byte // of the variables; nil for those of clients
	sets      map[setKey]term
	sizings   map[sizingKey]*sizing
	invalid   *gqlerr.Error
}

func (b *builder) add(n node) term {
	b.nodes = append(b.nodes, n)
	return term{node: int32(len(b.nodes) - 1)}
}

// sum adds terms up.
func (b *builder) sum(terms []term) term {
	total := 0.0
	var parts []int32
	for _, t := range terms {
		if t.node == none {
			total += t.fixed
		} else {
			parts = append(parts, t.node)
		}
	}
	switch {
	case parts == nil:
		return fixed(total)
	case len(parts) == 1 && total == 0:
		return term{node: parts[0]}
	}
	return b.add(node{kind: sumNode, base: total, parts: parts})
}

// most is the largest of terms, of which there is at least one.
func (b *builder) most(terms []term) term {
	known, any := 0.0, false
	var parts []int32
	for _, t := range terms {
		switch {
		case t.node != none:
			if !slices.Contains(parts, t.node) {
				parts = append(parts, t.node)
			}
		case !any:
			known, any = t.fixed, true
		default:
			known = max(known, t.fixed)
		}
	}
	switch {
	case parts == nil:
		return fixed(known)
	case len(parts) == 1 && !any:
		return term{node: parts[0]}
	case !any:
		known = negligible
	}
	return b.add(node{kind: mostNode, base: known, parts: parts})
}

// negligible is less than anything costs.
const negligible = -1e300

// set is what one object costs: the most over the types that it may have.
func (b *builder) set(key setKey) term {
	if known, ok := b.sets[key]; ok {
		return known
	}
	possible := key.set.Possible
	var common []term
	special := map[string][]term{} // by runtime type
	for _, f := range key.set.Fields {
		for _, class := range b.classes(key.set, f) {
			t := b.field(key, f, class.cost)
			switch {
			case t == fixed(0):
			case len(class.types) == len(possible):
				common = append(common, t)
			default:
				for _, name := range class.types {
					special[name] = append(special[name], t)
				}
			}
		}
	}
	alternatives := make([]term, 0, len(possible))
	for _, name := range possible {
		terms := special[name]
		if key.objects {
			terms = append(terms, fixed(b.costs.objectOf(name)))
		}
		if t := b.sum(terms); !slices.Contains(alternatives, t) {
			alternatives = append(alternatives, t)
		}
	}
	if len(alternatives) == 0 && key.objects {
		alternatives = append(alternatives, fixed(objectCost)) // nothing is asked of the object, which may be there
	}
	if len(alternatives) > 0 {
		common = append(common, b.most(alternatives))
	}
	result := b.sum(common)
	b.sets[key] = result
	return result
}

// objectOf is what an object of a type costs by itself.
func (c *Costs) objectOf(name string) float64 {
	if weight, ok := c.types[name]; ok {
		return weight
	}
	return objectCost
}

// class is the runtime types for which directives say the same of a field.
type class struct {
	types []string
	cost  fieldCost
	own   *fieldCost // of the types themselves
}

// classes of the types for which a field is asked; none for fields that are free.
func (b *builder) classes(set *operation.SelectionSet, f *operation.Field) []class {
	if f.Name == "__typename" || f.IsIntrospection() {
		return nil
	}
	types := f.Types
	if types == nil {
		types = set.Possible
	}
	var classes []class
	for _, name := range types {
		own := b.costs.fields[name+"."+f.Name]
		i := slices.IndexFunc(classes, func(c class) bool { return c.own == own })
		if i < 0 {
			i = len(classes)
			classes = append(classes, class{own: own, cost: b.costs.field(name, set.Type, f.Name)})
		}
		classes[i].types = append(classes[i].types, name)
	}
	return classes
}

// field is what a field costs with everything below it.
func (b *builder) field(at setKey, f *operation.Field, cost fieldCost) term {
	conditions := b.conditions(f.Condition)
	size, sized := b.size(at, f, cost, conditions)
	base, below := 0.0, fixed(0)
	switch {
	case f.Selections == nil && cost.weight != nil:
		base = *cost.weight
	case f.Selections == nil:
		base = b.costs.types[f.Definition.Type.Name()]
	case cost.weight != nil:
		base, below = *cost.weight, b.set(setKey{set: f.Selections, sizing: sized})
	default:
		below = b.set(setKey{set: f.Selections, sizing: sized, objects: true})
	}
	args := b.arguments(f, cost)
	if below.node == none {
		base, below.fixed = base+below.fixed, 0
	}
	if size.node == none && below.node == none && args.node == none {
		total := times(size.fixed, base) + args.fixed
		if conditions == nil || total == 0 {
			return fixed(total)
		}
	}
	return b.add(node{
		kind: fieldNode, base: base, below: below.node, size: sizeRef(size), args: args.node, fixedArgs: args.fixed, conditions: conditions,
	})
}

// conditions are nil when they always hold.
func (b *builder) conditions(c *operation.Condition) [][]literal {
	if c == nil {
		return nil
	}
	rows := make([][]literal, 0, len(c.AnyOf))
	for _, row := range c.AnyOf {
		literals := make([]literal, len(row))
		for i, l := range row {
			literals[i] = literal{variable: b.variables[l.Variable], negated: l.Negated}
		}
		rows = append(rows, literals)
	}
	return rows
}

// size is how many items the field's value has, and what it says of lists right below.
func (b *builder) size(at setKey, f *operation.Field, cost fieldCost, conditions [][]literal) (term, *sizing) {
	isList := f.Definition.Type.Elem != nil
	own := fixed(float64(b.costs.options.ListSize))
	var below *sizing
	if cost.size != nil && (isList || len(cost.size.sized) > 0) {
		key := sizingKey{field: f, size: cost.size}
		known, ok := b.sizings[key]
		if !ok {
			known = &sizing{fields: cost.size.sized, size: b.listSize(at.set.Type, f, cost.size, conditions)}
			b.sizings[key] = known
		}
		own = known.size
		if len(known.fields) > 0 {
			below = known
		}
	}
	switch {
	case !isList:
		return fixed(1), below
	case at.sizing != nil && slices.Contains(at.sizing.fields, f.Name):
		return at.sizing.size, below
	}
	return own, below
}

// listSize is the number that a @listSize gives.
func (b *builder) listSize(parent string, f *operation.Field, size *listSize, conditions [][]literal) term {
	hole := inputHole{fallback: float64(b.costs.options.ListSize)}
	if size.assumed != nil {
		hole.fallback = *size.assumed
	}
	if len(size.slicing) > 0 && size.requireOne {
		hole.require = parent + "." + f.Name
	}
	known := true
	for _, s := range size.slicing {
		found := b.slice(f, s)
		known = known && found.variable == none
		hole.slices = append(hole.slices, found)
	}
	if !known {
		return b.add(node{kind: sizeNode, input: hole, conditions: conditions})
	}
	number, err := hole.sizeOf(nil)
	if err != nil && conditions == nil && b.invalid == nil {
		b.invalid = err
	}
	return fixed(number)
}
