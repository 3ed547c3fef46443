package ratelimit

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// Rules says which rules a decision asks: some can be asked before anybody knows who the caller is.
type Rules int

// The kinds of rules.
const (
	AllRules Rules = iota
	// WithoutIdentity are the rules that look at addresses, headers and keys alone: they can refuse a flood of tokens before
	// a single one is verified.
	WithoutIdentity
	// WithIdentity are the others: those that look at claims, scopes or whether the caller is authenticated.
	WithIdentity
)

// identityNames are what an expression uses of a verified token.
var identityNames = map[string]bool{"claims": true, "scopes": true, "authenticated": true, "$env": true}

// needsIdentity tells whether any of the rule's expressions depends on a verified token.
func (r *rule) needsIdentity() bool {
	if usesIdentity(r.key) {
		return true
	}
	for _, o := range r.overrides {
		if usesIdentity(o.when) {
			return true
		}
	}
	return false
}

func usesIdentity(program *vm.Program) bool {
	search := &identitySearch{}
	node := program.Node()
	ast.Walk(&node, search)
	return search.found
}

type identitySearch struct{ found bool }

// Visit implements ast.Visitor.
func (s *identitySearch) Visit(node *ast.Node) {
	if name, ok := (*node).(*ast.IdentifierNode); ok && identityNames[name.Value] {
		s.found = true
	}
}

// ruleSet are the rules of one kind of debit.
type ruleSet [WithIdentity + 1][]*rule

func (s *ruleSet) add(r *rule) {
	which := WithoutIdentity
	if r.needsIdentity() {
		which = WithIdentity
	}
	s[AllRules] = append(s[AllRules], r)
	s[which] = append(s[which], r)
}
