package plan

import (
	"fmt"
	"strings"
)

// describe is the guard as "$a & !$b | $c" ; p has the authorizations that it refers to.
func (g Guard) describe(p *Plan) string {
	rows := make([]string, len(g.AnyOf))
	for i, row := range g.AnyOf {
		terms := make([]string, len(row))
		for j, t := range row {
			terms[j] = t.describe(p)
		}
		rows[i] = strings.Join(terms, " & ")
	}
	return strings.Join(rows, " | ")
}

func (t Term) describe(p *Plan) string {
	text := "$" + t.Name
	if t.Kind == AuthorizationTerm {
		text = p.Authorizations[t.Index].String()
	}
	if t.Negated {
		return "!" + text
	}
	return text
}

// String is the demand as the directives that make it.
func (a Authorization) String() string {
	var parts []string
	if a.Authenticated {
		parts = append(parts, "@authenticated")
	}
	if len(a.Scopes) > 0 {
		parts = append(parts, fmt.Sprintf("@requiresScopes(scopes: %s)", nested(a.Scopes)))
	}
	if len(a.Policies) > 0 {
		parts = append(parts, fmt.Sprintf("@policy(policies: %s)", nested(a.Policies)))
	}
	if len(parts) > 1 {
		return "(" + strings.Join(parts, " & ") + ")"
	}
	return strings.Join(parts, "")
}

func nested(rows [][]string) string {
	outer := make([]string, len(rows))
	for i, row := range rows {
		inner := make([]string, len(row))
		for j, name := range row {
			inner[j] = fmt.Sprintf("%q", name)
		}
		outer[i] = "[" + strings.Join(inner, ", ") + "]"
	}
	return "[" + strings.Join(outer, ", ") + "]"
}

// single returns the one term of a guard, if it has one only.
func (g Guard) single() (Term, bool) {
	if len(g.AnyOf) == 1 && len(g.AnyOf[0]) == 1 {
		return g.AnyOf[0][0], true
	}
	return Term{}, false
}

// String is the path as people know it: "products.@.reviews", "@" for each level of a list, "|[A,B]" where only these
// runtime types are gone into, "(a/b)" where several fields lead on.
func (p Path) String() string { return strings.Join(p.words(), ".") }

// words are the path's parts; what narrows an object's type stands at the word that leads to the object.
func (p Path) words() []string {
	var words []string
	for _, e := range p {
		if len(e.Types) > 0 {
			narrow := "|[" + strings.Join(e.Types, ",") + "]"
			if len(words) == 0 {
				words = append(words, narrow)
			} else {
				words[len(words)-1] += narrow
			}
		}
		if len(e.Also) == 0 {
			words = append(words, e.words()...)
			continue
		}
		choices := []string{strings.Join(e.words(), ".")}
		for _, other := range e.Also {
			choice := strings.Join(other.words(), ".")
			if len(other.Types) > 0 {
				choice = "|[" + strings.Join(other.Types, ",") + "]" + choice
			}
			choices = append(choices, choice)
		}
		words = append(words, "("+strings.Join(choices, "/")+")")
	}
	return words
}

func (e PathElement) words() []string {
	name := e.ResponseName
	if name == "" {
		name = e.StoreName
	}
	words := []string{name}
	for range e.List {
		words = append(words, "@")
	}
	return words
}
