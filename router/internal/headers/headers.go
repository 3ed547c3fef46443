// Package headers decides which headers go to which subgraph. Rules are compiled once; for a request they are applied to
// the client's headers without parsing anything again.
//
// Hop-by-hop headers, the host and what describes the body are never passed on, whatever a rule says: they belong to the
// connection they came on (RFC 9110, section 7.6.1).
package headers

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// Rule does one of propagate, insert and remove.
type Rule struct {
	Propagate string // name or pattern with * and ?
	Rename    string // with Propagate
	Default   string // with Propagate of a name: sent when the client sent nothing
	Insert    string // name
	Value     string // with Insert
	Claim     string // with Insert: name of a claim
	Remove    string // name or pattern
}

// Rules are the compiled rules of all subgraphs.
type Rules struct {
	all        []Rule
	bySubgraph map[string][]Rule
}

// never are headers that belong to one connection or one body.
var never = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "Keep-Alive",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// Compile checks and prepares rules: those of all come first, then the subgraph's own.
func Compile(all []Rule, subgraphs map[string][]Rule) (*Rules, error) {
	r := &Rules{bySubgraph: map[string][]Rule{}}
	var err error
	if r.all, err = compile(all); err != nil {
		return nil, err
	}
	for name, own := range subgraphs {
		compiled, err := compile(own)
		if err != nil {
			return nil, fmt.Errorf("subgraph %q: %w", name, err)
		}
		r.bySubgraph[name] = slices.Concat(r.all, compiled)
	}
	return r, nil
}

func compile(rules []Rule) ([]Rule, error) {
	out := slices.Clone(rules)
	for i := range out {
		rule := &out[i]
		for _, name := range []*string{&rule.Propagate, &rule.Rename, &rule.Insert, &rule.Remove} {
			if *name == "" {
				continue
			}
			*name = textproto.CanonicalMIMEHeaderKey(*name)
			if !validName(*name) {
				return nil, fmt.Errorf("%q is not a header name", *name)
			}
		}
		for _, name := range []string{rule.Propagate, rule.Rename, rule.Insert} {
			if slices.Contains(never, name) {
				return nil, fmt.Errorf("the header %s belongs to the connection or the body and is never passed on", name)
			}
		}
		if strings.ContainsAny(rule.Value+rule.Default, "\r\n\x00") {
			return nil, fmt.Errorf("the value of %s holds a line break", rule.Insert+rule.Propagate)
		}
	}
	return out, nil
}

func validName(name string) bool {
	for _, c := range []byte(name) {
		if !strings.ContainsRune("!#$%&'*+-.^_`|~?", rune(c)) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}

// Apply calls add for every header that goes to the subgraph. claims are the verified token's, nil for anonymous callers.
func (r *Rules) Apply(subgraph string, client http.Header, claims map[string]any, add func(name, value string)) {
	rules, ok := r.bySubgraph[subgraph]
	if !ok {
		rules = r.all
	}
	if len(rules) == 0 {
		return
	}
	// Nearly always there are a few rules with plain names: then nothing is collected first.
	if plain(rules) {
		for i := range rules {
			for _, value := range client[rules[i].Propagate] {
				add(target(&rules[i]), value)
			}
			if len(client[rules[i].Propagate]) == 0 && rules[i].Default != "" {
				add(target(&rules[i]), rules[i].Default)
			}
		}
		return
	}
	out := collect(rules, client, claims)
	names := make([]string, 0, len(out))
	for name := range out {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range out[name] {
			add(name, value)
		}
	}
}

// plain tells whether every rule only propagates a header of its own by name.
func plain(rules []Rule) bool {
	for i := range rules {
		if rules[i].Propagate == "" || strings.ContainsAny(rules[i].Propagate, "*?") {
			return false
		}
		for j := range i {
			if target(&rules[i]) == target(&rules[j]) {
				return false
			}
		}
	}
	return true
}

func target(r *Rule) string {
	if r.Rename != "" {
		return r.Rename
	}
	return r.Propagate
}

func collect(rules []Rule, client http.Header, claims map[string]any) http.Header {
	out := http.Header{}
	for i := range rules {
		rule := &rules[i]
		switch {
		case rule.Propagate != "":
			propagate(rule, client, out)
		case rule.Insert != "":
			// What the client sent under this name never survives, also when there is no claim.
			delete(out, rule.Insert)
			value, ok := rule.Value, true
			if rule.Claim != "" {
				value, ok = claimText(claims[rule.Claim])
			}
			if ok {
				out[rule.Insert] = []string{value}
			}
		case rule.Remove != "":
			for name := range out {
				if match(rule.Remove, name) {
					delete(out, name)
				}
			}
		}
	}
	return out
}

func propagate(rule *Rule, client, out http.Header) {
	if !strings.ContainsAny(rule.Propagate, "*?") {
		switch values := client[rule.Propagate]; {
		case len(values) > 0:
			out[target(rule)] = values
		case rule.Default != "":
			out[target(rule)] = []string{rule.Default}
		}
		return
	}
	connection := connectionHeaders(client)
	for name, values := range client {
		if match(rule.Propagate, name) && !slices.Contains(never, name) && !slices.Contains(connection, name) {
			out[name] = values
		}
	}
}

// connectionHeaders are those that the client's Connection header declares hop-by-hop.
func connectionHeaders(client http.Header) []string {
	var names []string
	for _, line := range client["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			names = append(names, textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)))
		}
	}
	return names
}

// claimText gives a claim's value as a header: text, numbers and booleans; lists of text with commas.
func claimText(claim any) (string, bool) {
	switch v := claim.(type) {
	case string:
		return v, v != "" && !strings.ContainsAny(v, "\r\n\x00")
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case []any:
		parts := make([]string, 0, len(v))
		for _, item := range v {
			part, ok := claimText(item)
			if !ok {
				return "", false
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ","), len(parts) > 0
	}
	return "", false
}

// match tells whether a name fits a pattern in which * stands for any text and ? for one character; both ignore case.
func match(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(name[n])):
			p++
			n++
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
