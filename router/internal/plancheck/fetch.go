package plancheck

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// request is a fetch with its document understood.
type request struct {
	*plan.Fetch
	graph    supergraph.GraphID
	view     *view
	document *operation.Operation
	sources  map[string]plan.Variable // by name in the document
	context  map[string]bool          // variables that carry contexts
	reads    fetchSet
}

// fetch checks one fetch and enters what it writes into the tree.
func (r *run) fetch(f *plan.Fetch) {
	r.reads[f.ID] = fetchSet{}
	req := &request{
		Fetch: f, graph: r.graph[f.Subgraph], sources: map[string]plan.Variable{}, context: map[string]bool{}, reads: r.reads[f.ID],
	}
	var err error
	if req.view, err = r.view(req.graph); err != nil {
		r.report(RuleDocument, f.ID, "", "subgraph %q: %v", f.Subgraph, err)
		return
	}
	options := operation.DefaultOptions()
	options.MaxTokens, options.KeepLiterals = 0, true
	req.document, _, err = req.view.schema.ParseWith(f.Document, f.OperationName, options)
	if err != nil {
		r.report(RuleDocument, f.ID, "", "%v\n%s", err, f.Document)
		return
	}
	if req.document.Name != f.OperationName || string(req.document.Kind) != string(f.Kind) {
		r.report(RuleDocument, f.ID, "", "the document is the %s %q, the fetch is the %s %q",
			req.document.Kind, req.document.Name, f.Kind, f.OperationName)
	}
	r.variables(req)
	guard := r.conditions.guard(r.plan, f.Guard)
	if f.Selection != nil {
		r.rootFetch(req, guard)
		return
	}
	r.entityFetch(req, guard)
}

// rootFetch enters the answer of a fetch of root fields.
func (r *run) rootFetch(req *request, guard truth) {
	root := r.world.possible[req.document.Root.Type]
	a := application{request: req, sub: req.document.Root, selection: req.Selection, guard: guard}
	if req.Into == nil {
		if root == nil || !root.equal(r.root.possible) {
			r.report(RuleStructure, req.ID, "", "it asks %s at the root of a %s", req.document.Root.Type, r.operation.Kind)
			return
		}
		a.at, a.types = r.root, root
		r.apply(a)
		return
	}
	for _, path := range req.Into {
		for _, p := range r.resolve(req, path) {
			if !p.types.without(root).isEmpty() {
				r.report(RuleStructure, req.ID, path.String(), "root fields are merged into %s", strings.Join(r.world.names(p.types), ", "))
				continue
			}
			a.at, a.types, a.guard, a.where = p.node, p.types, guard.and(p.guard), path.String()
			r.apply(a)
		}
	}
}

// variables checks the variables of a fetch against those that its document declares.
func (r *run) variables(req *request) {
	own := map[string]bool{}
	for _, e := range req.Entities {
		own[e.Variable] = true
		for _, c := range e.Context {
			own[c.Variable], req.context[c.Variable] = true, true
		}
	}
	var declared []string
	types := map[string]*ast.Type{}
	for _, v := range req.document.Variables {
		types[v.Name] = v.Type
		if !own[v.Name] {
			declared = append(declared, v.Name)
		}
	}
	var given []string
	for _, v := range req.Fetch.Variables {
		given = append(given, v.Name)
		req.sources[v.Name] = v
		if t := types[v.Name]; t != nil {
			r.variable(req, v, t)
		}
	}
	if !slices.Equal(declared, given) {
		r.report(RuleVariables, req.ID, "", "the document declares %v, the fetch sends %v", declared, given)
	}
	for name := range own {
		if types[name] == nil {
			r.report(RuleVariables, req.ID, "", "the document does not declare $%s", name)
		}
	}
}

// variable checks that a variable can be given from where the fetch says.
func (r *run) variable(req *request, v plan.Variable, declared *ast.Type) {
	if v.Type != declared.String() {
		r.report(RuleVariables, req.ID, "", "$%s is a %s in the document, a %s in the fetch", v.Name, declared, v.Type)
	}
	if (v.From == "") == (v.Guard == plan.Always) {
		r.report(RuleVariables, req.ID, "", "$%s has either a variable or a guard as its source", v.Name)
		return
	}
	if v.Guard != plan.Always {
		if declared.NamedType != "Boolean" {
			r.report(RuleVariables, req.ID, "", "$%s is a guard and declared %s", v.Name, declared)
		}
		return
	}
	i := slices.IndexFunc(r.operation.Variables, func(o *operation.Variable) bool { return o.Name == v.From })
	if i < 0 {
		r.report(RuleVariables, req.ID, "", "$%s comes from $%s, which the operation does not declare", v.Name, v.From)
		return
	}
	if t := r.operation.Variables[i].Type; !t.IsCompatible(declared) {
		r.report(RuleVariables, req.ID, "", "$%s is declared %s and comes from $%s of type %s", v.Name, declared, v.From, t)
	}
}

// condition is when a field of the document is asked.
func (r *run) condition(req *request, c *operation.Condition) truth {
	return r.conditions.asked(c, func(name string) truth {
		v := req.sources[name]
		if v.Guard != plan.Always {
			return r.conditions.guard(r.plan, v.Guard)
		}
		return r.conditions.variable(v.From)
	})
}

// argumentsOf writes a field's arguments in one canonical way, in terms of the operation's variables. Those that the
// subgraph takes from a context are left out: they are checked elsewhere.
func (req *request) argumentsOf(f *operation.Field, contextual []supergraph.ContextArgument) string {
	return canonical(f.Args, func(name string) string { return req.sources[name].From }, contextual)
}

func canonical(arguments []operation.Argument, source func(string) string, without []supergraph.ContextArgument) string {
	var text strings.Builder
	for _, a := range arguments {
		if slices.ContainsFunc(without, func(c supergraph.ContextArgument) bool { return c.Name == a.Name }) {
			continue
		}
		text.WriteString(a.Name + ":")
		writeValue(&text, a.Value, source)
		text.WriteByte(' ')
	}
	return text.String()
}

// literalArguments are the canonical arguments of a field set's selection.
func literalArguments(arguments ast.ArgumentList) string {
	all := make([]operation.Argument, len(arguments))
	for i, a := range arguments {
		all[i] = operation.Argument{Name: a.Name, Value: a.Value}
	}
	slices.SortFunc(all, func(a, b operation.Argument) int { return strings.Compare(a.Name, b.Name) })
	return canonical(all, func(name string) string { return name }, nil)
}

func writeValue(text *strings.Builder, v *ast.Value, source func(string) string) {
	switch v.Kind {
	case ast.Variable:
		text.WriteString("$" + source(v.Raw))
	case ast.StringValue, ast.BlockValue:
		text.Write(gqlerr.AppendString(nil, v.Raw))
	case ast.ListValue, ast.ObjectValue:
		text.WriteString(strconv.Itoa(int(v.Kind)) + "(")
		for _, c := range v.Children {
			text.WriteString(c.Name + ":")
			writeValue(text, c.Value, source)
			text.WriteByte(' ')
		}
		text.WriteByte(')')
	default:
		text.WriteString(v.Raw)
	}
}
