package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
)

// fixFieldSetArguments turns @key(fields: ["a", "b"]) and @key(fields: a), which federation 1 took, into strings.
func (u *upgrader) fixFieldSetArguments() {
	fix := func(applied []*Application) {
		for _, app := range applied {
			arg := app.Arguments.ForName("fields")
			if arg == nil || !isFieldSetArgument(app, "fields") {
				continue
			}
			if text, ok := looseText(arg.Value); ok {
				setFields(app, text)
			}
		}
	}
	for _, t := range u.s.Types {
		fix(t.Applied)
		for _, f := range t.Fields {
			fix(f.Applied)
		}
	}
}

// looseText reads a list of strings, or a name without quotes; ok is false for all other values, strings among them.
func looseText(v *ast.Value) (text string, ok bool) {
	switch v.Kind {
	case ast.EnumValue:
		return v.Raw, true
	case ast.ListValue:
		var parts []string
		for _, child := range v.Children {
			switch child.Value.Kind {
			case ast.StringValue, ast.BlockValue, ast.EnumValue:
				parts = append(parts, child.Value.Raw)
			default:
				return "", false
			}
		}
		return strings.Join(parts, " "), true
	}
	return "", false
}

// setFields replaces the field set of an application. The new value keeps the position of the old one.
func setFields(app *Application, text string) {
	d := *app.Directive
	d.Arguments = make(ast.ArgumentList, len(app.Arguments))
	for i, arg := range app.Arguments {
		if arg.Name == "fields" {
			value := &ast.Value{Kind: ast.StringValue, Raw: text, Position: arg.Value.Position}
			arg = &ast.Argument{Name: arg.Name, Value: value, Position: arg.Position}
		}
		d.Arguments[i] = arg
	}
	app.Directive = &d
}

// removeExternalOnInterfaces removes @external from the fields of interfaces.
func (u *upgrader) removeExternalOnInterfaces() {
	u.eachOf(ast.Interface, func(t *Type) {
		for _, f := range t.Fields {
			f.Applied = without(f.Applied, KnownExternal)
		}
	})
}

// removeExternalOnTypes removes @external from object types, where it had no effect.
func (u *upgrader) removeExternalOnTypes() {
	u.eachOf(ast.Object, func(t *Type) { t.Applied = without(t.Applied, KnownExternal) })
}

// removeExternalOnExtensions removes @external from the key fields of extensions. Federation 1 wanted it there, although the
// subgraph does resolve them.
func (u *upgrader) removeExternalOnExtensions() {
	for _, t := range u.s.Types {
		if !t.IsExtension() {
			continue
		}
		if len(t.Keys) == 0 {
			u.removeExternalOnForeignKey(t)
			continue
		}
		for _, key := range t.Keys {
			u.s.Select(t, key.Set.Selections, func(f *Field, _ *selection) { f.Applied = without(f.Applied, KnownExternal) })
		}
	}
}

// removeExternalOnForeignKey does the same for an extension without a key: there, federation 1 took the first key of the
// subgraph that defines the type.
func (u *upgrader) removeExternalOnForeignKey(t *Type) {
	for _, other := range u.others(t.Name) {
		if len(other.t.Keys) == 0 {
			continue
		}
		other.s.Select(other.t, other.t.Keys[0].Set.Selections, func(f *Field, _ *selection) {
			if own := t.Field(f.Name); own != nil && f.Parent == other.t {
				own.Applied = without(own.Applied, KnownExternal)
			}
		})
	}
}

// trimFieldSets removes from @requires and @provides what the subgraph resolves itself; federation 1 ignored it.
func (u *upgrader) trimFieldSets() {
	for _, t := range u.s.Types {
		for _, f := range t.Fields {
			u.trim(f, KnownRequires, f.Requires, t)
			u.trim(f, KnownProvides, f.Provides, u.s.types[typeName(f.Type)])
		}
	}
}

func (u *upgrader) trim(f *Field, k Known, set *Selection, from *Type) {
	if set == nil || from == nil || !u.readable(from, set.Set.Selections) {
		return // validation says what is wrong
	}
	kept, changed := u.externalOnly(from, set.Set.Selections)
	switch {
	case !changed:
	case len(kept) == 0:
		f.Applied = without(f.Applied, k)
	default:
		setFields(set.Application, (&fieldset.Set{Selections: kept}).String())
	}
}

// readable tells whether all names of the selections exist.
func (u *upgrader) readable(t *Type, selections []*selection) bool {
	for _, sel := range selections {
		if sel.IsFragment() {
			on := t
			if sel.On != "" {
				on = u.s.types[sel.On]
			}
			if on == nil || !u.readable(on, sel.Sub) {
				return false
			}
			continue
		}
		if sel.Field == "__typename" {
			continue
		}
		f := t.Field(sel.Field)
		if f == nil {
			return false
		}
		target := u.s.types[typeName(f.Type)]
		composite := target != nil && isComposite(target)
		if composite != (sel.Sub != nil) || composite && !u.readable(target, sel.Sub) {
			return false
		}
	}
	return true
}

// externalOnly keeps the external fields, with all that is selected below them.
func (u *upgrader) externalOnly(t *Type, selections []*selection) (kept []*selection, changed bool) {
	for _, sel := range selections {
		on := t
		if sel.IsFragment() {
			if sel.On != "" {
				on = u.s.types[sel.On]
			}
		} else if sel.Field != "__typename" {
			f := t.Field(sel.Field)
			if f.External || u.s.externalBelow(f) {
				kept = append(kept, sel)
				continue
			}
			on = u.s.types[typeName(f.Type)]
		}
		if sel.Sub == nil {
			changed = true
			continue
		}
		sub, subChanged := u.externalOnly(on, sel.Sub)
		changed = changed || subChanged
		if len(sub) == 0 {
			changed = true
			continue
		}
		copied := *sel
		copied.Sub = sub
		kept = append(kept, &copied)
	}
	return kept, changed
}

// removeTypeExtensions turns extensions of other subgraphs' types into definitions: in federation 2 no subgraph owns a type.
func (u *upgrader) removeTypeExtensions() {
	for _, t := range u.s.Types {
		if !t.IsExtension() {
			continue
		}
		t.HasDefinition, t.HasExtension = true, false
		for _, app := range t.Applied {
			app.FromExtension = false
		}
		for _, i := range t.Interfaces {
			i.FromExtension = false
		}
		for _, f := range t.Fields {
			f.FromExtension = false
			for _, app := range f.Applied {
				app.FromExtension = false
			}
		}
	}
}

// removeDirectivesOnInterfaces removes @key from interfaces, and @requires and @provides from their fields: federation 1 took them, and
// did nothing with them.
func (u *upgrader) removeDirectivesOnInterfaces() {
	u.eachOf(ast.Interface, func(t *Type) {
		if First(t.Applied, KnownKey) != nil {
			u.keyedInterfaces = append(u.keyedInterfaces, t)
			t.Applied = without(t.Applied, KnownKey)
		}
		for _, f := range t.Fields {
			f.Applied = without(without(f.Applied, KnownRequires), KnownProvides)
		}
	})
}

// removePointlessProvides removes @provides from fields whose type has no fields.
func (u *upgrader) removePointlessProvides() {
	u.eachOf(ast.Object, func(t *Type) {
		for _, f := range t.Fields {
			if target := u.s.types[typeName(f.Type)]; target == nil || !isComposite(target) {
				f.Applied = without(f.Applied, KnownProvides)
			}
		}
	})
}

// maxExternalRounds bounds removeUnusedExternals: an external field may be used only by another one that is itself removed.
const maxExternalRounds = 10

// removeUnusedExternals removes external fields without a use, and types that nothing is left of.
func (u *upgrader) removeUnusedExternals() {
	for range maxExternalRounds {
		u.s.computeFacts()
		removed := false
		for _, t := range u.s.Types {
			if t.Kind != ast.Object && t.Kind != ast.Interface {
				continue
			}
			t.dropFields(func(f *Field) bool {
				drop := f.External && !f.Used
				removed = removed || drop
				return drop
			})
		}
		if !removed {
			break
		}
	}
	u.removeEmptyTypes()
}

func (u *upgrader) removeEmptyTypes() {
	var empty []*Type
	for _, t := range u.s.Types {
		if (t.Kind == ast.Object || t.Kind == ast.Interface) && len(t.Fields) == 0 && t.Root != ast.Query && !t.machinery {
			empty = append(empty, t)
		}
	}
	if len(empty) == 0 {
		return
	}
	referenced := u.s.referencedNames()
	for _, t := range empty {
		if referenced[t.Name] {
			u.add(diag.TypeWithOnlyUnusedExternal, t.Position, "Remove the type together with the fields that return it, or use its fields.",
				"Type %q only has @external fields, and none of them is used by a @key, @requires or @provides.", t.Name)
			continue
		}
		delete(u.s.types, t.Name)
	}
	kept := u.s.Types[:0:0]
	for _, t := range u.s.Types {
		if u.s.types[t.Name] == t {
			kept = append(kept, t)
		}
	}
	u.s.Types = kept
}

// referencedNames are the types that fields, members and implements lists name.
func (s *Subgraph) referencedNames() map[string]bool {
	out := map[string]bool{}
	for _, t := range s.Types {
		for _, f := range t.Fields {
			out[typeName(f.Type)] = true
		}
		for _, ref := range t.Interfaces {
			out[ref.Name] = true
		}
		for _, ref := range t.Members {
			out[ref.Name] = true
		}
	}
	return out
}

// addShareables adds @shareable where several subgraphs resolve the same, which federation 1 allowed by rule: to value types that another
// subgraph has too, and to the fields of entities and root types, other than key fields, that another subgraph resolves too.
func (u *upgrader) addShareables() {
	u.eachOf(ast.Object, func(t *Type) {
		switch {
		case t.Root == ast.Subscription || t.machinery:
		case t.Root != "" || First(t.Applied, KnownKey) != nil:
			u.addFieldShareables(t)
		case len(u.others(t.Name)) > 0 && First(t.Applied, KnownShareable) == nil:
			for declaration := range t.declarations {
				t.Applied = append(t.Applied, u.shareable(declaration))
			}
		}
	})
}

func (u *upgrader) addFieldShareables(t *Type) {
	others := u.others(t.Name)
	for _, f := range t.Fields {
		if u.isKeyField(f) || First(f.Applied, KnownShareable) != nil {
			continue
		}
		for _, other := range others {
			if g := other.t.Field(f.Name); g != nil && other.t.Kind == ast.Object && (!g.External || g.Provided) {
				f.Applied = append(f.Applied, u.shareable(f.declaration))
				break
			}
		}
	}
}

// isKeyField asks the original: in a federation 1 schema only key fields count as shareable.
func (u *upgrader) isKeyField(f *Field) bool {
	t := u.original.Type(f.Parent.Name)
	if t == nil || t.Field(f.Name) == nil {
		return false
	}
	return t.Field(f.Name).Shareable
}

// shareable makes an application that no text stands for.
func (u *upgrader) shareable(declaration int) *Application {
	name := u.s.DirectiveName(KnownShareable)
	definition := u.s.directives[name]
	return &Application{
		Directive: &ast.Directive{Name: name}, Known: KnownShareable, Link: definition.Link,
		NameInFeature: definition.NameInFeature, Definition: definition, declaration: declaration,
	}
}

// removeTagsOnExternals removes tags of external fields that a subgraph that resolves the field has as well.
func (u *upgrader) removeTagsOnExternals() {
	for _, t := range u.s.Types {
		for _, f := range t.Fields {
			if First(f.Applied, KnownExternal) == nil || First(f.Applied, KnownTag) == nil {
				continue
			}
			kept := f.Applied[:0:0]
			for _, app := range f.Applied {
				if app.Known != KnownTag || !u.taggedElsewhere(f, app) {
					kept = append(kept, app)
				}
			}
			f.Applied = kept
		}
	}
}

func (u *upgrader) taggedElsewhere(f *Field, tag *Application) bool {
	for _, other := range u.others(f.Parent.Name) {
		g := other.t.Field(f.Name)
		if g == nil || First(g.Applied, KnownExternal) != nil {
			continue
		}
		for _, app := range All(g.Applied, KnownTag) {
			if stringArgument(app, "name") == stringArgument(tag, "name") {
				return true
			}
		}
	}
	return false
}
