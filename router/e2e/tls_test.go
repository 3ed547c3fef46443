package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/certs/certstest"
)

// encrypted starts a fake subgraph with TLS that remembers who asked and how.
type encrypted struct {
	URL string

	mu      sync.Mutex
	callers []string // name in the client's certificate, and the protocol
}

func encryptedSubgraph(t *testing.T, ca *certstest.CA, name string, clients *certstest.CA) *encrypted {
	t.Helper()
	e := &encrypted{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			caller = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		e.mu.Lock()
		e.callers = append(e.callers, caller+" "+r.Proto)
		e.mu.Unlock()
		reply(w, `{"data":{"a":1}}`)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{keyPair(t, ca, name)}}
	if clients != nil {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, pool(t, clients)
	}
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some are meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	e.URL = server.URL
	return e
}

// Caller is the newest.
func (e *encrypted) Caller() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.callers) == 0 {
		return ""
	}
	return e.callers[len(e.callers)-1]
}

func keyPair(t *testing.T, ca *certstest.CA, name string) tls.Certificate {
	t.Helper()
	certificate, key := ca.Issue(t, name)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func pool(t *testing.T, ca *certstest.CA) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM([]byte(ca.PEM)) {
		t.Fatal("no certificate")
	}
	return p
}

// TestTLSTowardsSubgraphs: each with its own authority, its own client certificate and its own name, over HTTP/2.
func TestTLSTowardsSubgraphs(t *testing.T) {
	t.Parallel()
	ours, theirs := certstest.NewCA(t, "ours"), certstest.NewCA(t, "theirs")
	const sdl = `type Query { a: Int }`
	certificate, key := theirs.Issue(t, "router")
	other, otherKey := theirs.Issue(t, "router renewed")
	strangers, strangersKey := ours.Issue(t, "stranger")

	t.Run("with a client certificate that is renewed", func(t *testing.T) {
		t.Parallel()
		s := encryptedSubgraph(t, ours, "payments.internal", theirs)
		r := start(t, options{
			Supergraph: supergraphOf(t, graph{"payments", s.URL, sdl}),
			Files:      map[string]string{"ca.pem": ours.PEM, "client.pem": certificate, "client.key": key},
			Config: "subgraphs: {payments: {share: false, tls: {ca: ca.pem, certificate: client.pem, key: client.key, server_name: payments.internal}}}\n" +
				"tls: {reload: 20ms}",
		})
		if a := r.Post(t, `{a}`); a.DataJSON() != `{"a":1}` || s.Caller() != "router HTTP/2.0" {
			t.Fatalf("got %s, the subgraph saw %s", a.Body, s.Caller())
		}
		r.Write(t, "client.pem", other) // without its key it is of no use
		r.WaitLog(t, "new certificates cannot be used; the old ones stay in use")
		if a := r.Post(t, `{a}`); a.DataJSON() != `{"a":1}` || s.Caller() != "router HTTP/2.0" {
			t.Errorf("got %s, the subgraph saw %s", a.Body, s.Caller())
		}
		r.Write(t, "client.key", otherKey)
		r.eventually(t, "the new certificate is shown", func() bool {
			return r.Post(t, `{a}`).DataJSON() == `{"a":1}` && s.Caller() == "router renewed HTTP/2.0"
		})
	})
	for name, test := range map[string]struct{ config string }{
		"without a client certificate": {"{ca: ca.pem, server_name: payments.internal}"},
		"with one of a stranger":       {"{ca: ca.pem, server_name: payments.internal, certificate: stranger.pem, key: '${STRANGER}'}"},
		"with another authority":       {"{ca: theirs.pem, server_name: payments.internal, certificate: client.pem, key: client.key}"},
		"with another name":            {"{ca: ca.pem, server_name: evil.internal, certificate: client.pem, key: client.key}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := encryptedSubgraph(t, ours, "payments.internal", theirs)
			r := start(t, options{
				Supergraph: supergraphOf(t, graph{"payments", s.URL, sdl}),
				Files: map[string]string{
					"ca.pem": ours.PEM, "theirs.pem": theirs.PEM, "client.pem": certificate, "client.key": key, "stranger.pem": strangers, "stranger.key": strangersKey,
				},
				Env:    []string{"STRANGER=stranger.key"},
				Config: "subgraphs: {payments: {retry: {backoff: 1ms}, tls: " + test.config + "}}",
			})
			if a := r.Post(t, `{a}`); a.DataJSON() != `{"a":null}` || len(a.Errors) != 1 || a.Errors[0].Code() != "SUBGRAPH_UNREACHABLE" || s.Caller() != "" {
				t.Errorf("got %s, the subgraph saw %q", a.Body, s.Caller())
			}
		})
	}
}

// TestH2CTowardsSubgraphs: HTTP/2 without TLS, where it is asked for, on few connections for many fetches.
func TestH2CTowardsSubgraphs(t *testing.T) {
	t.Parallel()
	for _, http2 := range []string{"true", "false"} {
		t.Run(http2, func(t *testing.T) {
			t.Parallel()
			protocols := make(chan string, 100)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				protocols <- r.Proto
				reply(w, `{"data":{"a":1}}`)
			}))
			server.Config.Protocols = new(http.Protocols)
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Start()
			t.Cleanup(server.Close)
			r := start(t, options{
				Supergraph: supergraphOf(t, graph{"one", server.URL, `type Query { a: Int }`}),
				Config:     "subgraphs: {all: {http2: " + http2 + "}}",
			})
			if a := r.Post(t, `{a}`); a.DataJSON() != `{"a":1}` {
				t.Fatalf("got %s", a.Body)
			}
			want := map[string]string{"true": "HTTP/2.0", "false": "HTTP/1.1"}[http2]
			if got := <-protocols; got != want {
				t.Errorf("the subgraph saw %s", got)
			}
		})
	}
}

// TestTLSForClients: HTTP/2 by ALPN, client certificates, and certificates that are renewed while the router runs.
func TestTLSForClients(t *testing.T) {
	t.Parallel()
	ca, clients := certstest.NewCA(t, "ours"), certstest.NewCA(t, "clients")
	certificate, key := ca.Issue(t, "first.test")
	renewed, renewedKey := ca.Issue(t, "second.test")
	s := subgraph(t, data(`{"a":1}`))
	r := start(t, options{
		Supergraph: supergraphOf(t, graph{"one", s.URL, `type Query { a: Int }`}), NotReady: true,
		Files:  map[string]string{"router.pem": certificate, "router.key": key, "clients.pem": clients.PEM, "key.env": key},
		Config: "tls: {certificate: router.pem, key: router.key, client_ca: clients.pem, reload: 20ms}",
	})
	url := strings.Replace(r.URL, "http://", "https://", 1) + "/graphql"
	call := func(config *tls.Config, http1 bool) (proto, shown string, err error) {
		config.RootCAs = pool(t, ca)
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: !http1}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"query":"{a}"}`))
		if err != nil {
			return "", "", err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := transport.RoundTrip(request)
		if err != nil {
			return "", "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if string(text) != `{"data":{"a":1}}` {
			return string(text), "", err
		}
		return response.Proto, response.TLS.PeerCertificates[0].Subject.CommonName, err
	}
	known := tls.Config{Certificates: []tls.Certificate{keyPair(t, clients, "client")}}
	r.eventually(t, "the router is ready", func() bool {
		proto, _, err := call(known.Clone(), false)
		return err == nil && proto == "HTTP/2.0"
	})
	if proto, shown, err := call(known.Clone(), true); err != nil || proto != "HTTP/1.1" || shown != "first.test" {
		t.Errorf("HTTP/1.1: %s %s %v", proto, shown, err)
	}
	stranger := tls.Config{Certificates: []tls.Certificate{keyPair(t, ca, "stranger")}}
	for name, config := range map[string]*tls.Config{"nobody": {}, "a stranger": &stranger} {
		if proto, _, err := call(config, false); err == nil {
			t.Errorf("%s got an answer over %s", name, proto)
		}
	}
	old := known.Clone()
	old.MaxVersion = tls.VersionTLS11
	if _, _, err := call(old, true); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	r.Write(t, "router.pem", renewed)
	r.WaitLog(t, "the new certificate cannot be used; the old one stays in use")
	r.Write(t, "router.key", renewedKey)
	r.eventually(t, "the new certificate is shown", func() bool {
		_, shown, err := call(known.Clone(), false)
		return err == nil && shown == "second.test"
	})
}

// TestTLSFromTheEnvironment: certificate and key as secrets, without files that the configuration names.
func TestTLSFromTheEnvironment(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t, "ours")
	certificate, key := ca.Issue(t, "router.test")
	s := subgraph(t, data(`{"a":1}`))
	r := start(t, options{
		Supergraph: supergraphOf(t, graph{"one", s.URL, `type Query { a: Int }`}), NotReady: true,
		Files: map[string]string{"secret": key},
		Env:   []string{"ROUTER_TLS_CERTIFICATE=" + certificate, "ROUTER_TLS_KEY_FILE=secret"},
	})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(t, ca)}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(r.URL, "http://", "https://", 1)+"/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Proto != "HTTP/2.0" {
		t.Errorf("got %d over %s", response.StatusCode, response.Proto)
	}
}
