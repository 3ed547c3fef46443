package headers

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Merge says what becomes of a header that several subgraphs send.
type Merge string

// The ways to merge. "First" and "last" are in the order of the plan's fetches, which does not depend on who answers first.
const (
	MergeFirst  Merge = "first"
	MergeLast   Merge = "last"
	MergeAppend Merge = "append"
	// MergeStrictest is for Cache-Control, and what it always gets.
	MergeStrictest Merge = "most_restrictive"
)

// ResponseRule takes headers of subgraphs' answers to the client. It does one of propagate, insert and remove.
type ResponseRule struct {
	Propagate string // name or pattern with * and ?
	Rename    string // with Propagate of a name
	Default   string // with Propagate of a name: for answers without it
	Merge     Merge  // with Propagate; default MergeFirst, and what Set-Cookie and Cache-Control always get
	Insert    string // name
	Value     string // with Insert
	Remove    string // name or pattern: takes back what rules before it propagate
}

// ResponseRules are the compiled response rules of all subgraphs. A nil *ResponseRules is one without rules.
type ResponseRules struct {
	all        []ResponseRule
	bySubgraph map[string][]ResponseRule
	// vary are the client's headers that answers depend on; caches have to know them.
	vary []string
}

const (
	setCookieHeader    = "Set-Cookie"
	cacheControlHeader = "Cache-Control"
	varyHeader         = "Vary"
	ageHeader          = "Age"
)

// neverReturned are headers that belong to one connection or one body, or that the router answers for itself.
var neverReturned = []string{
	"Age", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// notByPattern are headers that are about one subgraph's answer; a rule has to name them.
var notByPattern = []string{
	"Accept-Ranges", "Alt-Svc", "Date", "Etag", "Last-Modified", "Server", "Strict-Transport-Security", "Via",
	"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin",
	"Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

// CompileResponses checks and prepares response rules: those of all come first, then the subgraph's own. It gives nil when
// there are none. requests are the rules for requests: they tell which of the client's headers answers depend on.
func CompileResponses(all []ResponseRule, subgraphs map[string][]ResponseRule, requests *Rules) (*ResponseRules, error) {
	r := &ResponseRules{bySubgraph: map[string][]ResponseRule{}, vary: requests.clientHeaders()}
	var err error
	if r.all, err = compileResponses(all); err != nil {
		return nil, err
	}
	count := len(r.all)
	for name, own := range subgraphs {
		compiled, err := compileResponses(own)
		if err != nil {
			return nil, fmt.Errorf("subgraph %q: %w", name, err)
		}
		count += len(compiled)
		r.bySubgraph[name] = slices.Concat(r.all, compiled)
	}
	if count == 0 {
		return nil, nil
	}
	return r, nil
}

func compileResponses(rules []ResponseRule) ([]ResponseRule, error) {
	out := slices.Clone(rules)
	for i := range out {
		rule := &out[i]
		if err := canonical(&rule.Propagate, &rule.Rename, &rule.Insert, &rule.Remove, rule.Value+rule.Default, neverReturned); err != nil {
			return nil, err
		}
		if isPattern(rule.Propagate) && (rule.Rename != "" || rule.Default != "") {
			return nil, fmt.Errorf("rename and default need the name of one header, and %s is a pattern", rule.Propagate)
		}
		if rule.Merge == MergeStrictest && rule.Propagate != cacheControlHeader {
			return nil, fmt.Errorf("the merge policy %s is for Cache-Control alone", MergeStrictest)
		}
	}
	return out, nil
}

// Collect begins to collect the headers of one operation's answers; nil when there are no rules.
func (r *ResponseRules) Collect() *Collector {
	if r == nil {
		return nil
	}
	return &Collector{rules: r}
}

// Collector collects what the subgraphs' answers to one operation say to the client. A nil *Collector does nothing.
type Collector struct {
	rules   *ResponseRules
	mu      sync.Mutex
	answers []answer
	failed  bool
}

// answer is what the rules let through of one answer.
type answer struct {
	fetch  int
	fields []field
	cache  *cacheControl // nil when no rule is about it
	vary   []string
}

type field struct {
	name   string
	values []string
	merge  Merge
}

// Arrived takes the header lines of an answer, which are not kept. fetch orders answers.
func (c *Collector) Arrived(fetch int, subgraph string, lines []byte) {
	if c == nil {
		return
	}
	rules, ok := c.rules.bySubgraph[subgraph]
	if !ok {
		rules = c.rules.all
	}
	a := applyResponse(rules, parseLines(lines))
	a.fetch = fetch
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, a)
}

// Failed notes that the response has an error: it must not be cached.
func (c *Collector) Failed() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = true
}

// parseLines reads header lines, each "Name: value\r\n".
func parseLines(lines []byte) http.Header {
	header := http.Header{}
	for line := range bytes.SplitSeq(lines, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte{':'}); ok {
			key := textproto.CanonicalMIMEHeaderKey(string(bytes.TrimSpace(name)))
			header[key] = append(header[key], string(bytes.TrimSpace(value)))
		}
	}
	return header
}

// applyResponse applies rules to the header of one answer.
func applyResponse(rules []ResponseRule, header http.Header) answer {
	var a answer
	connection := connectionHeaders(header)
	for i := range rules {
		rule := &rules[i]
		switch {
		case rule.Propagate == cacheControlHeader && (rule.Rename == "" || rule.Rename == cacheControlHeader):
			a.cache = cacheOf(header, rule.Default)
		case isPattern(rule.Propagate):
			for _, name := range sortedNames(header) {
				if !match(rule.Propagate, name) || slices.Contains(neverReturned, name) || slices.Contains(notByPattern, name) || slices.Contains(connection, name) {
					continue
				}
				if name == cacheControlHeader {
					a.cache = cacheOf(header, "")
					continue
				}
				a.take(name, name, rule, header)
			}
		case rule.Propagate != "":
			if !slices.Contains(connection, rule.Propagate) {
				a.take(rule.Propagate, cmp.Or(rule.Rename, rule.Propagate), rule, header)
			}
		case rule.Insert != "":
			a.set(field{name: rule.Insert, values: []string{rule.Value}, merge: MergeLast})
		case rule.Remove != "":
			a.fields = slices.DeleteFunc(a.fields, func(f field) bool { return match(rule.Remove, f.name) })
			if match(rule.Remove, cacheControlHeader) {
				a.cache = nil
			}
			if match(rule.Remove, varyHeader) {
				a.vary = nil
			}
		}
	}
	return a
}

// cacheOf reads Cache-Control. An answer that says nothing may not be cached, unless the rule says otherwise.
func cacheOf(header http.Header, missing string) *cacheControl {
	c := noStore
	switch lines := header[cacheControlHeader]; {
	case len(lines) > 0:
		age := 0
		if values := header[ageHeader]; len(values) > 0 {
			age = seconds(values[0])
		}
		c = parseCacheControl(lines, age)
	case missing != "":
		c = parseCacheControl([]string{missing}, 0)
	}
	return &c
}

func (a *answer) take(name, target string, rule *ResponseRule, header http.Header) {
	values := header[name]
	if len(values) == 0 {
		if rule.Default == "" {
			return
		}
		values = []string{rule.Default}
	}
	switch target {
	case varyHeader:
		a.vary = append(a.vary, values...)
	case setCookieHeader:
		a.set(field{name: target, values: values, merge: MergeAppend})
	default:
		a.set(field{name: target, values: values, merge: cmp.Or(rule.Merge, MergeFirst)})
	}
}

// set replaces a field of that name.
func (a *answer) set(f field) {
	for i := range a.fields {
		if a.fields[i].name == f.name {
			a.fields[i] = f
			return
		}
	}
	a.fields = append(a.fields, f)
}

// Apply adds what was collected to the client's response, for one operation or those of a batch in their order. Vary must
// already hold what the response depends on besides.
func Apply(to http.Header, collectors ...*Collector) {
	m := merged{to: to, mine: map[string]bool{}}
	for _, c := range collectors {
		if c != nil {
			m.add(c)
		}
	}
	m.finish()
}

// merged is the state of Apply.
type merged struct {
	to     http.Header
	mine   map[string]bool // names that subgraphs have set
	cache  *cacheControl
	failed bool
	vary   []string
	client []string // see ResponseRules.vary
}

func (m *merged) add(c *Collector) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.client = c.rules.vary
	m.failed = m.failed || c.failed
	for i := range c.rules.all {
		if rule := &c.rules.all[i]; rule.Insert != "" && len(c.answers) == 0 {
			m.put(field{name: rule.Insert, values: []string{rule.Value}, merge: MergeLast})
		}
	}
	slices.SortStableFunc(c.answers, func(a, b answer) int { return cmp.Compare(a.fetch, b.fetch) })
	// One answer that no rule lets speak about caching speaks against it, once another does speak.
	speaks := m.cache != nil || slices.ContainsFunc(c.answers, func(a answer) bool { return a.cache != nil })
	for _, a := range c.answers {
		for _, f := range a.fields {
			m.put(f)
		}
		m.vary = append(m.vary, a.vary...)
		if !speaks {
			continue
		}
		own := noStore
		if a.cache != nil {
			own = *a.cache
		}
		if m.cache != nil {
			own = own.stricter(*m.cache)
		}
		m.cache = &own
	}
}

func (m *merged) put(f field) {
	switch {
	case f.merge == MergeAppend:
		m.to[f.name] = append(slices.Clip(m.to[f.name]), f.values...)
	case f.merge == MergeFirst && m.mine[f.name]:
	default:
		m.to[f.name] = f.values
	}
	m.mine[f.name] = true
}

func (m *merged) finish() {
	switch {
	case m.failed:
		m.to[cacheControlHeader] = []string{noStore.String()}
	case m.cache != nil:
		m.to[cacheControlHeader] = []string{m.cache.String()}
		if m.cache.cacheable() {
			m.vary = append(m.vary, m.client...)
		}
	}
	if len(m.vary) > 0 {
		m.to[varyHeader] = []string{mergeVary(append(slices.Clip(m.to[varyHeader]), m.vary...))}
	}
}

// mergeVary joins the names of several Vary headers, each once; * stands for all.
func mergeVary(lines []string) string {
	var names []string
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			if name == "*" {
				return "*"
			}
			if name != "" && !slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func sortedNames(header http.Header) []string {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
