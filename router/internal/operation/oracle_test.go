package operation

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

const oracleSchema = `
interface I { id: ID i: I t: T f(a: Int, s: String, o: In, l: [Int], c: Color): String }
interface J { j: J i: I n: Int! }
type A implements I & J { id: ID i: A! t: T f(a: Int, s: String, o: In, l: [Int], c: Color): String j: J n: Int! a: Int }
type B implements I & J { id: ID! i: I t: T! f(a: Int, s: String, o: In, l: [Int], c: Color): String j: B n: Int! b: U }
type C implements I { id: ID i: I! t: T f(a: Int, s: String, o: In, l: [Int], c: Color): String c: [I!] }
type D implements J { j: J i: C n: Int! d: U }
union U = A | C | D
type T { x: Int i: I u: U t: T }
enum Color { RED GREEN }
input In { a: Int b: [In!] c: Color }
type Query { i: I j: J u: U t: T self: Query }
`

// execution runs an operation over imagined objects twice, as the specification says and from its normalised form. An
// object's runtime type depends on its path, so that both see the same objects.
type execution struct {
	schema    *Schema
	document  *ast.QueryDocument
	seed      uint64
	variables map[string]string // JSON by name
}

// runtimeType imagines the type of the object at a path.
func (e *execution) runtimeType(declared, path string) string {
	possible := e.schema.possible[declared]
	if len(possible) == 0 {
		return ""
	}
	h := fnv.New64a()
	fmt.Fprint(h, e.seed, path)
	return e.schema.objects[possible[h.Sum64()%uint64(len(possible))]]
}

// specified executes a selection set by section 6.3 of the specification.
func (e *execution) specified(object string, sets []ast.SelectionSet, path string, out *strings.Builder) {
	var order []string
	groups := map[string][]*ast.Field{}
	visited := map[string]bool{}
	for _, set := range sets {
		e.collect(object, set, visited, &order, groups)
	}
	out.WriteByte('{')
	for _, name := range order {
		first := groups[name][0]
		fmt.Fprintf(out, "%s=%s(%s)", name, first.Name, e.arguments(object, first))
		if first.SelectionSet != nil {
			var below []ast.SelectionSet
			for _, f := range groups[name] {
				below = append(below, f.SelectionSet)
			}
			declared := e.schema.fields[object][first.Name].definition.Type.Name()
			if child := e.runtimeType(declared, path+"."+name); child != "" {
				e.specified(child, below, path+"."+name, out)
			}
		}
		out.WriteByte(' ')
	}
	out.WriteByte('}')
}

// collect is CollectFields.
func (e *execution) collect(object string, set ast.SelectionSet, visited map[string]bool, order *[]string, groups map[string][]*ast.Field) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !e.included(s.Directives) {
				continue
			}
			if groups[s.Alias] == nil {
				*order = append(*order, s.Alias)
			}
			groups[s.Alias] = append(groups[s.Alias], s)
		case *ast.InlineFragment:
			if e.included(s.Directives) && (s.TypeCondition == "" || e.applies(object, s.TypeCondition)) {
				e.collect(object, s.SelectionSet, visited, order, groups)
			}
		case *ast.FragmentSpread:
			f := e.document.Fragments.ForName(s.Name)
			if !e.included(s.Directives) || visited[s.Name] {
				continue
			}
			visited[s.Name] = true
			if e.applies(object, f.TypeCondition) {
				e.collect(object, f.SelectionSet, visited, order, groups)
			}
		}
	}
}

func (e *execution) applies(object, condition string) bool {
	return slices.ContainsFunc(e.schema.possible[condition], func(t int32) bool { return e.schema.objects[t] == object })
}

func (e *execution) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		value := d.Arguments.ForName("if").Value
		on := value.Raw == "true"
		if value.Kind == ast.Variable {
			on = e.variables[value.Raw] == "true"
		}
		if on == (d.Name == "skip") {
			return false
		}
	}
	return true
}

func (e *execution) arguments(object string, f *ast.Field) string {
	var all []string
	for _, a := range f.Arguments {
		expected := e.schema.fields[object][f.Name].definition.Arguments.ForName(a.Name).Type
		all = append(all, a.Name+":"+e.value(a.Value, expected))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// value writes a value in JSON with variables filled in, objects sorted by name, single values as lists where a list is
// expected.
func (e *execution) value(v *ast.Value, expected *ast.Type) string {
	switch {
	case v.Kind == ast.Variable:
		return canonicalJSON(e.variables[v.Raw])
	case v.Kind == ast.NullValue:
		return "null"
	case expected.Elem != nil && v.Kind != ast.ListValue:
		return "[" + e.value(v, expected.Elem) + "]"
	}
	switch v.Kind {
	case ast.ListValue:
		var items []string
		for _, c := range v.Children {
			items = append(items, e.value(c.Value, expected.Elem))
		}
		return "[" + strings.Join(items, ",") + "]"
	case ast.ObjectValue:
		var members []string
		for _, c := range v.Children {
			members = append(members, `"`+c.Name+`":`+e.value(c.Value, e.schema.AST.Types[expected.Name()].Fields.ForName(c.Name).Type))
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return canonicalJSON(string(gqlerr.AppendString(nil, v.Raw)))
	default:
		return canonicalJSON(v.Raw)
	}
}

func canonicalJSON(text string) string {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return "absent"
	}
	canonical, _ := json.Marshal(value) // of what was unmarshalled: cannot fail
	return string(canonical)
}

// normalised executes a normalised selection set; the condition of a field counts where the field above it is asked.
func (e *execution) normalised(object string, set *SelectionSet, path string, out *strings.Builder) error {
	if !slices.Contains(set.Possible, object) {
		return fmt.Errorf("at %s: %s is not among %v", path, object, set.Possible)
	}
	seen := map[string]bool{}
	out.WriteByte('{')
	for _, f := range set.Fields {
		if f.Types != nil && !slices.Contains(f.Types, object) {
			continue
		}
		if seen[f.ResponseName] {
			return fmt.Errorf("at %s: %s twice for %s", path, f.ResponseName, object)
		}
		seen[f.ResponseName] = true
		if own := e.schema.fields[object][f.Name].definition; shapeOf(own.Type) != shapeOf(f.Definition.Type) {
			return fmt.Errorf("at %s: %s.%s is %s, the definition says %s", path, object, f.Name, own.Type, f.Definition.Type)
		}
		if !e.holds(f.Condition) {
			continue
		}
		var arguments []string
		for _, a := range f.Args {
			arguments = append(arguments, a.Name+":"+e.value(a.Value, f.Definition.Arguments.ForName(a.Name).Type))
		}
		fmt.Fprintf(out, "%s=%s(%s)", f.ResponseName, f.Name, strings.Join(arguments, ","))
		if f.Selections != nil {
			declared := e.schema.fields[object][f.Name].definition.Type.Name()
			if child := e.runtimeType(declared, path+"."+f.ResponseName); child != "" {
				if err := e.normalised(child, f.Selections, path+"."+f.ResponseName, out); err != nil {
					return err
				}
			}
		}
		out.WriteByte(' ')
	}
	out.WriteByte('}')
	return nil
}

func (e *execution) holds(c *Condition) bool {
	return c == nil || slices.ContainsFunc(c.AnyOf, func(row []Literal) bool {
		return !slices.ContainsFunc(row, func(l Literal) bool { return (e.variables[l.Variable] == "true") == l.Negated })
	})
}

// compareExecutions parses a document and runs it both ways over several worlds. It reports whether the document was
// valid.
func compareExecutions(t *testing.T, s *Schema, text string) bool {
	t.Helper()
	o, literals, err := s.Parse(text, "")
	if err != nil {
		return false
	}
	document, err := parseDocument(text, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.validate(document, DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	conditional := strings.Contains(text, "@")
	for seed := range uint64(12) {
		e := &execution{schema: s, document: document, seed: seed, variables: map[string]string{}}
		random := rand.New(rand.NewPCG(seed, 7))
		next := 0
		for _, v := range o.Variables {
			switch {
			case v.Literal:
				e.variables[v.Name] = string(literals[next])
				next++
			case v.Type.Name() == "Boolean":
				e.variables[v.Name] = fmt.Sprint(random.IntN(2) == 0)
			case v.Type.Name() == "Int":
				e.variables[v.Name] = fmt.Sprint(random.IntN(100))
			}
		}
		var want, got strings.Builder
		e.specified("Query", []ast.SelectionSet{document.Operations[0].SelectionSet}, "", &want)
		if err := e.normalised("Query", o.Root, "", &got); err != nil {
			t.Fatalf("%v\n%s\n%s", err, text, o)
		}
		// With conditions a field keeps the place of its first mention, asked or not.
		if conditional && sortedFields(got.String()) != sortedFields(want.String()) || !conditional && got.String() != want.String() {
			t.Fatalf("%s\n%s\nvariables %v\ngot  %s\nwant %s", text, o, e.variables, got.String(), want.String())
		}
	}
	return true
}

// sortedFields sorts the fields of every object in an execution's text.
func sortedFields(text string) string {
	var read func() string
	at := 0
	read = func() string { // from behind '{' to behind '}'
		var fields []string
		var field strings.Builder
		for at < len(text) {
			c := text[at]
			at++
			switch c {
			case '{':
				field.WriteString("{" + read() + "}")
			case '}':
				slices.Sort(fields)
				return strings.Join(fields, " ")
			case ' ':
				fields = append(fields, field.String())
				field.Reset()
			default:
				field.WriteByte(c)
			}
		}
		return field.String()
	}
	return read()
}

// documentWriter writes random documents that are mostly valid.
type documentWriter struct {
	schema    *Schema
	random    *rand.Rand
	text      strings.Builder
	fragments []string // type of each named fragment
	fields    int
}

func randomDocument(s *Schema, seed uint64) string {
	w := &documentWriter{schema: s, random: rand.New(rand.NewPCG(seed, 3))}
	conditions := w.random.IntN(2) == 0
	composite := []string{"Query", "I", "J", "A", "B", "C", "U", "T"}
	for range w.random.IntN(5) {
		w.fragments = append(w.fragments, composite[w.random.IntN(len(composite))])
	}
	w.text.WriteString("query ($x: Int, $p: Boolean!, $q: Boolean!, $r: Boolean = true) {")
	w.selections("Query", 0, 0, conditions)
	// Every variable is used, so that none is reported.
	w.text.WriteString(" used: t @include(if: $p) { x @skip(if: $q) } used2: i @skip(if: $r) { f(a: $x) } ")
	for i := range w.fragments {
		for _, root := range []string{"i", "j", "u", "t", "self"} {
			if w.overlap(w.schema.AST.Query.Fields.ForName(root).Type.Name(), w.fragments[i]) {
				fmt.Fprintf(&w.text, " q%d_%s: %s { ...F%d } ", i, root, root, i)
			}
		}
	}
	w.text.WriteString("}\n")
	for i, on := range w.fragments {
		fmt.Fprintf(&w.text, "fragment F%d on %s {", i, on)
		w.selections(on, 3, i+1, conditions)
		w.text.WriteString("}\n")
	}
	return w.text.String()
}

// selections writes a selection set; only fragments from next on are spread, so that there is no cycle.
func (w *documentWriter) selections(on string, depth, next int, conditions bool) {
	w.text.WriteString(" __typename ")
	for range 1 + w.random.IntN(5) {
		if w.fields++; w.fields > 80 {
			return
		}
		switch kind := w.random.IntN(10); {
		case kind < 2 && depth < 6:
			narrowed := w.overlapping(on)
			if narrowed == "" {
				w.text.WriteString(" ...")
				narrowed = on
			} else {
				w.text.WriteString(" ... on " + narrowed)
			}
			w.condition(conditions)
			w.text.WriteByte('{')
			w.selections(narrowed, depth+1, next, conditions)
			w.text.WriteByte('}')
		case kind < 4 && next < len(w.fragments):
			fragment := next + w.random.IntN(len(w.fragments)-next)
			if !w.overlap(on, w.fragments[fragment]) {
				continue
			}
			fmt.Fprintf(&w.text, " ...F%d", fragment)
			w.condition(conditions)
		default:
			w.field(on, depth, next, conditions)
		}
	}
}

func (w *documentWriter) field(on string, depth, next int, conditions bool) {
	definition := w.schema.AST.Types[on]
	var own []*ast.FieldDefinition
	for _, f := range definition.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return
	}
	f := own[w.random.IntN(len(own))]
	below := w.schema.AST.Types[f.Type.Name()]
	if below.IsCompositeType() && depth > 5 {
		return
	}
	arguments := []string{"", "(a: 1)", "(s: \"x\", a: $x)", "(o: {a: $x, b: [{a: 2}, {a: $x, c: RED}]})", "(l: 3, c: GREEN)", "(l: [1, $x])"}
	chosen := 0
	if f.Name == "f" {
		chosen = w.random.IntN(len(arguments))
	}
	// Aliases that tell types apart keep most documents valid: a field's type differs between an interface and its
	// implementations.
	if w.random.IntN(40) > 0 {
		fmt.Fprintf(&w.text, " %s%s%d: ", f.Name, on, chosen)
	}
	w.text.WriteString(" " + f.Name + arguments[chosen])
	w.condition(conditions)
	if below.IsCompositeType() {
		w.text.WriteByte('{')
		w.selections(below.Name, depth+1, next, conditions)
		w.text.WriteByte('}')
	}
}

func (w *documentWriter) overlap(a, b string) bool {
	return slices.ContainsFunc(w.schema.possible[a], func(t int32) bool { return slices.Contains(w.schema.possible[b], t) })
}

// overlapping is a type condition that may stand on a type, "" for none.
func (w *documentWriter) overlapping(on string) string {
	types := slices.DeleteFunc([]string{"I", "J", "A", "B", "C", "D", "U"}, func(t string) bool { return !w.overlap(on, t) })
	types = append(types, "", on)
	return types[w.random.IntN(len(types))]
}

func (w *documentWriter) condition(conditions bool) {
	if !conditions || w.random.IntN(3) > 0 {
		return
	}
	all := []string{" @skip(if: $p)", " @include(if: $q)", " @include(if: $p) @skip(if: $r)", " @skip(if: false)", " @include(if: false)", " @skip(if: $q)"}
	w.text.WriteString(all[w.random.IntN(len(all))])
}

func TestNormalisedOperationsExecuteAsSpecified(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, oracleSchema)
	valid := 0
	for seed := range uint64(200) {
		if compareExecutions(t, s, randomDocument(s, seed)) {
			valid++
		}
	}
	if valid < 180 {
		t.Errorf("only %d documents were valid", valid)
	}
}

func FuzzParse(f *testing.F) {
	s := loadSchema(f, oracleSchema)
	for seed := range uint64(20) {
		f.Add(randomDocument(s, seed))
	}
	f.Add(`{ i { ...X } } fragment X on I { i { ...X } }`)
	f.Add("query Q($x: Int = 1) @skip(if: true) { t { x } } mutation M { a }")
	f.Add(`{ __schema { types { name } } __type(name: "T") { fields { name } } }`)
	f.Fuzz(func(t *testing.T, text string) {
		o, literals, err := s.Parse(text, "")
		if err != nil {
			if list, ok := gqlerr.From(err); !ok || len(list) == 0 {
				t.Fatalf("not a list of errors: %v", err)
			}
			return
		}
		count := 0
		for _, v := range o.Variables {
			if v.Literal {
				count++
			}
		}
		if count != len(literals) {
			t.Fatalf("%d literals for %d variables", len(literals), count)
		}
		for _, l := range literals {
			if !json.Valid(l) {
				t.Fatalf("a literal is not JSON: %s", l)
			}
		}
		again, _, err := s.Parse(text, o.Name)
		if err != nil || again.Hash != o.Hash {
			t.Fatalf("parsed again it is another operation (%v)", err)
		}
	})
}
