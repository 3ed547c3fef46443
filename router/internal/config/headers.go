package config

import (
	"fmt"
	"maps"
	"slices"
)

// Headers holds the header rules.
type Headers struct {
	All       HeaderRules            `yaml:"all" doc:"Rules for every subgraph."`
	Subgraphs map[string]HeaderRules `yaml:"subgraphs" doc:"Further rules by subgraph, applied after all."`
}

// HeaderRules are applied in order.
type HeaderRules struct {
	Request  []HeaderRule         `yaml:"request" doc:"Rules for requests to subgraphs."`
	Response []ResponseHeaderRule `yaml:"response" doc:"Rules for what of subgraphs' answers goes to the client. Without any, nothing does."`
}

// HeaderRule does exactly one of propagate, insert and remove.
type HeaderRule struct {
	Propagate  string `yaml:"propagate" doc:"Name of a client header to pass on; * and ? match any text and one character."`
	Rename     string `yaml:"rename" doc:"With propagate: the name towards the subgraph."`
	Default    string `yaml:"default" doc:"With propagate: the value when the client sent none."`
	Insert     string `yaml:"insert" doc:"Name of a header to set, replacing what the client sent."`
	Value      string `yaml:"value" doc:"With insert: its value."`
	Claim      string `yaml:"claim" doc:"With insert: the token's claim that gives the value; nothing is sent for callers without it."`
	Expression string `yaml:"expression" doc:"With insert: an expression over claims, scopes, authenticated and header(name) that gives the value; nothing is sent for nil and empty text."`
	Remove     string `yaml:"remove" doc:"Name of a header not to pass on; * and ? match any text and one character."`
}

// ResponseHeaderRule does exactly one of propagate, insert and remove.
type ResponseHeaderRule struct {
	Propagate string `yaml:"propagate" doc:"Name of a header of subgraphs' answers to pass on; * and ? match any text and one character. Set-Cookie passes every value, Cache-Control the most restrictive, and no-store when there is any error."`
	Rename    string `yaml:"rename" doc:"With propagate: the name towards the client."`
	Default   string `yaml:"default" doc:"With propagate: the value for answers without it. Cache-Control's is no-store."`
	Merge     string `yaml:"merge" enum:"first,last,append,most_restrictive" doc:"With propagate, when several subgraphs send it: first (default), last, append, in the order of the plan; most_restrictive is Cache-Control's."`
	Insert    string `yaml:"insert" doc:"Name of a header to set."`
	Value     string `yaml:"value" doc:"With insert: its value."`
	Remove    string `yaml:"remove" doc:"Name of a header that rules before this one propagate, and that is not to pass; * and ? match any text and one character."`
}

func (v *validator) headers(h Headers) {
	v.headerRules("headers.all", h.All)
	for _, name := range slices.Sorted(maps.Keys(h.Subgraphs)) {
		v.headerRules("headers.subgraphs."+name, h.Subgraphs[name])
	}
}

func (v *validator) headerRules(path string, rules HeaderRules) {
	for i, r := range rules.Request {
		at := fmt.Sprintf("%s.request[%d]", path, i)
		v.headerVerb(at, r.Propagate, r.Insert, r.Remove)
		if r.Insert != "" && countSet(r.Value, r.Claim, r.Expression) != 1 {
			v.add(at, "insert needs exactly one of value, claim and expression")
		}
		if r.Propagate == "" && countSet(r.Rename, r.Default) > 0 {
			v.add(at, "rename and default go with propagate")
		}
	}
	for i, r := range rules.Response {
		at := fmt.Sprintf("%s.response[%d]", path, i)
		v.headerVerb(at, r.Propagate, r.Insert, r.Remove)
		if r.Insert != "" && r.Value == "" {
			v.add(at, "insert needs a value")
		}
		if r.Propagate == "" && countSet(r.Rename, r.Default, r.Merge) > 0 {
			v.add(at, "rename, default and merge go with propagate")
		}
		if r.Merge != "" {
			v.oneOf(at+".merge", r.Merge, "first", "last", "append", "most_restrictive")
		}
	}
}

func (v *validator) headerVerb(at, propagate, insert, remove string) {
	if countSet(propagate, insert, remove) != 1 {
		v.add(at, "needs exactly one of propagate, insert and remove")
	}
}

func countSet(texts ...string) (n int) {
	for _, text := range texts {
		if text != "" {
			n++
		}
	}
	return n
}
