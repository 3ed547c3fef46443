package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Reference is the reference page of router.yml in Markdown, made from the struct tags and Default.
func Reference() string {
	var b strings.Builder
	b.WriteString("# router.yml\n\nEvery key, its default and its environment variable. Unknown keys are errors. Values may hold `${NAME}` and\n" +
		"`${NAME:-default}` from the environment; with `NAME_FILE` set, the value is read from that file.\n\n" +
		"| key | default | environment | meaning |\n|---|---|---|---|\n")
	writeReference(&b, reflect.ValueOf(*Default()), "", "")
	return b.String()
}

func writeReference(b *strings.Builder, value reflect.Value, path, prefix string) {
	typ := value.Type()
	for i := range typ.NumField() {
		f := typ.Field(i)
		at := join(path, f.Tag.Get("yaml"))
		inner, suffix := elementOf(f.Type)
		if suffix == "" && f.Type.Kind() == reflect.Struct {
			fmt.Fprintf(b, "| `%s` | | | %s |\n", at, f.Tag.Get("doc"))
			writeReference(b, value.Field(i), at, prefix+f.Tag.Get("env"))
			continue
		}
		env := f.Tag.Get("env")
		if env != "" {
			env = "`" + prefix + env + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", at+suffix, defaultText(value.Field(i)), env, f.Tag.Get("doc"))
		if inner.Kind() == reflect.Struct && suffix != "" {
			writeReference(b, defaultElement(inner), at+suffix, "")
		}
	}
}

// defaultElement is what an element of a list or map is where nothing is said.
func defaultElement(typ reflect.Type) reflect.Value {
	if typ == reflect.TypeFor[Subgraph]() {
		return reflect.ValueOf(defaultSubgraph())
	}
	return reflect.Zero(typ)
}

// elementOf gives what a list or map holds, and how that is written in a path.
func elementOf(typ reflect.Type) (reflect.Type, string) {
	switch typ.Kind() {
	case reflect.Slice:
		return typ.Elem(), "[]"
	case reflect.Map:
		return typ.Elem(), ".NAME"
	}
	return typ, ""
}

func defaultText(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case Duration:
		return "`" + v.String() + "`"
	case Size:
		return "`" + sizeText(v) + "`"
	}
	switch value.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if value.IsNil() || value.Kind() != reflect.Pointer && value.Len() == 0 {
			return ""
		}
		text, err := json.Marshal(value.Interface())
		if err != nil {
			return ""
		}
		return "`" + string(text) + "`"
	case reflect.String:
		if value.Len() == 0 {
			return ""
		}
	}
	return fmt.Sprintf("`%v`", value.Interface())
}

func sizeText(s Size) string {
	if s >= 1<<20 && s%(1<<20) == 0 {
		return fmt.Sprintf("%dMiB", s>>20)
	}
	return fmt.Sprint(int64(s))
}

// JSONSchema is the JSON Schema (2020-12) of router.yml for editors, made from the same source.
func JSONSchema() string {
	schema := schemaOf(reflect.TypeFor[Config]())
	addDefaults(schema, reflect.ValueOf(*Default()))
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "Tributary router configuration"
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps of text and maps alone
	}
	return string(text)
}

func schemaOf(typ reflect.Type) map[string]any {
	switch typ {
	case reflect.TypeFor[Duration]():
		return map[string]any{"type": []string{"string", "integer"}, "examples": []string{"250ms", "30s"}}
	case reflect.TypeFor[Size]():
		return map[string]any{"type": []string{"string", "integer"}, "examples": []string{"512KiB", "2MB"}}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaOf(typ.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(typ.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(typ.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Struct:
		properties := map[string]any{}
		for i := range typ.NumField() {
			f := typ.Field(i)
			property := schemaOf(f.Type)
			if doc := f.Tag.Get("doc"); doc != "" {
				property["description"] = doc
			}
			if allowed := f.Tag.Get("enum"); allowed != "" {
				property["enum"] = strings.Split(allowed, ",")
			}
			properties[f.Tag.Get("yaml")] = property
		}
		return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	}
	return map[string]any{"type": "string"}
}

// addDefaults writes the defaults of a struct's plain values into its schema.
func addDefaults(schema map[string]any, value reflect.Value) {
	properties := schema["properties"].(map[string]any)
	for i := range value.NumField() {
		property, _ := properties[value.Type().Field(i).Tag.Get("yaml")].(map[string]any)
		switch v := value.Field(i); v.Kind() {
		case reflect.Struct:
			addDefaults(property, v)
		case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64, reflect.String:
			switch typed := v.Interface().(type) {
			case Duration:
				property["default"] = typed.String()
			case Size:
				property["default"] = sizeText(typed)
			default:
				if v.Kind() != reflect.String || v.Len() > 0 {
					property["default"] = typed
				}
			}
		}
	}
}
