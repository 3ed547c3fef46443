// Package headers decides which headers go to which subgraph, and which of their answers' headers go to the client. Rules are
// compiled once; for a request they are applied without parsing anything again. They are the same for every transport.
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

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Rule does one of propagate, insert and remove.
type Rule struct {
	Propagate  string // name or pattern with * and ?
	Rename     string // with Propagate
	Default    string // with Propagate of a name: sent when the client sent nothing
	Insert     string // name
	Value      string // with Insert
	Claim      string // with Insert: name of a claim
	Expression string // with Insert: gives the value; nil and "" send nothing
	Remove     string // name or pattern

	program *vm.Program // of Expression
}

// Caller is what rules see of a request.
type Caller struct {
	Header        http.Header
	Claims        map[string]any // the verified token's, nil for anonymous callers
	Scopes        []string
	Authenticated bool
}

// Rules are the compiled rules of all subgraphs.
type Rules struct {
	all        ruleSet
	bySubgraph map[string]ruleSet
	reserved   []string
}

// ruleSet is what is applied for one subgraph.
type ruleSet struct {
	rules []Rule
	// plain: every rule only propagates a header of its own by name, so nothing has to be collected first.
	plain bool
}

// never are headers that belong to one connection or one body.
var never = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "Keep-Alive",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// Compile checks and prepares rules: those of all come first, then the subgraph's own. reserved are headers that somebody
// else sends: rules leave them out.
func Compile(all []Rule, subgraphs map[string][]Rule, reserved ...string) (*Rules, error) {
	r := &Rules{bySubgraph: map[string]ruleSet{}, reserved: reserved}
	compiled, err := compile(all, reserved)
	if err != nil {
		return nil, err
	}
	r.all = newRuleSet(compiled)
	for name, own := range subgraphs {
		compiled, err := compile(own, reserved)
		if err != nil {
			return nil, fmt.Errorf("subgraph %q: %w", name, err)
		}
		r.bySubgraph[name] = newRuleSet(slices.Concat(r.all.rules, compiled))
	}
	return r, nil
}

func newRuleSet(rules []Rule) ruleSet { return ruleSet{rules: rules, plain: plain(rules)} }

func compile(rules []Rule, reserved []string) ([]Rule, error) {
	var out []Rule
	for _, rule := range rules {
		if err := canonical(&rule.Propagate, &rule.Rename, &rule.Insert, &rule.Remove, rule.Value+rule.Default, never); err != nil {
			return nil, err
		}
		if rule.Expression != "" {
			var err error
			if rule.program, err = expr.Compile(rule.Expression, expr.Env(environment{})); err != nil {
				return nil, fmt.Errorf("the value of %s is not an expression: %w", rule.Insert, err)
			}
		}
		if slices.Contains(reserved, target(&rule)) || slices.Contains(reserved, rule.Insert) {
			continue
		}
		out = append(out, rule)
	}
	return out, nil
}

// canonical writes the names of a rule as HTTP has them, and checks them and its text. Headers in banned may only be removed.
func canonical(propagate, rename, insert, remove *string, text string, banned []string) error {
	for _, name := range []*string{propagate, rename, insert, remove} {
		if *name == "" {
			continue
		}
		*name = textproto.CanonicalMIMEHeaderKey(*name)
		if !validName(*name) {
			return fmt.Errorf("%q is not a header name", *name)
		}
		if name != remove && slices.Contains(banned, *name) {
			return fmt.Errorf("the header %s belongs to the connection or the body and is never passed on", *name)
		}
	}
	if strings.ContainsAny(text, "\r\n\x00") {
		return fmt.Errorf("the value of %s holds a line break", *insert+*propagate)
	}
	return nil
}

// environment is what an expression sees; it is the same for policies, labels and limits.
type environment struct {
	Claims        map[string]any      `expr:"claims"`
	Scopes        []string            `expr:"scopes"`
	Authenticated bool                `expr:"authenticated"`
	Header        func(string) string `expr:"header"`
}

// evaluate gives the value of a rule's expression; one that fails sends nothing.
func (c *Caller) evaluate(program *vm.Program) (string, bool) {
	result, err := expr.Run(program, environment{Claims: c.Claims, Scopes: c.Scopes, Authenticated: c.Authenticated, Header: c.Header.Get})
	if err != nil {
		return "", false
	}
	return claimText(result)
}

// clientHeaders are the client's headers that requests to subgraphs depend on, as Vary names them: "*" for patterns.
func (r *Rules) clientHeaders() []string {
	if r == nil {
		return nil
	}
	var names []string
	collect := func(set ruleSet) {
		for i := range set.rules {
			switch rule := &set.rules[i]; {
			case isPattern(rule.Propagate):
				names = append(names, "*")
			case rule.Propagate != "":
				names = append(names, rule.Propagate)
			case rule.Claim != "" || rule.Expression != "":
				names = append(names, "Authorization")
			}
		}
	}
	collect(r.all)
	for _, set := range r.bySubgraph {
		collect(set)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func validName(name string) bool {
	for _, c := range []byte(name) {
		if !strings.ContainsRune("!#$%&'*+-.^_`|~?", rune(c)) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}

// Apply calls add for every header that goes to the subgraph.
func (r *Rules) Apply(subgraph string, caller *Caller, add func(name, value string)) {
	set, ok := r.bySubgraph[subgraph]
	if !ok {
		set = r.all
	}
	if len(set.rules) == 0 {
		return
	}
	client := caller.Header
	if set.plain && len(client["Connection"]) == 0 {
		for i := range set.rules {
			rule := &set.rules[i]
			for _, value := range client[rule.Propagate] {
				add(target(rule), value)
			}
			if len(client[rule.Propagate]) == 0 && rule.Default != "" {
				add(target(rule), rule.Default)
			}
		}
		return
	}
	out := r.collect(set.rules, caller)
	for _, name := range sortedNames(out) {
		for _, value := range out[name] {
			add(name, value)
		}
	}
}

// plain tells whether every rule only propagates a header of its own by name.
func plain(rules []Rule) bool {
	for i := range rules {
		if rules[i].Propagate == "" || isPattern(rules[i].Propagate) {
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

func (r *Rules) collect(rules []Rule, caller *Caller) http.Header {
	out := http.Header{}
	connection := connectionHeaders(caller.Header)
	for i := range rules {
		rule := &rules[i]
		switch {
		case rule.Propagate != "":
			r.propagate(rule, caller.Header, connection, out)
		case rule.Insert != "":
			// What the client sent under this name never survives, also when there is no claim.
			delete(out, rule.Insert)
			value, ok := rule.Value, true
			switch {
			case rule.program != nil:
				value, ok = caller.evaluate(rule.program)
			case rule.Claim != "":
				value, ok = claimText(caller.Claims[rule.Claim])
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

func (r *Rules) propagate(rule *Rule, client http.Header, connection []string, out http.Header) {
	if !isPattern(rule.Propagate) {
		switch values := client[rule.Propagate]; {
		case slices.Contains(connection, rule.Propagate):
		case len(values) > 0:
			out[target(rule)] = values
		case rule.Default != "":
			out[target(rule)] = []string{rule.Default}
		}
		return
	}
	for name, values := range client {
		if match(rule.Propagate, name) && !slices.Contains(never, name) && !slices.Contains(connection, name) && !slices.Contains(r.reserved, name) {
			out[name] = values
		}
	}
}

func isPattern(name string) bool { return strings.ContainsAny(name, "*?") }

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
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case []string:
		text := strings.Join(v, ",")
		return text, text != "" && !strings.ContainsAny(text, "\r\n\x00")
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
