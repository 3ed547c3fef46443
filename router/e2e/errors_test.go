package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var updateErrors = flag.Bool("update-errors", false, "rewrite testdata/errors.*.txtar")

// answers are what a subgraph may say, by what it says.
var subgraphBodies = []struct{ name, body string }{
	{"data", `{"data":{"me":{"name":"Ada"}}}`},
	{"data and a coded error", `{"data":{"me":{"name":null}},"errors":[{"message":"no such name","path":["me","name"],"locations":[{"line":-1,"column":-1}],"extensions":{"code":"NO_NAME","field":"name","stacktrace":["at secret.js:1"]}}]}`},
	{"data and an error without a code", `{"data":{"me":null},"errors":[{"message":"sql: connection refused at db.internal","path":["me"]}]}`},
	{"null data and an error", `{"data":null,"errors":[{"message":"broken","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`},
	{"errors alone", `{"errors":[{"message":"not allowed","extensions":{"code":"FORBIDDEN"}}]}`},
	{"neither data nor errors", `{}`},
}

// caseOf makes the subgraph answer with a status, a content type and a body: each as the header x-case names them.
func errorCase(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(r.Header.Get("X-Case"), "|", 3)
	var status int
	if _, err := fmt.Sscan(parts[0], &status); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	w.Header()["Content-Type"] = nil
	if parts[1] != "" {
		w.Header().Set("Content-Type", parts[1])
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(parts[2])) // the router may have gone
}

var referenceText = regexp.MustCompile(`reference [A-Z2-7]{26}`)

// TestWhatClientsSeeOfErrors goes through status x content type x body of a subgraph, and what the client accepts, under
// three policies. The goldens are part of what clients rely on.
func TestWhatClientsSeeOfErrors(t *testing.T) {
	t.Parallel()
	for policy, text := range map[string]string{
		"development": `{mode: development}`,
		"production":  `{mode: production}`,
		"masked":      `{mode: production, subgraphs: {users: {messages: mask, codes: [FORBIDDEN], extensions: [field]}}}`,
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			users := subgraph(t, errorCase)
			r := start(t, options{
				Config:     "errors: " + text + "\nheaders: {all: {request: [{propagate: x-case}]}}\nsubgraphs: {all: {retry: {enabled: false}, breaker: {enabled: false}}}",
				Supergraph: supergraphOf(t, graph{"users", users.URL, `type Query { me: User } type User { name: String }`}),
			})
			got := &txtar.Archive{Comment: []byte("What clients see under errors: " + text + "\n")}
			add := func(name string, status int, contentType, body string) {
				var out strings.Builder
				for _, accept := range []string{"application/json", "application/graphql-response+json"} {
					a := r.Post(t, `{ me { name } }`, withHeader("X-Case", fmt.Sprintf("%d|%s|%s", status, contentType, body)), withHeader("Accept", accept))
					fmt.Fprintf(&out, "%s %d %s\n", accept, a.Status, referenceText.ReplaceAllString(a.Body, "reference R"))
					checkFailure(t, name, a)
				}
				got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(out.String())})
			}
			for _, status := range []int{200, 400, 503} {
				for _, contentType := range []string{"application/json", "application/graphql-response+json"} {
					for _, body := range subgraphBodies {
						add(fmt.Sprintf("%d %s: %s", status, contentType, body.name), status, contentType, body.body)
					}
				}
				add(fmt.Sprintf("%d text/html", status), status, "text/html", "<html>gateway</html>")
				add(fmt.Sprintf("%d application/json: cut off", status), status, "application/json", `{"data":{"me":{"na`)
				add(fmt.Sprintf("%d and no body", status), status, "", "")
			}
			golden := "testdata/errors." + policy + ".txtar"
			if *updateErrors {
				if err := os.WriteFile(golden, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := txtar.ParseFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			for i, file := range got.Files {
				if i >= len(want.Files) || want.Files[i].Name != file.Name || string(want.Files[i].Data) != string(file.Data) {
					t.Errorf("%s: got\n%s", file.Name, file.Data)
				}
			}
			if len(want.Files) != len(got.Files) {
				t.Errorf("%d cases, %d in %s", len(got.Files), len(want.Files), golden)
			}
		})
	}
}

// checkFailure: whatever a subgraph says, no data comes without an error that names the subgraph and a code.
func checkFailure(t *testing.T, name string, a *answer) {
	t.Helper()
	data, ok := a.Data.(map[string]any)
	if ok && data["me"] != nil && !strings.Contains(name, "error") {
		return
	}
	if len(a.Errors) == 0 {
		t.Errorf("%s: null without an error: %s", name, a.Body)
	}
	for _, e := range a.Errors {
		if e.Code() == "" || e.Extensions["serviceName"] != "users" {
			t.Errorf("%s: an error without code or subgraph: %s", name, a.Body)
		}
	}
}

// TestMaskedErrorsAreInTheLog: the client's reference finds what was masked.
func TestMaskedErrorsAreInTheLog(t *testing.T) {
	t.Parallel()
	users := subgraph(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, `{"data":{"me":null},"errors":[{"message":"sql: connection refused at db.internal","path":["me"]}]}`)
	})
	r := start(t, options{
		Config:     "errors: {mode: production}",
		Supergraph: supergraphOf(t, graph{"users", users.URL, `type Query { me: User } type User { name: String }`}),
	})
	a := r.Post(t, `{ me { name } }`)
	if strings.Contains(a.Body, "db.internal") || len(a.Errors) != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	reference := strings.TrimPrefix(referenceText.FindString(a.Errors[0].Message), "reference ")
	if reference == "" {
		t.Fatalf("no reference in %q", a.Errors[0].Message)
	}
	r.WaitLog(t, reference, "db.internal", `"subgraph":"users"`)
}
