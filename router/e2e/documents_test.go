package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// hashOf is a document's hash as clients of automatic persisted queries send it.
func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// hello starts a router over one subgraph with a query and a mutation.
func hello(t *testing.T, o options) (*router, *service) {
	t.Helper()
	s := subgraph(t, data(`{"hello":"world","other":"there","set":"done"}`))
	o.Supergraph = supergraphOf(t, graph{"a", s.URL, `type Query { hello: String other: String } type Mutation { set: String }`})
	return start(t, o), s
}

// body is a request's body; empty parts are left out.
func body(query, documentID, hash string) []byte {
	request := map[string]any{}
	if query != "" {
		request["query"] = query
	}
	if documentID != "" {
		request["documentId"] = documentID
	}
	if hash != "" {
		request["extensions"] = map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
	}
	text, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	return text
}

func check(t *testing.T, what string, a *answer, status int, code, data string) {
	t.Helper()
	if a.Status != status || strings.Join(a.Codes(), ",") != code || code == "" && a.DataJSON() != data {
		t.Errorf("%s: %d %s", what, a.Status, a.Body)
	}
}

// TestAutomaticPersistedQueries: a hash that nobody has registered is asked for, and known from then on, by POST and GET.
func TestAutomaticPersistedQueries(t *testing.T) {
	t.Parallel()
	r, s := hello(t, options{})
	const query, answer = `{ hello }`, `{"hello":"world"}`
	hash := hashOf(query)
	unknown := r.PostBody(t, body("", "", hash))
	check(t, "unknown", unknown, http.StatusOK, "PERSISTED_QUERY_NOT_FOUND", "")
	if unknown.Errors[0].Message != "PersistedQueryNotFound" {
		t.Errorf("clients look for another message than %q", unknown.Errors[0].Message)
	}
	check(t, "by documentId before it is registered", r.PostBody(t, body("", "sha256:"+hash, "")), 200, "PERSISTED_QUERY_NOT_FOUND", "")
	if s.Count() != 0 {
		t.Error("something was asked of the subgraph")
	}
	check(t, "another document than the hash's", r.PostBody(t, body(`{ other }`, "", hash)), 400, "PERSISTED_QUERY_HASH_MISMATCH", "")
	check(t, "registered", r.PostBody(t, body(query, "", hash)), 200, "", answer)
	check(t, "known", r.PostBody(t, body("", "", hash)), 200, "", answer)
	check(t, "known by documentId", r.PostBody(t, body("", "sha256:"+hash, "")), 200, "", answer)
	extensions := url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}`)
	check(t, "by GET", r.Get(t, "/graphql?extensions="+extensions), 200, "", answer)
	check(t, "by GET with documentId", r.Get(t, "/graphql?documentId=sha256:"+hash), 200, "", answer)

	mutation := `mutation { set }`
	check(t, "a mutation", r.PostBody(t, body(mutation, "", hashOf(mutation))), 200, "", `{"set":"done"}`)
	check(t, "a mutation by GET", r.Get(t, "/graphql?documentId=sha256:"+hashOf(mutation)), 405, "METHOD_NOT_ALLOWED", "")

	broken := `{ hello `
	if a := r.PostBody(t, body(broken, "", hashOf(broken))); len(a.Errors) == 0 {
		t.Errorf("a broken document: %s", a.Body)
	}
	check(t, "a broken document is not kept", r.PostBody(t, body("", "", hashOf(broken))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
	for _, extension := range []string{`{}`, `[]`, `1`, `{"version":2,"sha256Hash":"` + hash + `"}`, `{"version":1}`, `{"version":1,"sha256Hash":1}`} {
		check(t, extension, r.PostBody(t, []byte(`{"extensions":{"persistedQuery":`+extension+`}}`)), 400, "BAD_REQUEST", "")
	}
	check(t, "null", r.PostBody(t, []byte(`{"query":"{ hello }","extensions":{"persistedQuery":null}}`)), 200, "", answer)
	batch := r.PostBody(t, []byte(`[`+string(body("", "", hash))+`,`+string(body("", "", hashOf("{ x }")))+`]`))
	if want := `[{"data":{"hello":"world"}},{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}]`; batch.Body != want {
		t.Errorf("a batch: %s", batch.Body)
	}
}

// TestAutomaticPersistedQueriesOff: clients are told to stop asking.
func TestAutomaticPersistedQueriesOff(t *testing.T) {
	t.Parallel()
	r, _ := hello(t, options{Config: "apq: {enabled: false}"})
	const query = `{ hello }`
	a := r.PostBody(t, body("", "", hashOf(query)))
	check(t, "off", a, 200, "PERSISTED_QUERY_NOT_SUPPORTED", "")
	if a.Errors[0].Message != "PersistedQueryNotSupported" {
		t.Errorf("clients look for another message than %q", a.Errors[0].Message)
	}
	check(t, "with the document", r.PostBody(t, body(query, "", hashOf(query))), 200, "", `{"hello":"world"}`)
}

// TestAutomaticPersistedQueriesOnRedis: routers share documents, live through an outage, and need no Redis to start.
func TestAutomaticPersistedQueriesOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Reserve(t)
	config := fmt.Sprintf("apq: {redis: {addresses: [%q]}, timeout: 1s}", server.Address)
	one, _ := hello(t, options{Config: config})
	two, _ := hello(t, options{Config: config})
	const early, late = `{ hello }`, `{ other }`
	check(t, "without Redis", one.PostBody(t, body(early, "", hashOf(early))), 200, "", `{"hello":"world"}`)
	check(t, "without Redis each has its own", two.PostBody(t, body("", "", hashOf(early))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
	server.Start(t)
	one.WaitLog(t, "on Redis again")
	two.WaitLog(t, "on Redis again")
	check(t, "registered", one.PostBody(t, body(late, "", hashOf(late))), 200, "", `{"other":"there"}`)
	redistest.Eventually(t, "the other router finds it", func() bool { return two.PostBody(t, body("", "", hashOf(late))).DataJSON() == `{"other":"there"}` })
	client := server.Client()
	defer client.Close()
	if err := client.Set(context.Background(), "tributary:apq:"+hashOf("{ x }"), "{ hello }", 0).Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "what somebody else has written", two.PostBody(t, body("", "", hashOf("{ x }"))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
	server.Kill()
	for range 20 {
		check(t, "during an outage", two.PostBody(t, body("", "", hashOf(late))), 200, "", `{"other":"there"}`)
		check(t, "unknown during an outage", two.PostBody(t, body("", "", hashOf("{ y }"))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
	}
}

const apolloManifest = `{"format":"apollo-persisted-query-manifest","version":1,"operations":[
	{"id":"h1","name":"H","type":"query","body":"query H { hello }"},
	{"id":"o1","name":"O","type":"query","body":"query O { other }","clientName":"web"}]}`

// TestPersistedDocuments: manifests of both formats, by every name, and a change of them.
func TestPersistedDocuments(t *testing.T) {
	t.Parallel()
	r, _ := hello(t, options{
		Config: `persisted_documents: {manifests: [apollo.json, relay.json], interval: 20ms}`,
		Files:  map[string]string{"apollo.json": apolloManifest, "relay.json": `{"r1": "query R { hello }"}`},
	})
	check(t, "by id", r.PostBody(t, body("", "h1", "")), 200, "", `{"hello":"world"}`)
	check(t, "by the extension", r.PostBody(t, body("", "", "h1")), 200, "", `{"hello":"world"}`)
	check(t, "by hash", r.PostBody(t, body("", "sha256:"+hashOf("query H { hello }"), "")), 200, "", `{"hello":"world"}`)
	check(t, "by GET", r.Get(t, "/graphql?documentId=r1"), 200, "", `{"hello":"world"}`)
	check(t, "another client's", r.PostBody(t, body("", "o1", "")), 400, "PERSISTED_QUERY_NOT_IN_LIST", "")
	check(t, "the client's own", r.PostBody(t, body("", "o1", ""), withHeader("apollographql-client-name", "web")), 200, "", `{"other":"there"}`)
	check(t, "unknown", r.PostBody(t, body("", "x1", "")), 400, "PERSISTED_QUERY_NOT_IN_LIST", "")
	check(t, "another text", r.PostBody(t, body("{ other }", "h1", "")), 400, "PERSISTED_QUERY_HASH_MISMATCH", "")
	check(t, "any text", r.Post(t, "{ other }"), 200, "", `{"other":"there"}`)

	r.Write(t, "relay.json", `{"r2": "query R { other }"}`)
	redistest.Eventually(t, "the new manifest counts", func() bool { return r.PostBody(t, body("", "r2", "")).DataJSON() == `{"other":"there"}` })
	check(t, "the old one does not", r.PostBody(t, body("", "r1", "")), 400, "PERSISTED_QUERY_NOT_IN_LIST", "")
	r.Write(t, "relay.json", `{"r3": `)
	r.WaitLog(t, "the last good one stays", "relay.json")
	check(t, "a broken manifest changes nothing", r.PostBody(t, body("", "r2", "")), 200, "", `{"other":"there"}`)
}

// TestSafelist: what is not registered is logged, or refused before it costs anything.
func TestSafelist(t *testing.T) {
	t.Parallel()
	files := map[string]string{"m.json": apolloManifest}
	const unlisted = `{ hello other }`
	t.Run("log", func(t *testing.T) {
		t.Parallel()
		r, _ := hello(t, options{Config: `persisted_documents: {manifests: [m.json], safelist: log}`, Files: files})
		for range 3 {
			check(t, "unlisted", r.Post(t, unlisted, withHeader("graphql-client-name", "ios")), 200, "", `{"hello":"world","other":"there"}`)
		}
		r.WaitLog(t, "a document is not registered", hashOf(unlisted), `"client":"ios"`)
		if n := strings.Count(r.Logs(), hashOf(unlisted)); n != 1 {
			t.Errorf("it was logged %d times", n)
		}
	})
	t.Run("enforce", func(t *testing.T) {
		t.Parallel()
		r, s := hello(t, options{Config: `persisted_documents: {manifests: [m.json], safelist: enforce}`, Files: files})
		check(t, "listed", r.Post(t, "query H { hello }"), 200, "", `{"hello":"world"}`)
		check(t, "listed, written otherwise", r.Post(t, "query H {\n  hello, # same\n}"), 200, "", `{"hello":"world"}`)
		check(t, "by id", r.PostBody(t, body("", "h1", "")), 200, "", `{"hello":"world"}`)
		count := s.Count()
		check(t, "unlisted", r.Post(t, unlisted), 403, "QUERY_NOT_IN_SAFELIST", "")
		check(t, "unlisted by its hash", r.PostBody(t, body("", "", hashOf(unlisted))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
		check(t, "unlisted with its hash", r.PostBody(t, body(unlisted, "", hashOf(unlisted))), 403, "QUERY_NOT_IN_SAFELIST", "")
		check(t, "it was not registered either", r.PostBody(t, body("", "", hashOf(unlisted))), 200, "PERSISTED_QUERY_NOT_FOUND", "")
		check(t, "introspection", r.Post(t, "{ __schema { description } }"), 403, "QUERY_NOT_IN_SAFELIST", "")
		if s.Count() != count {
			t.Error("something was asked of the subgraph")
		}
	})
	t.Run("require id", func(t *testing.T) {
		t.Parallel()
		r, _ := hello(t, options{Config: `persisted_documents: {manifests: [m.json], safelist: enforce, require_id: true}`, Files: files})
		check(t, "by id", r.PostBody(t, body("", "h1", "")), 200, "", `{"hello":"world"}`)
		check(t, "as text", r.Post(t, "query H { hello }"), 400, "PERSISTED_QUERY_ID_REQUIRED", "")
	})
}
