package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/golang-jwt/jwt/v5"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The attack suite: what an attacker sends is refused with an error that says why, and nothing reaches a subgraph that
// should not. Tokens are attacked in authentication_test.go, guarded fields in authorization_test.go.

// target is a router in front of a subgraph with everything that an attacker likes.
func target(t *testing.T, config string) (*router, *service) {
	t.Helper()
	s := subgraph(t, data(`{"public":"p","secret":"s","change":"c","friend":{"name":"n"}}`))
	r := start(t, options{Config: config, Supergraph: supergraphOf(t, graph{"one", s.URL, `
		type Query { public(a: Int): String secret: String @authenticated friend: Friend search(filter: Filter): String }
		type Mutation { change: String }
		type Friend { name: String friend: Friend }
		input Filter { and: [Filter] name: String }`})})
	return r, s
}

func TestAttackFloods(t *testing.T) {
	t.Parallel()
	r, s := target(t, `{}`)
	repeat := func(n int, what func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(what(i))
		}
		return b.String()
	}
	nested := func(n int) string { return strings.Repeat("friend{", n) + "name" + strings.Repeat("}", n) }
	for name, query := range map[string]string{
		"aliases":              "{" + repeat(600, func(i int) string { return fmt.Sprintf("a%d: public ", i) }) + "}",
		"aliases in fragments": "{ friend { ...a } } fragment a on Friend {" + repeat(600, func(i int) string { return fmt.Sprintf("a%d: name ", i) }) + "}",
		"depth":                "{" + nested(150) + "}",
		"depth by fragments":   "{ friend { ...f0 } }" + repeat(150, func(i int) string { return fmt.Sprintf(" fragment f%d on Friend { friend { ...f%d } }", i, i+1) }) + " fragment f150 on Friend { name }",
		"recursive fragments":  "{ friend { ...a } } fragment a on Friend { friend { ...b } } fragment b on Friend { friend { ...a } }",
		"a fragment in itself": "{ friend { ...a } } fragment a on Friend { ...a }",
		"exponential fragments": "{ friend { ...f0 } }" + repeat(30, func(i int) string {
			return fmt.Sprintf(" fragment f%d on Friend { x%d: friend { ...f%d } y%d: friend { ...f%d } }", i, i, i+1, i, i+1)
		}) + " fragment f30 on Friend { name }",
		"directives on one field": "{ public " + strings.Repeat("@skip(if: false) ", 600) + "}",
		"unknown directives":      "{ public " + strings.Repeat("@a ", 600) + "}",
		"directives on many": "{" + repeat(240, func(i int) string {
			return fmt.Sprintf("a%d: public @skip(if: false) @include(if: true) a%d: public @skip(if: false) ", i, i)
		}) + "}",
		"tokens":              "{ public " + strings.Repeat("public ", 16_000) + "}",
		"parentheses":         "{ public(a: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + ") }",
		"input objects":       "{ search(filter: " + strings.Repeat("{and: [", 3_000) + strings.Repeat("]}", 3_000) + ") }",
		"variables":           "query(" + repeat(600, func(i int) string { return fmt.Sprintf("$v%d: Int ", i) }) + ") { public }",
		"introspection depth": "{ __schema { types { " + strings.Repeat("fields { type { ", 30) + "name" + strings.Repeat("}}", 30) + "}}}",
		"unclosed":            strings.Repeat("{ friend ", 5_000),
		"nothing":             "",
		"NUL bytes":           "{ public \x00 }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := r.Post(t, query, withHeader("Accept", "application/graphql-response+json"))
			if a.Status != http.StatusBadRequest || len(a.Errors) == 0 || a.Errors[0].Code() == "" || a.Data != nil || len(a.Body) > 100<<10 {
				t.Errorf("got %d, %d bytes: %.300s", a.Status, len(a.Body), a.Body)
			}
			if asked := s.Count(); asked != 0 {
				t.Errorf("%d requests reached the subgraph", asked)
			}
		})
	}
}

func TestAttackBatches(t *testing.T) {
	t.Parallel()
	r, s := target(t, "rate_limits:\n  rules: [{name: address, key: address, rate: 15, per: 1h}]\n")
	batch := func(n int) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat(`{"query":"{public}"},`, n), ",") + "]")
	}
	wantRefusal(t, "a large batch", r.PostBody(t, batch(11)), http.StatusBadRequest, "OPERATION_TOO_LARGE", s)
	wantRefusal(t, "an empty batch", r.PostBody(t, []byte(`[]`)), http.StatusBadRequest, "BAD_REQUEST", s)
	wantRefusal(t, "a batch in a batch", r.PostBody(t, []byte(`[[{"query":"{public}"}]]`)), http.StatusBadRequest, "BAD_REQUEST", s)
	if a := r.PostBody(t, batch(10)); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	s.Reset()
	wantRefusal(t, "more operations than the limit has left", r.PostBody(t, batch(10)), http.StatusTooManyRequests, "REQUEST_RATE_LIMITED", s)
}

// TestAttackBombs: what counts is the size after decompression, and no more than that is ever read.
func TestAttackBombs(t *testing.T) {
	t.Parallel()
	r, s := target(t, "limits: {body: 100KB}\n")
	plain := []byte(`{"query":"{public}","x":"` + strings.Repeat("a", 8<<20) + `"}`)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(plain)
	_ = w.Close()
	var packed, member, nested bytes.Buffer
	b := brotli.NewWriterLevel(&packed, 3)
	_, _ = b.Write(plain)
	_ = b.Close()
	for out, text := range map[*bytes.Buffer][]byte{&member: plain[:10<<10], &nested: zipped.Bytes()} {
		w := gzip.NewWriter(out)
		_, _ = w.Write(text)
		_ = w.Close()
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	frames := encoder.EncodeAll(plain, nil)
	for name, c := range map[string]struct {
		body   []byte
		coding string
		status int
		code   string
	}{
		"plain":            {plain[:200<<10], "", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"gzip":             {zipped.Bytes(), "gzip", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"zstd":             {frames, "zstd", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"not gzip":         {[]byte("hello"), "gzip", http.StatusBadRequest, "BAD_REQUEST"},
		"br":               {packed.Bytes(), "br", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"many members":     {bytes.Repeat(member.Bytes(), 50), "gzip", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"many frames":      {bytes.Repeat(encoder.EncodeAll(plain[:10<<10], nil), 50), "zstd", http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE"},
		"gzip in gzip":     {nested.Bytes(), "gzip", http.StatusBadRequest, "BAD_REQUEST"},
		"several codings":  {zipped.Bytes(), "gzip, gzip", http.StatusUnsupportedMediaType, "BAD_REQUEST"},
		"an unknown one":   {plain[:100], "compress", http.StatusUnsupportedMediaType, "BAD_REQUEST"},
		"JSON without end": {[]byte(`{"query":` + strings.Repeat("[", 50_000)), "", http.StatusBadRequest, "BAD_REQUEST"},
	} {
		wantRefusal(t, name, r.PostBody(t, c.body, withHeader("Content-Encoding", c.coding)), c.status, c.code, s)
	}
}

// endless is a body of one text for ever.
type endless struct {
	again, rest []byte
	read        atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.again
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.read.Add(int64(n))
	return n, nil
}

// TestAttackEndlessBodies: a coding has parts that stand for nothing; a body that is made of them alone never reaches the limit
// after decompression, and is refused all the same.
func TestAttackEndlessBodies(t *testing.T) {
	t.Parallel()
	r, s := target(t, "limits: {body: 100KB}\n")
	var member bytes.Buffer
	if err := gzip.NewWriter(&member).Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		coding string
		again  []byte
	}{
		"plain":           {"", []byte(" ")},
		"empty members":   {"gzip", bytes.Repeat(member.Bytes(), 100)},
		"skipped frames":  {"zstd", append([]byte{0x50, 0x2a, 0x4d, 0x18, 0xe8, 3, 0, 0}, make([]byte, 1000)...)},
		"a growing frame": {"zstd", append([]byte{0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff}, make([]byte, 64<<10)...)},
	} {
		body := &endless{again: c.again}
		request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", body)
		if err != nil {
			t.Fatal(err)
		}
		a := r.Do(t, request, withHeader("Content-Type", "application/json"), withHeader("Content-Encoding", c.coding))
		wantRefusal(t, name, a, http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE", s)
		// Beside what the router reads: what it drains before it closes the connection, and the buffers of both sockets.
		if sent := body.read.Load(); sent > 32<<20 {
			t.Errorf("%s: %d bytes were sent", name, sent)
		}
	}
}

// raw sends bytes and reads one response.
func raw(t *testing.T, r *router, text string) (status int, body string) {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(r.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return 0, "" // closed without an answer
	}
	defer response.Body.Close()
	read, _ := io.ReadAll(response.Body) // a broken answer shows in the status
	return response.StatusCode, string(read)
}

// TestAttackSmuggling: a request whose end can be read in two ways is not read at all.
func TestAttackSmuggling(t *testing.T) {
	t.Parallel()
	r, s := target(t, `{}`)
	const body = `{"query":"{public}"}`
	head := "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for name, text := range map[string]string{
		"two lengths":                head + "Content-Length: 20\r\nContent-Length: 5\r\n\r\n" + body,
		"two codings":                head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"a coding nobody knows":      head + "Transfer-Encoding: xchunked\r\n\r\n" + body,
		"a length with a sign":       head + "Content-Length: +20\r\n\r\n" + body,
		"a space before the colon":   head + "Content-Length : 20\r\n\r\n" + body,
		"a bare line feed in a name": head + "X-A\nX-B: c\r\nContent-Length: 20\r\n\r\n" + body,
		"a NUL in a value":           head + "X-A: a\x00b\r\nContent-Length: 20\r\n\r\n" + body,
		"a chunk's size overflows":   head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" + body,
		"no host":                    strings.Replace(head, "Host: x\r\n", "", 1) + "Content-Length: 20\r\n\r\n" + body,
		"two hosts":                  head + "Host: y\r\nContent-Length: 20\r\n\r\n" + body,
		"headers without end":        head + strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 200) + "\r\n",
	} {
		status, answer := raw(t, r, text)
		if status < 400 && status != 0 || s.Count() != 0 {
			t.Errorf("%s: %d %s; %d requests reached the subgraph", name, status, answer, s.Count())
			s.Reset()
		}
	}
	// A length beside a coding: the coding counts, and the connection does not serve what was smuggled behind it.
	text := head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n" + body + "\r\n0\r\n\r\n"
	if status, answer := raw(t, r, text+"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n"+`{"query":"{smuggled}"}`); status != http.StatusOK && status < 400 {
		t.Errorf("both: %d %s", status, answer)
	}
	if strings.Contains(s.Queries(), "smuggled") {
		t.Errorf("a smuggled request reached the subgraph: %s", s.Queries())
	}
	// The absolute form names another host: it is neither asked nor told to subgraphs.
	s.Reset()
	status, answer := raw(t, r, "POST http://internal.example.com/graphql HTTP/1.1\r\nHost: internal.example.com\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"+body)
	if status != http.StatusOK || s.Count() != 1 || strings.Contains(s.Last(t).Host, "internal") {
		t.Errorf("absolute form: %d %s", status, answer)
	}
}

// TestAttackHeaders: headers of the connection, of the router itself and of identities never come from the client.
func TestAttackHeaders(t *testing.T) {
	t.Parallel()
	tokens := newIssuer(t)
	r, s := target(t, tokens.Config()+`
headers:
  all:
    request:
      - propagate: "*"
      - remove: x-internal-*
      - insert: x-user-id
        claim: sub
      - insert: x-groups
        claim: groups
`)
	spoofed := map[string]string{
		"Connection": "X-Hop, close", "X-Hop": "1", "Keep-Alive": "1", "Te": "trailers", "Proxy-Authorization": "a", "Upgrade": "h2c",
		"X-User-Id": "admin", "x-Internal-Secret": "1", "X-Groups": "root", "Content-Length": "5", "Expect": "x", "Accept-Encoding": "br",
	}
	changes := []change{func(r *http.Request) {
		for name, value := range spoofed {
			if name != "Content-Length" && name != "Expect" && name != "Upgrade" {
				r.Header.Set(name, value)
			}
		}
		r.Header["x-user-id"] = []string{"lower"} // net/http sends it as it is
		r.Header["X-Fine"] = []string{"a", "b"}
	}}
	for name, c := range map[string]struct {
		token  string
		user   []string
		groups []string
	}{
		"anonymous":                {},
		"a token":                  {tokens.Token(t, "bob", jwt.MapClaims{"groups": []any{"a", "b"}}), []string{"bob"}, []string{"a,b"}},
		"line breaks in the token": {tokens.Token(t, "bob\r\nX-User-Id: admin", jwt.MapClaims{"groups": []any{"a\nb"}}), nil, nil},
	} {
		s.Reset()
		all := changes
		if c.token != "" {
			all = append(slices.Clone(changes), withToken(c.token))
		}
		if a := r.Post(t, `{public}`, all...); a.DataJSON() != `{"public":"p"}` {
			t.Fatalf("%s: %d %s", name, a.Status, a.Body)
		}
		h := s.Last(t).Header
		for _, never := range []string{"X-Hop", "Keep-Alive", "Te", "Proxy-Authorization", "X-Internal-Secret", "Upgrade"} {
			if len(h[never]) > 0 {
				t.Errorf("%s: the subgraph got %s: %v", name, never, h[never])
			}
		}
		if !slices.Equal(h["X-User-Id"], c.user) || !slices.Equal(h["X-Groups"], c.groups) {
			t.Errorf("%s: the subgraph got %v, %v", name, h["X-User-Id"], h["X-Groups"])
		}
		if !slices.Equal(h["X-Fine"], []string{"a", "b"}) {
			t.Errorf("%s: the subgraph got X-Fine %v", name, h["X-Fine"])
		}
	}
}

// TestAttackAddresses: an address from a header counts only from proxies that are trusted.
func TestAttackAddresses(t *testing.T) {
	t.Parallel()
	const rules = "rate_limits:\n  rules: [{name: address, key: address, rate: 3, per: 1h}]\n"
	r, s := target(t, rules)
	for i := range 3 {
		if a := r.Post(t, `{public}`, withHeader("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	s.Reset()
	for i, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
		wantRefusal(t, name, r.Post(t, `{public}`, withHeader(name, fmt.Sprintf("192.0.2.%d", 100+i))), http.StatusTooManyRequests, "REQUEST_RATE_LIMITED", s)
	}
	// Behind a trusted proxy the last address that it saw counts, whatever stands left of it.
	r, s = target(t, rules+"  trusted_proxies: [127.0.0.1]\n")
	for i := range 3 {
		r.Post(t, `{public}`, withHeader("X-Forwarded-For", fmt.Sprintf("10.9.8.%d, 192.0.2.1", i)))
	}
	s.Reset()
	wantRefusal(t, "left of the proxy's", r.Post(t, `{public}`, withHeader("X-Forwarded-For", "10.1.1.1, 192.0.2.1")), http.StatusTooManyRequests, "REQUEST_RATE_LIMITED", s)
	if a := r.Post(t, `{public}`, withHeader("X-Forwarded-For", "192.0.2.1, 192.0.2.2")); a.Status != http.StatusOK {
		t.Errorf("another client: %d %s", a.Status, a.Body)
	}
}

// TestAttackSharing: what callers share (executions, fetches, plans, verified tokens) never shows one what is another's.
func TestAttackSharing(t *testing.T) {
	t.Parallel()
	tokens := newIssuer(t)
	s := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Variables map[string]any }
		_ = json.NewDecoder(r.Body).Decode(&request)
		reply(w, fmt.Sprintf(`{"data":{"whoami":"%s/%s/%v"}}`, r.Header.Get("X-User-Id"), r.Header.Get("X-Tenant"), request.Variables["v"]))
	})
	sdl := supergraphOf(t, graph{"one", s.URL, `type Query { whoami(v: Int): String }`})
	for _, sharing := range []string{"anonymous", "all"} {
		t.Run(sharing, func(t *testing.T) {
			t.Parallel()
			r := start(t, options{Supergraph: sdl, Config: tokens.Config() + `
headers:
  all:
    request:
      - propagate: x-tenant
      - insert: x-user-id
        claim: sub
sharing: {requests: ` + sharing + "}\n"})
			var callers sync.WaitGroup
			for worker := range 8 {
				callers.Go(func() {
					for i := range 60 {
						user, tenant, v := fmt.Sprint("u", (worker+i)%3), fmt.Sprint("t", i%2), i%2
						body, err := json.Marshal(map[string]any{"query": `query($v: Int) { whoami(v: $v) }`, "variables": map[string]any{"v": v}})
						if err != nil {
							t.Error(err)
							return
						}
						request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", bytes.NewReader(body))
						if err != nil {
							t.Error(err)
							return
						}
						request.Header.Set("Content-Type", "application/json")
						request.Header.Set("X-Tenant", tenant)
						want := fmt.Sprintf("/%s/%d", tenant, v)
						if user != "u2" { // who is anonymous
							request.Header.Set("Authorization", "Bearer "+tokens.Token(t, user))
							want = user + want
						}
						a, err := r.Try(request)
						if err != nil || a.DataJSON() != `{"whoami":"`+want+`"}` {
							t.Errorf("%s got %v, %v", want, a, err)
							return
						}
					}
				})
			}
			callers.Wait()
		})
	}
}

// TestAttackIntrospection: switched off, the schema shows in no way, and errors do not suggest names.
func TestAttackIntrospection(t *testing.T) {
	t.Parallel()
	r, s := target(t, "introspection: {enabled: false}\n")
	for _, query := range []string{
		`{ __schema { types { name } } }`, `{ a: __schema { queryType { name } } }`, `{ public ...f } fragment f on Query { x: __type(name: "Query") { name } }`,
		`{ ... { ... on Query { __schema { directives { name } } } } }`, `query($v: Boolean = false) { __schema @include(if: $v) { queryType { name } } }`,
		`{ public: __schema { queryType { name } } }`,
	} {
		a := r.Post(t, query, withHeader("Accept", "application/graphql-response+json"))
		if a.Status < 400 || a.Data != nil || !slices.Equal(a.Codes(), []string{"INTROSPECTION_DISABLED"}) || s.Count() != 0 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	for query, near := range map[string]string{
		`{ publik }`: `public"`, `{ friend { nam } }`: `name"`, `{ secre }`: `secret"`, `{ search(filte: null) }`: `filter"`,
		`{ search(filter: {nam: "a"}) }`: `name"`, `{ ... on Frend { name } }`: `Friend"`, `query($v: Filtr) { public }`: `Filter"`,
	} {
		a := r.Post(t, query)
		if text := strings.ReplaceAll(a.Body, `\"`, `"`); len(a.Errors) == 0 || strings.Contains(text, near) || strings.Contains(strings.ToLower(text), "did you mean") {
			t.Errorf("%s: the answer tells %s: %s", query, near, a.Body)
		}
	}
	a := r.PostVariables(t, `query($f: Filter) { search(filter: $f) }`, map[string]any{"f": map[string]any{"nam": "a"}})
	if len(a.Errors) == 0 || strings.Contains(a.Body, "mean") || s.Count() != 0 {
		t.Errorf("a variable: %s", a.Body)
	}
	if a := r.Post(t, `{ __typename }`); a.DataJSON() != `{"__typename":"Query"}` {
		t.Errorf("__typename tells nothing that is not known: %s", a.Body)
	}
}

// TestAttackTypename: no alias makes a guarded field look like __typename, or the other way round.
func TestAttackTypename(t *testing.T) {
	t.Parallel()
	r, s := target(t, `{}`)
	for _, query := range []string{`{ __typename: secret }`, `{ friend { __typename: name } __typename: secret }`, `{ public: secret }`, `{ __typename secret @include(if: true) }`, `{ _entities: secret }`} {
		s.Reset()
		a := r.Post(t, query)
		if strings.Contains(a.Body, `"s"`) || sent(t, s, "secret") {
			t.Errorf("%s: %s; asked %s", query, a.Body, s.Queries())
		}
	}
	for _, query := range []string{`{ _entities(representations: []) { __typename } }`, `{ _service { sdl } }`} {
		s.Reset()
		a := r.Post(t, query, withHeader("Accept", "application/graphql-response+json"))
		wantRefusal(t, query, a, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED", s)
	}
}

// TestAttackForms: what a page of another site can make a browser send without asking does nothing.
func TestAttackForms(t *testing.T) {
	t.Parallel()
	r, s := target(t, `{}`)
	body := `{"query":"mutation { change }"}`
	for name, contentType := range map[string]string{
		"text": "text/plain", "form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data; boundary=x", "none": "",
		"text with JSON in a parameter": "text/plain; application/json", "two": "text/plain, application/json", "another charset": "application/json; charset=utf-7",
	} {
		a := r.PostBody(t, []byte(body), withHeader("Content-Type", contentType), withHeader("Origin", "https://evil.example.com"), withHeader("Sec-Fetch-Site", "cross-site"))
		wantRefusal(t, name, a, http.StatusUnsupportedMediaType, "BAD_REQUEST", s)
	}
	form := "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + body + "\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--x--\r\n"
	wantRefusal(t, "an upload", r.PostBody(t, []byte(form), withHeader("Content-Type", "multipart/form-data; boundary=x")), http.StatusUnsupportedMediaType, "BAD_REQUEST", s)

	query := "/graphql?query=" + url.QueryEscape("{public}")
	wantRefusal(t, "GET from another site", r.Get(t, query, withHeader("Sec-Fetch-Site", "cross-site")), http.StatusForbidden, "CSRF_PREVENTION", s)
	wantRefusal(t, "GET from another site of the domain", r.Get(t, query, withHeader("Sec-Fetch-Site", "same-site")), http.StatusForbidden, "CSRF_PREVENTION", s)
	wantRefusal(t, "a mutation by GET", r.Get(t, "/graphql?query="+url.QueryEscape("mutation { change }")), http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", s)
	wantRefusal(t, "a mutation by GET, by name", r.Get(t, "/graphql?operationName=M&query="+url.QueryEscape("query Q { public } mutation M { change }")), http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", s)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace} {
		request, err := http.NewRequest(method, r.URL+"/graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, method, r.Do(t, request, withHeader("Content-Type", "application/json")), http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", s)
	}
	// No origin is allowed that was not named: the browser keeps the answer from the page.
	request, err := http.NewRequest(http.MethodOptions, r.URL+"/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	a := r.Do(t, request, withHeader("Origin", "https://evil.example.com"), withHeader("Access-Control-Request-Method", "POST"), withHeader("Access-Control-Request-Headers", "content-type"))
	if a.Header.Get("Access-Control-Allow-Origin") != "" || s.Count() != 0 {
		t.Errorf("a preflight of another site: %d %v", a.Status, a.Header)
	}
}
