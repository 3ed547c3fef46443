package generate

import (
	"fmt"
	"slices"
	"strings"
)

// Subgraph is one generated subgraph.
type Subgraph struct{ Name, SDL string }

// draft is a subgraph in the making.
type draft struct {
	name    string
	version string // of federation, "" for federation 1
	head    []string
	types   []*typeDraft
}

// typeDraft is a type in the making.
type typeDraft struct {
	kind, name string // kind as in SDL: type, interface, union, enum, input, scalar
	extension  bool
	interfaces []string
	directives []string
	fields     []*fieldDraft
	values     []string // of enums and unions
}

// fieldDraft is a field, or an input field, in the making.
type fieldDraft struct {
	name, typ  string
	arguments  []string // "first: Int = 3"
	directives []string
}

func (d *draft) find(name string) *typeDraft {
	i := slices.IndexFunc(d.types, func(t *typeDraft) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return d.types[i]
}

// members are the object types of a union or an interface.
func (d *draft) members(name string) []string {
	abstract := d.find(name)
	switch {
	case abstract == nil:
		return nil
	case abstract.kind == "union":
		return abstract.values
	}
	var members []string
	for _, t := range d.types {
		if t.kind == "type" && slices.Contains(t.interfaces, name) {
			members = append(members, t.name)
		}
	}
	return members
}

// typ finds or adds a type.
func (d *draft) typ(kind, name string) *typeDraft {
	if t := d.find(name); t != nil {
		return t
	}
	t := &typeDraft{kind: kind, name: name}
	d.types = append(d.types, t)
	return t
}

func (t *typeDraft) find(name string) *fieldDraft {
	i := slices.IndexFunc(t.fields, func(f *fieldDraft) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return t.fields[i]
}

// field finds or adds a field.
func (t *typeDraft) field(name, typ string, directives ...string) *fieldDraft {
	f := t.find(name)
	if f == nil {
		f = &fieldDraft{name: name, typ: typ}
		t.fields = append(t.fields, f)
	}
	f.mark(directives...)
	return f
}

// mark adds directives that are not there yet.
func (f *fieldDraft) mark(directives ...string) {
	for _, directive := range directives {
		if !slices.Contains(f.directives, directive) {
			f.directives = append(f.directives, directive)
		}
	}
}

func (f *fieldDraft) has(directive string) bool {
	return slices.ContainsFunc(f.directives, func(d string) bool { return d == directive || strings.HasPrefix(d, directive+"(") })
}

func (t *typeDraft) mark(directives ...string) {
	for _, directive := range directives {
		if !slices.Contains(t.directives, directive) {
			t.directives = append(t.directives, directive)
		}
	}
}

// sdl prints the subgraph's schema.
func (d *draft) sdl() string {
	var out strings.Builder
	if d.version != "" {
		fmt.Fprintf(&out, "extend schema @link(url: %q, import: [%s])", "https://specs.apollo.dev/federation/"+d.version, quoted(importsOf(d.version)))
		for _, line := range d.head {
			out.WriteString(" " + line)
		}
		out.WriteString("\n")
	}
	for _, t := range d.types {
		out.WriteString("\n" + t.sdl())
	}
	return out.String()
}

func (t *typeDraft) sdl() string {
	var out strings.Builder
	if t.extension {
		out.WriteString("extend ")
	}
	out.WriteString(t.kind + " " + t.name)
	if len(t.interfaces) > 0 {
		out.WriteString(" implements " + strings.Join(t.interfaces, " & "))
	}
	for _, directive := range t.directives {
		out.WriteString(" " + directive)
	}
	switch t.kind {
	case "directive", "scalar":
		return out.String() + "\n"
	case "union":
		return out.String() + " = " + strings.Join(t.values, " | ") + "\n"
	}
	out.WriteString(" {\n")
	for _, value := range t.values {
		out.WriteString("  " + value + "\n")
	}
	for _, f := range t.fields {
		out.WriteString("  " + f.name)
		if len(f.arguments) > 0 {
			out.WriteString("(" + strings.Join(f.arguments, ", ") + ")")
		}
		out.WriteString(": " + f.typ)
		for _, directive := range f.directives {
			out.WriteString(" " + directive)
		}
		out.WriteString("\n")
	}
	return out.String() + "}\n"
}

// directivesSince are the federation directives by the version that brought them.
var directivesSince = []struct{ version, names string }{
	{"v2.0", "@key @requires @provides @external @shareable @override @inaccessible @tag @extends"},
	{"v2.1", "@composeDirective"},
	{"v2.3", "@interfaceObject"},
	{"v2.5", "@authenticated @requiresScopes"},
	{"v2.6", "@policy"},
	{"v2.8", "@context @fromContext"},
	{"v2.9", "@cost @listSize"},
}

func importsOf(version string) []string {
	var names []string
	for _, since := range directivesSince {
		if since.version <= version {
			names = append(names, strings.Fields(since.names)...)
		}
	}
	return names
}

func quoted(names []string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(texts, ", ")
}
