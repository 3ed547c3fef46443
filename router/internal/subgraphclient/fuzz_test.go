package subgraphclient

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// stepReader gives at most n bytes at a time.
type stepReader struct {
	rest string
	n    int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.n, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}

// compareWithStandard reads the same bytes with net/http: what we accept it reads in the same way.
func compareWithStandard(t *testing.T, wire string, ours response) {
	t.Helper()
	in := bufio.NewReader(strings.NewReader(wire))
	for {
		answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		if err != nil {
			// The standard client is stricter in places that do not move where the body ends.
			return
		}
		if answer.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			return
		}
		if answer.StatusCode != ours.status || string(body) != string(ours.body) {
			t.Fatalf("net/http reads %d %q, we read %d %q", answer.StatusCode, body, ours.status, ours.body)
		}
		return
	}
}
