package property

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/fake"
)

func asStage(err error, stage **StageError) bool { return errors.As(err, stage) }

// compareBroken compares an answer under faults: it may have nulls where the reference has values, but every such null
// must be explained by an error at, above or below it; nothing else may differ. Where a fault happened, an error must
// say so if data is missing.
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
	places := make([][]any, 0, len(got.Errors))
	for _, e := range got.Errors {
		path, _ := e["path"].([]any)
		places = append(places, path)
	}
	if c.World.HasNullKeys() || slices.ContainsFunc(c.Faults, silent) {
		places = append(places, nil) // as if an error spoke of all
	}
	if problem := explained(value, want, nil, places); problem != "" {
		return &Failure{"broken", problem + errorsNote(got.Errors)}
	}
	return nil
}

// silent tells whether a fault may null data without a word: an entity that is null does not exist, and a null that the
// subgraph's schema forbids may be fine in the API.
func silent(f fake.Fault) bool { return f.Kind == fake.EntityNull || f.Kind == fake.NullLeaf }

// explained tells what is wrong with a partial value, "" when nothing is.
func explained(got, want any, path []any, errors [][]any) string {
	if got == nil {
		if want == nil || anyRelated(path, errors) {
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
		for _, name := range sortedNames(w) {
			inner, present := g[name]
			if !present {
				return fmt.Sprintf("%v lacks %s", path, name)
			}
			if problem := explained(inner, w[name], append(path[:len(path):len(path)], name), errors); problem != "" {
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
			if problem := explained(g[i], w[i], append(path[:len(path):len(path)], float64(i)), errors); problem != "" {
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

// anyRelated tells whether an error speaks of a place above, at, below or beside a path: a field that requires another
// one is null when that fails. An error without a path speaks of all.
func anyRelated(path []any, errors [][]any) bool {
	for _, e := range errors {
		related := true
		for i := range min(len(path)-1, len(e)) {
			related = related && e[i] == path[i]
		}
		if related {
			return true
		}
	}
	return false
}

// digest is a number for a name.
func digest(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return h.Sum64()
}
