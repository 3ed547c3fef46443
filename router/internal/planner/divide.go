package planner

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// What a @defer holds is asked in requests of its own, so that what comes first does not wait for it: fields of an
// entity by entering it once more by a key, root fields beside the others. A value without a key comes with what is
// around it.

// deferredKey names a way that is taken for what a @defer holds.
type deferredKey struct {
	way  *way
	hold *operation.Defer
}

// holdNumber tells the requests for different @defers apart: 0 is the initial response's.
func holdNumber(d *operation.Defer) int {
	if d == nil {
		return 0
	}
	return d.ID + 1
}

// defers tells whether a field is held by a @defer that does not hold its object. Mutations are made in the order in
// which they are asked.
func (rc *reach) defers(r *run, f *shapeField) bool {
	return f.deferral != nil && f.deferral != rc.hold && (rc.sources > 0 || r.op.Kind == ast.Query)
}

// enterDeferred is the way to be taken for a deferred field that w would answer: nil when it cannot be asked separately.
func (s *solver) enterDeferred(rc *reach, w *way, edge querygraph.Edge, f *shapeField) (*way, querygraph.Edge, error) {
	key := deferredKey{w, f.deferral}
	made, known := rc.deferred[key]
	if w.entry == nil && !w.root { // a source: its object must be entered once more
		t := s.run.graph.Node(w.node).Type
		node, _ := s.run.graph.TypeNode(t.Subgraph, t.Name)
		own, ok := s.edge(node, f.name)
		if !ok || own.Provided {
			return nil, edge, nil
		}
		edge = own
		if !known {
			entered, err := s.cheapestEntryAt(rc, node, &resolution{})
			if err != nil {
				return nil, edge, err
			}
			made = entered
		}
	} else if !known {
		copied := *w
		made = &copied
	}
	if !known {
		if made != nil {
			made.id, made.hold = -1, f.deferral
			made.codes = made.codes.with(profile{s.run.deferredCode(made)})
		}
		rc.deferred[key] = made
	}
	return made, edge, nil
}

// deferredWith is the way to take for what another way needs: a request of its own where the other is made for a @defer
// and nothing else takes it.
func (a *assembly) deferredWith(w, needed *way) *way {
	if _, taken := a.byWay[needed]; taken || w.hold == a.rc.hold || needed.hold != a.rc.hold || needed.entry == nil {
		return needed
	}
	key := deferredKey{needed, w.hold}
	if a.rc.deferred[key] == nil {
		made := *needed
		made.id, made.hold = -1, w.hold
		a.rc.deferred[key] = &made
	}
	return a.rc.deferred[key]
}

// deferredCode is the code of a way's own request, which is not one with those of the initial response.
func (r *run) deferredCode(w *way) uint32 {
	return code(w.level, (w.subgraph+holdNumber(w.hold)*len(r.graph.Subgraphs))%(1<<levelShift))
}
