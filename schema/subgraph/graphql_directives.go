package subgraph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkApplications checks every directive application: that the directive exists, may stand there, as often as it does, and
// has the arguments it needs.
func (b *builder) checkApplications() {
	for e := range b.s.elements {
		if len(e.applied) == 0 {
			continue
		}
		var seen map[string]bool
		if len(e.applied) > 1 {
			seen = make(map[string]bool, len(e.applied))
		}
		for _, app := range e.applied {
			if app.Definition == nil {
				b.unknownDirective(app)
				continue
			}
			if seen[app.Name] && !app.Definition.Repeatable {
				b.graphql(atSign(app.Position), "Remove one of them.", "Directive \"@%s\" can be applied only once to %q: it is not repeatable.", app.Name, e.coordinate())
			}
			if seen != nil {
				seen[app.Name] = true
			}
			if !hasLocation(app.Definition, e.location) {
				b.graphql(atSign(app.Position), "It can stand on: "+locationsInWords(app.Definition)+".",
					"Directive \"@%s\" may not be used on %s.", app.Name, e.location)
			}
			b.checkArguments(app)
		}
	}
}

func locationsInWords(d *Directive) string {
	out := ""
	for i, l := range d.Locations {
		if i > 0 {
			out += ", "
		}
		out += string(l)
	}
	return out
}

// unknownDirective words the error for a directive without a definition. Most often the definition is federation's, and the link does not
// bring it in.
func (b *builder) unknownDirective(app *Application) {
	fix := ""
	federation := knownSpecs()[FederationIdentity]
	link := b.linkTo(FederationIdentity)
	first := federation.first["@"+app.Name]
	switch {
	case !first.IsZero() && link == nil:
		fix = fmt.Sprintf("This is a federation 1 schema. If federation's directive is meant, add: "+
			"extend schema @link(url: %q, import: [%q]).", FederationIdentity+"/"+first.String(), "@"+app.Name)
	case !first.IsZero() && first.Compare(link.Version) > 0:
		fix = fmt.Sprintf("If federation's directive is meant, link %s or later and import %q.", FederationIdentity+"/"+first.String(), "@"+app.Name)
	case !first.IsZero():
		fix = fmt.Sprintf("If federation's directive is meant, add %q to the import list of its @link, or write \"@%s\".",
			"@"+app.Name, link.nameOf("@"+app.Name))
	case app.Link != nil:
		fix = fmt.Sprintf("It comes from %q: write out its definition in this schema.", app.Link.URL)
	default:
		fix = b.suggest("@"+app.Name, func() []string {
			var names []string
			for _, d := range b.s.Directives {
				names = append(names, "@"+d.Name)
			}
			return names
		})
	}
	b.graphql(atSign(app.Position), fix, "Unknown directive \"@%s\".", app.Name)
}

func (b *builder) checkArguments(app *Application) {
	given := make(map[string]bool, len(app.Arguments))
	for _, arg := range app.Arguments {
		if given[arg.Name] {
			b.graphql(arg.Position, "Remove one of them.", "Argument %q of \"@%s\" is given twice.", arg.Name, app.Name)
			continue
		}
		given[arg.Name] = true
		definition := app.Definition.Argument(arg.Name)
		if definition == nil {
			b.graphql(arg.Position, b.argumentFix(app, arg.Name), "Unknown argument %q on directive \"@%s\".", arg.Name, app.Name)
			continue
		}
		if isFieldSetArgument(app, arg.Name) && (arg.Value.Kind == ast.NullValue || !b.s.isFederation2()) {
			continue // null has an error code of its own; in federation 1, other forms than strings are mended by the upgrade
		}
		if at, problem := b.s.invalidValue(arg.Value, definition.Type); problem != "" {
			b.graphql(at, "", "Invalid value %s for argument \"@%s(%s:)\" of type %q: %s.", arg.Value, app.Name, arg.Name, definition.Type, problem)
		}
	}
	for _, definition := range app.Definition.Arguments {
		if definition.Type.NonNull && definition.Default == nil && !given[definition.Name] {
			b.graphql(atSign(app.Position), "", "Directive \"@%s\" needs its argument %q of type %q.", app.Name, definition.Name, definition.Type)
		}
	}
}

// argumentFix says which federation version has the argument, or which argument may have been meant.
func (b *builder) argumentFix(app *Application, name string) string {
	if app.Link != nil && app.Link.Identity == FederationIdentity {
		federation := knownSpecs()[FederationIdentity]
		for i := range federation.elements {
			e := &federation.elements[i]
			if e.directive != nil && e.directive.Name == app.NameInFeature && e.directive.Arguments.ForName(name) != nil {
				return "Link " + FederationIdentity + "/" + e.since.String() + " or later."
			}
		}
	}
	return b.suggest(name, func() []string { return argumentNames(app.Definition.Arguments) })
}

// isFieldSetArgument tells the arguments whose content has rules, and error codes, of its own.
func isFieldSetArgument(app *Application, name string) bool {
	return name == "fields" && (app.Known == KnownKey || app.Known == KnownRequires || app.Known == KnownProvides)
}

// checkDirectiveCycles rejects directives whose definition applies them, directly or on the way through others.
func (b *builder) checkDirectiveCycles() {
	const (
		untouched = iota
		open
		done
	)
	state := make(map[*Directive]int, len(b.s.Directives))
	type frame struct {
		d    *Directive
		uses []*Application
	}
	for _, start := range b.s.Directives {
		if state[start] != untouched {
			continue
		}
		state[start] = open
		stack := []frame{{start, usedBy(start)}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.uses) == 0 {
				state[top.d] = done
				stack = stack[:len(stack)-1]
				continue
			}
			app := top.uses[0]
			top.uses = top.uses[1:]
			switch next := app.Definition; {
			case next == nil:
			case state[next] == open:
				b.graphql(atSign(app.Position), "", "Directive \"@%s\" is applied within its own definition.", next.Name)
			case state[next] == untouched:
				state[next] = open
				stack = append(stack, frame{next, usedBy(next)})
			}
		}
	}
}

// usedBy lists the directives applied within a definition.
func usedBy(d *Directive) []*Application {
	uses := append([]*Application(nil), d.Applied...)
	for _, arg := range d.Arguments {
		uses = append(uses, arg.Applied...)
	}
	return uses
}
