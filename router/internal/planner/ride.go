package planner

import (
	"encoding/binary"
	"slices"

	"github.com/tributary-gql/tributary/schema/querygraph"
)

// A field that takes an argument from a context need not be entered for itself: where its object comes with a fetch of
// entities, and the context is given by these or above them, the fetch can have the context's value as a variable. The
// context rides along.

// ridingKey names an entry that has contexts with it for the sake of fields further down.
type ridingKey struct {
	way  *way
	uses string
}

func containsUses(all, uses []*contextUse) bool {
	return !slices.ContainsFunc(uses, func(use *contextUse) bool { return !slices.Contains(all, use) })
}

// rides tells whether the contexts that a field takes come with the source that it is asked at.
func (r *run) rides(w *way, f *querygraph.Field) bool {
	return len(w.given) > 0 && containsUses(w.given, r.facts.uses[f])
}

// givenBelow are the contexts that ride with a way to the value of a field of objects of type t. An object that sets a
// context hides its ancestors'.
func givenBelow(w *way, t querygraph.ObjectID, child *shape) []*contextUse {
	if t == unknownObject || len(child.uses) == 0 {
		return nil
	}
	var given []*contextUse
	for _, use := range child.uses {
		if use.types.Has(t) {
			if slices.Contains(w.own, use) {
				given = append(given, use)
			}
		} else if slices.Contains(w.contexts, use) || slices.Contains(w.given, use) {
			given = append(given, use)
		}
	}
	return given
}

// addRiding adds the option that contexts for fields below ride along with the entry that answers a candidate.
func (s *solver) addRiding(c *candidate, rc *reach, w *way, to querygraph.NodeID) error {
	t := rc.subject.object
	if w.entry == nil || c.field.child == nil || t == unknownObject {
		return nil
	}
	var above, own []*contextUse
	for _, use := range c.field.child.uses {
		switch {
		case use.subgraph != w.entry.Subgraph || slices.Contains(w.contexts, use):
		case use.types.Has(t):
			own = append(own, use)
		default:
			above = append(above, use)
		}
	}
	if len(above)+len(own) == 0 {
		return nil
	}
	riding, err := s.enterRiding(rc, w, above, own)
	if err != nil || riding == nil {
		return err
	}
	o, err := s.option(rc, c.field, riding, to)
	if err != nil || o.child.failed != nil {
		return err
	}
	c.add(o)
	return nil
}

// enterRiding is an entry that waits for contexts and has them with it; nil when they cannot be known before. Contexts
// from above arrive when they do: that is counted when fetches are built.
func (s *solver) enterRiding(rc *reach, w *way, above, own []*contextUse) (*way, error) {
	var key []byte
	for _, use := range slices.Concat(above, own) {
		key = binary.LittleEndian.AppendUint32(key, uint32(use.id))
	}
	if known, ok := rc.riding[ridingKey{w, string(key)}]; ok {
		return known, nil
	}
	var rides *resolution
	for _, use := range own {
		found, err := s.resolve(rc, use.selection(rc.subject.object))
		if err != nil || found == nil {
			return nil, err
		}
		if rides == nil {
			rides = &resolution{}
		}
		rides.fields = append(rides.fields, found.fields...)
		rides.level = max(rides.level, found.level)
		rides.codes = rides.codes.with(found.codes)
		rides.hops += found.hops
	}
	before := w.requires
	if rides != nil {
		before = rides
		if w.requires != nil {
			before = &resolution{
				level: max(rides.level, w.requires.level), codes: rides.codes.with(w.requires.codes), hops: rides.hops + w.requires.hops,
			}
		}
	}
	made := newEntryWay(w.entry, w.key, before)
	made.id, made.requires, made.rides, made.own = -1, w.requires, rides, own
	made.contexts = slices.Concat(w.contexts, above, own)
	slices.SortFunc(made.contexts, compareUses)
	rc.riding[ridingKey{w, string(key)}] = made
	return made, nil
}
