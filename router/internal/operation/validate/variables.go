package validate

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// usage is one place where a variable stands.
type usage struct {
	value      *ast.Value
	expected   *ast.Type // nil when the position has no type
	hasDefault bool      // of the position
	oneOf      string    // the input object of which this is the one field
}

// declarations checks the variables that an operation declares.
func (c *check) declarations(w *walker, o *ast.OperationDefinition) {
	var names duplicates
	for _, d := range o.VariableDefinitions {
		names.add(d.Variable, d.Position)
		d.Definition = c.schema.Types[d.Type.Name()]
		switch {
		case d.Definition == nil:
			c.report(KnownTypeNames, at(d.Type.Position), `Unknown type "%s".%s`, d.Type.Name(), c.typesLike(d.Type.Name()))
		case !d.Definition.IsInputType():
			c.report(VariablesAreInputTypes, at(d.Type.Position), `Variable "$%s" cannot be non-input type "%s".`, d.Variable, d.Type)
		case d.DefaultValue != nil:
			w.value(d.DefaultValue, d.Type, false)
		}
		before := len(w.facts.usages)
		w.directives(d.Directives, ast.LocationVariableDefinition)
		for _, u := range w.facts.usages[before:] {
			c.report(ConstantValues, at(u.value.Position), `Unexpected variable "$%s" in constant value.`, u.value.Raw)
		}
		w.facts.usages = w.facts.usages[:before]
	}
	names.report(c, UniqueVariableNames, `There can be only one variable named "$%s".`)
}

// variables checks where an operation's variables are used: in itself and in every fragment that it reaches.
func (c *check) variables(o *ast.OperationDefinition) {
	declared := make(map[string]*ast.VariableDefinition, len(o.VariableDefinitions))
	for _, d := range o.VariableDefinitions {
		if declared[d.Variable] == nil {
			declared[d.Variable] = d
		}
	}
	used := make(map[string]bool, len(declared))
	c.reach(c.facts[o], map[*ast.FragmentDefinition]bool{}, func(found *facts) {
		if !c.spend(1 + len(found.usages)) {
			return
		}
		for _, u := range found.usages {
			used[u.value.Raw] = true
			d := declared[u.value.Raw]
			if d == nil {
				c.report(NoUndefinedVariables, at(u.value.Position, o.Position), `Variable "$%s" is not defined%s.`, u.value.Raw, byOperation(o, " by"))
				continue
			}
			c.position(d, u)
		}
	})
	for _, d := range o.VariableDefinitions {
		if !used[d.Variable] {
			c.report(NoUnusedVariables, at(d.Position), `Variable "$%s" is never used%s.`, d.Variable, byOperation(o, " in"))
		}
	}
}

func byOperation(o *ast.OperationDefinition, preposition string) string {
	if o.Name == "" {
		return ""
	}
	return preposition + ` operation "` + o.Name + `"`
}

// position checks that a variable of its type may stand where it does (IsVariableUsageAllowed).
func (c *check) position(d *ast.VariableDefinition, u usage) {
	if u.oneOf != "" && !d.Type.NonNull {
		c.report(VariablesInAllowedPosition, at(d.Position, u.value.Position),
			`Variable "$%s" is of type "%s" but must be non-nullable to be used for OneOf Input Object "%s".`, d.Variable, d.Type, u.oneOf)
		return
	}
	if u.expected == nil || c.schema.Types[d.Type.Name()] == nil {
		return
	}
	expected := u.expected
	if expected.NonNull && !d.Type.NonNull {
		if !u.hasDefault && (d.DefaultValue == nil || d.DefaultValue.Kind == ast.NullValue) {
			c.misplaced(d, u)
			return
		}
		nullable := *expected
		nullable.NonNull = false
		expected = &nullable
	}
	if !fits(d.Type, expected) {
		c.misplaced(d, u)
	}
}

func (c *check) misplaced(d *ast.VariableDefinition, u usage) {
	c.report(VariablesInAllowedPosition, at(d.Position, u.value.Position),
		`Variable "$%s" of type "%s" used in position expecting type "%s".`, d.Variable, d.Type, u.expected)
}

// fits tells whether every value of one type is one of another (AreTypesCompatible).
func fits(variable, expected *ast.Type) bool {
	if expected.NonNull && !variable.NonNull {
		return false
	}
	if (variable.Elem == nil) != (expected.Elem == nil) {
		return false
	}
	if variable.Elem == nil {
		return variable.NamedType == expected.NamedType
	}
	return fits(variable.Elem, expected.Elem)
}
