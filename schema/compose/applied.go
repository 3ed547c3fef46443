package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergedName returns what a directive application becomes in the supergraph, "" when it does not get there.
func (c *composition) mergedName(g supergraph.GraphID, a *subgraph.Application) string {
	known := meaning(a.Known, a.Link, a.NameInFeature)
	switch known {
	case subgraph.KnownDeprecated, subgraph.KnownSpecifiedBy, subgraph.KnownOneOf:
		return a.Name
	case "":
		if a.Link != nil && c.composed.composes(g, a.Name) {
			return a.Name
		}
		if a.Link == nil && fits(a, c.features.definitions[a.Name]) {
			return a.Name // what a federation 1 schema defines for itself, as others do by a link
		}
		return ""
	}
	return c.features.names[known]
}

// fits reports whether an application can be one of another definition; definition may be nil.
func fits(a *subgraph.Application, definition *ast.DirectiveDefinition) bool {
	if definition == nil {
		return false
	}
	for _, given := range a.Arguments {
		if definition.Arguments.ForName(given.Name) == nil {
			return false
		}
	}
	return !slices.ContainsFunc(definition.Arguments, func(arg *ast.ArgumentDefinition) bool {
		return isRequired(arg.Type, arg.DefaultValue) && a.Arguments.ForName(arg.Name) == nil
	})
}

// appliedSource is one application of a directive.
type appliedSource struct {
	graph       supergraph.GraphID
	application *subgraph.Application
	arguments   ast.ArgumentList // as they are in the supergraph
	signature   string           // the same for applications that mean the same
}

// mergeApplied merges the directive applications on one element. inherited are applications that count for the element though
// they stand elsewhere. what names the element in messages. Where a subgraph applies a directive that it composes, all
// applications of that name count, also of subgraphs that do not compose it.
func (c *composition) mergeApplied(what label, elements, inherited []element) ast.DirectiveList {
	if !slices.ContainsFunc(elements, isApplied) && len(inherited) == 0 {
		return nil
	}
	var names []string
	sources := map[string][]appliedSource{}
	asked := map[string]bool{} // what is merged: not composed directives that only others apply
	for _, list := range [][]element{elements, inherited} {
		for _, e := range list {
			for _, a := range e.applied {
				name := c.mergedName(e.graph, a)
				switch {
				case name != "":
					asked[name] = true
				case a.Known == "" && c.composed.directive(a.Name) != nil:
					name = a.Name
				default:
					continue
				}
				if sources[name] == nil {
					names = append(names, name)
				}
				sources[name] = append(sources[name], c.appliedSource(e.graph, a))
			}
		}
	}
	var merged ast.DirectiveList
	for _, name := range names {
		if !asked[name] {
			continue
		}
		distinct, counts := distinctApplications(sources[name])
		if len(distinct) > 1 && !c.isRepeatable(name) {
			merged = append(merged, c.mergeDifferent(what, name, sources[name], distinct, counts))
			continue
		}
		for _, d := range distinct {
			merged = append(merged, &ast.Directive{Name: name, Arguments: d.arguments})
		}
	}
	return merged
}

func isApplied(e element) bool { return len(e.applied) > 0 }

func (c *composition) appliedSource(g supergraph.GraphID, a *subgraph.Application) appliedSource {
	if a.Known == subgraph.KnownContext {
		if name := a.ArgumentOf("name"); name != nil {
			full := c.contextName(g, name.Raw)
			value := &ast.Value{Kind: ast.StringValue, Raw: full}
			return appliedSource{g, a, ast.ArgumentList{{Name: "name", Value: value}}, full}
		}
	}
	return appliedSource{g, a, a.Arguments, signature(a)}
}

// signature is the same for applications with equal arguments, defaults filled in, of definitions with the same arguments: what an
// argument that is not given means is known only where it exists.
func signature(a *subgraph.Application) string {
	var parts []string
	if a.Definition == nil {
		for _, arg := range a.Arguments {
			parts = append(parts, arg.Name+":"+canonical(arg.Value))
		}
		slices.Sort(parts)
	} else {
		for _, def := range a.Definition.Arguments {
			value := ""
			if v := a.ArgumentOf(def.Name); v != nil {
				value = canonical(v)
			}
			parts = append(parts, def.Name+":"+value)
		}
	}
	return strings.Join(parts, ",")
}

// distinctApplications returns the applications that mean something different, and how often each occurs.
func distinctApplications(sources []appliedSource) (distinct []appliedSource, counts map[string]int) {
	counts = make(map[string]int, len(sources))
	for _, s := range sources {
		if counts[s.signature] == 0 {
			distinct = append(distinct, s)
		}
		counts[s.signature]++
	}
	return distinct, counts
}

// isRepeatable reports whether the supergraph's directive of that name is repeatable.
func (c *composition) isRepeatable(name string) bool {
	if def := c.features.definitions[name]; def != nil {
		return def.IsRepeatable
	}
	d := c.composed.directive(name)
	return d != nil && d.definition != nil && d.definition.Repeatable
}

// mergeDifferent makes one application of a directive that is not repeatable: by merging arguments where the directive
// says how, else by taking the most frequent application, the first among equals.
func (c *composition) mergeDifferent(what label, name string, all, distinct []appliedSource, counts map[string]int) *ast.Directive {
	var t tally
	places := make([]diag.Location, len(all))
	for i, s := range all {
		t.add(printApplication(name, s.arguments), s.graph)
		places[i] = c.report.at(s.graph, s.application.Position)
	}
	first := all[0].application
	if strategies := argumentStrategies[meaning(first.Known, first.Link, first.NameInFeature)]; strategies != nil {
		arguments, ok := c.mergeApplicationArguments(what, distinct, strategies, places)
		merged := &ast.Directive{Name: name, Arguments: arguments}
		if !ok {
			return merged
		}
		c.report.hint(diag.MergedNonRepeatableDirectiveArguments, places, "",
			"%s has different applications of @%s, merged into %s: it has %s.",
			what, name, printApplication(name, merged.Arguments), c.report.words(&t))
		return merged
	}
	best := distinct[0]
	for _, d := range distinct[1:] {
		if counts[d.signature] > counts[best.signature] {
			best = d
		}
	}
	c.report.hint(diag.InconsistentNonRepeatableDirectiveArguments, places, "Apply the directive with the same arguments in all subgraphs.",
		"%s has different applications of @%s, of which the supergraph takes %s: it has %s.",
		what, name, printApplication(name, best.arguments), c.report.words(&t))
	return &ast.Directive{Name: name, Arguments: best.arguments}
}

func printApplication(name string, arguments ast.ArgumentList) string {
	var b strings.Builder
	b.WriteString("@" + name)
	for i, a := range arguments {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteString(", ")
		}
		b.WriteString(a.Name + ": " + a.Value.String())
	}
	if len(arguments) > 0 {
		b.WriteByte(')')
	}
	return shorten(b.String())
}
