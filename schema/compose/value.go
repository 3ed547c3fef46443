package compose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// canonical returns a text that is the same for equal values: input objects are sets of fields, and a block string equals
// the string it stands for.
func canonical(v *ast.Value) string {
	var b strings.Builder
	writeCanonical(&b, v)
	return b.String()
}

func writeCanonical(b *strings.Builder, v *ast.Value) {
	switch {
	case v == nil:
	case v.Kind == ast.ListValue:
		b.WriteByte('[')
		for _, c := range v.Children {
			writeCanonical(b, c.Value)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case v.Kind == ast.ObjectValue:
		b.WriteByte('{')
		fields := slices.SortedStableFunc(slices.Values(v.Children), func(x, y *ast.ChildValue) int { return cmp.Compare(x.Name, y.Name) })
		for _, c := range fields {
			b.WriteString(c.Name)
			b.WriteByte(':')
			writeCanonical(b, c.Value)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.String())
	}
}

// sameValue compares two values, either of which may be absent.
func sameValue(a, b *ast.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return canonical(a) == canonical(b)
}

// isRequired reports whether an argument or input field of that type and default must be given.
func isRequired(t *ast.Type, byDefault *ast.Value) bool { return t.NonNull && byDefault == nil }
