package scalar

import (
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// MarshalDecimal writes an exact decimal number, which Go keeps as its digits, as a string.
func MarshalDecimal(value string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(value)) })
}

// UnmarshalDecimal reads an exact decimal number. It must be a string: a JSON number has already lost digits in many clients. Which
// strings are numbers, and how precise they may be, is for the domain to say.
func UnmarshalDecimal(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", fault.New(fault.BadInput, "%s is not a Decimal: it must be text such as \"4.20\", so that no digit is lost", show(value))
	}
	return text, nil
}
