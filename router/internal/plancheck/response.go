package plancheck

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// payload is a part of the response that is read off the tree.
type payload struct {
	set    *operation.SelectionSet
	object *plan.Object
	node   *node
	known  truth // what is true when the position is in the response
	where  string
	part   bool // the shape holds some of the operation's fields only, as others are deferred or come elsewhere
}

// responses reads the operation off the tree, payload by payload, and reports what no payload has.
func (r *run) responses() {
	r.shown = fetchSet{}
	told := told{
		fields: map[*node]map[*operation.Field][]string{}, shown: map[shownAt]truth{}, when: map[*node]truth{},
	}
	deferring := len(r.plan.Deferred) > 0
	first := payload{set: r.operation.Root, object: r.plan.Response, node: r.root, known: r.conditions.always, part: deferring}
	r.read(first, told)
	for _, d := range r.plan.Deferred {
		r.deferred(d, told)
	}
	if deferring {
		first.object = nil
		r.untold(first, told)
	}
}

// told is what payloads have shown.
type told struct {
	// fields are, at each position, the fields with the store names they were shown from.
	fields map[*node]map[*operation.Field][]string
	// shown are the conditions under which a payload has them.
	shown map[shownAt]truth
	// when is the condition under which a position is in the response.
	when map[*node]truth
}

func (t told) add(n *node, f shownField) {
	n = n.original()
	if t.fields[n] == nil {
		t.fields[n] = map[*operation.Field][]string{}
	}
	if !slices.Contains(t.fields[n][f.asked], f.shape.StoreName) {
		t.fields[n][f.asked] = append(t.fields[n][f.asked], f.shape.StoreName)
	}
}

type shownAt struct {
	node  *node
	asked *operation.Field
}

func (t told) addShown(n *node, f *operation.Field, shown truth) {
	at := shownAt{n.original(), f}
	if before, ok := t.shown[at]; ok {
		shown = shown.or(before)
	}
	t.shown[at] = shown
}

func (t told) addPosition(n *node, known truth) {
	n = n.original()
	if before, ok := t.when[n]; ok {
		known = known.or(before)
	}
	t.when[n] = known
}

// deferred reads a later payload, wherever its path leads.
func (r *run) deferred(d *plan.Deferred, told told) {
	places := []payload{{set: r.operation.Root, node: r.root, known: r.conditions.always}}
	for _, element := range d.Path {
		var next []payload
		for _, p := range places {
			next = append(next, r.placesBelow(p, element)...)
		}
		places = next
	}
	if len(places) == 0 {
		r.report(RuleShape, -1, d.Path.String(), "a deferred payload's path leads nowhere")
	}
	for _, p := range places {
		p.object, p.where, p.part = d.Response, d.Path.String(), true
		if when, ok := told.when[p.node.original()]; ok {
			p.known = p.known.and(when) // not below an object that is denied
		}
		r.checkDefer(d, p)
		p.known = p.known.and(r.conditions.guard(r.plan, d.Guard))
		r.read(p, told)
	}
}

// placesBelow are the positions to which an element of a deferred payload's path leads.
func (r *run) placesBelow(p payload, element plan.PathElement) []payload {
	var places []payload
	for _, f := range p.set.Fields {
		if f.ResponseName != element.ResponseName || f.Selections == nil {
			continue
		}
		set := p.node.possible
		for _, narrow := range [][]string{f.Types, element.Types} {
			if narrow != nil {
				set = set.and(r.world.of(narrow))
			}
		}
		inside, _ := p.node.split(element.StoreName, set)
		for _, s := range inside {
			if s.child != nil {
				known := p.known.and(r.conditions.asked(f.Condition, r.conditions.variable))
				places = append(places, payload{set: f.Selections, node: s.child, known: known})
			}
		}
	}
	return places
}

// checkDefer checks that all of a later payload is held by one @defer, and that the payload comes when that is active.
func (r *run) checkDefer(d *plan.Deferred, p payload) {
	for _, f := range d.Response.Fields {
		i := slices.IndexFunc(p.set.Fields, func(asked *operation.Field) bool {
			return asked.ResponseName == f.ResponseName && (asked.Types == nil || f.Types == nil || slices.Contains(asked.Types, f.Types[0]))
		})
		if i < 0 {
			continue // reported as not asked
		}
		hold := p.set.Fields[i].Defer
		for hold != nil && (hold.Label != d.Label || !r.isGuardOf(d, hold, p.known)) {
			hold = hold.Parent
		}
		if hold == nil {
			r.report(RuleShape, -1, d.Path.String(), "%q is not held by a @defer of label %q with this payload's condition", f.ResponseName, d.Label)
		}
	}
}

// isGuardOf tells whether a payload comes exactly when a @defer is active and its place is known to be there.
func (r *run) isGuardOf(d *plan.Deferred, hold *operation.Defer, known truth) bool {
	want := known
	if hold.If != "" {
		want = known.and(r.conditions.variable(hold.If))
	}
	return known.and(r.conditions.guard(r.plan, d.Guard)).equal(want)
}

// shownField is a field of the operation with the field of the shape that shows it, for some runtime types.
type shownField struct {
	asked *operation.Field
	shape *plan.Field
	types types
}

// read compares one object of the response with what the operation asks there.
func (r *run) read(p payload, told told) {
	if !r.spend() {
		return
	}
	if p.object.TypeName != p.set.Type {
		r.report(RuleShape, -1, p.where, "the position is a %s, the shape says %s", p.set.Type, p.object.TypeName)
	}
	if !slices.Equal(p.object.PossibleTypes, p.set.Possible) {
		r.report(RuleShape, -1, p.where, "runtime types are %v, the shape says %v", p.set.Possible, p.object.PossibleTypes)
	}
	told.addPosition(p.node, p.known)
	for _, f := range r.pair(p) {
		told.add(p.node, *f)
		r.readField(p, f, told)
	}
}

// pair matches the fields of the shape with those of the operation, type by type and in order.
func (r *run) pair(p payload) []*shownField {
	var pairs []*shownField
	for _, object := range p.set.Possible {
		var asked []*operation.Field
		for _, f := range p.set.Fields {
			if appliesTo(f, object) {
				asked = append(asked, f)
			}
		}
		i, known := r.world.index[object]
		set := r.world.none
		if known {
			set = set.with(i)
		}
		for _, f := range p.object.Fields {
			if f.Types != nil && !slices.Contains(f.Types, object) {
				continue
			}
			at := slices.IndexFunc(asked, func(a *operation.Field) bool { return a.ResponseName == f.ResponseName })
			if at < 0 {
				r.report(RuleShape, -1, p.where, "the shape has %q for %s here, the operation does not", f.ResponseName, object)
				continue
			}
			if at > 0 && !p.part {
				r.report(RuleShape, -1, p.where, "%q of %s is missing, or stands too late", asked[0].ResponseName, object)
			}
			pairs = addShown(pairs, asked[at], f, set)
			asked = asked[at+1:]
		}
		if len(asked) > 0 && !p.part {
			r.report(RuleShape, -1, p.where, "%q of %s is missing", asked[0].ResponseName, object)
		}
	}
	return pairs
}

func addShown(pairs []*shownField, asked *operation.Field, shape *plan.Field, set types) []*shownField {
	for _, p := range pairs {
		if p.asked == asked && p.shape == shape {
			p.types = p.types.or(set)
			return pairs
		}
	}
	return append(pairs, &shownField{asked: asked, shape: shape, types: set})
}

// readField checks that a field of the shape is the operation's, and that it was written wherever it is asked.
func (r *run) readField(p payload, f *shownField, told told) {
	where := strings.TrimPrefix(p.where+"."+f.shape.ResponseName, ".")
	if f.shape.Name != f.asked.Name {
		r.report(RuleShape, -1, where, "it is %s, the shape says %s", f.asked.Name, f.shape.Name)
	}
	if (f.shape.Object == nil) != (f.asked.Selections == nil) && !f.asked.IsIntrospection() {
		r.report(RuleShape, -1, where, "it has subfields in the operation or in the shape, but not in both")
		return
	}
	asked := p.known.and(r.conditions.asked(f.asked.Condition, r.conditions.variable))
	shown := p.known.and(r.conditions.guard(r.plan, f.shape.Guard))
	if p.part && !shown.implies(asked) || !p.part && !asked.equal(shown) {
		r.report(RuleShape, -1, where, "it is shown under another condition than it is asked")
	}
	told.addShown(p.node, f.asked, shown)
	r.denied(f, where)
	shown = shown.and(r.conditions.guard(r.plan, f.shape.Denied))
	if f.shape.Introspection != f.asked.IsIntrospection() {
		r.report(RuleShape, -1, where, "it is introspection in the operation or in the shape, but not in both")
		return
	}
	r.checkType(f.shape.Type, f.asked.Definition.Type, where)
	switch {
	case f.shape.Introspection:
	case f.asked.Name == "__typename":
		r.readTypename(p, f, shown, where)
	default:
		r.readSlots(p, f, shown, where, told)
	}
}

// readTypename checks that the runtime type is known where it is shown.
func (r *run) readTypename(p payload, f *shownField, shown truth, where string) {
	set := f.types.and(p.node.possible)
	if len(p.object.PossibleTypes) <= 1 || set.isEmpty() {
		return
	}
	inside, missing := p.node.split("__typename", set)
	for _, s := range inside {
		if !shown.implies(s.written(r.conditions, nil, r.shown)) {
			missing = missing.or(s.types)
		}
		if s.writes[0].value.field != "__typename" {
			r.report(RuleCoverage, -1, where, "the runtime type is taken from %s", s.writes[0].value.field)
		}
	}
	r.covered(missing, where)
}

func (r *run) covered(missing types, where string) {
	if !missing.isEmpty() {
		r.report(RuleCoverage, -1, where, "it is not always fetched when it is asked, for %s", strings.Join(r.world.names(missing), ", "))
	}
}

// readSlots checks that a field was written for every runtime type that can occur, and goes on below it.
func (r *run) readSlots(p payload, f *shownField, shown truth, where string, told told) {
	set := f.types.and(p.node.possible)
	if set.isEmpty() || shown.isNever() {
		return
	}
	if f.shape.Types != nil && set.count() < p.node.possible.count() {
		r.readTypename(p, &shownField{types: p.node.possible}, p.known, p.where)
	}
	want := value{field: f.asked.Name, arguments: canonical(f.asked.Args, func(name string) string { return name }, nil)}
	inside, missing := p.node.split(f.shape.StoreName, set)
	for _, s := range inside {
		if !shown.implies(s.written(r.conditions, nil, r.shown)) {
			missing = missing.or(s.types)
		}
		for _, w := range s.writes {
			if w.value != want && !w.guard.and(shown).isNever() {
				r.report(RuleCoverage, w.fetch, where, "it shows %s(%s), asked is %s(%s)", w.value.field, w.value.arguments, want.field, want.arguments)
			}
		}
		switch {
		case f.asked.Selections == nil:
		case s.child == nil:
			r.report(RuleCoverage, -1, where, "the tree has no object here")
		default:
			r.read(payload{
				set: f.asked.Selections, object: f.shape.Object, node: s.child, known: shown, where: where, part: p.part,
			}, told)
		}
	}
	r.covered(missing, where)
}

// checkType compares the type for completion with that of the operation.
func (r *run) checkType(have *plan.Type, want *ast.Type, where string) {
	for ; want != nil; have, want = have.Elem, want.Elem {
		if have == nil || have.NonNull != want.NonNull || (have.Elem == nil) != (want.Elem == nil) {
			r.report(RuleShape, -1, where, "its type is not %s", want)
			return
		}
		if want.Elem == nil && have.Name != want.NamedType {
			r.report(RuleShape, -1, where, "it is a %s, the shape says %s", want.NamedType, have.Name)
		}
		if want.Elem == nil {
			r.checkLeaf(have, where)
		}
	}
}

func (r *run) checkLeaf(t *plan.Type, where string) {
	definition := r.api.Types[t.Name]
	if definition == nil {
		r.report(RuleShape, -1, where, "the API has no type %s", t.Name)
		return
	}
	want := plan.NotLeaf
	switch {
	case definition.Kind == ast.Enum:
		want = plan.EnumLeaf
		var values []string
		for _, v := range definition.EnumValues {
			values = append(values, v.Name)
		}
		slices.Sort(values)
		if !slices.Equal(values, t.Values) {
			r.report(RuleShape, -1, where, "%s has the values %v, the shape says %v", t.Name, values, t.Values)
		}
	case definition.Kind == ast.Scalar:
		builtin := map[string]plan.Leaf{
			"Int": plan.IntLeaf, "Float": plan.FloatLeaf, "String": plan.StringLeaf, "Boolean": plan.BooleanLeaf, "ID": plan.IDLeaf,
		}
		want = plan.CustomLeaf
		if leaf, ok := builtin[t.Name]; ok {
			want = leaf
		}
	}
	if t.Leaf != want {
		r.report(RuleShape, -1, where, "%s is checked as leaf %d, want %d", t.Name, t.Leaf, want)
	}
}

// untold reports the fields of the operation that no payload has.
func (r *run) untold(p payload, told told) {
	if !r.spend() {
		return
	}
	set := r.world.of(p.set.Possible).and(p.node.possible)
	for _, f := range p.set.Fields {
		types := set
		if f.Types != nil {
			types = set.and(r.world.of(f.Types))
		}
		if types.isEmpty() {
			continue
		}
		where := strings.TrimPrefix(p.where+"."+f.ResponseName, ".")
		stores := told.fields[p.node.original()][f]
		if len(stores) == 0 {
			r.report(RuleShape, -1, where, "no payload has it")
			continue
		}
		asked := r.conditions.asked(f.Condition, r.conditions.variable)
		if when, ok := told.when[p.node.original()]; ok {
			asked = asked.and(when)
		}
		if !asked.implies(told.shown[shownAt{p.node.original(), f}]) {
			r.report(RuleShape, -1, where, "no payload has it under some of the conditions under which it is asked")
		}
		if f.Selections == nil || f.IsIntrospection() {
			continue
		}
		for _, name := range stores {
			for _, s := range p.node.fields[name] {
				if s.child != nil && !s.types.and(types).isEmpty() {
					r.untold(payload{set: f.Selections, node: s.child, where: where}, told)
				}
			}
		}
	}
}
