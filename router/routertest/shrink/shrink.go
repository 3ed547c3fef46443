// Package shrink makes failing inputs small: it removes parts of GraphQL documents and schemas, chunk by chunk, as long
// as the failure stays.
package shrink

import (
	"bytes"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// removals lists the parts of a parsed text that can be removed; each call removes one. print gives the text that is
// left.
type removals func(text string) (remove []func(), print func() string, err error)

// minimise removes ever smaller runs of parts while fails stays true. It tries at most the given number of texts.
func minimise(text string, list removals, fails func(string) bool, tries int) string {
	parts, _, err := list(text)
	if err != nil {
		return text
	}
	for size := max(1, len(parts)/2); ; {
		changed := false
		for start := 0; start < len(parts) && tries > 0; {
			candidate := without(text, list, start, size)
			tries--
			if candidate == "" || candidate == text || !fails(candidate) {
				start += size
				continue
			}
			text, changed = candidate, true
			if parts, _, err = list(text); err != nil {
				return text
			}
		}
		switch {
		case tries <= 0 || (size == 1 && !changed):
			return text
		case size > 1:
			size /= 2
		}
	}
}

// without is the text less a run of its parts, "" when that is no text any more.
func without(text string, list removals, start, size int) string {
	parts, print, err := list(text)
	if err != nil {
		return ""
	}
	for _, remove := range parts[start:min(len(parts), start+size)] {
		remove()
	}
	return print()
}

// Schema makes the SDL of a subgraph or supergraph smaller.
func Schema(sdl string, fails func(string) bool, tries int) string {
	return minimise(sdl, schemaParts, fails, tries)
}

// Schemas makes the SDL of several subgraphs smaller, also by what only goes when it goes from all of them.
func Schemas(sdls []string, fails func([]string) bool, tries int) []string {
	sdls = together(sdls, fails, tries/2)
	for i := range sdls {
		with := func(sdl string) []string {
			changed := slices.Clone(sdls)
			changed[i] = sdl
			return changed
		}
		sdls = with(Schema(sdls[i], func(sdl string) bool { return fails(with(sdl)) }, tries/2))
	}
	return sdls
}

// Document makes an executable document smaller.
func Document(document string, fails func(string) bool, tries int) string {
	return minimise(document, documentParts, fails, tries)
}

// List drops items of a list while fails stays true.
func List[T any](items []T, fails func([]T) bool) []T {
	for i := 0; i < len(items); {
		if candidate := slices.Delete(slices.Clone(items), i, i+1); fails(candidate) {
			items = candidate
		} else {
			i++
		}
	}
	return items
}

// drop makes a removal of one item of a list.
func drop[T comparable](list *[]T, item T) func() {
	return func() {
		if i := slices.Index(*list, item); i >= 0 {
			*list = slices.Delete(slices.Clone(*list), i, i+1) // what else refers to the list keeps it whole
		}
	}
}

func schemaParts(sdl string) (parts []func(), print func() string, err error) {
	document, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		return nil, nil, err
	}
	for _, definitions := range []*ast.DefinitionList{&document.Definitions, &document.Extensions} {
		for _, d := range *definitions {
			parts = append(parts, drop((*[]*ast.Definition)(definitions), d))
			for i := range d.Interfaces {
				name := d.Interfaces[i]
				parts = append(parts, drop(&d.Interfaces, name))
			}
			for i := range d.Types {
				name := d.Types[i]
				parts = append(parts, drop(&d.Types, name))
			}
			parts = append(parts, directiveParts(&d.Directives)...)
			for _, value := range d.EnumValues {
				parts = append(parts, drop((*[]*ast.EnumValueDefinition)(&d.EnumValues), value))
			}
			for _, f := range d.Fields {
				parts = append(parts, drop((*[]*ast.FieldDefinition)(&d.Fields), f))
				parts = append(parts, directiveParts(&f.Directives)...)
				for _, argument := range f.Arguments {
					parts = append(parts, drop((*[]*ast.ArgumentDefinition)(&f.Arguments), argument))
				}
			}
		}
	}
	return parts, func() string { return printSchema(document) }, nil
}

// directiveParts leaves the join directives of supergraphs alone: without them an element is in every subgraph, which is
// another supergraph, not a smaller one.
func directiveParts(directives *ast.DirectiveList) (parts []func()) {
	for _, d := range *directives {
		if strings.HasPrefix(d.Name, "join__") {
			continue
		}
		parts = append(parts, drop((*[]*ast.Directive)(directives), d))
	}
	return parts
}

func documentParts(text string) (parts []func(), print func() string, err error) {
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, nil, err
	}
	for _, o := range document.Operations {
		parts = append(parts, drop((*[]*ast.OperationDefinition)(&document.Operations), o))
		parts = append(parts, selectionParts(&o.SelectionSet, document)...)
		for _, v := range o.VariableDefinitions {
			if v.DefaultValue != nil {
				parts = append(parts, func() { v.DefaultValue = nil })
			}
		}
	}
	for _, f := range document.Fragments {
		parts = append(parts, selectionParts(&f.SelectionSet, document)...)
	}
	return parts, func() string {
		tidy(document)
		if len(document.Operations) == 0 {
			return ""
		}
		var out bytes.Buffer
		formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatQueryDocument(document)
		return out.String()
	}, nil
}

func selectionParts(set *ast.SelectionSet, document *ast.QueryDocument) (parts []func()) {
	for _, s := range *set {
		parts = append(parts, drop((*[]ast.Selection)(set), s))
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias != s.Name {
				parts = append(parts, func() { s.Alias = s.Name })
			}
			for _, argument := range s.Arguments {
				parts = append(parts, drop((*[]*ast.Argument)(&s.Arguments), argument))
			}
			parts = append(parts, directiveParts(&s.Directives)...)
			parts = append(parts, selectionParts(&s.SelectionSet, document)...)
		case *ast.InlineFragment:
			parts = append(parts, func() { replace(set, s, s.SelectionSet) })
			parts = append(parts, directiveParts(&s.Directives)...)
			parts = append(parts, selectionParts(&s.SelectionSet, document)...)
		case *ast.FragmentSpread:
			parts = append(parts, directiveParts(&s.Directives)...)
			if f := document.Fragments.ForName(s.Name); f != nil {
				inline := &ast.InlineFragment{TypeCondition: f.TypeCondition, SelectionSet: f.SelectionSet, Directives: s.Directives}
				parts = append(parts, func() { replace(set, s, ast.SelectionSet{inline}) })
			}
		}
	}
	return parts
}

// replace puts selections in the place of one.
func replace(set *ast.SelectionSet, s ast.Selection, with ast.SelectionSet) {
	if i := slices.Index(*set, s); i >= 0 {
		*set = slices.Replace(slices.Clone(*set), i, i+1, with...)
	}
}

// tidy removes what removals left without a use: empty fragments, unused fragments and variables.
func tidy(document *ast.QueryDocument) {
	for {
		used := &uses{fragments: map[string]bool{}, variables: map[string]bool{}}
		for _, o := range document.Operations {
			used.directives(o.Directives)
			o.SelectionSet = used.selections(o.SelectionSet, document)
		}
		for _, f := range document.Fragments {
			f.SelectionSet = used.selections(f.SelectionSet, document)
		}
		before := len(document.Fragments)
		document.Fragments = slices.DeleteFunc(document.Fragments, func(f *ast.FragmentDefinition) bool {
			return !used.fragments[f.Name] || len(f.SelectionSet) == 0
		})
		for _, o := range document.Operations {
			o.VariableDefinitions = slices.DeleteFunc(o.VariableDefinitions, func(v *ast.VariableDefinition) bool {
				return !used.variables[v.Variable]
			})
		}
		document.Operations = slices.DeleteFunc(document.Operations, func(o *ast.OperationDefinition) bool { return len(o.SelectionSet) == 0 })
		if len(document.Fragments) == before {
			return
		}
	}
}

// uses collects what selections refer to.
type uses struct {
	fragments, variables map[string]bool
}

// selections gives the set without what became empty.
func (u *uses) selections(set ast.SelectionSet, document *ast.QueryDocument) ast.SelectionSet {
	var kept ast.SelectionSet
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			had := len(s.SelectionSet) > 0
			s.SelectionSet = u.selections(s.SelectionSet, document)
			if had && len(s.SelectionSet) == 0 {
				continue
			}
			for _, argument := range s.Arguments {
				u.value(argument.Value)
			}
			u.directives(s.Directives)
		case *ast.InlineFragment:
			if s.SelectionSet = u.selections(s.SelectionSet, document); len(s.SelectionSet) == 0 {
				continue
			}
			u.directives(s.Directives)
		case *ast.FragmentSpread:
			if f := document.Fragments.ForName(s.Name); f == nil || len(f.SelectionSet) == 0 {
				continue
			}
			u.fragments[s.Name] = true
			u.directives(s.Directives)
		}
		kept = append(kept, s)
	}
	return kept
}

func (u *uses) directives(directives ast.DirectiveList) {
	for _, d := range directives {
		for _, argument := range d.Arguments {
			u.value(argument.Value)
		}
	}
}

func (u *uses) value(value *ast.Value) {
	if value.Kind == ast.Variable {
		u.variables[value.Raw] = true
	}
	for _, child := range value.Children {
		u.value(child.Value)
	}
}
