package demand

import (
	"math"
	"strconv"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Estimate is an operation's cost, compiled. It is immutable and safe for concurrent use.
type Estimate struct {
	root   int32   // the operation's node; none: it costs the same whatever its variables are
	static float64 // what it costs then
	// invalid is what is wrong with the operation whatever its variables are.
	invalid *gqlerr.Error
	nodes   []node  // what a node uses stands before it; the last is the operation
	actual  *actual // nil unless Options.Actual
}

// node is one number that depends on a request's variables.
type node struct {
	kind  nodeKind
	base  float64 // sum: added. field: what one item costs beside below. most: at least
	parts []int32 // sum and most: nodes

	// For a field: (base + below) times size, plus args, when conditions hold.
	conditions [][]literal // any of these rows has to hold as a whole; nil: always
	size       sizeRef
	below      int32 // node, or none
	args       int32 // node, or none
	fixedArgs  float64

	input inputHole // for an input
}

type nodeKind uint8

const (
	sumNode   nodeKind = iota // base and parts together
	mostNode                  // the largest of base and parts
	fieldNode                 // a field with its items
	inputNode                 // an input value in a variable
	sizeNode                  // the number of items of a list
)

const none = -1

// literal is a Boolean variable, by index, or its negation.
type literal struct {
	variable int
	negated  bool
}

// sizeRef is a number of items: that of a node, or fixed.
type sizeRef struct {
	node  int32 // none: fixed
	fixed float64
}

// inputHole is an input value that comes with a request: for an input node all of the value, for a size node numbers in it.
type inputHole struct {
	variable int
	position inputField
	slices   []slice
	fallback float64 // size: when no slice has a number
	require  string  // size: the coordinate of the field that needs exactly one slice; "" when none is needed
}

// slice is a slicing argument of a request: a number in a variable's value.
type slice struct {
	variable int // none: fixed
	path     []string
	fixed    float64 // the number, or the argument's default
	given    bool    // fixed is one
}

// results holds the numbers of one run.
var results = sync.Pool{New: func() any { r := make([]float64, 0, 64); return &r }}

// Static gives the cost of an operation that costs the same whatever its variables are.
func (e *Estimate) Static() (cost float64, ok bool) {
	return e.static, e.root == none && e.invalid == nil
}

// Cost is what an operation costs with a request's variables: coerced, in the order of the operation's. A *gqlerr.Error
// with the code COST_QUERY_PARSE_FAILURE says that a slicing argument is missing or that there is one too many; the cost
// is right as far as it can be nevertheless. It is never negative, and +Inf at the most.
func (e *Estimate) Cost(variables [][]byte) (float64, error) {
	if e.root == none {
		return e.static, e.wrong(nil)
	}
	buffer := results.Get().(*[]float64)
	defer results.Put(buffer)
	var err *gqlerr.Error
	*buffer, err = e.run((*buffer)[:0], variables)
	return atLeastNothing((*buffer)[e.root]), e.wrong(err)
}

// wrong is a mistake in the request, or in the operation, as an error.
func (e *Estimate) wrong(inRequest *gqlerr.Error) error {
	switch {
	case e.invalid != nil:
		return e.invalid
	case inRequest != nil:
		return inRequest
	}
	return nil
}

// run appends the number of each node.
func (e *Estimate) run(numbers []float64, variables [][]byte) ([]float64, *gqlerr.Error) {
	var err *gqlerr.Error
	for i := range e.nodes {
		n := &e.nodes[i]
		result := n.base
		switch n.kind {
		case sumNode:
			for _, p := range n.parts {
				result += numbers[p]
			}
		case mostNode:
			for _, p := range n.parts {
				result = max(result, numbers[p])
			}
		case fieldNode:
			result = n.field(numbers, variables)
		case inputNode:
			result = inputValue(variables[n.input.variable], n.input.position)
		case sizeNode:
			if n.conditions == nil || anyHolds(n.conditions, variables) {
				var wrong *gqlerr.Error
				if result, wrong = n.input.sizeOf(variables); err == nil {
					err = wrong
				}
			}
		}
		numbers = append(numbers, result)
	}
	return numbers, err
}

func (n *node) field(numbers []float64, variables [][]byte) float64 {
	if n.conditions != nil && !anyHolds(n.conditions, variables) {
		return 0
	}
	item, args, size := n.base, n.fixedArgs, n.size.fixed
	if n.below != none {
		item += numbers[n.below]
	}
	if n.args != none {
		args += numbers[n.args]
	}
	if n.size.node != none {
		size = numbers[n.size.node]
	}
	return times(size, item) + args
}

// times is 0 when one is 0, also when the other is infinite.
func times(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

// atLeastNothing: weights may be negative, but what is not a number or less than nothing is nothing.
func atLeastNothing(cost float64) float64 {
	if math.IsNaN(cost) {
		return math.Inf(1) // infinitely much in one direction and in the other
	}
	return max(cost, 0)
}

func anyHolds(rows [][]literal, variables [][]byte) bool {
	for _, row := range rows {
		holds := true
		for _, l := range row {
			if (string(variables[l.variable]) == "true") == l.negated {
				holds = false
				break
			}
		}
		if holds {
			return true
		}
	}
	return false
}

// sizeOf is the largest slice that is given, else the fallback.
func (h *inputHole) sizeOf(variables [][]byte) (float64, *gqlerr.Error) {
	size, count := 0.0, 0
	for _, s := range h.slices {
		number, given := s.fixed, s.given
		if s.variable != none {
			if found, there, null := numberAt(variables[s.variable], s.path); there {
				number, given = found, true
			} else if null {
				given = false
			}
		}
		if given {
			size, count = max(size, number), count+1
		}
	}
	if count == 0 {
		size = h.fallback
	}
	if h.require != "" && count != 1 {
		return size, gqlerr.New(gqlerr.CostQueryParseFailure, "%s needs exactly one of its slicing arguments, and has %d", h.require, count)
	}
	return size, nil
}

// parseNumber reads a JSON number; those that are negative size nothing.
func parseNumber(text []byte) (float64, bool) {
	number, err := strconv.ParseFloat(string(text), 64) // does not escape: no copy for short texts
	return max(number, 0), err == nil
}
