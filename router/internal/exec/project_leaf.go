package exec

import (
	"math"
	"strconv"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// leaf writes a scalar or an enum value; field is nil when the way leads to it already.
func (p *projector) leaf(n value.Node, typ *typeShape, field *fieldShape) bool {
	if n.IsNull() {
		at := field
		if at == nil {
			at = p.lastField()
		}
		return p.absent(n, typ, at, field)
	}
	if p.appendLeaf(n, typ) {
		return true
	}
	p.misfit(n, typ, field)
	return p.null(typ)
}

// appendLeaf writes a value that fits its type (specification, "Result Coercion" of each scalar).
func (p *projector) appendLeaf(n value.Node, typ *typeShape) bool {
	fits := false
	switch typ.leaf {
	case plan.StringLeaf:
		fits = n.Kind == value.String
	case plan.IDLeaf:
		if n.Kind == value.Number && n.Flags&value.Fraction == 0 {
			p.out = append(append(append(p.out, '"'), p.tree.Bytes(n)...), '"')
			return true
		}
		fits = n.Kind == value.String
	case plan.IntLeaf:
		if n.Kind == value.Number {
			var ok bool
			p.out, ok = appendInt(p.out, p.tree.Bytes(n), n.Flags)
			return ok
		}
	case plan.FloatLeaf:
		fits = n.Kind == value.Number
	case plan.BooleanLeaf:
		fits = n.Kind == value.True || n.Kind == value.False
	case plan.EnumLeaf:
		fits = n.Kind == value.String && p.isEnumValue(n, typ)
	case plan.CustomLeaf:
		fits = n.Kind != value.Object && n.Kind != value.Conflict
	}
	if fits {
		p.out = appendJSON(p.tree, p.out, n)
	}
	return fits
}

func (p *projector) isEnumValue(n value.Node, typ *typeShape) bool {
	text := p.tree.Text(n)
	if n.Flags&value.Escaped != 0 {
		text = value.Unescape(nil, text)
	}
	_, ok := typ.values[string(text)]
	return ok
}

// surelyInt is how many digits every number may have to be certain to fit 32 bits.
const surelyInt = 9

// appendInt writes a JSON number as an Int: a signed 32-bit integer. 3.0 and 3e0 are the integer 3, as nothing is lost;
// everything else that is not such an integer does not fit.
func appendInt(dst, text []byte, flags value.Flags) ([]byte, bool) {
	if flags&value.Fraction == 0 {
		if len(text) <= surelyInt {
			return append(dst, text...), true
		}
		if _, err := strconv.ParseInt(string(text), 10, 32); err != nil {
			return dst, false
		}
		return append(dst, text...), true
	}
	number, err := strconv.ParseFloat(string(text), 64)
	if err != nil || number != math.Trunc(number) || number < math.MinInt32 || number > math.MaxInt32 {
		return dst, false
	}
	return strconv.AppendInt(dst, int64(number), 10), true
}
