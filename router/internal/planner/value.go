package planner

import (
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// writeValue prints a constant or variable as short as GraphQL allows.
func writeValue(b *strings.Builder, v *ast.Value) {
	if v == nil {
		b.WriteString("null")
		return
	}
	switch v.Kind {
	case ast.Variable:
		b.WriteString("$" + v.Raw)
	case ast.StringValue, ast.BlockValue:
		writeString(b, v.Raw)
	case ast.ListValue:
		b.WriteByte('[')
		for i, child := range v.Children {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, child.Value)
		}
		b.WriteByte(']')
	case ast.ObjectValue:
		b.WriteByte('{')
		for i, child := range v.Children {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(child.Name + ":")
			writeValue(b, child.Value)
		}
		b.WriteByte('}')
	default: // Int, Float, Boolean, Null, Enum
		b.WriteString(v.Raw)
	}
}

const hexDigits = "0123456789abcdef"

// writeString quotes a string by GraphQL's rules.
func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			_, size := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+size])
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < 0x20 || c == 0x7f:
			b.WriteString(`\u00`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteByte(c)
		}
		i++
	}
	b.WriteByte('"')
}

// addVariables adds the names of the variables in v.
func addVariables(names []string, v *ast.Value) []string {
	if v == nil {
		return names
	}
	if v.Kind == ast.Variable {
		return append(names, v.Raw)
	}
	for _, child := range v.Children {
		names = addVariables(names, child.Value)
	}
	return names
}
