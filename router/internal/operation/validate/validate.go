// Package validate checks documents by section 5 of the GraphQL specification (September 2025, with @defer) and links
// their nodes to what they mean in the schema.
//
// gqlparser brings rules of its own; these are used instead, as every document of a stranger comes through here:
// each definition is walked once, however many others reach it (theirs walks a fragment again for each that does, so
// that errors repeat and time grows with the square), all work is counted and bounded, suggestions included, and the
// verdicts differ where gqlparser's are wrong: Int literals beyond 32 bits, numbers beyond 64 bits where they are
// allowed, subscriptions whose one field is asked under two names. Tests hold both to the cases of the reference
// implementation.
package validate

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Rule names a rule of the specification.
type Rule string

// The rules, by the names that the reference implementation gives them.
const (
	FieldsOnCorrectType         Rule = "FieldsOnCorrectType"          // 5.3.1
	FragmentsOnCompositeTypes   Rule = "FragmentsOnCompositeTypes"    // 5.5.1.3
	KnownArgumentNames          Rule = "KnownArgumentNames"           // 5.4.1
	KnownDirectives             Rule = "KnownDirectives"              // 5.7.1, 5.7.2
	KnownFragmentNames          Rule = "KnownFragmentNames"           // 5.5.2.1
	KnownRootType               Rule = "KnownRootType"                // 5.2.1.1
	KnownTypeNames              Rule = "KnownTypeNames"               // 5.5.1.2
	LoneAnonymousOperation      Rule = "LoneAnonymousOperation"       // 5.2.3.1
	MaxIntrospectionDepth       Rule = "MaxIntrospectionDepth"        // the router's own
	NoFragmentCycles            Rule = "NoFragmentCycles"             // 5.5.2.2
	NoUndefinedVariables        Rule = "NoUndefinedVariables"         // 5.8.3
	NoUnusedFragments           Rule = "NoUnusedFragments"            // 5.5.1.4
	NoUnusedVariables           Rule = "NoUnusedVariables"            // 5.8.4
	OverlappingFields           Rule = "OverlappingFieldsCanBeMerged" // 5.3.2
	PossibleFragmentSpreads     Rule = "PossibleFragmentSpreads"      // 5.5.2.3
	ProvidedRequiredArguments   Rule = "ProvidedRequiredArguments"    // 5.4.3
	ScalarLeafs                 Rule = "ScalarLeafs"                  // 5.3.3
	SingleFieldSubscriptions    Rule = "SingleFieldSubscriptions"     // 5.2.4.1
	UniqueArgumentNames         Rule = "UniqueArgumentNames"          // 5.4.2
	UniqueDirectivesPerLocation Rule = "UniqueDirectivesPerLocation"  // 5.7.3
	UniqueFragmentNames         Rule = "UniqueFragmentNames"          // 5.5.1.1
	UniqueInputFieldNames       Rule = "UniqueInputFieldNames"        // 5.6.3
	UniqueOperationNames        Rule = "UniqueOperationNames"         // 5.2.2.1
	UniqueVariableNames         Rule = "UniqueVariableNames"          // 5.8.1
	ValuesOfCorrectType         Rule = "ValuesOfCorrectType"          // 5.6.1, 5.6.2, 5.6.4
	VariablesAreInputTypes      Rule = "VariablesAreInputTypes"       // 5.8.2
	VariablesInAllowedPosition  Rule = "VariablesInAllowedPosition"   // 5.8.5
	DeferDirectives             Rule = "DeferDirectives"              // of the incremental delivery draft
	ConstantValues              Rule = "ConstantValues"               // 2.10: syntax that the parser lets pass
	NoFragmentVariables         Rule = "NoFragmentVariables"          // 2.8: syntax that the parser lets pass
	Limits                      Rule = "Limits"                       // the router's own
)

// Error is one error with the rule that was broken.
type Error struct {
	Rule Rule
	*gqlerr.Error
}

// Bounds are what one document may cost.
type Bounds struct {
	MaxErrors int // reported before validation stops
	MaxWork   int // units, of which an ordinary field takes a few
}

// maxSuggesting is how many errors of a document may come with suggestions: they cost more than all else.
const maxSuggesting = 20

// Validator checks documents against one schema. It is safe for concurrent use.
type Validator struct {
	schema   *ast.Schema
	fields   map[string]map[string]*ast.FieldDefinition // by type, "__typename" included
	possible map[string][]int32                         // runtime types of composite types, ascending
	inputs   map[string]*inputObject
	enums    map[string]map[string]bool
	types    []string // sorted, for suggestions
}

// inputObject is an input object type prepared for checking values.
type inputObject struct {
	*ast.Definition
	fields   map[string]*ast.FieldDefinition
	required []*ast.FieldDefinition
	oneOf    bool
}

var typename = &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)}

// New prepares a schema.
func New(schema *ast.Schema) *Validator {
	v := &Validator{
		schema: schema, fields: map[string]map[string]*ast.FieldDefinition{}, possible: map[string][]int32{},
		inputs: map[string]*inputObject{}, enums: map[string]map[string]bool{},
	}
	for name := range schema.Types {
		v.types = append(v.types, name)
	}
	slices.Sort(v.types)
	number := make(map[string]int32, len(v.types))
	for i, name := range v.types {
		number[name] = int32(i)
	}
	for _, name := range v.types {
		switch t := schema.Types[name]; t.Kind {
		case ast.InputObject:
			v.inputs[name] = prepareInput(t)
		case ast.Enum:
			values := make(map[string]bool, len(t.EnumValues))
			for _, value := range t.EnumValues {
				values[value.Name] = true
			}
			v.enums[name] = values
		case ast.Object, ast.Interface, ast.Union:
			v.prepareComposite(t, number)
		}
	}
	return v
}

func prepareInput(t *ast.Definition) *inputObject {
	made := &inputObject{
		Definition: t, fields: make(map[string]*ast.FieldDefinition, len(t.Fields)), oneOf: t.Directives.ForName("oneOf") != nil,
	}
	for _, f := range t.Fields {
		made.fields[f.Name] = f
		if f.Type.NonNull && f.DefaultValue == nil {
			made.required = append(made.required, f)
		}
	}
	return made
}

func (v *Validator) prepareComposite(t *ast.Definition, number map[string]int32) {
	byName := make(map[string]*ast.FieldDefinition, len(t.Fields)+1)
	for _, f := range t.Fields {
		byName[f.Name] = f
	}
	byName["__typename"] = typename
	v.fields[t.Name] = byName
	if t.Kind == ast.Object {
		v.possible[t.Name] = []int32{number[t.Name]}
		return
	}
	var possible []int32
	for _, object := range v.schema.GetPossibleTypes(t) {
		possible = append(possible, number[object.Name])
	}
	slices.Sort(possible)
	v.possible[t.Name] = slices.Compact(possible)
}

// Validate returns all errors of a document, in the order of their positions. It links Field.Definition,
// Field.ObjectDefinition, FragmentSpread.Definition and Directive.Definition.
func (v *Validator) Validate(document *ast.QueryDocument, bounds Bounds) []Error {
	c := &check{
		Validator: v, document: document, bounds: bounds,
		fragments: map[string]*ast.FragmentDefinition{}, facts: map[any]*facts{}, overlaps: map[[2]string]bool{},
	}
	c.run()
	slices.SortStableFunc(c.errors, func(a, b Error) int { return comparePositions(a.Error, b.Error) })
	return c.errors
}

func comparePositions(a, b *gqlerr.Error) int {
	if len(a.Locations) == 0 || len(b.Locations) == 0 {
		return len(b.Locations) - len(a.Locations)
	}
	if byLine := a.Locations[0].Line - b.Locations[0].Line; byLine != 0 {
		return byLine
	}
	return a.Locations[0].Column - b.Locations[0].Column
}

// check is the validation of one document.
type check struct {
	*Validator
	document      *ast.QueryDocument
	bounds        Bounds
	fragments     map[string]*ast.FragmentDefinition // the first of each name
	facts         map[any]*facts                     // by operation or fragment definition
	overlaps      map[[2]string]bool                 // pairs of types that have, or do not have, runtime types in common
	introspection []*ast.Field                       // every __schema and __type
	unused        []*ast.FragmentDefinition          // that no operation reaches
	errors        []Error
	work          int
	stopped       bool
}

// facts are what the walk of one definition has found, for the rules that go across definitions.
type facts struct {
	spreads []*ast.FragmentSpread
	usages  []usage
}

func (c *check) run() {
	c.names()
	for _, o := range c.document.Operations {
		c.operation(o)
	}
	for _, f := range c.document.Fragments {
		c.fragment(f)
	}
	c.cycles()
	c.unusedFragments()
	for _, o := range c.document.Operations {
		c.variables(o)
	}
	for _, o := range c.document.Operations {
		c.subscription(o)
	}
	c.introspectionDepth()
	c.deferrals()
	c.overlappingFields()
}

// report adds an error at some positions.
func (c *check) report(rule Rule, positions []*ast.Position, format string, arguments ...any) {
	if c.stopped {
		return
	}
	made := gqlerr.New(gqlerr.ValidationFailed, format, arguments...)
	for _, p := range positions {
		if p != nil {
			made = made.At(p.Line, p.Column)
		}
	}
	c.errors = append(c.errors, Error{Rule: rule, Error: made})
	if len(c.errors) >= c.bounds.MaxErrors {
		c.stopped = true
		c.errors = append(c.errors, Error{Rule: Limits, Error: gqlerr.New(gqlerr.ValidationFailed,
			"Too many validation errors: after %d the rest of the document was not checked.", c.bounds.MaxErrors)})
	}
}

// spend counts work; false when there is no more to spend, which is an error itself.
func (c *check) spend(units int) bool {
	c.work += units
	if c.work > c.bounds.MaxWork && !c.stopped {
		c.stopped = true
		c.errors = append(c.errors, Error{Rule: Limits, Error: gqlerr.New(gqlerr.QueryPlanLimit,
			"The document takes too much work to check (limit %d): use fewer nested fragments.", c.bounds.MaxWork)})
	}
	return !c.stopped
}

// suggesting tells whether an error may still come with suggestions.
func (c *check) suggesting() bool { return len(c.errors) < maxSuggesting }

// duplicates gathers names that should be unique and reports each that is not once, with all its positions.
type duplicates struct {
	positions map[string][]*ast.Position
	order     []string
}

func (d *duplicates) add(name string, position *ast.Position) {
	if d.positions == nil {
		d.positions = map[string][]*ast.Position{}
	}
	if len(d.positions[name]) == 1 {
		d.order = append(d.order, name)
	}
	d.positions[name] = append(d.positions[name], position)
}

func (d *duplicates) report(c *check, rule Rule, format string) {
	for _, name := range d.order {
		c.report(rule, d.positions[name], format, name)
	}
}

func at(positions ...*ast.Position) []*ast.Position { return positions }
