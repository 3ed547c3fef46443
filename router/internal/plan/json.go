package plan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// JSON is the plan in the ecosystem's JSON shape, compact: {"kind":"QueryPlan","node":{…}}. What that shape has no
// place for is added beside it: "paths" where a fetch answers several positions, "entities" where it has several
// selections of entities.
func (p *Plan) JSON() ([]byte, error) {
	e := jsonEncoder{plan: p, named: map[int]bool{}}
	for _, d := range p.Deferred {
		for _, id := range newDeriver(p).depends(d) {
			e.named[id] = true
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(jsonPlan{Kind: "QueryPlan", Node: e.node(p.Tree())}); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

type jsonPlan struct {
	Kind string `json:"kind"`
	Node any    `json:"node,omitempty"`
}

type jsonFetch struct {
	Kind           string         `json:"kind"`
	ID             string         `json:"id,omitempty"` // only where a deferred payload depends on it
	ServiceName    string         `json:"serviceName"`
	Requires       []jsonSelected `json:"requires,omitempty"`
	VariableUsages []string       `json:"variableUsages"`
	Operation      string         `json:"operation"`
	OperationKind  Kind           `json:"operationKind"`
	OperationName  string         `json:"operationName,omitempty"`
	Entities       []jsonEntities `json:"entities,omitempty"`
}

type jsonEntities struct {
	ResponseName string         `json:"responseName"`
	Variable     string         `json:"variable"`
	Paths        [][]string     `json:"paths"`
	Requires     []jsonSelected `json:"requires"`
	Condition    string         `json:"condition,omitempty"`
}

// jsonSelected is a field or an inline fragment of what a fetch requires.
type jsonSelected struct {
	Kind          string         `json:"kind"`
	TypeCondition string         `json:"typeCondition,omitempty"`
	Name          string         `json:"name,omitempty"`
	Selections    []jsonSelected `json:"selections,omitempty"`
}

type jsonFlatten struct {
	Kind  string     `json:"kind"`
	Path  []string   `json:"path"`
	Paths [][]string `json:"paths,omitempty"` // all of them, where there are several
	Node  any        `json:"node"`
}

type jsonNodes struct {
	Kind  NodeKind `json:"kind"`
	Nodes []any    `json:"nodes"`
}

type jsonCondition struct {
	Kind      string `json:"kind"`
	Condition string `json:"condition"`
	If        any    `json:"ifClause,omitempty"`
	Else      any    `json:"elseClause,omitempty"`
}

type jsonSubscription struct {
	Kind    string `json:"kind"`
	Primary any    `json:"primary"`
	Rest    any    `json:"rest,omitempty"`
}

type jsonDefer struct {
	Kind     string         `json:"kind"`
	Primary  jsonPrimary    `json:"primary"`
	Deferred []jsonDeferred `json:"deferred"`
}

type jsonPrimary struct {
	Subselection string `json:"subselection,omitempty"`
	Node         any    `json:"node,omitempty"`
}

type jsonDeferred struct {
	Depends      []jsonDepends `json:"depends"`
	Label        string        `json:"label,omitempty"`
	If           string        `json:"if,omitempty"`
	QueryPath    []string      `json:"queryPath"`
	Subselection string        `json:"subselection,omitempty"`
	Node         any           `json:"node,omitempty"`
}

type jsonDepends struct {
	ID string `json:"id"`
}

type jsonEncoder struct {
	plan  *Plan
	named map[int]bool
}

// node is what json.Marshal makes a node of; nil for none.
func (e *jsonEncoder) node(n *Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case FetchNode:
		return e.fetch(n.Fetch)
	case FlattenNode:
		return e.flatten(n)
	case SequenceNode, ParallelNode:
		made := jsonNodes{Kind: n.Kind}
		for _, part := range n.Nodes {
			made.Nodes = append(made.Nodes, e.node(part))
		}
		return made
	case ConditionNode:
		return e.condition(n)
	case SubscriptionNode:
		made := jsonSubscription{Kind: "Subscription", Primary: e.node(n.Nodes[0])}
		if len(n.Nodes) > 1 {
			made.Rest = e.node(n.Nodes[1])
		}
		return made
	case DeferNode:
		return e.deferred(n.Defer)
	default:
		return jsonPlan{Kind: string(n.Kind)}
	}
}

func (e *jsonEncoder) fetch(f *Fetch) jsonFetch {
	made := jsonFetch{
		Kind: "Fetch", ServiceName: f.Subgraph, VariableUsages: []string{}, Operation: f.Document,
		OperationKind: f.Kind, OperationName: f.OperationName,
	}
	if e.named[f.ID] {
		made.ID = strconv.Itoa(f.ID)
	}
	for _, v := range f.Variables {
		made.VariableUsages = append(made.VariableUsages, v.Name)
	}
	for _, entities := range f.Entities {
		requires := requiresOf(entities)
		made.Requires = append(made.Requires, requires...)
		if len(f.Entities) == 1 && entities.Guard == Always {
			continue
		}
		one := jsonEntities{
			ResponseName: entities.ResponseName, Variable: entities.Variable, Requires: requires,
			Paths: pathWords(entities.Paths),
		}
		if entities.Guard != Always {
			one.Condition = e.plan.Guards[entities.Guard-1].describe(e.plan)
		}
		made.Entities = append(made.Entities, one)
	}
	return made
}

func pathWords(paths []Path) [][]string {
	words := make([][]string, len(paths))
	for i, p := range paths {
		words[i] = p.words()
	}
	return words
}

func requiresOf(entities *Entities) []jsonSelected {
	var all []jsonSelected
	for _, r := range entities.Representations {
		fields := append([]jsonSelected{{Kind: "Field", Name: "__typename"}}, requiredFields(r.Fields)...)
		all = append(all, jsonSelected{Kind: "InlineFragment", TypeCondition: r.Typename, Selections: fields})
	}
	return all
}

func requiredFields(fields []*RepresentationField) []jsonSelected {
	var all []jsonSelected
	for _, f := range fields {
		field := jsonSelected{Kind: "Field", Name: f.Name, Selections: requiredFields(f.Fields)}
		if f.Types == nil {
			all = append(all, field)
		}
		for _, t := range f.Types {
			all = append(all, jsonSelected{Kind: "InlineFragment", TypeCondition: t, Selections: []jsonSelected{field}})
		}
	}
	return all
}

func (e *jsonEncoder) flatten(n *Node) jsonFlatten {
	made := jsonFlatten{Kind: "Flatten", Path: n.Paths[0].words(), Node: e.node(n.Nodes[0])}
	if len(n.Paths) > 1 {
		made.Paths = pathWords(n.Paths)
	}
	return made
}

func (e *jsonEncoder) condition(n *Node) jsonCondition {
	inner := e.node(n.Nodes[0])
	if term, ok := n.Condition.single(); ok && term.Kind == VariableTerm {
		if term.Negated {
			return jsonCondition{Kind: "Condition", Condition: term.Name, Else: inner}
		}
		return jsonCondition{Kind: "Condition", Condition: term.Name, If: inner}
	}
	return jsonCondition{Kind: "Condition", Condition: n.Condition.describe(e.plan), If: inner}
}

func (e *jsonEncoder) deferred(d *DeferParts) jsonDefer {
	made := jsonDefer{Kind: "Defer", Primary: jsonPrimary{Subselection: subselection(d.Shape), Node: e.node(d.Primary)}}
	for _, part := range d.Deferred {
		one := jsonDeferred{
			Depends: []jsonDepends{}, Label: part.Deferred.Label, QueryPath: responsePath(part.Deferred.Path),
			Node: e.node(part.Node),
		}
		if part.Node == nil || part.Node.Kind != DeferNode { // else the nested Defer shows it
			one.Subselection = subselection(part.Deferred.Response)
		}
		for _, id := range part.Depends {
			one.Depends = append(one.Depends, jsonDepends{ID: strconv.Itoa(id)})
		}
		if part.Deferred.Guard != Always {
			one.If = e.plan.Guards[part.Deferred.Guard-1].describe(e.plan)
		}
		made.Deferred = append(made.Deferred, one)
	}
	return made
}

func subselection(shape *Object) string {
	if shape == nil || len(shape.Fields) == 0 {
		return ""
	}
	lines := shapeLines(shape)
	for i, l := range lines {
		lines[i] = strings.TrimLeft(l, " ")
	}
	return "{ " + strings.Join(lines, " ") + " }"
}
