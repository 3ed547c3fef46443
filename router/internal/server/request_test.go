package server

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

func TestReadPost(t *testing.T) {
	t.Parallel()
	requests, batch, err := readPost([]byte(` {"variables":{"a":1.0},"query":"{ a\n\"\u00e9\" }","unknown":[1],"operationName":null,"extensions":{}} `), 10, new(memory))
	if err != nil || batch || len(requests) != 1 {
		t.Fatalf("%v %v %v", requests, batch, err)
	}
	r := requests[0]
	if r.Query != "{ a\n\"é\" }" || r.OperationName != "" || string(r.Variables) != `{"a":1.0}` || string(r.Extensions) != "{}" {
		t.Errorf("%+v", r)
	}
	if requests, batch, err := readPost([]byte(`[{"query":"a"},{"query":"b"}]`), 2, new(memory)); err != nil || !batch || len(requests) != 2 || requests[1].Query != "b" {
		t.Errorf("%v %v %v", requests, batch, err)
	}
}

func TestReadPostRefuses(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		"":                                  "empty",
		"null":                              "JSON object",
		`"a"`:                               "JSON object",
		`{"query": "{ me`:                   "not valid JSON",
		"{\n\"query\": 1,\n}":               "line 3",
		`{"query": 1}`:                      `"query" in the body must be a string`,
		`{"query": "a", "variables": []}`:   `"variables" in the body must be an object`,
		`{"query": "a", "extensions": "x"}`: `"extensions" in the body must be an object`,
		`[]`:                                "batch is empty",
		`[{"query":"a"},{"query":"b"},{"query":"c"}]`: "at most 2",
		`{"query":"a"} x`:            "not valid JSON",
		`{"query":"` + "\xff" + `"}`: "UTF-8",
	} {
		_, _, err := readPost([]byte(body), 2, new(memory))
		var refusal *httpError
		if !errors.As(err, &refusal) || refusal.status != 400 || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", body, err, says)
		}
	}
}

func TestReadGet(t *testing.T) {
	t.Parallel()
	r, err := readGet(httptest.NewRequest(http.MethodGet, "/graphql?query=%7Ba%7D&operationName=A&variables=%7B%22x%22:1%7D", nil))
	if err != nil || r.Query != "{a}" || r.OperationName != "A" || string(r.Variables) != `{"x":1}` {
		t.Errorf("%+v %v", r, err)
	}
	for _, target := range []string{"/graphql?query=a&variables=[1]", "/graphql?query=a&variables={", "/graphql?query=%zz"} {
		request := httptest.NewRequest(http.MethodGet, "/graphql", nil)
		request.URL.RawQuery = strings.TrimPrefix(target, "/graphql?")
		if _, err := readGet(request); err == nil {
			t.Errorf("%s was accepted", target)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]mediaType{
		"":                                  jsonType,
		"*/*":                               jsonType,
		"application/json":                  jsonType,
		"application/graphql-response+json": responseType,
		"application/graphql-response+json; charset=utf-8, application/json; charset=utf-8": responseType,
		"application/json, application/graphql-response+json":                               jsonType,
		"application/json;q=0.5, application/graphql-response+json;q=0.9":                   responseType,
		"text/html, application/*;q=0.1":                                                    jsonType,
		"text/html":                                                                         "",
		"application/json; charset=latin1":                                                  "",
		"application/json;q=0":                                                              "",
		"application/json;q=0, */*":                                                         responseType,
	} {
		var header []string
		if accept != "" {
			header = []string{accept}
		}
		got, err := negotiate(header)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", accept, got, err, want)
		}
	}
}

func TestAcceptedEncoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]encoding{
		"": identityEncoding, "gzip": gzipEncoding, "gzip, br": brotliEncoding, "gzip, deflate, br, zstd": zstdEncoding,
		"zstd;q=0, gzip": gzipEncoding, "br;q=0.2, gzip;q=0.8": gzipEncoding, "*": zstdEncoding, "identity": identityEncoding, "gzip;q=0": identityEncoding,
	} {
		if got := acceptedEncoding([]string{accept}); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
}

func TestPercentage(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]float64{"percent(0)": 0, "percent(12.5)": 12.5, "percent(100)": 100} {
		if got, ok := percentage(label); !ok || got != want {
			t.Errorf("%s: %v, %v", label, got, ok)
		}
	}
	for _, label := range []string{"beta", "percent()", "percent(x)", "percent(5"} {
		if _, ok := percentage(label); ok {
			t.Errorf("%s is no percentage", label)
		}
	}
}

func FuzzReadPost(f *testing.F) {
	f.Add([]byte(`{"query":"{ a }","variables":{"a":[1,2]}}`))
	f.Add([]byte(`[{"query":"\u0041"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		requests, _, err := readPost(body, 3, new(memory))
		var refusal *httpError
		if err != nil && (!errors.As(err, &refusal) || refusal.err.Code != gqlerr.BadRequest && refusal.err.Code != gqlerr.OperationTooLarge) {
			t.Errorf("%v", err)
		}
		if err == nil && len(requests) == 0 {
			t.Error("no requests and no error")
		}
	})
}
