// Package scalar holds the GraphQL scalars that the services share, for gqlgen. What a client sent wrongly is an error with the code
// BAD_USER_INPUT that says what is expected.
package scalar

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// MarshalInt writes a GraphQL Int.
func MarshalInt(value int) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Itoa(value)) })
}

// UnmarshalInt reads a GraphQL Int: a whole number of 32 bits (GraphQL specification, section 3.5.1).
func UnmarshalInt(value any) (int, error) {
	var text string
	switch value := value.(type) {
	case json.Number:
		text = value.String()
	case int64:
		text = strconv.FormatInt(value, 10)
	case int:
		text = strconv.Itoa(value)
	default:
		return 0, fault.New(fault.BadInput, "%s is not an Int", show(value))
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < math.MinInt32 || number > math.MaxInt32 {
		return 0, fault.New(fault.BadInput, "%s is not an Int: a whole number from %d to %d", text, math.MinInt32, math.MaxInt32)
	}
	return int(number), nil
}

// MarshalDateTime writes a point in time as RFC 3339 in UTC, with as many digits of a second as it has.
func MarshalDateTime(value time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(value.UTC().Format(time.RFC3339Nano)))
	})
}

// UnmarshalDateTime reads a point in time as RFC 3339, with any offset.
func UnmarshalDateTime(value any) (time.Time, error) {
	text, ok := value.(string)
	if !ok {
		return time.Time{}, fault.New(fault.BadInput, "%s is not a DateTime: it must be text such as 2026-01-05T08:00:00Z", show(value))
	}
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault.New(fault.BadInput, "%q is not a DateTime such as 2026-01-05T08:00:00Z", text)
	}
	return parsed.UTC(), nil
}

// show names a value of the wrong kind without repeating a whole document.
func show(value any) string {
	const longest = 40
	text := fmt.Sprintf("%v", value)
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return text
}
