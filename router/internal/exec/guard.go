package exec

import (
	"fmt"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// term is a plan.Term whose variable or authorization is known by number.
type term struct {
	authorization bool
	negated       bool
	index         int32
}

// guard is true when all terms of one row are.
type guard [][]term

func compileGuards(p *plan.Plan, variables map[string]int32) ([]guard, error) {
	guards := make([]guard, len(p.Guards))
	for i, from := range p.Guards {
		for _, row := range from.AnyOf {
			terms := make([]term, 0, len(row))
			for _, t := range row {
				compiled := term{negated: t.Negated, index: int32(t.Index)}
				switch t.Kind {
				case plan.AuthorizationTerm:
					if t.Index < 0 || t.Index >= len(p.Authorizations) {
						return nil, fmt.Errorf("guard %d speaks of authorization %d, the plan has %d", i+1, t.Index, len(p.Authorizations))
					}
					compiled.authorization = true
				default:
					index, ok := variables[t.Name]
					if !ok {
						return nil, fmt.Errorf("guard %d speaks of variable $%s, which the operation does not have", i+1, t.Name)
					}
					compiled.index = index
				}
				terms = append(terms, compiled)
			}
			guards[i] = append(guards[i], terms)
		}
	}
	return guards, nil
}

// evaluateGuards fills bits, which has room for all guards: bit 0 is always set, bit n is plan.GuardID n.
func (p *Program) evaluateGuards(bits value.Bits, in *Input) {
	clear(bits)
	bits.Set(0)
	for i, g := range p.guards {
		if g.holds(in) {
			bits.Set(i + 1)
		}
	}
}

func (g guard) holds(in *Input) bool {
	for _, row := range g {
		if rowHolds(row, in) {
			return true
		}
	}
	return false
}

func rowHolds(row []term, in *Input) bool {
	for _, t := range row {
		var holds bool
		if t.authorization {
			holds = int(t.index) < len(in.Authorizations) && in.Authorizations[t.index]
		} else {
			holds = int(t.index) < len(in.Variables) && string(in.Variables[t.index]) == "true"
		}
		if holds == (t.negated && !fault.On(fault.IgnoreNegation)) {
			return false
		}
	}
	return true
}
