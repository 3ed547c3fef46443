package planner

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// shape is what is asked of an object: by the client, by a key, requirement or context (a condition), or by both.
// Shapes are interned: equal ones are the same pointer.
type shape struct {
	id       int
	typeName string             // the declared type, in the supergraph
	possible querygraph.TypeSet // the runtime types that count
	fields   []*shapeField
	uses     []*contextUse // contexts that fields below take from this object or above it
}

// shapeField is one field asked of an object.
type shapeField struct {
	store    string // where its value is in the response tree
	response string // what the client calls it; "" when only a condition asks for it
	name     string
	args     *arguments
	types    querygraph.TypeSet // runtime types it is asked of; nil: all
	guard    guard
	child    *shape     // nil for leaves
	list     int        // list levels of the supergraph's type
	suffix   *arguments // executable directives
	deferral *operation.Defer
	sent     bool // of "__typename": a condition sends it to a subgraph, so that it must be in the response tree
}

// asked tells whether the field is asked of objects of that type.
func (f *shapeField) asked(t querygraph.ObjectID) bool { return f.types == nil || f.types.Has(t) }

// arguments are a field's arguments, or its directives, in print; interned.
type arguments struct {
	id        int
	text      string   // with parentheses; "" without any
	variables []string // in order of appearance
}

// shapes interns shapes and arguments, and makes them from the operation's selection sets.
type shapes struct {
	run     *run
	byKey   map[string]*shape
	bySet   map[*operation.SelectionSet]*shape
	texts   map[string]*arguments
	unions  map[[2]int]*shape
	guarded map[guardedKey]*shape
	fields  map[fieldKey]*shapeField
	key     []byte
}

type guardedKey struct {
	shape int
	guard guard
}

func newShapes(r *run) *shapes {
	return &shapes{
		run: r, byKey: map[string]*shape{}, bySet: map[*operation.SelectionSet]*shape{},
		texts: map[string]*arguments{}, unions: map[[2]int]*shape{}, guarded: map[guardedKey]*shape{}, fields: map[fieldKey]*shapeField{},
	}
}

// intern gives equal shapes one pointer. The fields must not change afterwards.
func (s *shapes) intern(typeName string, possible querygraph.TypeSet, fields []*shapeField) *shape {
	k := s.key[:0]
	k = append(append(k, typeName...), 0)
	k = appendTypes(k, possible)
	for _, f := range fields {
		k = append(append(k, f.store...), 0)
		k = append(append(k, f.response...), 0)
		k = append(append(k, f.name...), 0)
		k = binary.LittleEndian.AppendUint32(k, uint32(f.args.id))
		k = binary.LittleEndian.AppendUint32(k, uint32(f.suffix.id))
		k = binary.LittleEndian.AppendUint32(k, uint32(f.guard))
		if f.types == nil {
			k = append(k, '*')
		}
		k = appendTypes(k, f.types)
		child := -1
		if f.child != nil {
			child = f.child.id
		}
		k = binary.LittleEndian.AppendUint32(k, uint32(child))
		hold := -1
		if f.deferral != nil {
			hold = f.deferral.ID
		}
		k = binary.LittleEndian.AppendUint32(k, uint32(hold))
		if f.sent {
			k = append(k, '$')
		}
	}
	s.key = k
	if known, ok := s.byKey[string(k)]; ok {
		return known
	}
	made := &shape{id: len(s.byKey), typeName: typeName, possible: possible, fields: fields}
	made.uses = s.run.contextUses(made)
	s.byKey[string(k)] = made
	return made
}

func appendTypes(k []byte, types querygraph.TypeSet) []byte {
	k = binary.LittleEndian.AppendUint16(k, uint16(len(types)))
	for _, word := range types {
		k = binary.LittleEndian.AppendUint64(k, word)
	}
	return k
}

// storeName is where a field of the client's is in the response tree. "__typename" stands there for the runtime type, which
// no other field under that alias may decide: their store names, and those that they would collide with, are longer.
func storeName(f *operation.Field) string {
	if strings.HasPrefix(f.ResponseName, typenameField) && (f.ResponseName != typenameField || f.Name != typenameField) {
		return f.ResponseName + "_"
	}
	return f.ResponseName
}

const typenameField = "__typename"

// fromSet is the shape of what the client asks.
func (s *shapes) fromSet(set *operation.SelectionSet) (*shape, error) {
	if known, ok := s.bySet[set]; ok {
		return known, nil
	}
	if err := s.run.spend(len(set.Fields) + 1); err != nil {
		return nil, err
	}
	possible := s.typeSet(set.Possible)
	fields := make([]*shapeField, 0, len(set.Fields))
	for _, f := range set.Fields {
		if f.Name == "__schema" || f.Name == "__type" {
			continue
		}
		base := shapeField{
			store: storeName(f), response: f.ResponseName, name: f.Name, args: s.fromArguments(f.Args),
			guard: s.run.guards.condition(f.Condition), suffix: s.fromDirectives(f.Directives),
			list: listLevels(f.Definition.Type), deferral: s.run.hold(f),
		}
		if f.Types != nil {
			base.types = s.typeSet(f.Types)
			if base.types.Equal(possible) {
				base.types = nil
			}
		}
		if f.Selections != nil {
			child, err := s.fromSet(f.Selections)
			if err != nil {
				return nil, err
			}
			base.child = child
		}
		fields = append(fields, s.split(set, &base, f)...)
	}
	made := s.intern(set.Type, possible, fields)
	s.bySet[set] = made
	return made, nil
}

// split divides a field by what its runtime types demand of the caller.
func (s *shapes) split(set *operation.SelectionSet, base *shapeField, f *operation.Field) []*shapeField {
	parts := s.run.denials(set, f)
	if len(parts) == 0 {
		return []*shapeField{base}
	}
	fields := make([]*shapeField, len(parts))
	for i, part := range parts {
		one := *base
		one.guard = s.run.guards.and(base.guard, part.guard)
		if len(parts) > 1 {
			one.types = part.types
		}
		fields[i] = &one
	}
	return fields
}

func (s *shapes) typeSet(names []string) querygraph.TypeSet {
	ids := make([]querygraph.ObjectID, 0, len(names))
	for _, name := range names {
		if id, ok := s.run.graph.Object(name); ok {
			ids = append(ids, id)
		}
	}
	return querygraph.NewTypeSet(ids...)
}

func listLevels(t *ast.Type) int {
	levels := 0
	for ; t.Elem != nil; t = t.Elem {
		levels++
	}
	return levels
}

func (s *shapes) fromArguments(args []operation.Argument) *arguments {
	var text strings.Builder
	variables := writeArguments(&text, args)
	return s.internText(text.String(), variables)
}

func (s *shapes) fromConstants(args []querygraph.Argument) *arguments {
	list := make([]operation.Argument, len(args))
	for i, arg := range args {
		list[i] = operation.Argument{Name: arg.Name, Value: arg.Value}
	}
	return s.fromArguments(list)
}

func (s *shapes) fromDirectives(directives []operation.Directive) *arguments {
	var text strings.Builder
	var variables []string
	for _, d := range directives {
		text.WriteString("@" + d.Name)
		variables = append(variables, writeArguments(&text, d.Args)...)
	}
	return s.internText(text.String(), variables)
}

func writeArguments(b *strings.Builder, args []operation.Argument) []string {
	var variables []string
	for i, arg := range args {
		b.WriteByte("(,"[min(i, 1)])
		b.WriteString(arg.Name + ":")
		writeValue(b, arg.Value)
		variables = addVariables(variables, arg.Value)
	}
	if len(args) > 0 {
		b.WriteByte(')')
	}
	return variables
}

func (s *shapes) internText(text string, variables []string) *arguments {
	if known, ok := s.texts[text]; ok {
		return known
	}
	made := &arguments{id: len(s.texts), text: text, variables: variables}
	s.texts[text] = made
	return made
}

// withGuard is the shape with every field asked only under a guard.
func (s *shapes) withGuard(sh *shape, g guard) *shape {
	if g == plan.Always {
		return sh
	}
	key := guardedKey{sh.id, g}
	if known, ok := s.guarded[key]; ok {
		return known
	}
	fields := make([]*shapeField, len(sh.fields))
	for i, f := range sh.fields {
		one := *f
		one.guard = s.run.guards.and(f.guard, g)
		fields[i] = &one
	}
	made := s.intern(sh.typeName, sh.possible, fields)
	s.guarded[key] = made
	return made
}

// union is what either shape asks, of the runtime types of a. Fields that differ in their store name are different
// fields; fields of one store name are the same value, so that what they ask below is put together.
func (s *shapes) union(a, b *shape) *shape {
	if a == b || len(b.fields) == 0 {
		return a
	}
	key := [2]int{a.id, b.id}
	if known, ok := s.unions[key]; ok {
		return known
	}
	fields := slices.Clone(a.fields)
	for _, f := range b.fields {
		fields = s.addTo(fields, f, a.possible)
	}
	made := s.intern(a.typeName, a.possible, fields)
	s.unions[key] = made
	return made
}

// addTo adds a field to those of a shape, splitting by runtime type where only some types ask both.
func (s *shapes) addTo(fields []*shapeField, f *shapeField, possible querygraph.TypeSet) []*shapeField {
	rest := possible
	if f.types != nil {
		rest = f.types.Intersect(possible)
	}
	for i := 0; i < len(fields) && !rest.IsEmpty(); i++ {
		other := fields[i]
		if other.store != f.store {
			continue
		}
		others := possible
		if other.types != nil {
			others = other.types
		}
		both := others.Intersect(rest)
		if both.IsEmpty() {
			continue
		}
		rest = rest.Minus(both)
		fields = slices.Clone(fields)
		fields[i] = s.join(other, f, both, possible)
		if left := others.Minus(both); !left.IsEmpty() {
			remaining := *other
			remaining.types = left
			fields = slices.Insert(fields, i+1, &remaining)
			i++
		}
	}
	if !rest.IsEmpty() {
		added := *f
		if added.types = rest; rest.Equal(possible) {
			added.types = nil
		}
		fields = append(fields, &added)
	}
	return fields
}

func (s *shapes) join(a, b *shapeField, types, possible querygraph.TypeSet) *shapeField {
	joined := *a
	if joined.types = types; types.Equal(possible) {
		joined.types = nil
	}
	joined.guard = s.run.guards.or(a.guard, b.guard)
	if a.child != nil && b.child != nil {
		first, second := a.child, b.child
		if a.guard != b.guard {
			first, second = s.withGuard(first, a.guard), s.withGuard(second, b.guard)
		}
		joined.child = s.union(first, second)
	}
	if joined.response == "" {
		joined.response = b.response
	}
	if b.deferral == nil {
		joined.deferral = nil
	}
	joined.sent = a.sent || b.sent
	return &joined
}

// internField gives equal fields, bound in different places, one pointer.
func (s *shapes) internField(f *shapeField) *shapeField {
	child := -1
	if f.child != nil {
		child = f.child.id
	}
	key := fieldKey{f.store, f.name, f.args.id, child}
	if known, ok := s.fields[key]; ok {
		return known
	}
	f.types = nil
	s.fields[key] = f
	return f
}

type fieldKey struct {
	store, name string
	args, child int
}
