package planner

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// document writes one fetch's operation, minified: no white space that can be left out, and what is asked in several
// places is written once, as a fragment.
type document struct {
	run      *run
	subgraph *querygraph.Subgraph
	uses     map[*selection]int // how often each selection is asked
	printed  map[*selection]string
	names    map[*selection]string // fragments
	bodies   strings.Builder       // of fragments
	groups   map[*selection][]container

	variables map[string]bool // of the client
	guards    map[guard]string
	contexts  map[*contextUse]string
	taken     map[string]bool // variables of contexts that some field takes
}

// container is a set of fields with one type condition; "" for none.
type container struct {
	on     string
	fields []*selectedField
}

// writeFetches writes the documents and the fetches' plans.
func (r *run) writeFetches() error {
	r.plan = &plan.Plan{Kind: r.kind(), Operation: r.op.Name}
	size := 0
	for i, f := range r.draft.fetches {
		out := r.writeFetch(i, f)
		if size += len(out.Document); size > r.options.MaxBytes {
			return &LimitError{What: "operation text", Limit: r.options.MaxBytes}
		}
		r.plan.Fetches = append(r.plan.Fetches, out)
		if err := r.spend(1 + len(out.Document)/64); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) writeFetch(i int, f *fetch) *plan.Fetch {
	subgraph := r.graph.Subgraphs[f.subgraph]
	out := &plan.Fetch{ID: i, Subgraph: subgraph.Name, Kind: f.kind, Guard: never}
	for _, w := range f.waits {
		out.WaitsFor = append(out.WaitsFor, w.id)
	}
	slices.Sort(out.WaitsFor)
	for _, a := range r.askings[i] {
		out.Guard = r.guards.or(out.Guard, a.guard)
	}
	d := &document{
		run: r, subgraph: subgraph, uses: map[*selection]int{}, printed: map[*selection]string{}, names: map[*selection]string{},
		groups: map[*selection][]container{}, variables: map[string]bool{}, guards: map[guard]string{},
	}
	for _, a := range r.askings[i] {
		d.count(a.selection, a.types)
	}
	var body strings.Builder
	var representations []string
	for n, a := range r.askings[i] {
		if f.root {
			out.Selection = r.selects.export(a.selection)
			out.Into = a.paths
			d.writeBody(&body, a.selection, out.Guard)
			continue
		}
		entities := d.writeEntities(&body, n, len(r.askings[i]) > 1, a)
		representations = append(representations, entities.Variable)
		out.Entities = append(out.Entities, entities)
	}
	out.OperationName = operationName(r.op.Name, subgraph.Name, i)
	out.Variables = d.declared()
	out.Document = d.header(out, representations) + "{" + body.String() + "}" + d.bodies.String()
	return out
}

func (d *document) writeEntities(b *strings.Builder, n int, several bool, a *asking) *plan.Entities {
	entities := &plan.Entities{
		ResponseName: "_entities", Variable: d.free("representations"), Paths: a.paths, Representations: a.reps,
		Selection: d.run.selects.export(a.selection), Guard: a.guard, Context: a.contexts,
	}
	if several {
		entities.ResponseName = "e" + strconv.Itoa(n)
		entities.Variable = d.free("r" + strconv.Itoa(n))
		b.WriteString(entities.ResponseName + ":")
	}
	d.contexts, d.taken = a.uses, map[string]bool{}
	for i, use := range a.order {
		name := d.free("c" + strconv.Itoa(n) + "_" + strconv.Itoa(i))
		a.uses[use], a.contexts[i].Variable = name, name
	}
	b.WriteString("_entities(representations:$" + entities.Variable + "){")
	delete(d.groups, a.selection) // which types it is for differs by asking
	d.contain(a.selection, a.types)
	d.writeBody(b, a.selection, a.guard)
	b.WriteByte('}')
	entities.Context = slices.DeleteFunc(entities.Context, func(v plan.ContextVariable) bool { return !d.taken[v.Variable] })
	d.contexts = nil
	return entities
}

// free is a variable name that the client does not use.
func (d *document) free(name string) string {
	for slices.ContainsFunc(d.run.op.Variables, func(v *operation.Variable) bool { return v.Name == name }) {
		name += "_"
	}
	return name
}

// header is everything before the selection.
func (d *document) header(f *plan.Fetch, representations []string) string {
	var declarations []string
	for _, name := range representations {
		declarations = append(declarations, "$"+name+":[_Any!]!")
	}
	for _, entities := range f.Entities {
		for _, variable := range entities.Context {
			declarations = append(declarations, "$"+variable.Variable+":"+variable.Type)
		}
	}
	for _, v := range f.Variables {
		text := "$" + v.Name + ":" + v.Type
		if value := d.run.defaultOf(v.From); value != nil {
			var b strings.Builder
			writeValue(&b, value)
			text += "=" + b.String()
		}
		declarations = append(declarations, text)
	}
	var b strings.Builder
	for _, directive := range d.run.op.Directives {
		b.WriteString("@" + directive.Name)
		writeArguments(&b, directive.Args)
	}
	if len(declarations) == 0 && f.OperationName == "" && f.Kind == plan.Query && b.Len() == 0 {
		return ""
	}
	text := string(f.Kind)
	if f.OperationName != "" {
		text += " " + f.OperationName
	}
	if len(declarations) > 0 {
		text += "(" + strings.Join(declarations, ",") + ")"
	}
	return text + b.String()
}

func (r *run) defaultOf(variable string) *ast.Value {
	for _, v := range r.op.Variables {
		if v.Name == variable && !v.Literal {
			return v.Default
		}
	}
	return nil
}

// declared are the variables that the document uses: the client's in their order, then guards.
func (d *document) declared() []plan.Variable {
	for _, directive := range d.run.op.Directives {
		for _, arg := range directive.Args {
			d.use(addVariables(nil, arg.Value))
		}
	}
	var variables []plan.Variable
	for _, v := range d.run.op.Variables {
		if d.variables[v.Name] {
			variables = append(variables, plan.Variable{Name: v.Name, Type: v.Type.String(), From: v.Name})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.guards)) {
		variables = append(variables, plan.Variable{Name: d.guards[id], Type: "Boolean!", Guard: id})
	}
	return variables
}

func (d *document) use(names []string) {
	for _, name := range names {
		d.variables[name] = true
	}
}

// operationName is the client's operation name with the subgraph and the fetch's number, in the letters that names have.
func operationName(client, subgraph string, fetch int) string {
	if client == "" {
		return ""
	}
	sanitised := []byte(subgraph)
	for i, c := range sanitised {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			sanitised[i] = '_'
		}
	}
	return client + "__" + string(sanitised) + "__" + strconv.Itoa(fetch)
}

// count counts how often each selection is written if none is a fragment's.
func (d *document) count(sel *selection, all querygraph.TypeSet) {
	d.uses[sel]++
	if d.uses[sel] > 1 {
		return
	}
	for _, c := range d.contain(sel, all) {
		for _, f := range c.fields {
			if f.child != nil {
				d.count(f.child, nil)
			}
		}
	}
}

// body is a selection without braces, memoised; only for selections that don't take contexts.
func (d *document) body(sel *selection) string {
	if known, ok := d.printed[sel]; ok {
		return known
	}
	var b strings.Builder
	d.writeBody(&b, sel, plan.Always)
	text := b.String()
	// A fragment costs its frame, and a spread for each use.
	const frame, spread = len("fragment a on {}"), len("...a")
	if uses := d.uses[sel]; uses > 1 && (uses-1)*len(text) > frame+len(sel.on.Name)+uses*spread {
		name := fragmentName(len(d.names))
		d.names[sel] = name
		d.bodies.WriteString("fragment " + name + " on " + sel.on.Name + "{" + text + "}")
		text = "..." + name
	}
	d.printed[sel] = text
	return text
}

// fragmentName counts a, b, …, z, aa, ab, …; "on" cannot be a fragment's name.
func fragmentName(n int) string {
	name := ""
	for n++; n > 0; n = (n - 1) / 26 {
		name = string(rune('a'+(n-1)%26)) + name
	}
	if name == "on" {
		return "on_"
	}
	return name
}

// writeBody writes a selection without braces. Under is the guard under which it is asked at all.
func (d *document) writeBody(b *strings.Builder, sel *selection, under guard) {
	for i, c := range d.groups[sel] {
		if c.on != "" {
			b.WriteString("...on " + c.on + "{")
		} else if i > 0 {
			b.WriteByte(' ')
		}
		for j, f := range c.fields {
			if j > 0 && !strings.HasSuffix(b.String()[max(0, b.Len()-1):], "}") {
				b.WriteByte(' ')
			}
			d.writeField(b, f, under)
		}
		if c.on != "" {
			b.WriteByte('}')
		}
	}
}

func (d *document) writeField(b *strings.Builder, f *selectedField, under guard) {
	if f.response != f.name {
		b.WriteString(f.response + ":")
	}
	b.WriteString(f.name)
	if !fault.On(fault.OmitArguments) {
		d.writeArguments(b, f)
	}
	if f.guard != plan.Always && f.guard != under {
		d.writeGuard(b, f.guard)
	}
	b.WriteString(f.suffix.text)
	d.use(f.suffix.variables)
	if f.child == nil {
		return
	}
	b.WriteByte('{')
	if f.child.plain {
		b.WriteString(d.body(f.child))
	} else {
		d.writeBody(b, f.child, plan.Always)
	}
	b.WriteByte('}')
}

func (d *document) writeArguments(b *strings.Builder, f *selectedField) {
	d.use(f.args.variables)
	if len(f.contexts) == 0 {
		b.WriteString(f.args.text)
		return
	}
	b.WriteString(strings.TrimSuffix(f.args.text, ")"))
	for i, use := range f.contexts {
		if i == 0 && f.args.text == "" {
			b.WriteByte('(')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(use.argument.Name + ":$" + d.contexts[use])
		d.taken[d.contexts[use]] = true
	}
	b.WriteByte(')')
}

// writeGuard writes a guard as @include or @skip: with the client's own variable where that is possible.
func (d *document) writeGuard(b *strings.Builder, id guard) {
	rows := d.run.guards.rows(id)
	if len(rows) == 1 && len(rows[0]) == 1 && rows[0][0].Kind == plan.VariableTerm {
		term := rows[0][0]
		if d.run.isBoolean(term.Name) {
			d.use([]string{term.Name})
			directive := "@include"
			if term.Negated {
				directive = "@skip"
			}
			b.WriteString(directive + "(if:$" + term.Name + ")")
			return
		}
	}
	name, ok := d.guards[id]
	if !ok {
		name = d.free("g" + strconv.Itoa(int(id)))
		d.guards[id] = name
	}
	b.WriteString("@include(if:$" + name + ")")
}

// isBoolean tells whether a variable of the client is a Boolean that is always there.
func (r *run) isBoolean(variable string) bool {
	return slices.ContainsFunc(r.op.Variables, func(v *operation.Variable) bool {
		return v.Name == variable && v.Type.NonNull && v.Default == nil
	})
}

// contain divides a selection by the type conditions it needs: none where the declared type has the field for all
// runtime types asked, an abstract type of the subgraph that stands for exactly these, else each of them.
func (d *document) contain(sel *selection, all querygraph.TypeSet) []container {
	if known, ok := d.groups[sel]; ok {
		return known
	}
	var containers []container
	add := func(on string, f *selectedField) {
		i := slices.IndexFunc(containers, func(c container) bool { return c.on == on })
		if i < 0 {
			i = len(containers)
			containers = append(containers, container{on: on})
		}
		containers[i].fields = append(containers[i].fields, f)
	}
	counts := map[string]int{}
	for _, f := range sel.fields {
		counts[f.response]++
	}
	for _, f := range sel.fields {
		for _, on := range d.conditions(sel, f, all, counts[f.response] == 1) {
			add(on, f)
		}
	}
	slices.SortStableFunc(containers, func(a, b container) int { return cmp.Compare(min(len(a.on), 1), min(len(b.on), 1)) })
	d.groups[sel] = containers
	return containers
}

// conditions are the type conditions under which a field is written. Fields that share their name in the answer with
// another are written for object types only: GraphQL then knows that they don't meet.
func (d *document) conditions(sel *selection, f *selectedField, all querygraph.TypeSet, alone bool) []string {
	switch {
	case f.as != "":
		return []string{f.as}
	case f.name == "__typename", sel.on != nil && !sel.on.IsAbstract():
		return []string{""}
	}
	types := f.types
	if sel.on != nil {
		all = sel.on.Possible
		if types == nil && alone && f.isOfferedBy(sel.on) {
			return []string{""}
		}
	}
	if types == nil {
		types = all
	}
	if alone && types.Len() > 1 {
		for _, t := range d.subgraph.Types {
			if t.IsAbstract() && t.Possible.Intersect(all).Equal(types) && f.isOfferedBy(t) {
				return []string{t.Name}
			}
		}
	}
	return d.run.graph.Names(types)
}
