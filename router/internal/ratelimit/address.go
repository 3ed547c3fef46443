package ratelimit

import (
	"fmt"
	"net/netip"
	"strings"
)

// proxies are the networks whose X-Forwarded-For is believed.
type proxies []netip.Prefix

// parseProxies reads networks (10.0.0.0/8) and single addresses.
func parseProxies(texts []string) (proxies, error) {
	var p proxies
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address", text)
		}
		p = append(p, prefix.Masked())
	}
	return p, nil
}

func (p proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address that a request comes from: the peer, or, when that is a trusted proxy, the last address in
// X-Forwarded-For that is not one. Each proxy appends whom it heard from, so everything left of that may be invented.
// It is "" when the peer has no address, as on a Unix socket. IPv6 clients are known by their /64 network, for whoever
// has one address there has all of them.
func (p proxies) client(peer string, forwarded []string) string {
	address, ok := parseAddress(peer)
	if !ok {
		return ""
	}
	for i := len(forwarded) - 1; i >= 0 && p.trust(address); i-- {
		line := forwarded[i]
		for line != "" && p.trust(address) {
			last := line
			if comma := strings.LastIndexByte(line, ','); comma >= 0 {
				last, line = line[comma+1:], line[:comma]
			} else {
				line = ""
			}
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
	return a.Unmap().WithZone(""), err == nil
}
