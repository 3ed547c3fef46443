package exec

import (
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// object compiles the shape of an object where it stands, once for each layout that it reads.
func (c *compiler) object(object *plan.Object, at *layout) int32 {
	at = at.slots()
	position := readPosition{object, at}
	if known, ok := c.objects[position]; ok {
		return known
	}
	// Children first: an object's own fields must lie side by side.
	fields := make([]fieldShape, 0, len(object.Fields))
	for _, field := range object.Fields {
		fields = append(fields, c.field(field, object, at))
	}
	shape := objectShape{
		first:    int32(len(c.program.fields)),
		last:     int32(len(c.program.fields) + len(fields)),
		possible: c.typeSet(append([]string{}, object.PossibleTypes...)), // never nil, which would mean every type
		typeName: object.TypeName,
	}
	for i := range fields {
		shape.typed = shape.typed || fields[i].types != nil || fields[i].kind == typenameField
	}
	if stored, ok := at.fields[typenameStore]; ok {
		shape.typename = stored.slot
	}
	if len(object.PossibleTypes) == 1 {
		shape.onlyType, _ = c.program.types.Add(object.PossibleTypes[0])
	}
	c.program.fields = append(c.program.fields, fields...)
	c.program.objects = append(c.program.objects, shape)
	index := int32(len(c.program.objects) - 1)
	c.objects[position] = index
	return index
}

func (c *compiler) field(field *plan.Field, object *plan.Object, at *layout) fieldShape {
	shape := fieldShape{
		key:          memberKey(field.ResponseName),
		guard:        c.guard(field.Guard),
		denied:       c.guard(field.Denied),
		types:        c.typeSet(field.Types),
		object:       -1,
		responseName: field.ResponseName,
		coordinate:   object.TypeName + "." + field.Name,
	}
	shape.conditional = shape.guard != 0 || shape.denied != 0 || shape.types != nil
	switch {
	case field.Introspection:
		shape.kind = introspectionField
		shape.introspects = field.StoreName
	case field.Name == typenameStore:
		shape.kind = typenameField
	case field.Object != nil:
		shape.kind = treeField
		stored := at.fields[field.StoreName]
		shape.slot = stored.slot
		shape.object = c.object(field.Object, stored.child.find())
	default:
		shape.kind = treeField
		shape.slot = at.fields[field.StoreName].slot
		if field.Type != nil && field.Type.Elem == nil {
			shape.kind = leafField
		}
	}
	if field.Type == nil {
		if shape.kind != typenameField {
			c.fail("field %s has no type", shape.coordinate)
		}
		shape.typ = &typeShape{nonNull: true, leaf: plan.StringLeaf, name: "String", text: "String!", object: -1}
		return shape
	}
	if field.Introspection {
		shape.typ = &typeShape{nonNull: field.Type.NonNull, name: field.Type.Name, object: -1}
		return shape
	}
	shape.typ = c.typeShape(field.Type, shape.object)
	shape.verbatim = shape.typ.verbatim
	return shape
}

func (c *compiler) typeShape(typ *plan.Type, object int32) *typeShape {
	key := typeKey{typ, object}
	if known, ok := c.typeShapes[key]; ok {
		return known
	}
	shape := &typeShape{nonNull: typ.NonNull, leaf: typ.Leaf, object: object, name: typ.Name}
	if typ.Elem != nil {
		shape.elem = c.typeShape(typ.Elem, object)
		shape.text = "[" + shape.elem.text + "]"
	} else {
		shape.text = typ.Name
		if typ.Leaf == plan.NotLeaf && object < 0 {
			c.fail("a field of type %s has no selection", typ.Name)
		}
	}
	shape.verbatim = verbatimKinds(typ)
	if typ.NonNull {
		shape.text += "!"
	}
	if typ.Leaf == plan.EnumLeaf {
		shape.values = make(map[string]struct{}, len(typ.Values))
		for _, v := range typ.Values {
			shape.values[v] = struct{}{}
		}
	}
	c.typeShapes[key] = shape
	return shape
}

// verbatimKinds are the kinds of values that fit a type whatever they are; null is one of them where the type allows it.
func verbatimKinds(typ *plan.Type) kinds {
	if typ.Elem != nil {
		return 0
	}
	var set kinds
	switch typ.Leaf {
	case plan.StringLeaf, plan.IDLeaf:
		set = kindsOf(value.String)
	case plan.FloatLeaf:
		set = kindsOf(value.Number)
	case plan.BooleanLeaf:
		set = kindsOf(value.False, value.True)
	case plan.CustomLeaf:
		set = kindsOf(value.String, value.Number, value.False, value.True, value.Raw)
	case plan.IntLeaf, plan.EnumLeaf:
	default:
		return 0
	}
	if !typ.NonNull {
		set |= kindsOf(value.Null)
	}
	return set
}
