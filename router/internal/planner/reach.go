package planner

import (
	"encoding/binary"

	"github.com/tributary-gql/tributary/schema/querygraph"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/operation"
)

// subject is what is known of an object's type: its runtime type, or only an interface (object is unknownObject).
type subject struct {
	object querygraph.ObjectID
	name   string
}

const unknownObject querygraph.ObjectID = -1

// way is a standing in a subgraph for a subject: a source, or an entry with all that it needs first.
type way struct {
	id       int
	node     querygraph.NodeID
	entry    *querygraph.Entry // nil for sources and root types
	root     bool
	subgraph int
	level    int     // round trips below the position
	codes    profile // the requests that it takes to get here
	hops     int
	key      *resolution // nil for sources and root types
	requires *resolution // for fields with @requires: nil else
	contexts []*contextUse
	own      []*contextUse // those of contexts that the subject itself gives to fields further down
	rides    *resolution   // the values of these: nil for none
	given    []*contextUse // of a source: see there
	hold     *operation.Defer
	// conditionsOnly: what the client asks cannot be answered here, as the runtime type must be known first.
	conditionsOnly bool
}

// resolution is how a selection on the subject gets known.
type resolution struct {
	fields []resolved
	level  int // when all of it is known
	codes  profile
	hops   int
}

type resolved struct {
	field *querygraph.SelectionField
	way   *way
	to    querygraph.NodeID
}

// reach is everything that can be reached for a subject from some sources: the ways, best first found.
type reach struct {
	subject  subject
	ways     []*way // sources, then entries in the order in which they can be taken
	sources  int
	requires map[requiresKey]*way
	riding   map[ridingKey]*way
	deferred map[deferredKey]*way
	hold     *operation.Defer // of the field that leads to the subject
	busy     map[requiresKey]bool
}

// requiresKey names an entry for the sake of one field: it needs more than the key.
type requiresKey struct {
	node  querygraph.NodeID
	field string
}

// reach finds the ways for a subject. Memoised.
func (s *solver) reach(sub subject, sources []source, conditionsOnly int) (*reach, error) {
	k := append([]byte(sub.name), 0, byte(conditionsOnly))
	k = binary.LittleEndian.AppendUint32(k, uint32(sub.object))
	k = appendSources(k, sources)
	if known, ok := s.reaches[string(k)]; ok {
		return known, nil
	}
	rc := &reach{
		subject: sub, requires: map[requiresKey]*way{}, riding: map[ridingKey]*way{}, deferred: map[deferredKey]*way{},
		busy: map[requiresKey]bool{}, sources: len(sources),
	}
	if len(sources) > 0 {
		rc.hold = sources[0].hold
	}
	for i, src := range sources {
		w := &way{id: i, node: s.down(src.node, sub), level: src.level, given: src.given, hold: src.hold, conditionsOnly: i < conditionsOnly}
		w.subgraph = int(s.run.graph.Node(src.node).Subgraph)
		rc.ways = append(rc.ways, w)
	}
	before := s.cut
	s.enterRoots(rc)
	for entered := true; entered; {
		var err error
		if entered, err = s.enterNext(rc); err != nil {
			return nil, err
		}
	}
	// Entries for the sake of one field were found with the ways known by then; now there may be better ones.
	clear(rc.requires)
	clear(rc.riding)
	clear(rc.deferred)
	if s.cut == before {
		s.reaches[string(k)] = rc
	}
	return rc, nil
}

// down is the node for the subject at a source: NoNode where the source cannot have such an object.
func (s *solver) down(node querygraph.NodeID, sub subject) querygraph.NodeID {
	if s.run.graph.Node(node).Type.InterfaceObject || sub.object == unknownObject {
		return node
	}
	to, ok := s.run.graph.Down(node, sub.object)
	if !ok {
		return querygraph.NoNode
	}
	return to
}

// enterRoots adds the subgraphs' root types, which are entered for nothing: all of them at the operation's own root,
// those of queries where an object of the query type is met in the middle.
func (s *solver) enterRoots(rc *reach) {
	g := s.run.graph
	kind := s.run.op.Kind
	if rc.sources > 0 || rc.subject.name != g.RootType(kind) {
		kind = "query"
	}
	if rc.subject.name != g.RootType(kind) {
		return
	}
	for _, subgraph := range g.Subgraphs {
		node, ok := g.Root(subgraph.ID, kind)
		if !ok || len(g.Node(node).Edges) == 0 || s.at(rc, node) {
			continue
		}
		id := int(subgraph.ID)
		rc.ways = append(rc.ways, &way{
			id: len(rc.ways), node: node, root: true, subgraph: id, level: 1, codes: profile{code(1, id)},
		})
	}
}

// at tells whether some way stands at that node, or at a copy of it where more is provided.
func (s *solver) at(rc *reach, node querygraph.NodeID) bool {
	t := s.run.graph.Node(node).Type
	for _, w := range rc.ways {
		if w.node != querygraph.NoNode && !w.conditionsOnly && s.run.graph.Node(w.node).Type == t {
			return true
		}
	}
	return false
}

// enterNext takes the entry that can be taken earliest, of those the cheapest; false when none is left.
func (s *solver) enterNext(rc *reach) (bool, error) {
	best, err := s.cheapestEntry(rc, nil, func(node querygraph.NodeID) bool { return !s.at(rc, node) })
	if err != nil || best == nil {
		return false, err
	}
	best.id = len(rc.ways)
	rc.ways = append(rc.ways, best)
	return true, nil
}

func newEntryWay(entry *querygraph.Entry, key, requires *resolution) *way {
	w := &way{
		node: entry.Node, entry: entry, subgraph: int(entry.Subgraph), key: key, requires: requires,
		level: key.level + 1, codes: key.codes, hops: key.hops + 1,
	}
	if requires != nil {
		w.level = max(key.level, requires.level) + 1
		w.codes = w.codes.with(requires.codes)
		w.hops += requires.hops
	}
	w.codes = w.codes.with(profile{code(w.level, w.subgraph)})
	return w
}

func (w *way) before(other *way) bool {
	if w.level != other.level {
		return w.level < other.level
	}
	if a, b := w.codes.cost(), other.codes.cost(); a != b {
		return a < b
	}
	return w.hops < other.hops
}

// resolve finds how a selection on the subject gets known with the ways at hand; nil when it cannot.
func (s *solver) resolve(rc *reach, selection *querygraph.Selection) (*resolution, error) {
	made := &resolution{}
	fields := selection.Fields
	if rc.subject.object != unknownObject {
		fields = selection.For(rc.subject.object)
	}
	for _, f := range fields {
		if f.Name == "__typename" {
			continue
		}
		if f.On != nil && rc.subject.object == unknownObject {
			return nil, nil
		}
		best, at, err := s.resolveField(rc, f)
		if err != nil || best == nil {
			return nil, err
		}
		made.fields = append(made.fields, *at)
		made.level = max(made.level, best.level)
		made.codes = made.codes.with(best.codes)
		made.hops += best.hops
	}
	return made, nil
}

// resolveField finds the best way to know one field of a condition, with all that is needed below it.
func (s *solver) resolveField(rc *reach, f *querygraph.SelectionField) (*resolution, *resolved, error) {
	var best *resolution
	var at resolved
	for i := 0; i < len(rc.ways); i++ {
		w, edge, err := s.take(rc, rc.ways[i], f.Name)
		if err != nil {
			return nil, nil, err
		}
		if w == nil {
			continue
		}
		one := &resolution{level: w.level, codes: w.codes, hops: w.hops}
		if f.Sub != nil {
			child, err := s.position(s.run.bindPlain(f, edge), source{node: edge.To})
			if err != nil {
				return nil, nil, err
			}
			if child.failed != nil {
				continue
			}
			one.level += child.profile.depth()
			one.codes = one.codes.with(child.profile.later(w.level))
			one.hops += child.hops
		}
		if best == nil || one.level < best.level || one.level == best.level && one.codes.cost() < best.codes.cost() {
			best, at = one, resolved{field: f, way: w, to: edge.To}
		}
		if best.level == 0 && len(best.codes) == 0 {
			break // known where the object is
		}
	}
	return best, &at, nil
}

// take is the way to be taken for a field, given that one stands at w: w itself where the field can be asked right there,
// an entry of its own where the field requires something. Nil when the field is not answered there.
func (s *solver) take(rc *reach, w *way, field string) (*way, querygraph.Edge, error) {
	edge, ok := s.edge(w.node, field)
	if !ok {
		return nil, edge, nil
	}
	f := edge.Field
	if f.Requires == nil && len(f.Context) > 0 && s.run.rides(w, f) {
		return w, edge, nil
	}
	if edge.Provided || f.Requires == nil && len(f.Context) == 0 || fault.On(fault.IgnoreRequires) {
		return w, edge, nil
	}
	entered, err := s.enterFor(rc, w, f)
	return entered, edge, err
}

// edge is the edge of a field for the subject at a node.
func (s *solver) edge(node querygraph.NodeID, field string) (querygraph.Edge, bool) {
	g := s.run.graph
	if node == querygraph.NoNode {
		return querygraph.Edge{}, false
	}
	edge, ok := g.Edge(node, field)
	if !ok || !s.run.enabled(edge) {
		return edge, false
	}
	t := g.Node(node).Type
	if !t.IsAbstract() {
		return edge, true
	}
	// Only the interface is known: the field is answered if it is for every runtime type.
	for object := range t.Possible.All() {
		down, ok := g.Down(node, object)
		if !ok {
			return edge, false
		}
		own, ok := g.Edge(down, field)
		if !ok || !s.run.enabled(own) || !own.Provided && (own.Field.Requires != nil || len(own.Field.Context) > 0) {
			return edge, false
		}
	}
	return edge, true
}

// enabled tells whether the request is on the edge's side of an override label.
func (r *run) enabled(edge querygraph.Edge) bool {
	label := edge.Field.Label
	return label == nil || edge.Provided || r.options.Labels[label.Name] == label.Value != fault.On(fault.WrongOverride)
}

// enterFor is the entry into the subgraph of w for the sake of a field that requires something (or takes a context); nil
// when what it requires cannot be known.
func (s *solver) enterFor(rc *reach, w *way, f *querygraph.Field) (*way, error) {
	t := s.run.graph.Node(w.node).Type
	node, _ := s.run.graph.TypeNode(t.Subgraph, t.Name)
	key := requiresKey{node: node, field: f.Name}
	if f.Requires != nil && len(f.Context) == 0 {
		key.field = " " + f.Requires.Text
	}
	if known, ok := rc.requires[key]; ok {
		return known, nil
	}
	if rc.busy[key] {
		s.cut++
		return nil, nil
	}
	rc.busy[key] = true
	defer delete(rc.busy, key)
	requires := &resolution{}
	if f.Requires != nil {
		var err error
		if requires, err = s.resolve(rc, f.Requires); err != nil || requires == nil {
			return nil, err
		}
	}
	best, err := s.cheapestEntryAt(rc, node, requires)
	if err != nil || best == nil {
		return nil, err
	}
	for i := range f.Context {
		best.contexts = append(best.contexts, s.run.use(f, i))
	}
	best.id = -1
	rc.requires[key] = best
	return best, nil
}

func (s *solver) cheapestEntryAt(rc *reach, node querygraph.NodeID, requires *resolution) (*way, error) {
	return s.cheapestEntry(rc, requires, func(n querygraph.NodeID) bool { return n == node })
}

// cheapestEntry is the best of the entries at the nodes that are wanted, nil when none can be taken.
func (s *solver) cheapestEntry(rc *reach, requires *resolution, wanted func(querygraph.NodeID) bool) (*way, error) {
	var best *way
	entries := s.run.graph.Entries(rc.subject.name)
	for i := range entries {
		entry := &entries[i]
		if !wanted(entry.Node) {
			continue
		}
		if err := s.run.spend(1); err != nil {
			return nil, err
		}
		key, err := s.resolve(rc, entry.Key.Selection)
		if err != nil {
			return nil, err
		}
		if key == nil {
			continue
		}
		if w := newEntryWay(entry, key, requires); best == nil || w.before(best) {
			best = w
		}
	}
	return best, nil
}
