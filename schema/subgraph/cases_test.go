package subgraph

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/schematest"
)

// TestCases parses and upgrades the subgraphs of each case, one for each .graphql section. The golden is errors.txt, or else
// model.txt with what merging would see.
func TestCases(t *testing.T) {
	t.Parallel()
	schematest.Run(t, filepath.Join("testdata", "*.txtar"), func(t *testing.T, c *schematest.Case) {
		var subgraphs []*Subgraph
		var problems []diag.Diagnostic
		for _, section := range c.Sections(".graphql") {
			sdl, _ := c.Section(section)
			s, found := Parse(strings.TrimSuffix(section, ".graphql"), "", section, sdl)
			if (s == nil) == (len(found) == 0) {
				t.Fatalf("%s: got subgraph %v together with %d problems", section, s != nil, len(found))
			}
			problems = append(problems, found...)
			if s != nil {
				subgraphs = append(subgraphs, s)
			}
		}
		if len(problems) == 0 {
			subgraphs, problems = UpgradeAll(subgraphs)
		}
		errors, model := "", ""
		if len(problems) > 0 {
			errors = printProblems(problems)
		} else {
			for _, s := range subgraphs {
				model += dump(s)
			}
		}
		c.Golden(t, "errors.txt", errors)
		c.Golden(t, "model.txt", model)
	})
}

func printProblems(problems []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range problems {
		b.WriteString(string(d.Code))
		for _, l := range d.Locations {
			fmt.Fprintf(&b, " %s:%d:%d", l.Subgraph, l.Line, l.Column)
		}
		fmt.Fprintf(&b, "\n\t%s\n", d.Message)
		if d.Fix != "" {
			fmt.Fprintf(&b, "\t→ %s\n", d.Fix)
		}
	}
	return b.String()
}

// dump prints the model, with what it says about each element in brackets.
func dump(s *Subgraph) string {
	var b strings.Builder
	fmt.Fprintf(&b, "subgraph %s", s.Name)
	facts := []string{s.LinkedVersion.String()}
	if s.Federation1 {
		facts = append(facts, "upgraded")
	}
	if s.ImpliedBy != nil {
		facts = append(facts, "raised to "+s.EffectiveVersion.String()+" by "+s.ImpliedBy.URL)
	}
	b.WriteString(note(facts) + applied(s.Applied) + "\n")
	for _, d := range s.Directives {
		if d.Position != nil && d.Known == "" {
			fmt.Fprintf(&b, "  %s", definitionSDL(d))
			if d.Link != nil {
				fmt.Fprintf(&b, " [%q of %s]", d.NameInFeature, d.Link.Identity)
			}
			b.WriteString("\n")
		}
	}
	for _, t := range s.Types {
		dumpType(&b, t)
	}
	return b.String()
}

func dumpType(b *strings.Builder, t *Type) {
	var facts []string
	add := func(name string, is bool) {
		if is {
			facts = append(facts, name)
		}
	}
	add("root "+string(t.Root), t.Root != "")
	add("extension", t.IsExtension())
	add("extended", t.HasDefinition && t.HasExtension)
	add("interface object", t.InterfaceObject)
	fmt.Fprintf(b, "  %s %s", keyword(t.Kind), t.Name)
	if t.DeclaredName != t.Name {
		fmt.Fprintf(b, " (declared as %s)", t.DeclaredName)
	}
	for _, i := range t.Interfaces {
		b.WriteString(" implements " + i.Name)
	}
	for _, m := range t.Members {
		b.WriteString(" | " + m.Name)
	}
	b.WriteString(note(facts) + applied(t.Applied) + "\n")
	for _, k := range t.Keys {
		var facts []string
		if !k.Resolvable {
			facts = append(facts, "not resolvable")
		}
		if k.Extension {
			facts = append(facts, "extension")
		}
		fmt.Fprintf(b, "    key %q%s\n", k.Text, note(facts))
	}
	for _, v := range t.Values {
		b.WriteString("    " + v.Name + applied(v.Applied) + "\n")
	}
	for _, f := range t.Fields {
		dumpField(b, f)
	}
}

func dumpField(b *strings.Builder, f *Field) {
	b.WriteString("    " + f.Name)
	for i, arg := range f.Arguments {
		b.WriteString(map[bool]string{true: "(", false: ", "}[i == 0])
		fmt.Fprintf(b, "%s: %s", arg.Name, arg.Type)
		if arg.Default != nil {
			b.WriteString(" = " + arg.Default.String())
		}
		if c := arg.FromContext; c != nil {
			fmt.Fprintf(b, " from %s %s", c.Context, strings.TrimSpace(c.Selection))
		}
		b.WriteString(applied(arg.Applied))
		if i == len(f.Arguments)-1 {
			b.WriteString(")")
		}
	}
	fmt.Fprintf(b, ": %s", f.Type)
	if f.Default != nil {
		b.WriteString(" = " + f.Default.String())
	}
	var facts []string
	for _, fact := range []struct {
		name string
		is   bool
	}{{"external", f.External}, {"provided", f.Provided}, {"used", f.Used}, {"shareable", f.Shareable}} {
		if fact.is {
			facts = append(facts, fact.name)
		}
	}
	if f.Requires != nil {
		facts = append(facts, fmt.Sprintf("requires %q", f.Requires.Text))
	}
	if f.Provides != nil {
		facts = append(facts, fmt.Sprintf("provides %q", f.Provides.Text))
	}
	if f.Override != nil {
		facts = append(facts, fmt.Sprintf("overrides %q", f.Override.From))
		if f.Override.Label != "" {
			facts = append(facts, fmt.Sprintf("label %q", f.Override.Label))
		}
	}
	b.WriteString(note(facts) + applied(f.Applied) + "\n")
}

func note(facts []string) string {
	if len(facts) == 0 {
		return ""
	}
	return " [" + strings.Join(facts, ", ") + "]"
}

// applied prints the directives that the model says nothing about in other ways: by their meaning, or else by their name.
func applied(list []*Application) string {
	var b strings.Builder
	for _, app := range list {
		switch app.Known {
		case KnownLink, KnownKey, KnownRequires, KnownProvides, KnownOverride, KnownFromContext, KnownExternal, KnownInterfaceObject:
			continue
		case "":
			b.WriteString(" @" + app.Name)
		default:
			b.WriteString(" " + string(app.Known))
			if app.Name != string(app.Known) {
				b.WriteString("(as " + app.Name + ")")
			}
		}
		var args []string
		for _, arg := range app.Arguments {
			args = append(args, arg.Name+": "+arg.Value.String())
		}
		if len(args) > 0 {
			b.WriteString("(" + strings.Join(args, ", ") + ")")
		}
	}
	return b.String()
}

// TestLocationsPointAtTheFault checks the mapping from the model to the text: every position in it stands at the name it belongs to.
func TestLocationsPointAtTheFault(t *testing.T) {
	t.Parallel()
	sdl := "# é\r\n\"\"\"\r\nblock\r\n\"\"\"\r\ntype Query {\r\n  \"é\" a: Int b: Int\r\n}\n"
	s, problems := ParseSDL("s", "", sdl)
	if s == nil {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		pos          *ast.Position
		line, column int
	}{{s.Type("Query").Position, 5, 6}, {s.Type("Query").Field("a").Position, 6, 7}, {s.Type("Query").Field("b").Position, 6, 14}} {
		if l := s.Location(c.pos); l.Line != c.line || l.Column != c.column {
			t.Errorf("got %d:%d, want %d:%d", l.Line, l.Column, c.line, c.column)
		}
	}
	if l := s.Location(nil); l.Line != 0 || l.Subgraph != "s" {
		t.Errorf("no position gives %+v", l)
	}
}
