package gqlerr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestErrorsAreWrittenInTheSpecifiedShape(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  *Error
		want string
	}{
		{"a message alone", &Error{Message: "no"}, `{"message":"no"}`},
		{"code and position", New(ParseFailed, "unexpected %q", "}").At(3, 7),
			`{"message":"unexpected \"}\"","locations":[{"line":3,"column":7}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}`},
		{"path with an index", &Error{Message: "m", Path: []PathElement{{Name: "a"}, {Index: 0}, {Name: "b"}}, Service: "users"},
			`{"message":"m","path":["a",0,"b"],"extensions":{"serviceName":"users"}}`},
		{"an empty path is written", &Error{Message: "m", Path: []PathElement{}}, `{"message":"m","path":[]}`},
		{"a subgraph's code survives", &Error{Message: "m", Code: SubgraphError, Service: "s",
			Extensions: []Extension{{"code", []byte(`"MINE"`)}, {"x", []byte(`{"n":1.0}`)}}},
			`{"message":"m","extensions":{"serviceName":"s","code":"MINE","x":{"n":1.0}}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(c.err.AppendJSON(nil)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEveryCodeIsInTheTableOnce(t *testing.T) {
	t.Parallel()
	seen := map[Code]bool{}
	for _, d := range Codes() {
		if seen[d.Code] {
			t.Errorf("%s is there twice", d.Code)
		}
		seen[d.Code] = true
		if d.Meaning == "" || d.Status < 200 {
			t.Errorf("%s lacks a meaning or a status", d.Code)
		}
		if d.Code.Status() != d.Status {
			t.Errorf("%s: Status() = %d, the table says %d", d.Code, d.Code.Status(), d.Status)
		}
	}
}

func TestUnknownErrorsAreMaskedAndTheirReferenceIsInTheLog(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	list := Mask(context.Background(), log, errors.New("password=hunter2"))
	if len(list) != 1 || list[0].Code != InternalServerError {
		t.Fatalf("got %v", list)
	}
	sent := string(list.AppendJSON(nil))
	if strings.Contains(sent, "hunter2") {
		t.Errorf("the secret was sent: %s", sent)
	}
	var line struct{ Reference, Error string }
	if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Error != "password=hunter2" || line.Reference == "" || !strings.Contains(sent, line.Reference) {
		t.Errorf("log %+v, sent %s", line, sent)
	}
}

func TestErrorsMadeForClientsPassTheMask(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	made := New(BadUserInput, "no")
	list := Mask(context.Background(), log, fmt.Errorf("while reading: %w", List{made}))
	if len(list) != 1 || list[0] != made {
		t.Errorf("got %v", list)
	}
	list = Mask(context.Background(), log, fmt.Errorf("while reading: %w", made))
	if len(list) != 1 || list[0] != made {
		t.Errorf("got %v", list)
	}
}

func TestListsSortByPosition(t *testing.T) {
	t.Parallel()
	list := List{New("", "none"), New("", "c").At(2, 1), New("", "b").At(1, 9), New("", "a").At(1, 2)}
	list.SortByLocation()
	if got, want := list.Error(), "1:2: a\n1:9: b\n2:1: c\nnone"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
}

func FuzzStringsAreValidJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c\n\r\t\x00\x7f", "é😀", "\xff\xfe", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(AppendString(nil, s), &back); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("got %q want %q", back, s)
		}
	})
}
