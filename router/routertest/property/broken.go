package property

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

func asStage(err error, stage **StageError) bool { return errors.As(err, stage) }

// compareBroken compares an answer under faults: it may have nulls where the reference has values, but only where the
// schema allows null, every one of them must be explained by an error, and from an error null goes up as far as it has to
// and no further. Nothing else may differ.
func compareBroken(o *Outcome, c Case) *Failure {
	var got response
	if err := json.Unmarshal(o.Payload, &got); err != nil {
		return &Failure{"payload", fmt.Sprintf("%v in %s", err, o.Payload)}
	}
	value, err := coerce.Parse(got.Data)
	if err != nil {
		return &Failure{"payload", fmt.Sprintf("%v in %s", err, o.Payload)}
	}
	want, err := coerce.Parse(o.Expected.Data)
	if err != nil {
		return &Failure{"reference", err.Error()}
	}
	broken := &broken{world: c.World}
	if broken.nulls, err = nullsOf(c.World, c); err != nil {
		return &Failure{"reference", err.Error()}
	}
	if _, failure := toldBy(got.Errors, o.maxErrors); failure != nil {
		return failure
	}
	for _, e := range got.Errors { // one that stands for more has no path: it may speak of all
		path, _ := e["path"].([]any)
		broken.errors = append(broken.errors, path)
		if problem := besideValue(value, path); problem != "" && !slices.ContainsFunc(c.Faults, vague) {
			return &Failure{"broken", problem + errorsNote(got.Errors)}
		}
	}
	if c.World.HasNullKeys() || slices.ContainsFunc(c.Faults, silent) {
		broken.errors = append(broken.errors, nil) // as if an error spoke of all
	}
	if problem := broken.explained(value, want, nil); problem != "" {
		return &Failure{"broken", problem + errorsNote(got.Errors)}
	}
	return nil
}

// vague tells whether a fault does not say what it is about: it is told of what was asked.
func vague(f fake.Fault) bool { return f.Kind == fake.ErrorsNoPath }

// broken is what is known of a partial answer.
type broken struct {
	world  *world.World
	nulls  *nulls
	errors [][]any // paths
}

// besideValue tells of an error that speaks of a leaf which has a value.
func besideValue(value any, path []any) string {
	if len(path) == 0 {
		return ""
	}
	for _, element := range path {
		switch v := value.(type) {
		case map[string]any:
			name, _ := element.(string)
			value = v[name]
		case []any:
			i, isNumber := element.(float64)
			if !isNumber || int(i) >= len(v) {
				return ""
			}
			value = v[int(i)]
		default:
			return ""
		}
	}
	switch value.(type) {
	case nil, map[string]any, []any:
		return ""
	}
	return fmt.Sprintf("an error at %v, where the value is %s", path, coerce.Canonical(value))
}

// silent tells whether a fault may null data without a word: an entity that is null does not exist, and a null that the
// subgraph's schema forbids may be fine in the API.
func silent(f fake.Fault) bool { return f.Kind == fake.EntityNull || f.Kind == fake.NullLeaf }

// explained tells what is wrong with a partial value, "" when nothing is.
func (b *broken) explained(got, want any, path []any) string {
	if got == nil {
		switch {
		case b.nulls.forbidden(path):
			return fmt.Sprintf("null at %v, where the schema allows none", path)
		case want == nil || slices.ContainsFunc(b.errors, func(e []any) bool { return b.explains(e, path) }):
			return ""
		}
		return fmt.Sprintf("null at %v without an error", path)
	}
	switch w := want.(type) {
	case map[string]any:
		g, isMap := got.(map[string]any)
		if !isMap || len(g) != len(w) {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			inner, present := g[name]
			if !present {
				return fmt.Sprintf("%v lacks %s", path, name)
			}
			if problem := b.explained(inner, w[name], append(path[:len(path):len(path)], name)); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		g, isList := got.([]any)
		if !isList || len(g) != len(w) {
			break
		}
		for i := range w {
			if problem := b.explained(g[i], w[i], append(path[:len(path):len(path)], float64(i))); problem != "" {
				return problem
			}
		}
		return ""
	}
	if coerce.Canonical(got) != coerce.Canonical(want) {
		return fmt.Sprintf("at %v got %s, want %s", path, coerce.Canonical(got), coerce.Canonical(want))
	}
	return ""
}

// explains tells whether an error at a place is why there is null at a path. It speaks of what is above or at the path,
// or beside it: a field that requires another one is null when that fails, also beside an ancestor where it takes a context. An error below explains a null when it had to
// go up. An error without a path speaks of all.
func (b *broken) explains(e, path []any) bool {
	common := 0
	for common < len(e) && common < len(path) && e[common] == path[common] {
		common++
	}
	if common == len(path) {
		return b.nulls.goesUp(e, common)
	}
	return common == len(e) || common == len(path)-1 || b.takesContext(path)
}

// takesContext tells whether the field at a path takes a value from its ancestors: it is null where what failed is beside one
// of them.
func (b *broken) takesContext(path []any) bool {
	at := b.nulls.start()
	for _, element := range path {
		at = b.nulls.step(at, element)
	}
	return slices.ContainsFunc(at.asked.here, func(f *ast.Field) bool { return b.world.TakesContext(f.Name) })
}

// digest is a number for a name.
func digest(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return h.Sum64()
}
