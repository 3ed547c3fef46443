package validate

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation/suggest"
)

// arguments checks the names and values of arguments. known is false when what they belong to is not defined: then
// only their variables and what holds everywhere can be checked.
func (w *walker) arguments(
	arguments ast.ArgumentList, definitions ast.ArgumentDefinitionList, known bool, describe func(name string) (Rule, string),
) {
	if len(arguments) == 0 || !w.spend(len(arguments)) {
		return
	}
	var names duplicates
	for _, a := range arguments {
		names.add(a.Name, a.Position)
		definition := definitions.ForName(a.Name)
		if definition == nil {
			if known {
				rule, subject := describe(a.Name)
				w.report(rule, at(a.Position), `Unknown argument "%s" %s.%s`, a.Name, subject, w.argumentsLike(a.Name, definitions))
			}
			w.value(a.Value, nil, false)
			continue
		}
		w.value(a.Value, definition.Type, definition.DefaultValue != nil)
	}
	names.report(w.check, UniqueArgumentNames, `There can be only one argument named "%s".`)
}

func (c *check) argumentsLike(name string, definitions ast.ArgumentDefinitionList) string {
	if !c.suggesting() {
		return ""
	}
	names := make([]string, len(definitions))
	for i, d := range definitions {
		names[i] = d.Name
	}
	return suggest.DidYouMean("", name, names)
}

// required checks that arguments which must be given are.
func (w *walker) required(arguments ast.ArgumentList, definitions ast.ArgumentDefinitionList, position *ast.Position, subject string) {
	for _, d := range definitions {
		if d.Type.NonNull && d.DefaultValue == nil && arguments.ForName(d.Name) == nil {
			w.report(ProvidedRequiredArguments, at(position), `%s argument "%s" of type "%s" is required, but it was not provided.`,
				subject, d.Name, d.Type)
		}
	}
}

// directives checks the directives at one location.
func (w *walker) directives(directives ast.DirectiveList, location ast.DirectiveLocation) {
	if len(directives) == 0 || !w.spend(len(directives)) {
		return
	}
	first := map[string]*ast.Position{}
	for _, d := range directives {
		definition := w.schema.Directives[d.Name]
		d.Definition, d.Location = definition, location
		if before, twice := first[d.Name]; twice && (definition == nil || !definition.IsRepeatable) {
			w.report(UniqueDirectivesPerLocation, at(before, d.Position), `The directive "@%s" can only be used once at this location.`, d.Name)
		} else if !twice {
			first[d.Name] = d.Position
		}
		switch {
		case definition == nil:
			w.report(KnownDirectives, at(d.Position), `Unknown directive "@%s".`, d.Name)
			w.arguments(d.Arguments, nil, false, nil)
			continue
		case !slices.Contains(definition.Locations, location):
			w.report(KnownDirectives, at(d.Position), `Directive "@%s" may not be used on %s.`, d.Name, location)
		}
		w.arguments(d.Arguments, definition.Arguments, true, func(string) (Rule, string) {
			return KnownArgumentNames, `on directive "@` + d.Name + `"`
		})
		w.required(d.Arguments, definition.Arguments, d.Position, `Directive "@`+d.Name+`"`)
	}
}
