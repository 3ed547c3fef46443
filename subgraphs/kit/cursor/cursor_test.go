package cursor_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

func TestEncodeAndDecodeAreInverse(t *testing.T) {
	t.Parallel()
	for _, values := range [][]string{{}, {"1"}, {"", "a,b", `"`, "ü\x00"}} {
		text := cursor.Encode("users", values...)
		got, err := cursor.Decode("users", text, len(values))
		if err != nil || !slices.Equal(got, values) {
			t.Errorf("%q becomes %q and then %q, %v", values, text, got, err)
		}
	}
}

func TestCursorsThatAreNoneAreClearErrors(t *testing.T) {
	t.Parallel()
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for text, says := range map[string]string{
		"":                                "not a cursor",
		"!!":                              "not a cursor",
		encode("hello"):                   "not a cursor",
		encode("[]"):                      "not a cursor",
		encode(`["users"]`):               "not a cursor",
		encode(`["users","1","2","3"]`):   "not a cursor",
		encode(`["users",1,2]`):           "not a cursor",
		encode(`["payments","1","2"]`):    `belongs to the list "payments"`,
		strings.Repeat("A", 5000):         "5000 bytes long",
		encode(`["users","1","2"]`) + "=": "not a cursor",
	} {
		_, err := cursor.Decode("users", text, 2)
		if fault.Code(err) != fault.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q gives %v, want %q", text, err, says)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(cursor.Encode("users", "1", "2"))
	f.Add("W10")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := cursor.Decode("users", text, 2)
		if err != nil {
			if fault.Code(err) != fault.BadInput {
				t.Errorf("the error %v is not the client's", err)
			}
			return
		}
		again, err := cursor.Decode("users", cursor.Encode("users", values...), 2)
		if err != nil || !slices.Equal(again, values) {
			t.Errorf("%q is read as %q, and that again as %q, %v", text, values, again, err)
		}
	})
}
