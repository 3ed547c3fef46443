package operation

import (
	"fmt"
	"strings"
)

// String prints the normalised operation for tests and logs. A selection set is printed where it is first met; after
// that it is referred to by its ID.
func (o *Operation) String() string {
	p := printer{printed: map[*SelectionSet]bool{}}
	p.text.WriteString(string(o.Kind))
	if o.Name != "" {
		p.text.WriteString(" " + o.Name)
	}
	if len(o.Variables) > 0 {
		variables := make([]string, len(o.Variables))
		for i, v := range o.Variables {
			variables[i] = "$" + v.Name + ": " + v.Type.String()
			if v.Default != nil {
				variables[i] += " = " + v.Default.String()
			}
		}
		p.text.WriteString("(" + strings.Join(variables, ", ") + ")")
	}
	p.directives(o.Directives)
	p.set(o.Root, 0)
	p.text.WriteByte('\n')
	return p.text.String()
}

type printer struct {
	text    strings.Builder
	printed map[*SelectionSet]bool
}

func (p *printer) set(set *SelectionSet, depth int) {
	fmt.Fprintf(&p.text, " {#%d", set.ID)
	if p.printed[set] {
		p.text.WriteByte('}')
		return
	}
	p.printed[set] = true
	p.text.WriteString(" " + set.Type)
	if len(set.Possible) != 1 || set.Possible[0] != set.Type {
		p.text.WriteString(" = " + orNone(set.Possible))
	}
	p.text.WriteByte('\n')
	for _, f := range set.Fields {
		p.text.WriteString(strings.Repeat("  ", depth+1))
		p.field(f, depth+1)
		p.text.WriteByte('\n')
	}
	p.text.WriteString(strings.Repeat("  ", depth) + "}")
}

func (p *printer) field(f *Field, depth int) {
	if f.ResponseName != f.Name {
		p.text.WriteString(f.ResponseName + ": ")
	}
	p.text.WriteString(f.Name)
	p.arguments(f.Args)
	p.text.WriteString(" " + f.Definition.Type.String())
	if f.Types != nil {
		p.text.WriteString(" on " + orNone(f.Types))
	}
	p.directives(f.Directives)
	if f.Condition != nil {
		p.text.WriteString(" if " + f.Condition.String())
	}
	if f.Defer != nil {
		p.text.WriteString(" " + f.Defer.String())
	}
	if f.Selections != nil {
		p.set(f.Selections, depth)
	}
}

func (p *printer) directives(directives []Directive) {
	for _, d := range directives {
		p.text.WriteString(" @" + d.Name)
		p.arguments(d.Args)
	}
}

func (p *printer) arguments(arguments []Argument) {
	if len(arguments) == 0 {
		return
	}
	all := make([]string, len(arguments))
	for i, a := range arguments {
		all[i] = a.Name + ": " + a.Value.String()
	}
	p.text.WriteString("(" + strings.Join(all, ", ") + ")")
}

// String prints the condition as "a & !b | c".
func (c *Condition) String() string {
	rows := make([]string, len(c.AnyOf))
	for i, row := range c.AnyOf {
		literals := make([]string, len(row))
		for j, l := range row {
			literals[j] = "$" + l.Variable
			if l.Negated {
				literals[j] = "!" + literals[j]
			}
		}
		rows[i] = strings.Join(literals, " & ")
	}
	return strings.Join(rows, " | ")
}

// String prints the Defer and those that enclose it.
func (d *Defer) String() string {
	text := fmt.Sprintf("@defer#%d", d.ID)
	if d.Label != "" {
		text += fmt.Sprintf(" label %q", d.Label)
	}
	if d.If != "" {
		text += " if $" + d.If
	}
	if d.Parent != nil {
		text += fmt.Sprintf(" in #%d", d.Parent.ID)
	}
	return text
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, "|")
}
