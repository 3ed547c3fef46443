package operation

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation/coerce"
)

// finish numbers the selection sets, moves literals into variables and computes the hash: one walk over each set, in
// the order of the operation, so that documents which differ only in literals end alike.
func (s *Schema) finish(o *Operation, options Options) (Literals, error) {
	f := finisher{
		schema: s.AST, extract: newExtractor(s.AST, o, options.KeepLiterals), ids: map[*SelectionSet]int{}, heights: map[*SelectionSet]int{},
	}
	for _, d := range o.Directives {
		f.directive(d)
	}
	f.number(o.Root)
	if height := f.height(o.Root); height > options.MaxDepth {
		return nil, gqlerr.New(gqlerr.OperationTooLarge,
			"The operation nests %d fields deep; the limit is %d.", height, options.MaxDepth)
	}
	for id, set := range f.order {
		set.ID = id
	}
	f.extract.strengthen()
	o.introspects = f.introspects
	o.coercion = coerce.New(s.inputs, f.extract.inputs())
	o.Hash = hashOf(o, f.order)
	return f.extract.literals, nil
}

type finisher struct {
	schema  *ast.Schema
	extract *extractor
	ids     map[*SelectionSet]int
	order   []*SelectionSet
	heights map[*SelectionSet]int
	// introspects: some field is introspection.
	introspects bool
}

func (f *finisher) number(set *SelectionSet) {
	f.ids[set] = len(f.order)
	f.order = append(f.order, set)
	for _, field := range set.Fields {
		f.introspects = f.introspects || field.IsIntrospection()
		f.extract.arguments(field.Args, field.Definition.Arguments)
		for _, d := range field.Directives {
			f.directive(d)
		}
		if field.Condition != nil {
			f.condition(field.Condition)
		}
		if field.Selections != nil {
			if _, known := f.ids[field.Selections]; !known {
				f.number(field.Selections)
			}
		}
	}
}

func (f *finisher) directive(d Directive) {
	if definition := f.schema.Directives[d.Name]; definition != nil {
		f.extract.arguments(d.Args, definition.Arguments)
	}
}

// condition notes the variables of @skip and @include, which do not allow null.
func (f *finisher) condition(c *Condition) {
	for _, row := range c.AnyOf {
		for _, l := range row {
			f.extract.demanded[l.Variable] = true
		}
	}
}

// height is the number of fields on the longest way down.
func (f *finisher) height(set *SelectionSet) int {
	if known, ok := f.heights[set]; ok {
		return known
	}
	height := 0
	for _, field := range set.Fields {
		below := 1
		if field.Selections != nil {
			below += f.height(field.Selections)
		}
		height = max(height, below)
	}
	f.heights[set] = height
	return height
}

// hashOf writes every set once, children by their number, so that its cost does not depend on how often a set is used.
func hashOf(o *Operation, sets []*SelectionSet) [16]byte {
	w := hashWriter{to: sha256.New()}
	w.text(string(o.Kind))
	w.text(o.Name)
	w.directives(o.Directives)
	w.number(len(o.Variables))
	for _, v := range o.Variables {
		w.text(v.Name)
		w.text(v.Type.String())
		w.value(v.Default)
	}
	for _, set := range sets {
		w.set(set)
	}
	return [16]byte(w.to.Sum(nil)[:16])
}

type hashWriter struct {
	to     hash.Hash
	buffer []byte
}

func (w *hashWriter) number(n int) {
	w.buffer = binary.AppendVarint(w.buffer[:0], int64(n))
	w.to.Write(w.buffer)
}

func (w *hashWriter) text(s string) {
	w.number(len(s))
	w.buffer = append(w.buffer[:0], s...)
	w.to.Write(w.buffer)
}

func (w *hashWriter) flag(b bool) {
	if b {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *hashWriter) names(names []string) {
	w.flag(names != nil)
	w.number(len(names))
	for _, n := range names {
		w.text(n)
	}
}

func (w *hashWriter) set(set *SelectionSet) {
	w.text(set.Type)
	w.names(set.Possible)
	w.number(len(set.Fields))
	for _, f := range set.Fields {
		w.text(f.ResponseName)
		w.text(f.Name)
		w.names(f.Types)
		w.names(f.Through)
		w.arguments(f.Args)
		w.condition(f.Condition)
		w.directives(f.Directives)
		w.hold(f.Defer)
		w.flag(f.Selections != nil)
		if f.Selections != nil {
			w.number(f.Selections.ID)
		}
	}
}

func (w *hashWriter) arguments(arguments []Argument) {
	w.number(len(arguments))
	for _, a := range arguments {
		w.text(a.Name)
		w.value(a.Value)
	}
}

func (w *hashWriter) directives(directives []Directive) {
	w.number(len(directives))
	for _, d := range directives {
		w.text(d.Name)
		w.arguments(d.Args)
	}
}

func (w *hashWriter) value(v *ast.Value) {
	w.flag(v != nil)
	if v == nil {
		return
	}
	w.number(int(v.Kind))
	w.text(v.Raw)
	w.number(len(v.Children))
	for _, c := range v.Children {
		w.text(c.Name)
		w.value(c.Value)
	}
}

func (w *hashWriter) condition(c *Condition) {
	w.flag(c != nil)
	if c == nil {
		return
	}
	w.number(len(c.AnyOf))
	for _, row := range c.AnyOf {
		w.number(len(row))
		for _, l := range row {
			w.text(l.Variable)
			w.flag(l.Negated)
		}
	}
}

func (w *hashWriter) hold(d *Defer) {
	w.flag(d != nil)
	if d == nil {
		return
	}
	w.number(d.ID)
	w.text(d.Label)
	w.text(d.If)
	w.hold(d.Parent)
}

// Sets are all selection sets of the operation in the order of their IDs.
func (o *Operation) Sets() []*SelectionSet {
	seen := map[*SelectionSet]bool{}
	var all []*SelectionSet
	var visit func(*SelectionSet)
	visit = func(set *SelectionSet) {
		if set == nil || seen[set] {
			return
		}
		seen[set] = true
		all = append(all, set)
		for _, f := range set.Fields {
			visit(f.Selections)
		}
	}
	visit(o.Root)
	slices.SortFunc(all, func(a, b *SelectionSet) int { return a.ID - b.ID })
	return all
}
