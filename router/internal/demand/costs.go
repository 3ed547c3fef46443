package demand

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Options are the defaults of a supergraph.
type Options struct {
	ListSize int  // items of a list of which nothing is said
	Actual   bool // responses will be counted as well
}

// What things cost by default.
const (
	objectCost   = 1
	inputCost    = 1
	mutationCost = 10
)

// Costs are what a supergraph says of costs. They are immutable and safe for concurrent use.
type Costs struct {
	options Options
	schema  *operation.Schema
	types   map[string]float64    // @cost on types
	fields  map[string]*fieldCost // "Type.field" of objects and interfaces
	inputs  map[string]*inputType // input objects
}

// fieldCost is what directives say of an output field; parts that they do not say are nil.
type fieldCost struct {
	weight *float64
	size   *listSize
	args   map[string]float64 // @cost on arguments
}

// listSize is @listSize.
type listSize struct {
	assumed    *float64
	slicing    []slicingArgument
	sized      []string
	requireOne bool
}

// slicingArgument is an argument, or a field of an input object below it.
type slicingArgument struct {
	argument string
	path     []string // from the argument to the number; mostly empty
}

// inputType is an input object.
type inputType struct {
	fields map[string]inputField
}

// inputField is a position for an input value: an argument or a field of an input object.
type inputField struct {
	weight float64    // of one value that is no list
	object *inputType // nil for scalars and enums
}

// New reads the costs of a supergraph.
func New(sg *supergraph.Supergraph, schema *operation.Schema, o Options) *Costs {
	c := &Costs{options: o, schema: schema, types: map[string]float64{}, fields: map[string]*fieldCost{}, inputs: map[string]*inputType{}}
	names := directiveNames{}
	names.cost, _ = sg.FeatureDirective("cost", "cost")
	names.listSize, _ = sg.FeatureDirective("cost", "listSize")
	for _, t := range sg.Types {
		if weight := names.weight(t.Directives); weight != nil {
			c.types[t.Name] = *weight
		}
		if t.Kind == ast.InputObject {
			c.inputs[t.Name] = &inputType{fields: map[string]inputField{}}
		}
	}
	for _, t := range sg.Types {
		switch t.Kind {
		case ast.InputObject:
			c.addInputFields(t, names)
		case ast.Object, ast.Interface:
			c.addFields(t, names)
		}
	}
	return c
}

func (c *Costs) addFields(t *supergraph.Type, names directiveNames) {
	for _, f := range t.Fields {
		cost := fieldCost{weight: names.weight(f.Directives), size: names.size(f.Directives)}
		for _, a := range f.Args {
			if weight := names.weight(a.Directives); weight != nil {
				if cost.args == nil {
					cost.args = map[string]float64{}
				}
				cost.args[a.Name] = *weight
			}
		}
		if cost.weight != nil || cost.size != nil || cost.args != nil {
			c.fields[t.Name+"."+f.Name] = &cost
		}
	}
}

func (c *Costs) addInputFields(t *supergraph.Type, names directiveNames) {
	input := c.inputs[t.Name]
	for _, f := range t.Fields {
		position := c.position(f.Type)
		if weight := names.weight(f.Directives); weight != nil {
			position.weight = *weight
		}
		input.fields[f.Name] = position
	}
}

// position is what a value of a type costs where nothing else is said.
func (c *Costs) position(t *ast.Type) inputField {
	p := inputField{object: c.inputs[t.Name()]}
	if p.object != nil {
		p.weight = inputCost
	}
	if weight, ok := c.types[t.Name()]; ok {
		p.weight = weight
	}
	return p
}

// field is what directives say of a field for one runtime type: its own, else those of the type that the document asks
// through.
func (c *Costs) field(object, declared, name string) fieldCost {
	own, through := c.fields[object+"."+name], c.fields[declared+"."+name]
	switch {
	case own == nil && through == nil:
		return fieldCost{}
	case own == nil:
		return *through
	case through == nil || object == declared:
		return *own
	}
	merged := *own
	if merged.weight == nil {
		merged.weight = through.weight
	}
	if merged.size == nil {
		merged.size = through.size
	}
	if merged.args == nil {
		merged.args = through.args
	}
	return merged
}

// directiveNames are what the supergraph calls the directives; "" for those that it does not link.
type directiveNames struct{ cost, listSize string }

func (n directiveNames) weight(directives ast.DirectiveList) *float64 {
	if n.cost == "" {
		return nil
	}
	if d := directives.ForName(n.cost); d != nil {
		return numberArgument(d, "weight")
	}
	return nil
}

func (n directiveNames) size(directives ast.DirectiveList) *listSize {
	if n.listSize == "" {
		return nil
	}
	d := directives.ForName(n.listSize)
	if d == nil {
		return nil
	}
	size := &listSize{assumed: numberArgument(d, "assumedSize"), sized: textArguments(d, "sizedFields"), requireOne: true}
	for _, text := range textArguments(d, "slicingArguments") {
		steps := strings.Split(text, ".")
		size.slicing = append(size.slicing, slicingArgument{argument: steps[0], path: steps[1:]})
	}
	if a := d.Arguments.ForName("requireOneSlicingArgument"); a != nil && a.Value.Raw == "false" {
		size.requireOne = false
	}
	return size
}

// numberArgument is nil when the argument is not there or null; composition has checked that it is a number.
func numberArgument(d *ast.Directive, name string) *float64 {
	a := d.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	number, err := strconv.ParseFloat(a.Value.Raw, 64)
	if err != nil {
		return nil
	}
	return &number
}

// textArguments reads a list of strings; a single string stands for a list of one.
func textArguments(d *ast.Directive, name string) []string {
	a := d.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	var texts []string
	for _, child := range a.Value.Children {
		texts = append(texts, child.Value.Raw)
	}
	if a.Value.Kind == ast.StringValue || a.Value.Kind == ast.BlockValue {
		texts = append(texts, a.Value.Raw)
	}
	return texts
}
