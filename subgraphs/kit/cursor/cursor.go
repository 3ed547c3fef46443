package cursor

import (
	"encoding/base64"
	"encoding/json"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// maxLength bounds a cursor in bytes as it arrives; ours are far below.
const maxLength = 1024

// Encode returns the cursor for a row of list whose sort key has values. List names the connection and its order, such as
// "users" or "payments.byTime".
func Encode(list string, values ...string) string {
	text, err := json.Marshal(append([]string{list}, values...))
	if err != nil { // a slice of strings always marshals
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Decode returns the count values in a cursor of list. The error has the code BAD_USER_INPUT.
func Decode(list, cursor string, count int) ([]string, error) {
	if len(cursor) > maxLength {
		return nil, fault.New(fault.BadInput, "the cursor is %d bytes long, more than any that this service gives out", len(cursor))
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return nil, malformed(cursor)
	}
	var parts []string
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) == 0 {
		return nil, malformed(cursor)
	}
	if parts[0] != list {
		return nil, fault.New(fault.BadInput, "the cursor %q belongs to the list %q, not to %q", cursor, parts[0], list)
	}
	if len(parts)-1 != count {
		return nil, malformed(cursor)
	}
	return parts[1:], nil
}

func malformed(cursor string) error {
	return fault.New(fault.BadInput, "%q is not a cursor of this service: use pageInfo.endCursor or an edge's cursor as it was given", cursor)
}
