package property

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
)

// incremental is a payload after the first one.
type incremental struct {
	Incremental []struct {
		Data   json.RawMessage  `json:"data"`
		Path   []any            `json:"path"`
		Errors []map[string]any `json:"errors"`
	} `json:"incremental"`
	HasNext *bool `json:"hasNext"`
}

// joinPayloads puts the payloads of a deferred operation together as the client does: what it ends with is the answer
// that it would have got at once.
func joinPayloads(payloads [][]byte) ([]byte, error) {
	if len(payloads) == 0 {
		return nil, fmt.Errorf("no payload")
	}
	parsed, err := coerce.Parse(payloads[0])
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, payloads[0])
	}
	whole, _ := parsed.(map[string]any)
	delete(whole, "hasNext")
	var errors []any
	if first, has := whole["errors"].([]any); has {
		errors = first
	}
	for i, payload := range payloads[1:] {
		var part incremental
		if err := json.Unmarshal(payload, &part); err != nil {
			return nil, fmt.Errorf("%w in %s", err, payload)
		}
		if part.HasNext == nil || *part.HasNext != (i < len(payloads)-2) {
			return nil, fmt.Errorf("payload %d of %d says hasNext %v", i+1, len(payloads)-1, part.HasNext)
		}
		for _, entry := range part.Incremental {
			for _, e := range entry.Errors {
				errors = append(errors, e)
			}
			data, err := coerce.Parse(entry.Data)
			if err != nil {
				return nil, fmt.Errorf("%w in %s", err, payload)
			}
			if data == nil {
				continue
			}
			target, err := follow(whole["data"], entry.Path)
			if err != nil {
				return nil, fmt.Errorf("%w in %s", err, payload)
			}
			if err := join(target, data); err != nil {
				return nil, fmt.Errorf("%w in %s", err, payload)
			}
		}
	}
	if len(errors) > 0 {
		whole["errors"] = errors
	}
	return []byte(coerce.Canonical(plainErrors(whole))), nil
}

// plainErrors makes errors that came through encoding/json canonical values.
func plainErrors(whole map[string]any) map[string]any {
	if errors, has := whole["errors"]; has {
		text, err := json.Marshal(errors)
		if err == nil {
			whole["errors"], _ = coerce.Parse(text) // it was just marshalled
		}
	}
	return whole
}

// follow goes down a path of a response.
func follow(value any, path []any) (any, error) {
	for i, element := range path {
		var next any
		switch v := value.(type) {
		case map[string]any:
			name, _ := element.(string)
			next = v[name]
		case []any:
			if n, isNumber := element.(float64); isNumber && int(n) < len(v) {
				next = v[int(n)]
			}
		}
		if next == nil {
			return nil, fmt.Errorf("the path %v leads nowhere after %v", path, path[:i])
		}
		value = next
	}
	return value, nil
}

// join adds what a later payload brings to what is there. Fields that are there already must say the same.
func join(target, more any) error {
	switch m := more.(type) {
	case map[string]any:
		t, isMap := target.(map[string]any)
		if !isMap {
			return fmt.Errorf("an object comes where %s is", coerce.Canonical(target))
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if _, known := t[name]; !known {
				t[name] = m[name]
			} else if err := join(t[name], m[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	case []any:
		t, isList := target.([]any)
		if !isList || len(t) != len(m) {
			return fmt.Errorf("a list of %d comes where %s is", len(m), coerce.Canonical(target))
		}
		for i := range m {
			if err := join(t[i], m[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if coerce.Canonical(target) != coerce.Canonical(more) {
		return fmt.Errorf("%s comes where %s is", coerce.Canonical(more), coerce.Canonical(target))
	}
	return nil
}
