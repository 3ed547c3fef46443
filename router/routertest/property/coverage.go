package property

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/fake"
)

// Coverage counts how often a run met each thing that it has to meet.
type Coverage struct {
	// Required are the things that must occur; others are only counted.
	Required []string
	counts   map[string]int
}

// NewCoverage counts the features of federation, the parts of plans and the ways to fail.
func NewCoverage() *Coverage {
	required := append(fake.Features(), planFeatures...)
	required = append(required, schemaDirectives...)
	for _, kind := range fake.FaultKinds() {
		required = append(required, faultName(kind))
	}
	required = append(required, failedField, nulledParent, deniedField, cutErrors, nullKeys, subscribed, deferredPart, oneOfInput)
	return &Coverage{Required: required, counts: map[string]int{}}
}

const (
	failedField  = "error: a field fails"
	nulledParent = "error: a null goes up"
	deniedField  = "error: a field is denied"
	cutErrors    = "error: more than are told"
	nullKeys     = "world with nulls in keys"
	subscribed   = "plan: subscription"
	deferredPart = "plan: deferred part"
	oneOfInput   = "input: @oneOf"
)

func faultName(kind fake.FaultKind) string { return "fault: " + kind.String() }

// Add counts one occurrence.
func (c *Coverage) Add(name string) { c.counts[name]++ }

// Below are the required things that occurred less than n times.
func (c *Coverage) Below(n int) []string {
	var names []string
	for _, name := range c.Required {
		if c.counts[name] < n {
			names = append(names, fmt.Sprintf("%s (%d)", name, c.counts[name]))
		}
	}
	return names
}

// String is a table, required things first.
func (c *Coverage) String() string {
	var out strings.Builder
	for _, name := range c.Required {
		fmt.Fprintf(&out, "%8d  %s\n", c.counts[name], name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		if !slices.Contains(c.Required, name) {
			fmt.Fprintf(&out, "%8d  (%s)\n", c.counts[name], name)
		}
	}
	return out.String()
}

// The parts of plans that are counted.
const (
	planRoot          = "plan: root fetch"
	planEntity        = "plan: entity fetch"
	planJoin          = "plan: fetch that waits for several"
	planParallel      = "plan: parallel fetches"
	planSequence      = "plan: three stages or more"
	planManyPaths     = "plan: entities at several paths"
	planManyEntities  = "plan: several _entities in one fetch"
	planGuardedFetch  = "plan: fetch behind a condition"
	planGuardedField  = "plan: field behind a condition"
	planGuardVariable = "plan: condition sent as a variable"
	planContext       = "plan: context variable"
	planTypedPath     = "plan: path for some types"
	planTypedField    = "plan: field for some types"
	planAlias         = "plan: field under another name"
	planView          = "plan: representation as an interface"
)

var planFeatures = []string{
	planRoot, planEntity, planJoin, planParallel, planSequence, planManyPaths, planManyEntities, planGuardedFetch,
	planGuardedField, planContext, planTypedPath, planTypedField, planAlias, planView,
}

// schemaDirectives are the directives that say something of the schema alone: they are counted by the operations on
// supergraphs that have them.
var schemaDirectives = []string{
	"schema: @inaccessible", "schema: @tag", "schema: @composeDirective", "schema: @cost", "schema: @listSize",
	"schema: @authenticated", "schema: @requiresScopes", "schema: @policy", "schema: @extends", "schema: extend type",
}

// countSchema counts the directives of a set of subgraphs.
func (c *Coverage) countSchema(in Input) {
	for _, name := range schemaDirectives {
		text := strings.TrimPrefix(name, "schema: ")
		for _, g := range in.Subgraphs {
			_, body, _ := strings.Cut(g.SDL, "\n")
			if text == "@composeDirective" {
				body = g.SDL[strings.Index(g.SDL, "]")+1:]
			}
			if strings.Contains(body, text+" ") || strings.Contains(body, text+"(") || strings.Contains(body, text+"\n") {
				c.Add(name)
				break
			}
		}
	}
}

// countPlan counts what a plan is made of.
func (c *Coverage) countPlan(p *plan.Plan) {
	found := map[string]bool{}
	free := 0
	for _, f := range p.Fetches {
		found[planRoot] = found[planRoot] || f.Selection != nil
		found[planEntity] = found[planEntity] || len(f.Entities) > 0
		found[planJoin] = found[planJoin] || len(f.WaitsFor) > 1
		found[planManyEntities] = found[planManyEntities] || len(f.Entities) > 1
		found[planGuardedFetch] = found[planGuardedFetch] || f.Guard != plan.Always
		if len(f.WaitsFor) == 0 {
			free++
		}
		for _, v := range f.Variables {
			found[planGuardVariable] = found[planGuardVariable] || v.Guard != plan.Always
		}
		for _, e := range f.Entities {
			countEntities(found, e)
		}
	}
	found[planParallel] = free > 1 || siblings(p)
	found[planSequence] = p.Depth() > 2
	p.WalkSelections(func(s *plan.Selection) {
		for _, f := range s.Fields {
			found[planGuardedField] = found[planGuardedField] || f.Guard != plan.Always
			found[planTypedField] = found[planTypedField] || len(f.Types) > 0
			found[planAlias] = found[planAlias] || f.StoreName != f.ResponseName
		}
	})
	for name, is := range found {
		if is {
			c.Add(name)
		}
	}
}

func countEntities(found map[string]bool, e *plan.Entities) {
	found[planManyPaths] = found[planManyPaths] || len(e.Paths) > 1
	found[planContext] = found[planContext] || len(e.Context) > 0
	for _, path := range e.Paths {
		for _, element := range path {
			found[planTypedPath] = found[planTypedPath] || len(element.Types) > 0
		}
	}
	for _, r := range e.Representations {
		found[planView] = found[planView] || (len(r.Types) > 0 && !slices.Contains(r.Types, r.Typename))
	}
}

// siblings tells whether two fetches wait for the same.
func siblings(p *plan.Plan) bool {
	for i, a := range p.Fetches {
		for _, b := range p.Fetches[:i] {
			if len(a.WaitsFor) > 0 && slices.Equal(a.WaitsFor, b.WaitsFor) {
				return true
			}
		}
	}
	return false
}
