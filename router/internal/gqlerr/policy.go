package gqlerr

import (
	"path"
	"slices"
)

// Messages says which messages of subgraphs' errors reach clients.
type Messages string

// From the most open to the most closed.
const (
	// PassMessages lets all of them through.
	PassMessages Messages = "pass"
	// CodedMessages lets those through whose error has a code of its own: somebody made them for clients.
	CodedMessages Messages = "coded"
	// MaskMessages lets none through but those of the codes that are listed.
	MaskMessages Messages = "mask"
)

// Rule says what clients see of the errors of one subgraph. The code and the subgraph's name always pass, and so do the
// router's own words for a fetch that failed.
type Rule struct {
	Messages Messages
	// Codes are those whose messages pass in any case.
	Codes []string
	// Extensions are names, or patterns with * and ?, of the extensions that pass.
	Extensions []string
}

func (r *Rule) masks(code string) bool {
	switch {
	case r.Messages == PassMessages || slices.Contains(r.Codes, code) || slices.Contains(ownCodes, code):
		return false
	case r.Messages == CodedMessages:
		return slices.Contains(generalCodes, code)
	}
	return true
}

func (r *Rule) keeps(extension string) bool {
	return slices.ContainsFunc(r.Extensions, func(pattern string) bool {
		matched, err := path.Match(pattern, extension)
		return err == nil && matched
	})
}

// ownCodes are of errors in whose messages the router speaks of a subgraph.
var ownCodes = []string{
	string(SubgraphUnreachable), string(SubgraphTimeout), string(SubgraphHTTPError), string(SubgraphBadContentType),
	string(SubgraphMalformedResponse), string(SubgraphResponseTooLarge), string(SubgraphCircuitOpen), string(SubgraphOverloaded), string(EntityCountMismatch), string(RequestTimeout),
}

// generalCodes say nothing of what went wrong: libraries give them to every error that nobody looked at.
var generalCodes = []string{"", string(SubgraphError), string(InternalServerError), "INTERNAL_ERROR", "INTERNAL", "UNKNOWN"}

// Policy is the rules of all subgraphs.
type Policy struct {
	All       Rule
	Subgraphs map[string]Rule // instead of All
}

// Open tells whether everything passes.
func (p *Policy) Open() bool {
	open := func(r Rule) bool { return r.Messages == PassMessages && slices.Contains(r.Extensions, "*") }
	if !open(p.All) {
		return false
	}
	for _, r := range p.Subgraphs {
		if !open(r) {
			return false
		}
	}
	return true
}

// Masks tells whether the message of a subgraph's error with this code is to be replaced.
func (p *Policy) Masks(subgraph, code string) bool {
	r := p.rule(subgraph)
	return r.masks(code)
}

// KeepsExtension tells whether an extension of a subgraph's error passes.
func (p *Policy) KeepsExtension(subgraph, name string) bool {
	r := p.rule(subgraph)
	return r.keeps(name)
}

func (p *Policy) rule(subgraph string) Rule {
	if own, ok := p.Subgraphs[subgraph]; ok {
		return own
	}
	return p.All
}
