package property

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/routertest/execute"
)

// maxErrors is how many errors a payload may have where a case says nothing else.
const maxErrors = 1000

func (c Case) maxErrors() int {
	if c.MaxErrors == 0 {
		return maxErrors
	}
	return c.MaxErrors
}

// tellers is how many may tell of one error: a value that fails does so in every subgraph that is asked for it.
func (c Case) tellers() int {
	if c.World.HasFailures() {
		return len(c.World.Graphs)
	}
	return 1
}

// told is a payload's errors, without the one that stands for those that were left out.
type told struct {
	errors []map[string]any
	left   int // out, at least
}

// toldBy reads a payload's list of errors and checks the contract of its length: a payload has at most limit of them; where
// there are more, the list has just as many and ends with one error without a path that tells how many are missing at least.
func toldBy(errors []map[string]any, limit int) (told, *Failure) {
	wrong := func(what string) (told, *Failure) {
		return told{}, &Failure{"errors", fmt.Sprintf("%s in a list of %d, of which %d are allowed%s", what, len(errors), limit, errorsNote(errors))}
	}
	at := slices.IndexFunc(errors, standsForMore)
	switch {
	case at < 0 && len(errors) > limit:
		return wrong("too many errors")
	case at < 0:
		return told{errors: errors}, nil
	case at < len(errors)-1:
		return wrong("an error after the one that stands for more")
	case at != limit:
		return wrong("errors left out")
	}
	t := told{errors: errors[:at]}
	message, _ := errors[at]["message"].(string)
	if n, err := fmt.Sscanf(message, "More errors were left out: at least %d.", &t.left); n != 1 || err != nil || t.left < 1 {
		return wrong("no number of what was left out")
	}
	if path, has := errors[at]["path"]; has {
		return wrong(fmt.Sprintf("a path %v of what was left out", path))
	}
	return t, nil
}

func standsForMore(e map[string]any) bool {
	extensions, _ := e["extensions"].(map[string]any)
	return extensions["code"] == exec.CodeTooManyErrors
}

// compareErrors demands the reference's errors at the same places, none twice in the same words. Where errors were left out some may be missing, and no more
// were left out than there are; otherwise none may be missing.
func compareErrors(o *Outcome, errors []map[string]any) *Failure {
	got, failure := toldBy(errors, o.maxErrors)
	if failure != nil {
		return failure
	}
	expected, received := expectedPaths(o.Expected.Errors), receivedPaths(got.errors)
	for _, path := range received {
		if !slices.Contains(expected, path) {
			return &Failure{"errors", "an error at " + path + " that nothing explains" + errorsNote(errors)}
		}
	}
	if twice := toldTwice(got.errors); twice != "" {
		return &Failure{"errors", "told twice: " + twice + errorsNote(errors)}
	}
	missing := missingErrors(o.Expected.Errors, expected, received)
	for _, e := range missing {
		if got.left == 0 && !hidden(e, o) {
			return &Failure{"errors", fmt.Sprintf("no error at %v%s", e.Path, errorsNote(errors))}
		}
	}
	if most := len(expected) * o.tellers; len(got.errors)+got.left > most {
		return &Failure{"errors", fmt.Sprintf("%d errors were left out, of %d at most%s", got.left, most, errorsNote(errors))}
	}
	return nil
}

// toldTwice finds an error that is told again in the same words, "" when there is none.
func toldTwice(errors []map[string]any) string {
	seen := make(map[string]bool, len(errors))
	for _, e := range errors {
		text, _ := json.Marshal(e) // it came from JSON
		if seen[string(text)] {
			return string(text)
		}
		seen[string(text)] = true
	}
	return ""
}

func missingErrors(errors []execute.Error, expected, received []string) []execute.Error {
	there := make(map[string]bool, len(received))
	for _, path := range received {
		there[path] = true
	}
	var missing []execute.Error
	for i, path := range expected {
		if !there[path] {
			missing = append(missing, errors[i])
		}
	}
	return missing
}
