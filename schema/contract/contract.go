// Package contract makes smaller APIs of a supergraph: a filter over tags says which elements stay, all others become
// @inaccessible. The result is a supergraph that routers serve like any other; subgraphs and queries between them do
// not change.
//
// The filter works on elements: types, fields, arguments and enum values. The tags of an object type or interface count for
// all its fields. An excluded tag hides what carries it. When tags are included, the fields of object types and interfaces
// that carry none of them are hidden, and unions; other elements stay, since they are only seen through those. Exclusion
// wins over inclusion. A type that has nothing left is hidden itself. What remains must be a valid schema: an element that stays
// cannot have a type that is hidden, for example; every such case is reported.
package contract

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Filter says what is part of a contract.
type Filter struct {
	Include []string // tags; empty means everything
	Exclude []string // tags
	// HideUnreachableTypes hides the types that no query of what is left can meet.
	HideUnreachableTypes bool
}

// Result is a contract.
type Result struct {
	Supergraph *supergraph.Supergraph // nil exactly when there are errors
	Errors     []diag.Diagnostic
	// UnusedTags are tags of the filter that nothing in the supergraph carries, perhaps misspelt; in the order given.
	UnusedTags []string
}

// Apply makes a contract. The supergraph is not changed; the result shares with it what stays the same.
func Apply(s *supergraph.Supergraph, filter Filter) Result {
	f := newFilterer(s, filter)
	result := Result{Supergraph: f.filtered()}
	for _, tag := range slices.Concat(filter.Include, filter.Exclude) {
		if !f.seen[tag] && !slices.Contains(result.UnusedTags, tag) {
			result.UnusedTags = append(result.UnusedTags, tag)
		}
	}
	if filter.HideUnreachableTypes {
		result.Supergraph = f.withoutUnreachable(result.Supergraph)
	}
	for _, p := range result.Supergraph.CheckInaccessible() {
		result.Errors = append(result.Errors, diag.Diagnostic{
			Code: p.Code, Severity: diag.Error, Message: "In this contract: " + lowerFirst(p.Message), Fix: "Tag the elements involved alike.",
		})
	}
	if len(result.Errors) > 0 {
		result.Supergraph = nil
	}
	return result
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// filterer applies one filter to one supergraph.
type filterer struct {
	s            *supergraph.Supergraph
	filter       Filter
	tag          string // the name of @tag; "" when nothing is tagged
	inaccessible string // the name of @inaccessible in the result
	linked       bool   // the supergraph links @inaccessible already
	seen         map[string]bool
}

func newFilterer(s *supergraph.Supergraph, filter Filter) *filterer {
	f := &filterer{s: s, filter: filter, seen: map[string]bool{}}
	f.tag, _ = s.FeatureDirective("tag", "tag")
	if f.inaccessible, f.linked = s.FeatureDirective("inaccessible", "inaccessible"); !f.linked {
		f.inaccessible = "inaccessible"
		if s.DirectiveDefinition(f.inaccessible) != nil { // a directive of the API has that name
			f.inaccessible = "inaccessible__inaccessible"
		}
	}
	return f
}

const inaccessibleLocations = "FIELD_DEFINITION OBJECT INTERFACE UNION ARGUMENT_DEFINITION SCALAR ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION"

// filtered returns the supergraph with the elements hidden that the filter hides.
func (f *filterer) filtered() *supergraph.Supergraph {
	out := *f.s
	f.link(&out)
	out.Types = make([]*supergraph.Type, len(f.s.Types))
	for i, t := range f.s.Types {
		out.Types[i] = f.filterType(t)
	}
	out.Index()
	f.hideEmpty(&out)
	return &out
}

// link links the inaccessible specification, unless the supergraph does.
func (f *filterer) link(out *supergraph.Supergraph) {
	if f.linked {
		return
	}
	link := supergraph.Link{URL: "https://specs.apollo.dev/inaccessible/v0.2", For: "SECURITY"}
	if f.inaccessible != "inaccessible" {
		link.Import = []supergraph.LinkImport{{Name: "@inaccessible", As: "@" + f.inaccessible}}
	}
	def := &ast.DirectiveDefinition{Name: f.inaccessible}
	for location := range strings.FieldsSeq(inaccessibleLocations) {
		def.Locations = append(def.Locations, ast.DirectiveLocation(location))
	}
	out.Links = append(slices.Clone(out.Links), link)
	out.Directives = append(slices.Clone(out.Directives), def)
}

func (f *filterer) filterType(t *supergraph.Type) *supergraph.Type {
	out := *t
	tags := f.tags(t.Directives)
	var inherited []string
	isComposite := t.Kind == ast.Object || t.Kind == ast.Interface
	if isComposite {
		inherited = tags
	}
	if f.excludes(tags) || t.Kind == ast.Union && !f.includes(tags) {
		out.Directives = f.hidden(t.Directives)
	}
	out.Fields = make([]*supergraph.Field, len(t.Fields))
	for i, field := range t.Fields {
		out.Fields[i] = f.filterField(field, inherited, isComposite)
	}
	out.EnumValues = make([]*supergraph.EnumValue, len(t.EnumValues))
	for i, v := range t.EnumValues {
		out.EnumValues[i] = v
		if f.excludes(f.tags(v.Directives)) {
			copied := *v
			copied.Directives = f.hidden(v.Directives)
			out.EnumValues[i] = &copied
		}
	}
	return &out
}

func (f *filterer) filterField(field *supergraph.Field, inherited []string, isComposite bool) *supergraph.Field {
	out := *field
	tags := slices.Concat(inherited, f.tags(field.Directives))
	if f.excludes(tags) || isComposite && !f.includes(tags) {
		out.Directives = f.hidden(field.Directives)
	}
	out.Args = make(ast.ArgumentDefinitionList, len(field.Args))
	for i, a := range field.Args {
		out.Args[i] = a
		if f.excludes(f.tags(a.Directives)) {
			copied := *a
			copied.Directives = f.hidden(a.Directives)
			out.Args[i] = &copied
		}
	}
	return &out
}

// tags returns the tags of an element.
func (f *filterer) tags(directives ast.DirectiveList) []string {
	var tags []string
	for _, d := range directives {
		if f.tag == "" || d.Name != f.tag {
			continue
		}
		if name := d.Arguments.ForName("name"); name != nil {
			tags = append(tags, name.Value.Raw)
			f.seen[name.Value.Raw] = true
		}
	}
	return tags
}

func (f *filterer) excludes(tags []string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(f.filter.Exclude, t) })
}

func (f *filterer) includes(tags []string) bool {
	return len(f.filter.Include) == 0 ||
		slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(f.filter.Include, t) })
}

func (f *filterer) hides(directives ast.DirectiveList) bool {
	return directives.ForName(f.inaccessible) != nil
}

// hidden returns the directives with @inaccessible among them.
func (f *filterer) hidden(directives ast.DirectiveList) ast.DirectiveList {
	if f.hides(directives) {
		return directives
	}
	return append(slices.Clone(directives), &ast.Directive{Name: f.inaccessible})
}

// hideEmpty hides types of which nothing is left. It owns the types of the supergraph.
func (f *filterer) hideEmpty(s *supergraph.Supergraph) {
	for _, t := range s.Types {
		if t.Kind != ast.Union && t.Kind != ast.Scalar && t.Name != s.Query && f.isEmpty(s, t) {
			t.Directives = f.hidden(t.Directives)
		}
	}
	for _, t := range s.Types { // members are settled now
		if t.Kind == ast.Union && f.isEmpty(s, t) {
			t.Directives = f.hidden(t.Directives)
		}
	}
}

func (f *filterer) isEmpty(s *supergraph.Supergraph, t *supergraph.Type) bool {
	switch t.Kind {
	case ast.Enum:
		return !slices.ContainsFunc(t.EnumValues, func(v *supergraph.EnumValue) bool { return !f.hides(v.Directives) })
	case ast.Union:
		return !slices.ContainsFunc(t.MemberNames(), func(name string) bool {
			m := s.Type(name)
			return m != nil && !f.hides(m.Directives)
		})
	}
	return !slices.ContainsFunc(t.Fields, func(field *supergraph.Field) bool { return !f.hides(field.Directives) })
}
