package satisfiability

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// placeID names a place: a node of the query graph with an object in hand whose type is known to be typeName. For most
// nodes that is the node's own type; at an interface object it may be the interface (the runtime type is not known) or one
// of its implementations (it was learnt elsewhere).
type placeID int32

// contextID names a context and the selection that a subgraph makes of it.
type contextID int32

type place struct {
	node     querygraph.NodeID
	typeName string
}

// facts answers what can be reached and known, from a place, under an assignment of labels. Everything it remembers is
// true for good: the system is monotone.
type facts struct {
	graph      *querygraph.Graph
	places     []place
	ids        map[place]placeID
	reach      map[reachKey]*reached
	batch      []*reached // made since the outermost question began: not final yet
	depth      int
	proven     map[requirement]bool
	asking     map[requirement]bool
	contextsOf map[string][]contextSource
	contexts   map[string]contextID
	labelIndex map[string][]string    // "T.f" -> names of labels that decide who answers it
	nearby     map[string][]neighbour // by type; see neighbours
	roots      []placeID              // see queryRoots
}

type contextSource struct {
	id        contextID
	selection *querygraph.Selection
}

type reachKey struct {
	from     placeID
	labels   labels
	contexts string
}

// reached is the set of places that can be entered from one place by keys, itself included.
type reached struct {
	key      reachKey
	contexts []contextID
	final    bool             // there is no more to find
	solving  bool             // it is in facts.batch
	set      []placeID        // in the order of discovery
	has      map[placeID]bool // the same, while it is being solved
}

// requirement is the question whether a field's @requires can be fulfilled at a place.
type requirement struct {
	at       placeID
	field    string
	labels   labels
	contexts string
}

func newFacts(g *querygraph.Graph) *facts {
	f := &facts{
		graph: g, ids: map[place]placeID{}, reach: map[reachKey]*reached{}, proven: map[requirement]bool{},
		asking: map[requirement]bool{}, contextsOf: map[string][]contextSource{}, contexts: map[string]contextID{},
		labelIndex: map[string][]string{}, nearby: map[string][]neighbour{},
	}
	for _, s := range g.Subgraphs {
		for _, t := range s.Types {
			for _, field := range t.Fields {
				f.indexContexts(field)
				if field.Label != nil {
					key := t.Name + "." + field.Name
					if !slices.Contains(f.labelIndex[key], field.Label.Name) {
						f.labelIndex[key] = append(f.labelIndex[key], field.Label.Name)
					}
				}
			}
		}
	}
	return f
}

func (f *facts) indexContexts(field *querygraph.Field) {
	for _, argument := range field.Context {
		for _, source := range argument.Sources {
			id := f.context(argument)
			for object := range f.graph.Possible(source.Type).All() {
				name := f.graph.Objects[object]
				known := slices.ContainsFunc(f.contextsOf[name], func(s contextSource) bool { return s.id == id && s.selection == source.Selection })
				if !known {
					f.contextsOf[name] = append(f.contextsOf[name], contextSource{id, source.Selection})
				}
			}
		}
	}
}

// context identifies what an argument needs: equal sources are the same need.
func (f *facts) context(argument querygraph.ContextArgument) contextID {
	key := ""
	for _, source := range argument.Sources {
		key += source.Type + "{" + source.Selection.Text + "}"
	}
	id, ok := f.contexts[key]
	if !ok {
		id = contextID(len(f.contexts))
		f.contexts[key] = id
	}
	return id
}

func (f *facts) labelsOf(typeName, field string) []string { return f.labelIndex[typeName+"."+field] }

func (f *facts) place(node querygraph.NodeID, typeName string) placeID {
	p := place{node, typeName}
	id, ok := f.ids[p]
	if !ok {
		id = placeID(len(f.places))
		f.ids[p] = id
		f.places = append(f.places, p)
	}
	return id
}

func (f *facts) subgraph(p placeID) querygraph.SubgraphID {
	return f.graph.Node(f.places[p].node).Subgraph
}

func (f *facts) nodes(places []placeID) []querygraph.NodeID {
	nodes := make([]querygraph.NodeID, len(places))
	for i, p := range places {
		nodes[i] = f.places[p].node
	}
	return nodes
}

// typeInHand is what is known of an object that a subgraph returned at a position of the API's type.
func (f *facts) typeInHand(node querygraph.NodeID, position *supergraph.Type) string {
	if t := f.graph.Node(node).Type; t.InterfaceObject && position.Kind == ast.Object {
		return position.Name
	}
	return f.graph.Node(node).Type.Name
}

// frontier is what can be asked next from some places.
type frontier struct {
	reached []placeID            // sorted
	having  map[string][]placeID // by field: those of reached whose node has an edge for it, usable or not
}

func (f *facts) frontier(from []placeID, l labels, contexts []contextID) *frontier {
	at := &frontier{reached: f.closure(from, l, contexts), having: map[string][]placeID{}}
	for _, p := range at.reached {
		for _, edge := range f.graph.Node(f.places[p].node).Edges {
			at.having[edge.Field.Name] = append(at.having[edge.Field.Name], p)
		}
	}
	return at
}

// closure is the union of what is reached from each place, sorted by place.
func (f *facts) closure(from []placeID, l labels, contexts []contextID) []placeID {
	if len(from) > 0 && f.places[from[0]].typeName == f.graph.RootType(ast.Query) {
		return f.queryRoots()
	}
	seen := map[placeID]struct{}{}
	for _, p := range from {
		for _, r := range f.reachFrom(p, l, contexts) {
			seen[r] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// queryRoots are the query roots of all subgraphs: whoever has one in hand can ask any of them.
func (f *facts) queryRoots() []placeID {
	if f.roots == nil {
		for _, s := range f.graph.Subgraphs {
			if node, ok := f.graph.Root(s.ID, ast.Query); ok {
				f.roots = append(f.roots, f.place(node, f.graph.RootType(ast.Query)))
			}
		}
		slices.Sort(f.roots)
	}
	return f.roots
}

// reachFrom solves the least fixed point for one place. While one is being solved, questions about others see what is
// known so far; the outermost question goes round until nothing is added anywhere.
func (f *facts) reachFrom(p placeID, l labels, contexts []contextID) []placeID {
	key := reachKey{p, l, contextText(contexts)}
	r, ok := f.reach[key]
	if !ok {
		r = &reached{key: key, contexts: contexts, set: []placeID{p}}
		f.reach[key] = r
	}
	if r.final || r.solving {
		return r.set
	}
	r.solving = true
	f.batch = append(f.batch, r)
	f.depth++
	f.improve(r)
	f.depth--
	if f.depth > 0 {
		return r.set
	}
	for changed := true; changed; {
		changed = false
		f.depth++
		for i := 0; i < len(f.batch); i++ {
			changed = f.improve(f.batch[i]) || changed
		}
		f.depth--
	}
	for _, done := range f.batch {
		// Inside the question whether a requirement is fulfilled, that it is was not assumed: what was found is true, but
		// there may be more.
		done.final = len(f.asking) == 0
		done.solving, done.has = false, nil
	}
	f.batch = f.batch[:0]
	return r.set
}

// improve adds the places that can be entered by now and tells whether there were any.
func (f *facts) improve(r *reached) (changed bool) {
	typeName := f.places[r.key.from].typeName
	neighbours := f.neighbours(typeName)
	if len(r.set) > len(neighbours) {
		return false // all of them are there
	}
	if r.has == nil {
		r.has = make(map[placeID]bool, len(r.set))
		for _, p := range r.set {
			r.has[p] = true
		}
	}
	for added := true; added; {
		added = false
		for _, next := range neighbours {
			if r.has[next.place] {
				continue
			}
			if next.key == nil || f.fieldsKnown(f.selected(next.key.Selection, typeName), typeName, r.set, r.key.labels, r.contexts) {
				r.set = append(r.set, next.place)
				r.has[next.place] = true
				added, changed = true, true
			}
		}
	}
	return changed
}

// neighbour is a place that an object of a type can be taken to; key nil means for nothing.
type neighbour struct {
	place placeID
	key   *querygraph.Key
}

// neighbours are the places that an object of a type can be taken to, if the key's fields are known.
func (f *facts) neighbours(typeName string) []neighbour {
	if known, ok := f.nearby[typeName]; ok {
		return known
	}
	var out []neighbour
	for _, entry := range f.graph.Entries(typeName) {
		inHand := typeName
		if t := f.graph.Node(entry.Node).Type; !t.InterfaceObject && t.Kind == ast.Interface {
			inHand = t.Name
		}
		out = append(out, neighbour{f.place(entry.Node, inHand), entry.Key})
	}
	if typeName == f.graph.RootType(ast.Query) {
		for _, root := range f.queryRoots() {
			out = append(out, neighbour{root, nil})
		}
	}
	f.nearby[typeName] = out
	return out
}

// selected is the part of a selection that concerns an object of a type: all of it while the runtime type is not known.
func (f *facts) selected(s *querygraph.Selection, typeName string) []*querygraph.SelectionField {
	if object, ok := f.graph.Object(typeName); ok {
		return s.For(object)
	}
	return s.Fields
}

// fieldsKnown tells whether every field can be asked at one of the places.
func (f *facts) fieldsKnown(fields []*querygraph.SelectionField, typeName string, places []placeID, l labels, contexts []contextID) bool {
	for _, field := range fields {
		if !f.fieldKnown(field, typeName, places, l, contexts) {
			return false
		}
	}
	return true
}

func (f *facts) fieldKnown(field *querygraph.SelectionField, typeName string, places []placeID, l labels, contexts []contextID) bool {
	if field.Name == "__typename" {
		return true
	}
	var targets []querygraph.NodeID
	found := false
	for _, p := range places {
		if edge, ok := f.usableEdge(p, field.Name, l, contexts); ok {
			found = true
			if edge.To != querygraph.NoNode {
				targets = append(targets, edge.To)
			}
		}
	}
	if !found || field.Sub == nil {
		return found
	}
	child := f.fieldType(typeName, field.Name)
	return child != "" && f.selectionKnown(field.Sub, child, targets, l, contexts)
}

func (f *facts) fieldType(typeName, field string) string {
	if t := f.graph.Supergraph.Type(typeName); t != nil {
		if definition := t.Field(field); definition != nil {
			return definition.Type.Name()
		}
	}
	return ""
}

// selectionKnown tells whether a selection on a type can be known of whatever object the nodes return.
func (f *facts) selectionKnown(s *querygraph.Selection, typeName string, nodes []querygraph.NodeID, l labels, contexts []contextID) bool {
	t := f.graph.Supergraph.Type(typeName)
	if t == nil {
		return false
	}
	places := make([]placeID, len(nodes))
	for i, node := range nodes {
		places[i] = f.place(node, f.typeInHand(node, t))
	}
	reached := f.closure(places, l, contexts)
	if t.Kind == ast.Object {
		return f.fieldsKnown(f.selected(s, typeName), typeName, reached, l, contexts)
	}
	if onlyShared(s) && f.fieldsKnown(s.Fields, typeName, reached, l, contexts) && f.allInterfaceObjects(places) {
		return true // asked of the interface itself, whose runtime type does not matter
	}
	for object := range f.graph.Possible(typeName).All() {
		fields := s.For(object)
		if len(fields) == 0 {
			continue
		}
		below, known, blind := f.down(places, reached, object)
		if blind && !known {
			return false
		}
		if len(below) > 0 && !f.fieldsKnown(fields, f.graph.Objects[object], f.closure(below, l, contexts), l, contexts) {
			return false
		}
	}
	return true
}

func onlyShared(s *querygraph.Selection) bool {
	return !slices.ContainsFunc(s.Fields, func(field *querygraph.SelectionField) bool { return field.On != nil })
}

func (f *facts) allInterfaceObjects(places []placeID) bool {
	return !slices.ContainsFunc(places, func(p placeID) bool { return !f.graph.Node(f.places[p].node).Type.InterfaceObject })
}

// down goes from places of an abstract type to those of one runtime type. known tells whether some subgraph can tell that
// an object has the type; blind whether there is an object whose type its own subgraph cannot tell.
func (f *facts) down(places, reached []placeID, object querygraph.ObjectID) (below []placeID, known, blind bool) {
	name := f.graph.Objects[object]
	direct := false // one of the subgraphs that have the object itself can return the type
	for _, p := range places {
		node := f.places[p].node
		if f.graph.Node(node).Type.InterfaceObject {
			blind = true
		} else if _, ok := f.graph.Down(node, object); ok {
			direct = true
		}
	}
	if !direct && !blind {
		return nil, false, false
	}
	for _, p := range reached {
		node := f.places[p].node
		if f.graph.Node(node).Type.InterfaceObject {
			below = append(below, f.place(node, name))
		} else if to, ok := f.graph.Down(node, object); ok {
			known = true
			below = append(below, f.place(to, name))
		}
	}
	slices.Sort(below)
	return slices.Compact(below), known, blind && !direct
}

// usableEdge is the edge of a field at a place, if everything that it needs is given there.
func (f *facts) usableEdge(p placeID, field string, l labels, contexts []contextID) (querygraph.Edge, bool) {
	node := f.places[p].node
	edge, ok := f.graph.Edge(node, field)
	if !ok || f.graph.Node(node).Type.IsAbstract() {
		return edge, ok
	}
	if edge.Provided {
		return edge, true
	}
	if label := edge.Field.Label; label != nil && !l.is(label.Name, label.Value) {
		return edge, false
	}
	for _, argument := range edge.Field.Context {
		if _, set := slices.BinarySearch(contexts, f.context(argument)); !set {
			return edge, false
		}
	}
	return edge, edge.Field.Requires == nil || f.fulfilled(p, edge.Field, l, contexts)
}

// fulfilled tells whether a field's @requires can be known at a place, and one can come back with it.
func (f *facts) fulfilled(p placeID, field *querygraph.Field, l labels, contexts []contextID) bool {
	question := requirement{p, field.Name, l, contextText(contexts)}
	if f.proven[question] {
		return true
	}
	if f.asking[question] {
		return false // a requirement cannot be fulfilled by itself
	}
	f.asking[question] = true
	defer delete(f.asking, question)
	at := f.places[p]
	if !f.known(field.Requires, at.node, l) {
		reached := f.reachFrom(p, l, contexts)
		if !f.fieldsKnown(f.selected(field.Requires, at.typeName), at.typeName, reached, l, contexts) || !f.canComeBack(at.node, l) {
			return false
		}
	}
	f.proven[question] = true
	return true
}

// canComeBack tells whether the subgraph can be entered again with a key that it answers itself.
func (f *facts) canComeBack(node querygraph.NodeID, l labels) bool {
	return slices.ContainsFunc(f.graph.Node(node).Type.Keys, func(key *querygraph.Key) bool {
		return key.Resolvable && f.known(key.Selection, node, l)
	})
}

// known tells whether a node's own subgraph answers a selection there, with no jump.
func (f *facts) known(s *querygraph.Selection, node querygraph.NodeID, l labels) bool {
	for _, field := range s.Fields {
		if field.Name == "__typename" {
			continue
		}
		edge, ok := f.graph.Edge(node, field.Name)
		if !ok {
			return false
		}
		if !edge.Provided {
			if edge.Field.Requires != nil || len(edge.Field.Context) > 0 {
				return false
			}
			if label := edge.Field.Label; label != nil && !l.is(label.Name, label.Value) {
				return false
			}
		}
		if field.Sub == nil {
			continue
		}
		if edge.To == querygraph.NoNode || !f.knownBelow(field.Sub, edge.To, l) {
			return false
		}
	}
	return true
}

func (f *facts) knownBelow(s *querygraph.Selection, node querygraph.NodeID, l labels) bool {
	t := f.graph.Node(node).Type
	if !t.IsAbstract() {
		if object, ok := f.graph.Object(t.Name); ok {
			return f.known(&querygraph.Selection{Fields: s.For(object)}, node, l)
		}
		return f.known(s, node, l)
	}
	for object := range t.Possible.All() {
		to, ok := f.graph.Down(node, object)
		if ok && !f.known(&querygraph.Selection{Fields: s.For(object)}, to, l) {
			return false
		}
	}
	return true
}

func contextText(contexts []contextID) string {
	if len(contexts) == 0 {
		return ""
	}
	b := make([]byte, 0, 2*len(contexts))
	for _, c := range contexts {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

// owners are the subgraphs that answer a field somewhere, sorted by name.
func (f *facts) owners(typeName, field string) []*querygraph.Type {
	var owners []*querygraph.Type
	for _, s := range f.graph.Subgraphs {
		for _, t := range s.Types {
			if t.Name != typeName && !(t.InterfaceObject && f.stands(t.Name, typeName)) {
				continue
			}
			if own := t.Field(field); own != nil && own.Resolvable {
				owners = append(owners, t)
			}
		}
	}
	sort.SliceStable(owners, func(i, j int) bool {
		return cmp.Less(f.graph.Subgraphs[owners[i].Subgraph].Name, f.graph.Subgraphs[owners[j].Subgraph].Name)
	})
	return owners
}

// stands tells whether an interface object stands for objects of a type.
func (f *facts) stands(interfaceName, typeName string) bool {
	object, ok := f.graph.Object(typeName)
	return ok && f.graph.Possible(interfaceName).Has(object)
}
