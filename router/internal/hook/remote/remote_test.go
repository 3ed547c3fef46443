package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/hook/remote"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	const largest = 1 << 20
	says := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		status  int    // 0: an error
		answer  string // or what the error says
	}{
		{"an answer", says(http.StatusOK, `{"a":1}`), http.StatusOK, `{"a":1}`},
		{"another status that is one", says(http.StatusNoContent, ""), http.StatusNoContent, ""},
		{"a status that is none", says(http.StatusAccepted, `{}`), 0, "answered 202 Accepted, want 200 or 204"},
		{"as much as is read", says(http.StatusOK, strings.Repeat(" ", largest)), http.StatusOK, strings.Repeat(" ", largest)},
		{"more than is read", says(http.StatusOK, strings.Repeat(" ", largest+1)), 0, "the answer is larger than 1 MiB"},
		{"a body that is cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "{}")
		}, 0, "unexpected EOF"},
		{"from elsewhere", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/asked" {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			}
		}, 0, "answered 307 Temporary Redirect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.handler)
			t.Cleanup(server.Close)
			s := remote.New(remote.Options{URL: server.URL + "/asked", Timeout: time.Minute, IdleConnections: 1})
			status, answer, err := s.Ask(t.Context(), []byte(`{}`), http.StatusOK, http.StatusNoContent)
			got := string(answer)
			if err != nil {
				got = err.Error()
			}
			if status != c.status || c.status != 0 && got != c.answer || c.status == 0 && !strings.Contains(got, c.answer) {
				t.Errorf("got %d and %.100q", status, got)
			}
		})
	}
}

func TestTheQuestion(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	s := remote.New(remote.Options{URL: server.URL, Timeout: time.Minute})
	if _, answer, err := s.Ask(t.Context(), []byte(`{"q":1}`), http.StatusOK); err != nil || string(answer) != `{"q":1}` {
		t.Errorf("got %s, %v", answer, err)
	}
}

func TestServicesThatHang(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client goes
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	s := remote.New(remote.Options{URL: server.URL, Timeout: 10 * time.Millisecond})
	if _, _, err := s.Ask(t.Context(), nil, http.StatusOK); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
