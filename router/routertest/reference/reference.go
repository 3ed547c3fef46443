// Package reference answers client operations straight from a simulated world: the oracle that the router's answers
// are compared with. It has no planner and knows no subgraph's limits; it imports neither the planner nor the query
// graph nor the executor, so that it cannot share their mistakes.
package reference

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// Request is what a client asks.
type Request struct {
	Document      string
	OperationName string
	Variables     []byte // a JSON object; may be empty
	// Caller is who asks; nil may see everything.
	Caller *Caller
}

// Answer executes a request against the world. The error tells that the request is invalid; errors of fields are in
// the result.
func Answer(w *world.World, request Request) (execute.Result, error) {
	operation, variables, err := prepare(w, request)
	if err != nil {
		return execute.Result{}, err
	}
	return execute.Run(w.API, operation, variables, w.Root(operation.Operation), backend{w, request.Caller}, execute.Options{}), nil
}

// Events answers the first n events of a subscription.
func Events(w *world.World, request Request, n int) ([]execute.Result, error) {
	operation, variables, err := prepare(w, request)
	if err != nil {
		return nil, err
	}
	if operation.Operation != ast.Subscription {
		return nil, fmt.Errorf("%s operations have no events", operation.Operation)
	}
	results := make([]execute.Result, n)
	for i := range results {
		results[i] = execute.Run(w.API, operation, variables, w.Event(i), backend{w, request.Caller}, execute.Options{})
	}
	return results, nil
}

// prepare validates a request and coerces its variables.
func prepare(w *world.World, request Request) (*ast.OperationDefinition, map[string]any, error) {
	parsed, err := document.Load(w.API, request.Document)
	if err != nil {
		return nil, nil, fmt.Errorf("invalid operation: %w", err)
	}
	operation := parsed.Operations.ForName(request.OperationName)
	if operation == nil {
		return nil, nil, fmt.Errorf("there is no operation %q", request.OperationName)
	}
	values := map[string]any{}
	if len(request.Variables) > 0 {
		given, err := coerce.Parse(request.Variables)
		if err != nil {
			return nil, nil, fmt.Errorf("variables: %w", err)
		}
		var isObject bool
		if values, isObject = given.(map[string]any); !isObject && given != nil {
			return nil, nil, fmt.Errorf("variables are no object")
		}
	}
	variables, err := coerce.Variables(w.API, operation, values)
	return operation, variables, err
}

// backend resolves fields with everything the world knows.
type backend struct {
	world  *world.World
	caller *Caller
}

func (b backend) TypeName(n *execute.Node) string { return n.Object.Type }

func (b backend) Resolve(n *execute.Node, field execute.Field) world.Value {
	if b.caller != nil && !b.caller.sees(b.world, n.Object.Type, field) {
		return world.Value{Kind: world.Failed, Message: "Unauthorized field or type"}
	}
	var ancestors []*world.Object
	for ancestor := n.Parent; ancestor != nil; ancestor = ancestor.Parent {
		ancestors = append(ancestors, ancestor.Object)
	}
	contextual, err := b.world.ContextArguments(n.Object, field.Name, ancestors)
	if err != nil {
		return world.Value{Kind: world.Failed, Message: err.Error()}
	}
	arguments := field.Arguments
	for name, value := range contextual {
		arguments[name] = value
	}
	required, err := b.world.Required(n.Object, field.Name)
	if err != nil {
		return world.Value{Kind: world.Failed, Message: err.Error()}
	}
	return b.world.Value(n.Object, world.Call{Field: field.Name, Arguments: arguments, Required: required})
}
