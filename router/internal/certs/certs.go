// Package certs makes TLS configurations of certificates, keys and authorities that stand in PEM files or in the
// configuration itself, and makes them anew when the files change.
package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"
)

// Material is PEM text, or the path of a file that holds it.
type Material string

// isText tells PEM from a path.
func (m Material) isText() bool { return strings.Contains(string(m), "-----BEGIN ") }

// String hides text: it may be a key.
func (m Material) String() string {
	if m.isText() {
		return "the text given"
	}
	return string(m)
}

func (m Material) read() ([]byte, error) {
	if m.isText() {
		return []byte(m), nil
	}
	return os.ReadFile(string(m))
}

// Server is what a listener shows and asks for.
type Server struct {
	Certificate, Key Material
	ClientCA         Material // authorities of client certificates; "": clients need none
	// ClientOptional lets clients without a certificate in; one that is not valid never is.
	ClientOptional bool
	MinVersion     uint16 // of package tls
}

// Client is what a connection to a subgraph shows and asks for.
type Client struct {
	CA               Material // authorities to trust; "": the system's
	Certificate, Key Material // "": none
	ServerName       string   // "": the address
	MinVersion       uint16   // of package tls
}

// Versions are the names of TLS versions in configurations.
var Versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// Config makes the TLS configuration. HTTP/2 is offered.
func (s Server) Config() (*tls.Config, error) {
	own, err := pair(s.Certificate, s.Key)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: s.MinVersion, Certificates: []tls.Certificate{own}, NextProtos: []string{"h2", "http/1.1"}}
	if s.ClientCA == "" {
		return c, nil
	}
	if c.ClientCAs, err = authorities("client_ca", s.ClientCA); err != nil {
		return nil, err
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	if s.ClientOptional {
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return c, nil
}

// Config makes the TLS configuration; nil when everything is as usual.
func (c Client) Config() (*tls.Config, error) {
	if c == (Client{MinVersion: tls.VersionTLS12}) || c == (Client{}) {
		return nil, nil
	}
	out := &tls.Config{MinVersion: c.MinVersion, ServerName: c.ServerName}
	var err error
	if c.CA != "" {
		if out.RootCAs, err = authorities("ca", c.CA); err != nil {
			return nil, err
		}
	}
	if c.Certificate != "" {
		own, err := pair(c.Certificate, c.Key)
		if err != nil {
			return nil, err
		}
		out.Certificates = []tls.Certificate{own}
	}
	return out, nil
}

func pair(certificate, key Material) (tls.Certificate, error) {
	public, err := certificate.read()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	private, err := key.read()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key: %w", err)
	}
	own, err := tls.X509KeyPair(public, private)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate %v and key %v cannot be used: %s", certificate, key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return own, nil
}

func authorities(what string, m Material) (*x509.CertPool, error) {
	text, err := m.read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %v holds no certificate in PEM", what, m)
	}
	return pool, nil
}

// Fingerprint changes when a file does. Files that cannot be read count as empty.
func Fingerprint(materials ...Material) [sha256.Size]byte {
	h := sha256.New()
	for _, m := range materials {
		text, err := m.read()
		fmt.Fprintf(h, "%t %d\n", err == nil, len(text))
		_, _ = h.Write(text)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Expiry is when the first certificate of a TLS configuration is no longer valid; zero when it has none.
func Expiry(c *tls.Config) time.Time {
	if c == nil || len(c.Certificates) == 0 || c.Certificates[0].Leaf == nil {
		return time.Time{}
	}
	return c.Certificates[0].Leaf.NotAfter
}
