package generate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// Operation is a client's request.
type Operation struct {
	Document  string
	Name      string // operationName, "" when the document has only one operation
	Variables []byte // a JSON object
}

// OperationOptions shape random operations.
type OperationOptions struct {
	Kind      ast.Operation // Query when empty
	MaxDepth  int           // of nested selections; 0 means 5
	MaxFields int           // 0 means 30
	Defer     bool          // put @defer on some fragments
}

// RandomOperation makes a valid operation over the world's API. It fails where the API has no field to ask.
func RandomOperation(w *world.World, seed uint64, options OperationOptions) (Operation, error) {
	if options.Kind == "" {
		options.Kind = ast.Query
	}
	if options.MaxDepth == 0 {
		options.MaxDepth = 5
	}
	if options.MaxFields == 0 {
		options.MaxFields = 30
	}
	root := rootType(w.API, options.Kind)
	if root == nil {
		return Operation{}, fmt.Errorf("the API has no %s", options.Kind)
	}
	const attempts = 20
	var rejected error
	for attempt := range attempts {
		g := &operationGenerator{
			world: w, options: options, random: rand.New(rand.NewPCG(seed, uint64(attempt))),
			budget: options.MaxFields, values: map[string]any{},
		}
		operation := g.operation(root)
		_, err := document.Load(w.API, operation.Document)
		if err == nil {
			return operation, nil
		}
		rejected = fmt.Errorf("%w in\n%s", err, operation.Document)
	}
	return Operation{}, fmt.Errorf("no valid operation in %d attempts: %w", attempts, rejected)
}

func rootType(schema *ast.Schema, kind ast.Operation) *ast.Definition {
	switch kind {
	case ast.Mutation:
		return schema.Mutation
	case ast.Subscription:
		return schema.Subscription
	}
	return schema.Query
}

// operationGenerator makes one operation.
type operationGenerator struct {
	world     *world.World
	options   OperationOptions
	random    *rand.Rand
	budget    int // fields left
	fragments []*fragment
	variables []*variable
	deferred  int // labels given
	values    map[string]any
}

// fragment is a named fragment.
type fragment struct {
	name, on   string
	selections []*selection
}

// selection is a field, an inline fragment (no name, perhaps a type condition) or a spread.
type selection struct {
	alias, name string // of a field
	arguments   string // as printed, with parentheses
	shape       string // of a field's type, composite names replaced: for merging
	on          string // of an inline fragment
	inline      bool
	spread      *fragment
	directives  string
	children    []*selection
}

func (s *selection) responseName() string {
	if s.alias != "" {
		return s.alias
	}
	return s.name
}

// chance is true n times of a hundred.
func (g *operationGenerator) chance(n int) bool { return g.random.IntN(100) < n }

func (g *operationGenerator) operation(root *ast.Definition) Operation {
	selections := g.set(root, g.possible(root), &position{}, 0)
	name := ""
	if g.chance(70) {
		name = []string{"Overview", "list_items", "q1", "GetThing"}[g.random.IntN(4)]
	}
	var out strings.Builder
	out.WriteString(string(g.options.Kind))
	if name != "" {
		out.WriteString(" " + name)
	}
	if len(g.variables) > 0 {
		declarations := make([]string, len(g.variables))
		for i, v := range g.variables {
			declarations[i] = v.declaration()
		}
		out.WriteString("(" + strings.Join(declarations, ", ") + ")")
	}
	printSelections(&out, selections, "")
	for _, f := range g.fragments {
		fmt.Fprintf(&out, "\n\nfragment %s on %s", f.name, f.on)
		printSelections(&out, f.selections, "")
	}
	operation := Operation{Variables: []byte(coerce.Canonical(g.values))}
	if name != "" && g.chance(10) {
		out.WriteString("\n\nquery Other {\n  __typename\n}")
		operation.Name = name
	}
	operation.Document = out.String() + "\n"
	return operation
}

func printSelections(out *strings.Builder, selections []*selection, indent string) {
	out.WriteString(" {\n")
	for _, s := range selections {
		out.WriteString(indent + "  ")
		switch {
		case s.spread != nil:
			out.WriteString("..." + s.spread.name)
		case s.inline:
			out.WriteString("...")
			if s.on != "" {
				out.WriteString(" on " + s.on)
			}
		default:
			if s.alias != "" {
				out.WriteString(s.alias + ": ")
			}
			out.WriteString(s.name + s.arguments)
		}
		out.WriteString(s.directives)
		if len(s.children) > 0 {
			printSelections(out, s.children, indent+"  ")
		}
		out.WriteString("\n")
	}
	out.WriteString(indent + "}")
}

// possible are the runtime types of a type in the API.
func (g *operationGenerator) possible(definition *ast.Definition) []string {
	var names []string
	for _, d := range g.world.API.GetPossibleTypes(definition) {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// set makes the selections on a type whose object may be of the possible runtime types.
func (g *operationGenerator) set(definition *ast.Definition, possible []string, at *position, depth int) []*selection {
	var selections []*selection
	if definition.Kind != ast.Object {
		selections = g.abstract(definition, possible, at, depth)
	}
	selections = append(selections, g.fields(definition, possible, at, depth)...)
	if g.chance(15) && depth > 0 {
		selections = append(selections, g.typename(definition, at)...)
	}
	if len(selections) == 0 {
		selections = g.typename(definition, at)
	}
	if len(selections) == 0 { // the name is taken by something else here
		selections = []*selection{{alias: g.freshAlias(at), name: "__typename", shape: "String!"}}
		at.record(selections[0], definition)
	}
	g.random.Shuffle(len(selections), func(i, j int) { selections[i], selections[j] = selections[j], selections[i] })
	return selections
}

func (g *operationGenerator) typename(definition *ast.Definition, at *position) []*selection {
	s := &selection{name: "__typename", shape: "String!"}
	if g.chance(20) {
		s.alias = g.aliasName()
	}
	if !at.fits(s, definition) {
		return nil
	}
	at.record(s, definition)
	return []*selection{s}
}

// maxNesting is how deep fragments on abstract types stand in each other: each may hold several more, without a field that
// would use the budget up.
const maxNesting = 40

// abstract makes fragments on types that an interface or union may turn out to be.
func (g *operationGenerator) abstract(definition *ast.Definition, possible []string, at *position, depth int) []*selection {
	var conditions []string
	for _, name := range slices.Sorted(maps.Keys(g.world.API.Types)) {
		other := g.world.API.Types[name]
		if other.BuiltIn || name == definition.Name || !other.IsCompositeType() {
			continue
		}
		if slices.ContainsFunc(g.possible(other), func(name string) bool { return slices.Contains(possible, name) }) {
			conditions = append(conditions, name)
		}
	}
	var selections []*selection
	for _, condition := range conditions {
		if g.budget > 0 && depth < maxNesting && g.chance(55) {
			selections = append(selections, g.fragmentOn(g.world.API.Types[condition], possible, at, depth))
		}
	}
	return selections
}

// fragmentOn makes an inline or named fragment.
func (g *operationGenerator) fragmentOn(on *ast.Definition, possible []string, at *position, depth int) *selection {
	narrowed := slices.DeleteFunc(g.possible(on), func(name string) bool { return !slices.Contains(possible, name) })
	if g.chance(35) {
		if known := g.reuse(on, at); known != nil {
			return &selection{spread: known, directives: g.onFragment()}
		}
		if depth < g.options.MaxDepth-1 {
			f := &fragment{name: fmt.Sprintf("F%d", len(g.fragments)+1), on: on.Name}
			g.fragments = append(g.fragments, f)
			f.selections = g.set(on, narrowed, at, depth+1)
			return &selection{spread: f, directives: g.onFragment()}
		}
	}
	return &selection{inline: true, on: on.Name, directives: g.onFragment(), children: g.set(on, narrowed, at, depth+1)}
}

// reuse finds a finished fragment on the type that fits the position too.
func (g *operationGenerator) reuse(on *ast.Definition, at *position) *fragment {
	for _, f := range g.fragments {
		if f.on != on.Name || len(f.selections) == 0 || !g.answerable(f.selections, on) {
			continue
		}
		if g.visit(f.selections, on, at, (*position).fits) {
			g.visit(f.selections, on, at, func(p *position, s *selection, parent *ast.Definition) bool {
				p.record(s, parent)
				return true
			})
			return f
		}
	}
	return nil
}

// answerable tells whether a finished selection may be asked at a position of any runtime type.
func (g *operationGenerator) answerable(selections []*selection, on *ast.Definition) bool {
	for _, s := range selections {
		if s.spread == nil && !s.inline && s.name != "__typename" && !g.fieldAnswerable(g.possible(on), s.name) {
			return false
		}
	}
	return true
}

// visit calls do for every field below a position with the position it has when merged; it stops at the first false.
func (g *operationGenerator) visit(selections []*selection, parent *ast.Definition, at *position, do func(*position, *selection, *ast.Definition) bool) bool {
	for _, s := range selections {
		switch {
		case s.spread != nil:
			if !g.visit(s.spread.selections, g.world.API.Types[s.spread.on], at, do) {
				return false
			}
		case s.inline:
			condition := parent
			if s.on != "" {
				condition = g.world.API.Types[s.on]
			}
			if !g.visit(s.children, condition, at, do) {
				return false
			}
		default:
			if !do(at, s, parent) {
				return false
			}
			if len(s.children) > 0 {
				field := parent.Fields.ForName(s.name)
				if !g.visit(s.children, g.world.API.Types[field.Type.Name()], at.child(s.responseName()), do) {
					return false
				}
			}
		}
	}
	return true
}

// fields makes fields of the type itself.
func (g *operationGenerator) fields(definition *ast.Definition, possible []string, at *position, depth int) []*selection {
	var leaves, composites []*ast.FieldDefinition
	for _, f := range definition.Fields {
		if strings.HasPrefix(f.Name, "__") || !g.fieldAnswerable(possible, f.Name) {
			continue
		}
		if g.world.API.Types[f.Type.Name()].IsCompositeType() {
			composites = append(composites, f)
		} else {
			leaves = append(leaves, f)
		}
	}
	shuffle := func(fields []*ast.FieldDefinition) {
		g.random.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	shuffle(leaves)
	shuffle(composites)
	wantedLeaves, wantedComposites := 1+g.random.IntN(4), 1+g.random.IntN(2)
	if depth == 0 {
		wantedComposites = 1 + g.random.IntN(3)
	}
	if depth >= g.options.MaxDepth {
		wantedComposites = 0
	}
	chosen := slices.Concat(leaves[:min(wantedLeaves, len(leaves))], composites[:min(wantedComposites, len(composites))])
	if g.options.Kind == ast.Subscription && depth == 0 {
		chosen = chosen[len(chosen)-1:]
	}
	var selections []*selection
	for _, f := range chosen {
		times := 1 + g.random.IntN(8)/7 // sometimes twice
		if g.options.Kind == ast.Subscription && depth == 0 {
			times = 1
		}
		for range times {
			if s := g.field(definition, f, at, depth); s != nil {
				selections = append(selections, s)
			}
		}
	}
	return g.wrap(selections, definition, depth)
}

// wrap puts some of the selections into an inline fragment that changes nothing, or only a condition.
func (g *operationGenerator) wrap(selections []*selection, definition *ast.Definition, depth int) []*selection {
	if len(selections) < 2 || depth == 0 && g.options.Kind == ast.Subscription || !g.chance(15) {
		return selections
	}
	n := 1 + g.random.IntN(len(selections)-1)
	wrapped := &selection{inline: true, children: slices.Clone(selections[:n]), directives: g.onFragment()}
	if g.chance(50) {
		wrapped.on = definition.Name
	}
	return append([]*selection{wrapped}, selections[n:]...)
}

// fieldAnswerable tells whether the world defines the field for every runtime type.
func (g *operationGenerator) fieldAnswerable(possible []string, field string) bool {
	return !slices.ContainsFunc(possible, func(runtimeType string) bool { return !g.world.Answerable(runtimeType, field) })
}

// field makes one field, nil when the budget is used up or no name fits.
func (g *operationGenerator) field(parent *ast.Definition, f *ast.FieldDefinition, at *position, depth int) *selection {
	if g.budget <= 0 {
		return nil
	}
	g.budget--
	target := g.world.API.Types[f.Type.Name()]
	s := &selection{name: f.Name, arguments: g.arguments(f.Arguments), shape: shapeOf(g.world.API, f.Type)}
	if g.chance(15) {
		s.alias = g.aliasName()
	}
	if !at.fits(s, parent) {
		s.alias = g.freshAlias(at)
	}
	at.record(s, parent)
	if g.options.Kind != ast.Subscription || depth > 0 {
		s.directives = g.condition()
	}
	if target.IsCompositeType() {
		s.children = g.set(target, g.possible(target), at.child(s.responseName()), depth+1)
	}
	return s
}

func (g *operationGenerator) aliasName() string {
	return []string{"a", "b", "id", "name", "x1"}[g.random.IntN(5)]
}

// freshAlias is a name that nothing at the position has.
func (g *operationGenerator) freshAlias(at *position) string {
	for i := 1; ; i++ {
		if name := fmt.Sprintf("z%d", i); at.fields[name] == nil {
			return name
		}
	}
}
