package fake

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/world"
)

// The features of federation that requests can use, as Fleet.Covered names them.
const (
	UsedKey             = "@key"
	UsedSecondKey       = "@key, not the first of its type"
	UsedCompositeKey    = "@key of several fields"
	UsedNestedKey       = "@key with a selection inside"
	UsedStub            = "@key(resolvable: false)"
	UsedInterfaceKey    = "@key on an interface"
	UsedRequires        = "@requires"
	UsedNestedRequires  = "@requires with a selection inside"
	UsedRequiresArgs    = "@requires with arguments"
	UsedRequiresChain   = "@requires of a field with @requires"
	UsedProvides        = "@provides"
	UsedShareable       = "@shareable"
	UsedShareableRoot   = "@shareable on a root field"
	UsedOverride        = "@override"
	UsedOverrideLabel   = "@override with a label that holds"
	UsedOverridden      = "@override with a label that does not hold"
	UsedInterfaceObject = "@interfaceObject"
	UsedContext         = "@context and @fromContext"
	UsedTypeCondition   = "type condition"
	UsedUnion           = "union"
	UsedInterface       = "interface"
	UsedVariable        = "variable"
	UsedMutation        = "mutation"
	UsedSeveralEntities = "several _entities in one request"
)

// Features are all of them.
func Features() []string {
	return []string{
		UsedKey, UsedSecondKey, UsedCompositeKey, UsedNestedKey, UsedStub, UsedInterfaceKey, UsedRequires, UsedNestedRequires,
		UsedRequiresArgs, UsedRequiresChain, UsedProvides, UsedShareable, UsedShareableRoot, UsedOverride, UsedOverrideLabel,
		UsedOverridden, UsedInterfaceObject, UsedContext, UsedTypeCondition, UsedUnion, UsedInterface, UsedVariable,
		UsedMutation, UsedSeveralEntities,
	}
}

func (b *backend) note(feature string, used bool) {
	if !used {
		return
	}
	if b.used == nil {
		b.used = map[string]bool{}
	}
	b.used[feature] = true
}

// noteField notes what resolving a field of a type uses.
func (b *backend) noteField(o *world.Object, t *world.GraphType, f *world.GraphField, provided bool) {
	isRoot := t.Name == b.world.Super.Query
	shared := b.world.Resolvers(o.Type, f.Name) > 1
	b.note(UsedProvides, provided && f.External)
	b.note(UsedRequires, f.Requires != nil)
	b.note(UsedShareable, shared && !isRoot)
	b.note(UsedShareableRoot, shared && isRoot)
	b.note(UsedOverride, f.Overriding)
	b.note(UsedOverrideLabel, f.Label != "" && f.Overriding)
	b.note(UsedOverridden, f.Label != "" && !f.Overriding)
	b.note(UsedInterfaceObject, t.InterfaceObject)
	b.note(UsedContext, len(f.Context) > 0)
	for _, s := range f.Requires {
		if required, isField := s.(*ast.Field); isField {
			b.note(UsedNestedRequires, len(required.SelectionSet) > 0)
			b.note(UsedRequiresArgs, len(required.Arguments) > 0)
			b.note(UsedRequiresChain, b.world.DependsOnRequired(o, required.Name))
		}
	}
	if target := b.graph.Types[f.Type.Name()]; target != nil {
		b.note(UsedUnion, target.Kind == ast.Union)
		b.note(UsedInterface, target.Kind == ast.Interface)
		b.note(UsedStub, len(target.Keys) > 0 && !slices.ContainsFunc(target.Keys, func(k *world.Key) bool { return k.Resolvable }))
	}
}

// noteKey notes what finding an entity by a key uses.
func (b *backend) noteKey(t *world.GraphType, key *world.Key) {
	b.note(UsedKey, true)
	b.note(UsedSecondKey, t.Keys[0] != key)
	b.note(UsedCompositeKey, len(key.Selection) > 1)
	b.note(UsedInterfaceKey, t.Kind == ast.Interface)
	for _, s := range key.Selection {
		if f, isField := s.(*ast.Field); isField {
			b.note(UsedNestedKey, len(f.SelectionSet) > 0)
		}
	}
}

// count adds what one request used to the fleet's counts.
func (b *backend) count(operation *ast.OperationDefinition) {
	b.note(UsedVariable, len(operation.VariableDefinitions) > 1)
	b.note(UsedMutation, operation.Operation == ast.Mutation)
	entities := 0
	for _, s := range operation.SelectionSet {
		if f, isField := s.(*ast.Field); isField && f.Name == "_entities" {
			entities++
		}
	}
	b.note(UsedSeveralEntities, entities > 1)
	b.note(UsedTypeCondition, hasTypeCondition(operation.SelectionSet))
	b.fleet.mu.Lock()
	defer b.fleet.mu.Unlock()
	for feature := range b.used {
		b.fleet.covered[feature]++
	}
}

// hasTypeCondition tells whether a selection below the entities asks different types differently.
func hasTypeCondition(selection ast.SelectionSet) bool {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			if hasTypeCondition(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if s.ObjectDefinition != nil && s.TypeCondition != s.ObjectDefinition.Name && s.ObjectDefinition.Name != "_Entity" {
				return true
			}
			if hasTypeCondition(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if s.ObjectDefinition != nil && s.Definition.TypeCondition != s.ObjectDefinition.Name && s.ObjectDefinition.Name != "_Entity" {
				return true
			}
		}
	}
	return false
}
