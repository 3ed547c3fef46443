package ratelimit

import (
	"fmt"
	"net/netip"
	"strings"
)

// proxies are the peers whose X-Forwarded-For is believed.
type proxies struct {
	networks []netip.Prefix
	unix     bool // whoever connects over a Unix socket
}

// unixPeer is how trusted_proxies names peers on a Unix socket, and their address when no header says more.
const unixPeer = "unix"

// parseProxies reads networks (10.0.0.0/8), single addresses and "unix".
func parseProxies(texts []string) (proxies, error) {
	var p proxies
	for _, text := range texts {
		if text == unixPeer {
			p.unix = true
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return proxies{}, fmt.Errorf("trusted_proxies: %q is neither a network such as 10.0.0.0/8, an address, nor %s", text, unixPeer)
		}
		p.networks = append(p.networks, prefix.Masked())
	}
	return p, nil
}

// trust tells whether to believe what a peer says; the zero address is a Unix socket's.
func (p proxies) trust(a netip.Addr) bool {
	if !a.IsValid() {
		return p.unix
	}
	for _, prefix := range p.networks {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address that a request comes from: the peer, or, when that is a trusted proxy, the last address in
// X-Forwarded-For that is not one. Each proxy appends whom it heard from, so everything left of that may be invented.
// IPv6 clients are known by their /64 network, for whoever has one address there has all of them.
func (p proxies) client(peer string, forwarded []string) string {
	address, _ := parseAddress(peer) // what is no address is a Unix socket
	for i := len(forwarded) - 1; i >= 0 && p.trust(address); i-- {
		line := forwarded[i]
		for more := true; more && p.trust(address); {
			last := line
			var comma int
			if comma = strings.LastIndexByte(line, ','); comma >= 0 {
				last, line = line[comma+1:], line[:comma]
			}
			more = comma >= 0
			before, ok := parseAddress(strings.TrimSpace(last))
			if !ok {
				return network(address) // what is left of it proves nothing
			}
			address = before
		}
	}
	return network(address)
}

func network(a netip.Addr) string {
	if !a.IsValid() {
		return unixPeer
	}
	if a.Is4() {
		return a.String()
	}
	prefix, _ := a.Prefix(64) // fails only for lengths that an address does not have
	return prefix.String()
}

// parseAddress reads an address with or without port and brackets.
func parseAddress(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}
