package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/certs"
	"github.com/tributary-gql/tributary/router/internal/certs/certstest"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

// files writes PEM files and gives their paths.
func files(t *testing.T, texts ...string) []certs.Material {
	t.Helper()
	dir := t.TempDir()
	paths := make([]certs.Material, len(texts))
	for i, text := range texts {
		path := filepath.Join(dir, string(rune('a'+i))+".pem")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths[i] = certs.Material(path)
	}
	return paths
}

// serve answers with the name in the client's certificate and the protocol; it stops with the test.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		TLSConfig: config, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := "nobody"
			if len(r.TLS.PeerCertificates) > 0 {
				name = r.TLS.PeerCertificates[0].Subject.CommonName
			}
			_, _ = io.WriteString(w, name+" "+r.Proto)
		}),
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.ServeTLS(listener, "", "") }) // it ends with Close
	t.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	return "https://" + listener.Addr().String()
}

func ask(t *testing.T, url string, config *tls.Config) (string, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func TestBothSidesShowWhoTheyAre(t *testing.T) {
	t.Parallel()
	ca, other := certstest.NewCA(t, "ours"), certstest.NewCA(t, "theirs")
	serverCert, serverKey := ca.Issue(t, "router.test")
	clientCert, clientKey := ca.Issue(t, "client")
	wrongCert, wrongKey := other.Issue(t, "stranger")
	paths := files(t, serverCert, serverKey, ca.PEM, clientCert, clientKey)

	server := certs.Server{Certificate: paths[0], Key: paths[1], ClientCA: paths[2], MinVersion: tls.VersionTLS12}
	client := certs.Client{CA: paths[2], Certificate: paths[3], Key: paths[4], ServerName: "router.test", MinVersion: tls.VersionTLS12}
	with := func(change func(*certs.Client)) certs.Client {
		c := client
		change(&c)
		return c
	}
	for _, test := range []struct {
		name     string
		optional bool
		client   certs.Client
		want     string // "" is a failure
	}{
		{"a client with a certificate", false, client, "client HTTP/2.0"},
		{"PEM text instead of files", false, with(func(c *certs.Client) {
			c.CA, c.Certificate, c.Key = certs.Material(ca.PEM), certs.Material(clientCert), certs.Material(clientKey)
		}), "client HTTP/2.0"},
		{"one without", false, with(func(c *certs.Client) { c.Certificate, c.Key = "", "" }), ""},
		{"one without, where that is allowed", true, with(func(c *certs.Client) { c.Certificate, c.Key = "", "" }), "nobody HTTP/2.0"},
		{"one of another authority", false, with(func(c *certs.Client) {
			c.Certificate, c.Key = certs.Material(wrongCert), certs.Material(wrongKey)
		}), ""},
		{"a client that trusts another authority", false, with(func(c *certs.Client) { c.CA = certs.Material(other.PEM) }), ""},
		{"a client that wants another name", false, with(func(c *certs.Client) { c.ServerName = "evil.test" }), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			own := server
			own.ClientOptional = test.optional
			serverConfig, err := own.Config()
			if err != nil {
				t.Fatal(err)
			}
			clientConfig, err := test.client.Config()
			if err != nil {
				t.Fatal(err)
			}
			got, err := ask(t, serve(t, serverConfig), clientConfig)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t, "ours")
	cert, key := ca.Issue(t, "router.test")
	config, err := certs.Server{Certificate: certs.Material(cert), Key: certs.Material(key), MinVersion: tls.VersionTLS13}.Config()
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, config)
	client, err := certs.Client{CA: certs.Material(ca.PEM), ServerName: "router.test"}.Config()
	if err != nil {
		t.Fatal(err)
	}
	client.MaxVersion = tls.VersionTLS12
	if got, err := ask(t, url, client); err == nil {
		t.Errorf("TLS 1.2 got %q", got)
	}
}

func TestMistakesSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t, "ours")
	cert, key := ca.Issue(t, "a")
	_, otherKey := ca.Issue(t, "b")
	paths := files(t, "no PEM at all")
	for _, test := range []struct {
		server certs.Server
		want   string
	}{
		{certs.Server{Certificate: "/does/not/exist.pem", Key: certs.Material(key)}, "certificate: open /does/not/exist.pem"},
		{certs.Server{Certificate: certs.Material(cert), Key: "/no/key.pem"}, "key: open /no/key.pem"},
		{certs.Server{Certificate: certs.Material(cert), Key: certs.Material(otherKey)}, "certificate the text given and key the text given cannot be used: private key does not match public key"},
		{certs.Server{Certificate: paths[0], Key: certs.Material(key)}, "cannot be used"},
		{certs.Server{Certificate: certs.Material(cert), Key: certs.Material(key), ClientCA: paths[0]}, "holds no certificate in PEM"},
	} {
		_, err := test.server.Config()
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "PRIVATE KEY") {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// TestListenersReload: what is on disk counts, and what cannot be used does not.
func TestListenersReload(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t, "ours")
	first, firstKey := ca.Issue(t, "first.test")
	second, secondKey := ca.Issue(t, "second.test")
	paths := files(t, first, firstKey)
	write := func(cert, key string) {
		for i, text := range []string{cert, key} {
			if err := os.WriteFile(string(paths[i]), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	bubble.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l, err := certs.NewListener(certs.Server{Certificate: paths[0], Key: paths[1]}, time.Second, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		config := l.Config()
		shown := func() string {
			c, err := config.GetConfigForClient(nil)
			if err != nil {
				t.Fatal(err)
			}
			return c.Certificates[0].Leaf.Subject.CommonName
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { l.Run(ctx) })
		write(second, firstKey)
		<-time.After(2500 * time.Millisecond)
		bubble.Wait()
		if shown() != "first.test" || strings.Count(log.String(), "cannot be used; the old one stays in use") != 1 {
			t.Errorf("%s is shown, the log says\n%s", shown(), log.String())
		}
		write(second, secondKey)
		<-time.After(time.Second)
		bubble.Wait()
		if shown() != "second.test" || l.Expiry().IsZero() {
			t.Errorf("%s is shown, the log says\n%s", shown(), log.String())
		}
		cancel()
		running.Wait()
	})
}

func TestClientsKeepWhatHasNotChanged(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t, "ours")
	cert, key := ca.Issue(t, "router")
	newCert, newKey := ca.Issue(t, "router")
	paths := files(t, ca.PEM, cert, key)
	client := certs.Client{CA: paths[0], Certificate: paths[1], Key: paths[2]}
	clients := certs.NewClients(nil)
	config := func(c *certs.Clients) *tls.Config {
		made, err := c.Config(client)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := config(clients)
	next := certs.NewClients(clients)
	if config(next) != first || config(clients) != first {
		t.Error("the same files gave another configuration")
	}
	next.Forget()
	if changed, err := next.Changed(); changed || err != nil {
		t.Errorf("changed: %t, %v", changed, err)
	}
	if err := os.WriteFile(string(paths[1]), []byte(newCert), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := next.Changed(); changed || err == nil {
		t.Errorf("a certificate without its key: %t, %v", changed, err)
	}
	if err := os.WriteFile(string(paths[2]), []byte(newKey), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := next.Changed(); !changed || err != nil {
		t.Errorf("changed: %t, %v", changed, err)
	}
	if config(certs.NewClients(next)) == first {
		t.Error("other files gave the same configuration")
	}
	if usual, err := next.Config(certs.Client{MinVersion: tls.VersionTLS12}); usual != nil || err != nil {
		t.Errorf("usual: %v, %v", usual, err)
	}
}
