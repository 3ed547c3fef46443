package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/fieldset"
)

// computeFacts fills in what merging asks of types and fields. Field sets that cannot be read are left out; validation reports
// them.
func (s *Subgraph) computeFacts() {
	s.indexImplementations()
	s.indexContexts()
	s.Composed = nil
	for _, app := range s.Applied {
		if app.Known == KnownComposeDirective {
			s.Composed = append(s.Composed, composed(app))
		}
	}
	for _, t := range s.Types {
		s.readType(t)
	}
	s.markFakeExternals()
	s.markProvided()
	s.markExternals()
	s.markShareables()
	s.markUsed()
	s.passToImplementations()
}

func composed(app *Application) *Composed {
	c := &Composed{Application: app}
	if arg := app.Arguments.ForName("name"); arg != nil && (arg.Value.Kind == ast.StringValue || arg.Value.Kind == ast.BlockValue) {
		c.Name, c.HasName = arg.Value.Raw, true
	}
	return c
}

// indexImplementations lists the object types behind each interface, union and object type.
func (s *Subgraph) indexImplementations() {
	s.implementer = make(map[string][]*Type, len(s.Types))
	for _, t := range s.Types {
		switch t.Kind {
		case ast.Object:
			s.implementer[t.Name] = append(s.implementer[t.Name], t)
			for _, i := range t.Interfaces {
				s.implementer[i.Name] = append(s.implementer[i.Name], t)
			}
		case ast.Union:
			for _, m := range t.Members {
				if member := s.types[m.Name]; member != nil {
					s.implementer[t.Name] = append(s.implementer[t.Name], member)
				}
			}
		}
	}
}

// readType reads the directives on a type and its fields.
func (s *Subgraph) readType(t *Type) {
	t.Extends = First(t.Applied, KnownExtends) != nil
	t.InterfaceObject = t.Kind == ast.Object && First(t.Applied, KnownInterfaceObject) != nil
	t.Keys = nil
	for _, app := range t.Applied {
		if app.Known != KnownKey {
			continue
		}
		if sel := s.selection(app); sel != nil {
			t.Keys = append(t.Keys, &Key{
				Selection: *sel, Resolvable: isResolvable(app),
				FromExtension: app.FromExtension, Extension: app.FromExtension || t.Extends,
				canonical: fieldset.Canonical(sel.Set.Selections),
			})
		}
	}
	for _, f := range t.Fields {
		s.readField(f)
	}
}

func isResolvable(key *Application) bool {
	arg := key.Arguments.ForName("resolvable")
	return arg == nil || arg.Value.Kind != ast.BooleanValue || arg.Value.Raw != "false"
}

func (s *Subgraph) readField(f *Field) {
	f.Requires, f.Provides, f.Override = nil, nil, nil
	f.External, f.Provided, f.Used, f.Shareable, f.fakeExternal = false, false, false, false, false
	for _, app := range f.Applied {
		switch app.Known {
		case KnownRequires:
			f.Requires = s.selection(app)
		case KnownProvides:
			f.Provides = s.selection(app)
		case KnownOverride:
			f.Override = &Override{Application: app, From: stringArgument(app, "from"), Label: stringArgument(app, "label")}
		}
	}
	for _, arg := range f.Arguments {
		if app := First(arg.Applied, KnownFromContext); app != nil {
			arg.FromContext = s.readFromContext(app)
		}
	}
}

// isFederation2 tells that the rules of federation 2 are in force: the subgraph links it, or was upgraded.
func (s *Subgraph) isFederation2() bool { return !s.Federation1 || s.upgraded }

// markFakeExternals finds @external where it means nothing: on the key fields of an extension, where federation 1 asked for it.
func (s *Subgraph) markFakeExternals() {
	for _, t := range s.Types {
		for _, key := range t.Keys {
			if !key.Extension {
				continue
			}
			s.Select(t, key.Set.Selections, func(f *Field, _ *selection) {
				if First(f.Applied, KnownExternal) != nil {
					f.fakeExternal = true
				}
			})
		}
	}
}

func (s *Subgraph) markProvided() {
	for _, t := range s.Types {
		for _, f := range t.Fields {
			if target := s.types[typeName(f.Type)]; f.Provides != nil && target != nil {
				s.Select(target, f.Provides.Set.Selections, func(g *Field, _ *selection) { g.Provided = true })
			}
		}
	}
}

func (s *Subgraph) markExternals() {
	for _, t := range s.Types {
		// Federation 1 ignored @external on types.
		onType := t.Kind == ast.Object && s.isFederation2() && First(t.Applied, KnownExternal) != nil
		for _, f := range t.Fields {
			f.External = (onType || First(f.Applied, KnownExternal) != nil) && !f.fakeExternal
		}
	}
}

func (s *Subgraph) markShareables() {
	for _, t := range s.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, key := range t.Keys {
			s.Select(t, key.Set.Selections, func(f *Field, _ *selection) { f.Shareable = true })
		}
		if t.Kind != ast.Object || !s.isFederation2() {
			continue
		}
		onType := All(t.Applied, KnownShareable)
		for _, f := range t.Fields {
			if First(f.Applied, KnownShareable) != nil {
				f.Shareable = true
			}
			for _, app := range onType {
				// It covers the fields of the definition, or extension, that it stands on.
				f.Shareable = f.Shareable || app.declaration == f.declaration
			}
		}
	}
}

// markUsed finds the fields that a directive of this subgraph selects, or that an interface of it asks for.
func (s *Subgraph) markUsed() {
	use := func(f *Field, _ *selection) { f.Used = true }
	for _, t := range s.Types {
		for _, key := range t.Keys {
			s.Select(t, key.Set.Selections, use)
		}
		for _, f := range t.Fields {
			if f.Requires != nil {
				s.Select(t, f.Requires.Set.Selections, use)
			}
			if target := s.types[typeName(f.Type)]; f.Provides != nil && target != nil {
				s.Select(target, f.Provides.Set.Selections, use)
			}
			for _, arg := range f.Arguments {
				if arg.FromContext != nil {
					s.markContextUse(arg.FromContext, use)
				}
			}
		}
		for _, i := range t.Interfaces {
			if target := s.types[i.Name]; target != nil && t.Kind == ast.Object && s.spend(len(target.Fields)) {
				for _, f := range target.Fields {
					if g := t.Field(f.Name); g != nil {
						g.Used = true
					}
				}
			}
		}
	}
}

// passToImplementations carries over what holds of an interface's field to the fields that implement it: who selects the one
// selects the others.
func (s *Subgraph) passToImplementations() {
	for _, t := range s.Types {
		if t.Kind != ast.Object {
			continue
		}
		for _, i := range t.Interfaces {
			target := s.types[i.Name]
			if target == nil || !s.spend(len(target.Fields)) {
				continue
			}
			for _, f := range target.Fields {
				if g := t.Field(f.Name); g != nil && (f.Provided || f.Shareable || f.Used) {
					g.Provided, g.Shareable, g.Used = g.Provided || f.Provided, g.Shareable || f.Shareable, true
				}
			}
		}
	}
}

// contextTypes returns the types that set a context.
func (s *Subgraph) contextTypes(name string) []*Type { return s.contexts[name] }

func (s *Subgraph) indexContexts() {
	s.contexts = map[string][]*Type{}
	for _, t := range s.Types {
		for _, app := range t.Applied {
			if app.Known == KnownContext {
				name := stringArgument(app, "name")
				s.contexts[name] = append(s.contexts[name], t)
			}
		}
	}
}

func (s *Subgraph) markContextUse(c *FromContext, use func(*Field, *selection)) {
	if c.Set == nil {
		return
	}
	for _, t := range s.contextTypes(c.Context) {
		if !s.spend(1) {
			return
		}
		s.Select(t, c.Set.Selections, use)
	}
}
