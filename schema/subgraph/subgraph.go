package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
)

// Subgraph is one subgraph's schema in federation 2 form. Nothing in it changes after Parse or UpgradeAll returned it.
// Slices are in the order of the SDL. Federation's own machinery (the federation and link scalars, enums and directive
// definitions, _Any, _Entity, _Service, Query._entities, Query._service) is left out of Types and Fields, whether the
// SDL spelled it out or not. Root types carry their default names (Query, Mutation, Subscription) everywhere.
type Subgraph struct {
	Name string
	URL  string // routing URL; may be empty
	File string // the SDL's file name for diagnostics; may be empty

	Description string         // of the schema definition
	Position    *ast.Position  // of the first schema definition or extension; nil when the SDL has none
	Applied     []*Application // all directives on the schema and its extensions, @link included
	Types       []*Type        // every type but machinery and the built-in scalars that the SDL does not redefine
	Directives  []*Directive   // every definition in force: written in the SDL, or implied by a link
	Links       []*Link        // @link applications in order; UpgradeAll adds those that a federation 1 subgraph gets
	Composed    []*Composed    // @composeDirective applications

	// Federation1 tells a subgraph whose SDL has no @link to federation. UpgradeAll brings it into federation 2 form and
	// leaves the flag standing; merge code only sees subgraphs that went through UpgradeAll.
	Federation1 bool
	// LinkedVersion is the federation version that the SDL links; for a federation 1 subgraph the one that the upgrade
	// gives it (2.4 does not raise the join version: see EffectiveVersion).
	LinkedVersion Version
	// EffectiveVersion is LinkedVersion, or the later one that another linked feature needs. The highest over all
	// subgraphs decides on the join version.
	EffectiveVersion Version
	// ImpliedBy is the link that raised EffectiveVersion above LinkedVersion, nil when none did:
	// the subject of the hint IMPLICITLY_UPGRADED_FEDERATION_VERSION.
	ImpliedBy *Link

	source      *ast.Source
	lines       lineIndex
	types       map[string]*Type
	directives  map[string]*Directive
	names       map[Known]string // what a known directive is called in this subgraph
	implementer map[string][]*Type
	links       []*link
	imports     map[string]imported
	contexts    map[string][]*Type // the types that set a context
	sets        map[string]parsedSet
	upgraded    bool // from federation 1
	work        int  // steps taken so far; see spend
}

// Type is one named type; all its definitions and extensions folded into one.
type Type struct {
	Name         string // canonical: a root type has its default name
	DeclaredName string // as in the SDL
	Kind         ast.DefinitionKind
	Description  string
	Position     *ast.Position // of the name in the definition, or in the first extension when there is no definition
	Interfaces   []*Reference  // of objects and interfaces, canonical names
	Members      []*Reference  // of unions
	Fields       []*Field      // of objects, interfaces and input objects
	Values       []*EnumValue
	Applied      []*Application // every directive on the type and its extensions

	// HasDefinition is false for a type that is only extended here ("extend type"). HasExtension is true if at least one
	// extension exists. Both may be true.
	HasDefinition bool
	HasExtension  bool
	// Extends is set by @extends.
	Extends bool

	Keys            []*Key
	InterfaceObject bool          // object types with @interfaceObject
	Root            ast.Operation // the operation this is the root of; "" for other types

	fields       map[string]*Field
	values       map[string]*EnumValue
	members      map[string]bool
	interfaces   map[string]bool
	declarations int  // how many definitions and extensions there are
	machinery    bool // federation's own, or a link's: not merged
}

// Reference is a name in an implements list or a union's members.
type Reference struct {
	Name          string
	Position      *ast.Position
	FromExtension bool
}

// Field is a field of an object, an interface or an input object.
type Field struct {
	Parent        *Type
	Name          string
	Description   string
	Type          *ast.Type // canonical names
	Arguments     []*Argument
	Default       *ast.Value // of input fields
	Position      *ast.Position
	FromExtension bool // declared in an "extend" block
	Applied       []*Application

	// External is true where @external stands on the field, or on its type (object types), and is in force: on key fields
	// of an extension ("extend type" or @extends) it means nothing and is false here.
	External bool
	// Provided is true for a field that some @provides of this subgraph selects: External && Provided is "partially external".
	Provided bool
	// Used is true for a field that a key, @requires, @provides or context of this subgraph selects, or that an interface
	// of this subgraph asks for.
	Used bool
	// Shareable is true where @shareable is in force (on the field, or on the declaration of its type that contains the field),
	// and for the fields that a key selects.
	Shareable bool

	Requires *Selection // nil without @requires
	Provides *Selection // nil without @provides
	Override *Override  // nil without @override

	declaration  int  // the index of the type's definition or extension that contains the field
	fakeExternal bool // @external stands here, but is not in force: a key field of an extension
}

// Argument is an argument of a field or of a directive.
type Argument struct {
	Name        string
	Description string
	Type        *ast.Type
	Default     *ast.Value
	Position    *ast.Position
	Applied     []*Application
	FromContext *FromContext // nil without @fromContext
}

// EnumValue is one value of an enum.
type EnumValue struct {
	Parent        *Type
	Name          string
	Description   string
	Position      *ast.Position
	FromExtension bool
	Applied       []*Application
}

// Selection is the field set of a directive application.
type Selection struct {
	Application *Application
	Set         *fieldset.Set // parsed and valid
	Text        string        // as in the SDL string; what join__field carries
}

// Key is one @key.
type Key struct {
	Selection
	Resolvable    bool
	FromExtension bool
	// Extension is true when the type is, for this key, an extension in federation's sense: the key stands on an "extend"
	// block or its type carries @extends. It is join__type's argument of that name.
	Extension bool

	canonical string // the field set in a form that equal sets share
}

// Override is @override.
type Override struct {
	Application *Application
	From        string
	Label       string // "" without one
}

// FromContext is @fromContext: Context without "$", Selection as written after it ("{ prop }").
type FromContext struct {
	Application *Application
	Context     string
	Selection   string
	Set         *fieldset.Set
}

// Application is one directive applied to an element. What it means is Known (and Feature), whatever the SDL calls it.
type Application struct {
	*ast.Directive        // as written: the SDL's name, the arguments that are spelled out, the position
	Known          Known  // "" for directives that composition itself knows nothing about
	Link           *Link  // the linked feature the directive comes from; nil when it comes from none
	NameInFeature  string // the name the feature gives it, without "@"; "" without Link
	Definition     *Directive
	FromExtension  bool // applied on an "extend" block
	declaration    int  // as in Field
}

// Directive is a directive definition.
type Directive struct {
	Name          string // as in this subgraph
	Description   string
	Arguments     []*Argument
	Locations     []ast.DirectiveLocation
	Repeatable    bool
	Position      *ast.Position // nil for a definition that a link implies
	Known         Known
	Link          *Link
	NameInFeature string
	Applied       []*Application
}

// IsExecutable tells whether operations may use the directive: at least one of its locations is executable.
func (d *Directive) IsExecutable() bool {
	for _, l := range d.Locations {
		switch l {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
			ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment,
			ast.LocationVariableDefinition:
			return true
		}
	}
	return false
}

// Argument returns the definition of the argument of that name, or nil.
func (d *Directive) Argument(name string) *Argument {
	for _, a := range d.Arguments {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Link is one @link application.
type Link struct {
	Application *Application // nil for a link that is not written: the one to the link specification, or the upgrade's
	URL         string       // as written
	Identity    string       // the URL without its version
	Name        string       // the last part of Identity if it is a usable name, else ""
	Version     Version
	As          string // "" when not given
	For         string // "", SECURITY or EXECUTION
	Imports     []Import
}

// Import is one entry of a link's import list. Name starts with "@" for a directive; As is "" when it keeps its name.
type Import struct {
	Name     string
	As       string
	Position *ast.Position
}

// Composed is one @composeDirective application. Name is its argument, "@" and all.
type Composed struct {
	Application *Application
	Name        string
	HasName     bool // false when the argument is absent, null, or not a string
}

// Known names a directive that composition itself understands, by what the specifications call it. The same value stands for
// federation's directive, for the one of the small specification it comes from (https://specs.apollo.dev/tag and
// its like), and for a federation 1 built-in.
type Known string

// The directives that composition understands.
const (
	KnownKey              Known = "key"
	KnownRequires         Known = "requires"
	KnownProvides         Known = "provides"
	KnownExternal         Known = "external"
	KnownExtends          Known = "extends"
	KnownShareable        Known = "shareable"
	KnownOverride         Known = "override"
	KnownInaccessible     Known = "inaccessible"
	KnownTag              Known = "tag"
	KnownInterfaceObject  Known = "interfaceObject"
	KnownComposeDirective Known = "composeDirective"
	KnownAuthenticated    Known = "authenticated"
	KnownRequiresScopes   Known = "requiresScopes"
	KnownPolicy           Known = "policy"
	KnownContext          Known = "context"
	KnownFromContext      Known = "fromContext"
	KnownCost             Known = "cost"
	KnownListSize         Known = "listSize"
	KnownCacheTag         Known = "cacheTag"
	KnownLink             Known = "link"

	// Built into GraphQL.
	KnownDeprecated  Known = "deprecated"
	KnownSpecifiedBy Known = "specifiedBy"
	KnownOneOf       Known = "oneOf"
	KnownSkip        Known = "skip"
	KnownInclude     Known = "include"
)

// Type returns the type of that (canonical) name, or nil.
func (s *Subgraph) Type(name string) *Type { return s.types[name] }

// Directive returns the definition of the directive of that name in this subgraph, or nil.
func (s *Subgraph) Directive(name string) *Directive { return s.directives[name] }

// DirectiveName returns what this subgraph calls a known directive, without "@": its own name, a renamed import, or the
// prefixed form (federation__tag). It is "" when the subgraph's version or links do not have it.
func (s *Subgraph) DirectiveName(k Known) string { return s.names[k] }

// Feature returns the link with that identity, or nil.
func (s *Subgraph) Feature(identity string) *Link {
	for _, l := range s.Links {
		if l.Identity == identity {
			return l
		}
	}
	return nil
}

// Implementations returns the object types of this subgraph that implement the interface, or are members of the union, of that
// name, in SDL order; for an object type the type itself.
func (s *Subgraph) Implementations(name string) []*Type { return s.implementer[name] }

// Location maps a position in the SDL to a place for diagnostics. A nil position gives the subgraph alone.
func (s *Subgraph) Location(pos *ast.Position) diag.Location {
	loc := diag.Location{Subgraph: s.Name, File: s.File}
	if pos != nil {
		loc.Line, loc.Column = s.lines.lineColumn(pos.Start)
	}
	return loc
}

// SDL returns the text the subgraph was parsed from.
func (s *Subgraph) SDL() string { return s.source.Input }

// Field returns the field of that name, or nil.
func (t *Type) Field(name string) *Field { return t.fields[name] }

// IsEntity tells whether the type has a key.
func (t *Type) IsEntity() bool { return len(t.Keys) > 0 }

// IsExtension tells an extension in federation's sense: the type carries @extends, or is only ever extended here.
func (t *Type) IsExtension() bool {
	return (t.Kind == ast.Object || t.Kind == ast.Interface) && (t.Extends || !t.HasDefinition)
}

// Implements tells whether the type's implements list has the interface of that name.
func (t *Type) Implements(name string) bool { return t.interfaces[name] }

// HasMember tells whether the union's members include the type of that name.
func (t *Type) HasMember(name string) bool { return t.members[name] }

// Value returns the enum value of that name, or nil.
func (t *Type) Value(name string) *EnumValue { return t.values[name] }

// Argument returns the argument of that name, or nil.
func (f *Field) Argument(name string) *Argument {
	for _, a := range f.Arguments {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Coordinate is "Type.field".
func (f *Field) Coordinate() string { return f.Parent.Name + "." + f.Name }

// All returns the applications of a known directive in a list of applications.
func All(applied []*Application, k Known) []*Application {
	var out []*Application
	for _, a := range applied {
		if a.Known == k {
			out = append(out, a)
		}
	}
	return out
}

// First returns the first application of a known directive in a list of applications, or nil.
func First(applied []*Application, k Known) *Application {
	for _, a := range applied {
		if a.Known == k {
			return a
		}
	}
	return nil
}

// ArgumentOf returns the value given for the argument, the definition's default when none is given, or nil.
func (a *Application) ArgumentOf(name string) *ast.Value {
	if arg := a.Arguments.ForName(name); arg != nil {
		return arg.Value
	}
	if a.Definition != nil {
		for _, arg := range a.Definition.Arguments {
			if arg.Name == name {
				return arg.Default
			}
		}
	}
	return nil
}
