package exec

import "github.com/tributary-gql/tributary/router/internal/plan"

// A layout gives the store names of an object their slots. Selections that can write to one object must agree on its
// slots, so their layouts are unified, and with them those of their children. This costs (almost) linear time in the
// number of selections, however many positions of the response share them; what it loses is that an object may have
// slots that are never written where it stands.

const typenameStore = "__typename"

type layout struct {
	parent *layout // what this one was unified into
	names  []string
	fields map[string]*layoutField
	width  uint32
}

type layoutField struct {
	slot  uint32
	child *layout // nil for leaves
	// A custom scalar is kept as text, unless the same slot is also read as a list.
	asText, asList bool
}

func newLayout() *layout { return &layout{fields: map[string]*layoutField{}} }

func (l *layout) find() *layout {
	for l.parent != nil {
		if l.parent.parent != nil {
			l.parent = l.parent.parent
		}
		l = l.parent
	}
	return l
}

// field makes sure that the layout has a store name.
func (l *layout) field(storeName string) *layoutField {
	l = l.find()
	field, ok := l.fields[storeName]
	if !ok {
		field = &layoutField{}
		l.fields[storeName] = field
		l.names = append(l.names, storeName)
	}
	return field
}

// child makes sure that the layout has a store name that leads to objects.
func (l *layout) child(storeName string) *layout {
	field := l.field(storeName)
	if field.child == nil {
		field.child = newLayout()
	}
	return field.child.find()
}

func unify(a, b *layout) {
	type pair struct{ a, b *layout }
	pending := []pair{{a, b}}
	for len(pending) > 0 {
		last := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		into, from := last.a.find(), last.b.find()
		if into == from {
			continue
		}
		if len(into.names) < len(from.names) {
			into, from = from, into
		}
		from.parent = into
		for _, name := range from.names {
			field := from.fields[name]
			same, ok := into.fields[name]
			switch {
			case !ok:
				into.fields[name] = field
				into.names = append(into.names, name)
			case same.child == nil:
				same.child = field.child
			case field.child != nil:
				pending = append(pending, pair{same.child, field.child})
			}
		}
		from.fields, from.names = nil, nil
	}
}

// slots numbers the layout's fields once; slot 0 is the object's header.
func (l *layout) slots() *layout {
	l = l.find()
	if l.width == 0 {
		for i, name := range l.names {
			l.fields[name].slot = uint32(i + 1)
		}
		l.width = uint32(len(l.names) + 1)
	}
	return l
}

// layouts finds the layouts of a plan.
type layouts struct {
	selections map[*plan.Selection]*layout
	read       map[readPosition]bool
	root       *layout
}

type readPosition struct {
	object *plan.Object
	layout *layout
}

// layOut visits everything that writes or reads the response tree of a plan.
func layOut(p *plan.Plan) *layouts {
	l := &layouts{
		selections: map[*plan.Selection]*layout{},
		read:       map[readPosition]bool{},
		root:       newLayout(),
	}
	for _, fetch := range p.Fetches {
		if fetch.Selection != nil && fetch.Into == nil {
			unify(l.root, l.selection(fetch.Selection))
		}
		for _, path := range fetch.Into {
			unify(l.follow(l.root, path), l.selection(fetch.Selection))
		}
		for _, entities := range fetch.Entities {
			selection := l.selection(entities.Selection)
			for _, path := range entities.Paths {
				unify(l.follow(l.root, path), selection)
			}
		}
	}
	for _, fetch := range p.Fetches {
		for _, entities := range fetch.Entities {
			for _, path := range entities.Paths {
				l.readEntities(entities, path)
			}
		}
	}
	if p.Response != nil {
		l.readObject(p.Response, l.root.find())
	}
	for _, deferred := range p.Deferred {
		l.readObject(deferred.Response, l.follow(l.root, deferred.Path))
	}
	return l
}

func (l *layouts) selection(selection *plan.Selection) *layout {
	if known, ok := l.selections[selection]; ok {
		return known.find()
	}
	made := newLayout()
	l.selections[selection] = made
	for _, field := range selection.Fields {
		if field.Selection == nil {
			made.field(field.StoreName)
			continue
		}
		unify(made.child(field.StoreName), l.selection(field.Selection))
	}
	return made.find()
}

// follow gives the layout at the end of a path. Where the path goes several ways the rest of it is walked below each, so
// their layouts are one.
func (l *layouts) follow(from *layout, path plan.Path) *layout {
	for i := range path {
		next := from.child(path[i].StoreName)
		for _, also := range path[i].Also {
			unify(next, from.child(also.StoreName))
		}
		from = next.find()
	}
	return from.find()
}

// readEntities makes slots for what representations and contexts read.
func (l *layouts) readEntities(entities *plan.Entities, path plan.Path) {
	at := l.follow(l.root, path)
	at.field(typenameStore)
	for _, representation := range entities.Representations {
		l.readFields(at, representation.Fields)
	}
	for _, context := range entities.Context {
		for _, choice := range context.Choices {
			if choice.Depth > len(path) || len(choice.Path) == 0 {
				continue
			}
			from := l.follow(l.root, path[:choice.Depth])
			last := len(choice.Path) - 1
			l.follow(from, choice.Path[:last]).field(choice.Path[last].StoreName)
		}
	}
}

func (l *layouts) readFields(at *layout, fields []*plan.RepresentationField) {
	for _, field := range fields {
		if field.Fields == nil {
			at.field(field.StoreName)
			continue
		}
		l.readFields(at.child(field.StoreName), field.Fields)
	}
}

// readObject makes slots for what the response reads and learns which leaves are custom scalars.
func (l *layouts) readObject(object *plan.Object, at *layout) {
	position := readPosition{object, at}
	if l.read[position] {
		return
	}
	l.read[position] = true
	for _, field := range object.Fields {
		if field.Introspection || field.Name == typenameStore {
			continue
		}
		if field.Object != nil {
			l.readObject(field.Object, at.child(field.StoreName))
			continue
		}
		slot := at.field(field.StoreName)
		if field.Type.Elem != nil {
			slot.asList = true
		} else if field.Type.Leaf == plan.CustomLeaf {
			slot.asText = true
		}
	}
}
