package ratelimit

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheAddressIsWhatTrustedProxiesSay(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"10.0.0.0/8", "192.168.1.1", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.1:80", nil, "203.0.113.1"},
		{"a header from anybody is not believed", "203.0.113.1:80", []string{"198.51.100.7"}, "203.0.113.1"},
		{"one proxy", "10.0.0.1:80", []string{"198.51.100.7"}, "198.51.100.7"},
		{"what the client invented stands left", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.7"}, "198.51.100.7"},
		{"two proxies", "10.0.0.1:80", []string{"1.1.1.1, 198.51.100.7, 10.9.9.9"}, "198.51.100.7"},
		{"several lines are one list", "10.0.0.1:80", []string{"1.1.1.1", "198.51.100.7", "192.168.1.1"}, "198.51.100.7"},
		{"an inner client", "10.0.0.1:80", []string{"10.0.0.2, 10.0.0.3"}, "10.0.0.2"},
		{"no header", "10.0.0.1:80", nil, "10.0.0.1"},
		{"nonsense ends the walk", "10.0.0.1:80", []string{"198.51.100.7, <script>, 10.0.0.2"}, "10.0.0.2"},
		{"an empty entry ends the walk", "10.0.0.1:80", []string{"198.51.100.7,,10.0.0.2"}, "10.0.0.2"},
		{"ports and brackets", "[fd00::1]:80", []string{"[2001:db8:1:2::9]:443, 10.0.0.2:5"}, "2001:db8:1:2::/64"},
		{"one network, one client", "[2001:db8:1:2:ffff::1]:80", nil, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:80", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"a zone is not part of it", "[fe80::1%eth0]:80", nil, "fe80::/64"},
		{"a Unix socket", "@", []string{"198.51.100.7"}, "unix"},
	} {
		if got := trusted.client(c.peer, c.forwarded); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestProxiesOnAUnixSocketCanBeTrusted(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"unix", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	if got := trusted.client("@", []string{"1.1.1.1, 198.51.100.7, 10.0.0.1"}); got != "198.51.100.7" {
		t.Errorf("got %q", got)
	}
	if got := trusted.client("@", nil); got != "unix" {
		t.Errorf("without a header: %q", got)
	}
}

func FuzzAddressesOfStrangersAreTheirOwn(f *testing.F) {
	f.Add("1.2.3.4, 10.0.0.1")
	f.Add(",,[::1]:x")
	trusted, err := parseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := trusted.client("203.0.113.1:1", []string{header}); got != "203.0.113.1" {
			t.Fatalf("believed %q", got)
		}
		if got := trusted.client("10.0.0.1:1", []string{header, "198.51.100.7"}); got != "198.51.100.7" {
			t.Fatalf("walked past the client to %q", got)
		}
		if got := trusted.client("10.0.0.1:1", []string{header}); got == "" {
			t.Fatal("no address")
		}
	})
}

func TestKeysNameTheBucket(t *testing.T) {
	t.Parallel()
	caller := environment{
		Claims: map[string]any{"sub": "u1", "n": 3.0, "list": []any{"a", "b"}}, Header: http.Header{"X-Tenant": {"{a} b"}}.Get,
		Address: "192.0.2.1", APIKey: "k-1", Authenticated: true,
	}
	for _, c := range []struct{ key, want string }{
		{`claims.sub`, "u1"},
		{`claims.missing`, ""},
		{`claims.missing.deeper`, "192.0.2.1"}, // fails
		{`claims.missing ?? address`, "192.0.2.1"},
		{`api_key`, "k-1"},
		{`header("none")`, ""},
		{`claims.n`, "3"},
		{`len(claims)`, "3"},
		{`authenticated`, "true"},
		{`authenticated ? "user:" + claims.sub : address`, "user:u1"},
	} {
		rules, err := compileRules([]Rule{{Name: "r", Key: c.key, Rate: 1, Per: time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := rules[0].bucket(&caller); got != c.want {
			t.Errorf("%s: got %q, want %q", c.key, got, c.want)
		}
	}
}

func TestKeysThatClientsChooseAreHarmless(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, value := range []string{"{a}", "}", "a b", "é", "\x00", strings.Repeat("x", 65), strings.Repeat("x", 66), "#", hashedKey("{a}")} {
		key := keyText(value)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q share the bucket %s", value, other, key)
		}
		seen[key] = value
		if len(key) > longestKey || strings.ContainsAny(key, "{} \x00") {
			t.Errorf("%q becomes %q", value, key)
		}
	}
}
