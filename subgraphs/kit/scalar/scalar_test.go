package scalar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/scalar"
)

func TestInt(t *testing.T) {
	t.Parallel()
	for _, value := range []any{json.Number("2147483647"), json.Number("-2147483648"), int64(0), 7} {
		number, err := scalar.UnmarshalInt(value)
		if err != nil {
			t.Errorf("%v: %v", value, err)
		}
		var text strings.Builder
		scalar.MarshalInt(number).MarshalGQL(&text)
		if encoded, _ := json.Marshal(value); text.String() != string(encoded) {
			t.Errorf("%v is written as %s", value, &text)
		}
	}
	for _, value := range []any{json.Number("2147483648"), json.Number("1.5"), json.Number("1e3"), json.Number("99999999999999999999"), int64(-2147483649), "1", true, nil} {
		if number, err := scalar.UnmarshalInt(value); fault.Code(err) != fault.BadInput {
			t.Errorf("%v is read as %d, %v", value, number, err)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"2026-01-05T08:00:00Z":        `"2026-01-05T08:00:00Z"`,
		"2026-01-05T09:00:00+01:00":   `"2026-01-05T08:00:00Z"`,
		"2026-01-05T08:00:00.123456Z": `"2026-01-05T08:00:00.123456Z"`,
	} {
		moment, err := scalar.UnmarshalDateTime(given)
		if err != nil || moment.Location() != time.UTC {
			t.Errorf("%s: %v, %v", given, moment, err)
		}
		var text strings.Builder
		scalar.MarshalDateTime(moment).MarshalGQL(&text)
		if text.String() != want {
			t.Errorf("%s is written as %s, want %s", given, &text, want)
		}
	}
	for _, value := range []any{"yesterday", "2026-01-05", "", 7, nil, strings.Repeat("x", 1000)} {
		if moment, err := scalar.UnmarshalDateTime(value); fault.Code(err) != fault.BadInput {
			t.Errorf("%v is read as %v, %v", value, moment, err)
		}
	}
}
