package property

import (
	"fmt"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/routertest/execute"
)

// maxErrors is how many errors a payload may have in these tests: less than the router's default, so that lists of errors
// are cut now and then.
const maxErrors = 100

// told is a payload's errors, without the one that stands for those that were left out.
type told struct {
	errors []map[string]any
	left   int // out, at least
}

// toldBy reads a payload's list of errors and checks the contract of its length: a payload has at most maxErrors; where there
// are more, the list has just as many and ends with one error without a path that tells how many are missing at least.
func toldBy(errors []map[string]any) (told, *Failure) {
	wrong := func(what string) (told, *Failure) {
		return told{}, &Failure{"errors", fmt.Sprintf("%s in a list of %d, of which %d are allowed%s", what, len(errors), maxErrors, errorsNote(errors))}
	}
	at := slices.IndexFunc(errors, standsForMore)
	switch {
	case at < 0 && len(errors) > maxErrors:
		return wrong("too many errors")
	case at < 0:
		return told{errors: errors}, nil
	case at < len(errors)-1:
		return wrong("an error after the one that stands for more")
	case at != maxErrors:
		return wrong("errors left out")
	}
	t := told{errors: errors[:at]}
	message, _ := errors[at]["message"].(string)
	if n, err := fmt.Sscanf(message, "At least %d more errors were left out.", &t.left); n != 1 || err != nil || t.left < 1 {
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

// compareErrors demands the reference's errors at the same places. Those that were left out may be missing, but not fewer
// than were told, and none may be missing otherwise.
func compareErrors(o *Outcome, errors []map[string]any) *Failure {
	got, failure := toldBy(errors)
	if failure != nil {
		return failure
	}
	expected, received := expectedPaths(o.Expected.Errors), receivedPaths(got.errors)
	for _, path := range received {
		if !slices.Contains(expected, path) {
			return &Failure{"errors", "an error at " + path + " that nothing explains" + errorsNote(errors)}
		}
	}
	missing := missingErrors(o.Expected.Errors, expected, received)
	for _, e := range missing {
		if got.left == 0 && !hidden(e, o) {
			return &Failure{"errors", fmt.Sprintf("no error at %v%s", e.Path, errorsNote(errors))}
		}
	}
	if got.left > len(missing) {
		return &Failure{"errors", fmt.Sprintf("%d errors were left out, %d are missing%s", got.left, len(missing), errorsNote(errors))}
	}
	return nil
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
