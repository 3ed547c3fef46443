package compose

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergedType is one type of the supergraph while it is made.
type mergedType struct {
	name         string
	kind         ast.DefinitionKind // an @interfaceObject counts as an interface
	sources      []typeSource       // sorted by subgraph; only those of this kind
	objects      []typeSource       // those of sources that are interface objects
	interfaces   []*mergedType      // what it implements anywhere
	implements   map[string]bool    // the names of interfaces
	implementers []*mergedType      // object types that implement it anywhere; of interfaces
	members      []string           // of unions
	hasMember    map[string]bool    // the names in members
	fields       []*mergedField
	field        map[string]*mergedField
	out          *supergraph.Type
}

// typeSource is one subgraph's declaration of a type.
type typeSource struct {
	graph supergraph.GraphID
	typ   *subgraph.Type
}

// source returns the declaration in the subgraph, or nil.
func (t *mergedType) source(g supergraph.GraphID) *subgraph.Type {
	i, found := slices.BinarySearchFunc(t.sources, g, func(s typeSource, g supergraph.GraphID) int { return cmp.Compare(s.graph, g) })
	if !found {
		return nil
	}
	return t.sources[i].typ
}

// isEntity reports whether the type has a key anywhere.
func (t *mergedType) isEntity() bool {
	for _, s := range t.sources {
		if s.typ.IsEntity() {
			return true
		}
	}
	return false
}

// mergedField is one field of a mergedType.
type mergedField struct {
	parent    *mergedType
	name      string
	sources   []fieldSource // sorted by subgraph
	overrides *overrides    // nil when no subgraph overrides the field
	dropped   bool          // not part of the supergraph: an input field that some subgraphs lack
	out       *supergraph.Field
}

// fieldSource is one subgraph's declaration of a field.
type fieldSource struct {
	graph supergraph.GraphID
	field *subgraph.Field
}

// coordinate is "Type.field".
func (f *mergedField) coordinate() string { return f.parent.name + "." + f.name }

// missing returns the subgraphs that have the field's type but not the field.
func (f *mergedField) missing() []typeSource {
	var missing []typeSource
	next := 0
	for _, t := range f.parent.sources {
		if next < len(f.sources) && f.sources[next].graph == t.graph {
			next++
		} else {
			missing = append(missing, t)
		}
	}
	return missing
}

// argumentSource is one subgraph's declaration of an argument, of a field or a directive.
type argumentSource struct {
	graph    supergraph.GraphID
	argument *subgraph.Argument
}

// label names an element in messages; the text is only made when it is needed.
type label struct{ kind, coordinate string }

// String returns the kind, capitalised, and the coordinate in quotes.
func (l label) String() string {
	if l.coordinate == "" {
		return l.kind
	}
	return l.kind + " " + strconv.Quote(l.coordinate)
}

// element is what the declarations of all kinds of elements have in common.
type element struct {
	graph       supergraph.GraphID
	description string
	applied     []*subgraph.Application
	position    *ast.Position
}

func typeElements(sources []typeSource) []element {
	out := make([]element, len(sources))
	for i, s := range sources {
		out[i] = element{s.graph, s.typ.Description, s.typ.Applied, s.typ.Position}
	}
	return out
}

func fieldElements(sources []fieldSource) []element {
	out := make([]element, len(sources))
	for i, s := range sources {
		out[i] = element{s.graph, s.field.Description, s.field.Applied, s.field.Position}
	}
	return out
}

func argumentElements(sources []argumentSource) []element {
	out := make([]element, len(sources))
	for i, s := range sources {
		out[i] = element{s.graph, s.argument.Description, s.argument.Applied, s.argument.Position}
	}
	return out
}

// places returns where the elements are declared.
func (r *report) places(elements []element) []diag.Location {
	out := make([]diag.Location, len(elements))
	for i, e := range elements {
		out[i] = r.at(e.graph, e.position)
	}
	return out
}

func (r *report) typePlaces(sources []typeSource) []diag.Location {
	return r.places(typeElements(sources))
}

func (r *report) fieldPlaces(sources []fieldSource) []diag.Location {
	return r.places(fieldElements(sources))
}

func typeGraphs(sources []typeSource) []supergraph.GraphID {
	out := make([]supergraph.GraphID, len(sources))
	for i, s := range sources {
		out[i] = s.graph
	}
	return out
}

func fieldGraphs(sources []fieldSource) []supergraph.GraphID {
	out := make([]supergraph.GraphID, len(sources))
	for i, s := range sources {
		out[i] = s.graph
	}
	return out
}
