package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"sync"
)

// Clients makes the TLS configurations of connections to subgraphs. It is safe for concurrent use.
type Clients struct {
	previous *Clients // while made from it

	mu   sync.Mutex
	made map[Client]madeClient // guarded by mu
}

type madeClient struct {
	seen   [sha256.Size]byte
	config *tls.Config
}

// NewClients gives the same configurations as previous (which may be nil) for what has not changed since, so that
// connections can be kept.
func NewClients(previous *Clients) *Clients {
	c := &Clients{made: map[Client]madeClient{}}
	if previous != nil {
		previous.mu.Lock()
		defer previous.mu.Unlock()
		c.previous = &Clients{made: previous.made}
	}
	return c
}

// Config gives the TLS configuration; nil when everything is as usual.
func (c *Clients) Config(client Client) (*tls.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := client.fingerprint()
	for _, known := range []*Clients{c, c.previous} {
		if known == nil {
			continue
		}
		if made, ok := known.made[client]; ok && made.seen == seen {
			c.made[client] = made
			return made.config, nil
		}
	}
	config, err := client.Config()
	if err != nil {
		return nil, err
	}
	c.made[client] = madeClient{seen: seen, config: config}
	return config, nil
}

// Forget drops what only the previous Clients needed.
func (c *Clients) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.previous = nil
}

// Changed tells whether the files behind any configuration that was given have changed, and can be used.
func (c *Clients) Changed() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := false
	for client, made := range c.made {
		if client.fingerprint() == made.seen {
			continue
		}
		if _, err := client.Config(); err != nil {
			return false, fmt.Errorf("TLS towards a subgraph: %w", err)
		}
		changed = true
	}
	return changed, nil
}

func (c Client) fingerprint() [sha256.Size]byte { return Fingerprint(c.CA, c.Certificate, c.Key) }
