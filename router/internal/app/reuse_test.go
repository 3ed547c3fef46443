package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/internal/config"
)

const reuseSupergraph = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "%s") }
type Query @join__type(graph: A) { whoami(x: Int): String }
`

// The arguments that make the subgraph special.
const (
	hangs = 9 // it does not answer
	long  = 7 // it says the same many times
	times = 6000
)

// tellsWho is a subgraph that answers with what it was told of the caller. It keeps nothing of a connection to itself.
func tellsWho(w http.ResponseWriter, r *http.Request) {
	var body struct{ Variables map[string]int }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x := 0
	for _, v := range body.Variables { // at most one
		x = v
	}
	wait := time.Duration(rand.IntN(2000)) * time.Microsecond //nolint:gosec // no secret
	if x == hangs {
		wait = time.Minute
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	answer, _ := json.Marshal(map[string]any{"data": map[string]string{"whoami": told(r.Header.Get("X-User"), r.Header.Get("X-Sub"), x)}})
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the router may have gone
}

// told is what the subgraph says to a caller with a header and a claim.
func told(user, subject string, x int) string {
	text := fmt.Sprintf("user %s, subject %s, x %d;", user, subject, x)
	if x == long {
		text = strings.Repeat(text, times)
	}
	return text
}

// lockedBuffer is a log that is written by many.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// reuseRouter is a router with everything in it that keeps memory for the next request.
type reuseRouter struct {
	address string
	token   func(subject string) string
	log     lockedBuffer
}

func startReuseRouter(t *testing.T) *reuseRouter {
	t.Helper()
	subgraph := httptest.NewServer(http.HandlerFunc(tellsWho))
	t.Cleanup(subgraph.Close)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	graph := filepath.Join(dir, "supergraph.graphql")
	for file, text := range map[string]string{
		graph: fmt.Sprintf(reuseSupergraph, subgraph.URL),
		keys:  fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","alg":"EdDSA","use":"sig","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public)),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &reuseRouter{token: func(subject string) string {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"sub": subject, "exp": time.Now().Add(time.Hour).Unix()})
		token.Header["kid"] = "k"
		signed, err := token.SignedString(private)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}}
	c := config.Default()
	c.Listen, c.Supergraph.File = "127.0.0.1:0", graph
	c.Auth.JWKS = []config.JWKS{{File: keys, Interval: config.Duration(time.Hour)}}
	c.Auth.Algorithms = []string{"EdDSA"}
	c.Headers.All.Request = []config.HeaderRule{{Propagate: "X-User"}, {Insert: "X-Sub", Claim: "sub"}}
	c.Sharing.Requests, c.Limits.Batch, c.Log.Access = "all", 4, true
	c.Traffic.Timeout = config.Duration(500 * time.Millisecond)
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	a, err := New(c, slog.New(slog.NewJSONHandler(&r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-a.Ready():
	case err := <-done:
		t.Fatalf("the router stopped: %v", err)
	}
	r.address = a.Addr().String()
	return r
}

// TestNobodySeesAnothersRequest: many callers on few connections, with every kind of request that a connection may carry,
// and each gets its own answer, while the memory of requests is used again and again.
func TestNobodySeesAnothersRequest(t *testing.T) {
	t.Parallel()
	r := startReuseRouter(t)
	tokens := map[string]string{}
	for i := range identities {
		subject := fmt.Sprint("subject", i)
		tokens[subject] = r.token(subject)
	}
	const conns, requests = 20, 500
	var answered, gone, late atomic.Int64
	var all sync.WaitGroup
	for i := range conns {
		all.Go(func() {
			c := &caller{t: t, random: rand.New(rand.NewPCG(7, uint64(i))), address: r.address, tokens: tokens} //nolint:gosec // no secret
			for range requests {
				c.request()
			}
			c.close()
			answered.Add(c.answered)
			gone.Add(c.gone)
			late.Add(c.late)
		})
	}
	all.Wait()
	t.Logf("%d answers, %d clients were gone, %d requests were late", answered.Load(), gone.Load(), late.Load())
	if answered.Load() < conns*requests/2 || gone.Load() == 0 || late.Load() == 0 {
		t.Errorf("%d answers, %d clients were gone, %d requests were late: that is not what is to be tested", answered.Load(), gone.Load(), late.Load())
	}
	r.checkLog(t)
}

const identities = 6

// checkLog: each line of the access log is of one request alone. Callers name themselves as their clients' names too.
func (r *reuseRouter) checkLog(t *testing.T) {
	t.Helper()
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	lines := json.NewDecoder(&r.log.text)
	seen := 0
	for {
		var line struct{ Msg, Client, Subject, Method string }
		if err := lines.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if line.Msg != "request" {
			continue
		}
		seen++
		if line.Subject != "" && line.Client != line.Subject {
			t.Errorf("the client %q has the subject %q", line.Client, line.Subject)
		}
	}
	if seen < 1000 {
		t.Errorf("%d requests are in the log", seen)
	}
}

// caller is one connection at a time.
type caller struct {
	t       *testing.T
	random  *rand.Rand
	address string
	tokens  map[string]string

	conn                 net.Conn // nil: none
	from                 *bufio.Reader
	answered, gone, late int64
}

func (c *caller) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

func (c *caller) open() bool {
	if c.conn != nil {
		return true
	}
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		c.t.Error(err)
		return false
	}
	_ = conn.SetDeadline(time.Now().Add(3 * time.Minute))
	c.conn, c.from = conn, bufio.NewReader(conn)
	return true
}

// question is a request and what has to come back.
type question struct {
	wire   string
	status int
	want   string // empty: any text
	who    string // whose name may be in it
	late   bool   // the subgraph does not answer it
}

// request makes one request, or several at once.
func (c *caller) request() {
	if !c.open() {
		return
	}
	switch kind := c.random.IntN(20); kind {
	case 0: // the client goes while its request is under way
		q := c.question()
		_, _ = io.WriteString(c.conn, q.wire)
		if c.random.IntN(2) == 0 {
			wait := time.NewTimer(time.Duration(c.random.IntN(1500)) * time.Microsecond)
			<-wait.C
		}
		c.close()
		c.gone++
	case 1, 2: // several at once, and answers that wait to be read
		questions := make([]question, 2+c.random.IntN(4))
		var wire strings.Builder
		for i := range questions {
			questions[i] = c.question()
			wire.WriteString(questions[i].wire)
		}
		written := make(chan struct{})
		go func(conn net.Conn) {
			defer close(written)
			_, _ = io.WriteString(conn, wire.String()) // what is missing is seen
		}(c.conn)
		for _, q := range questions {
			if !c.answer(q) {
				break
			}
		}
		<-written
	default:
		q := c.question()
		_, _ = io.WriteString(c.conn, q.wire) // what is missing is seen
		c.answer(q)
	}
}

// answer reads one. False: the connection has ended.
func (c *caller) answer(q question) bool {
	answer, err := http.ReadResponse(c.from, nil)
	if err != nil {
		c.t.Errorf("%v for %q", err, q.wire)
		c.close()
		return false
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	switch {
	case err != nil:
		c.t.Error(err)
		c.close()
		return false
	case answer.StatusCode == q.status && string(text) == q.want && !q.late:
		c.answered++
	case isLate(text): // also where the machine is slow
		c.late++
		if others := strings.ReplaceAll(string(text), q.who, ""); strings.Contains(others, "subject ") {
			c.t.Errorf("%q got %d %.300s", q.who, answer.StatusCode, text)
		}
	case q.want == "" && answer.StatusCode == q.status && !strings.Contains(string(text), "subject "):
		c.answered++
	default:
		c.t.Errorf("got %d %.300s, want %d %.300s for %q", answer.StatusCode, text, q.status, q.want, q.wire)
	}
	return true
}

// isLate tells whether an answer says that something took too long.
func isLate(text []byte) bool {
	for _, code := range []string{"REQUEST_TIMEOUT", "SUBGRAPH_CIRCUIT_OPEN", "SERVICE_OVERLOADED"} {
		if bytes.Contains(text, []byte(code)) {
			return true
		}
	}
	return false
}

// question makes a request of a random kind.
func (c *caller) question() question {
	subject, user, x := "", fmt.Sprint("user", c.random.IntN(identities)), c.random.IntN(4)
	lines := "Host: x\r\nX-User: " + user + "\r\n"
	if c.random.IntN(3) > 0 {
		subject = fmt.Sprint("subject", c.random.IntN(identities))
		lines += "Authorization: Bearer " + c.tokens[subject] + "\r\nApollographql-Client-Name: " + subject + "\r\n"
	}
	status, late := http.StatusOK, false
	switch c.random.IntN(150) {
	case 0:
		x, late = hangs, true
	case 1, 2, 3, 4, 5:
		x = long
	case 6, 7, 8, 9, 10:
		lines, status = "Host: x\r\nX-User: "+user+"\r\nAuthorization: Bearer nonsense\r\n", http.StatusUnauthorized
	}
	payload := func(x int) string {
		text, _ := json.Marshal(told(user, subject, x)) // text
		return `{"data":{"whoami":` + string(text) + `}}`
	}
	query := fmt.Sprintf(`{ whoami(x: %d) }`, x)
	q := question{want: payload(x), status: status, late: late, who: fmt.Sprintf("user %s, subject %s,", user, subject)}
	if status != http.StatusOK {
		q.want = ""
	}
	switch c.random.IntN(12) {
	case 0:
		q.wire = "GET /graphql?query=" + url.QueryEscape(query) + " HTTP/1.1\r\n" + lines + "\r\n"
	case 1:
		q.wire = postOf(lines+"Content-Type: application/json\r\n", fmt.Sprintf(`[{"query":%q},{"query":"{ whoami(x: 5) }"}]`, query))
		if q.want != "" {
			q.want = "[" + q.want + "," + payload(5) + "]"
		}
	case 2:
		return question{wire: postOf(lines+"Content-Type: text/plain\r\n", `{"query":"{ whoami }"}`), status: http.StatusUnsupportedMediaType}
	case 3:
		return question{wire: postOf(lines+"Content-Type: application/json\r\n", `{"query":`), status: http.StatusBadRequest}
	default:
		q.wire = postOf(lines+"Content-Type: application/json\r\n", fmt.Sprintf(`{"query":%q}`, query))
	}
	return q
}

func postOf(lines, body string) string {
	return fmt.Sprintf("POST /graphql HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", lines, len(body), body)
}
