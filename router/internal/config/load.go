package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File string // "" when the problem is not about a file
	Line int    // 0 when unknown
	Path string // e.g. "limits.body"
	Text string // what is wrong and what to do
}

// Error implements error.
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// LookupEnv is os.LookupEnv or a test's stand-in.
type LookupEnv func(name string) (string, bool)

// Load reads the file (none when path is ""), then the environment, and checks the result. The error joins every
// Problem found. Flags are applied by the caller through override, before the check.
func Load(path string, env LookupEnv, override func(*Config)) (*Config, error) {
	c := Default()
	var problems []error
	if path != "" {
		text, err := readFile(path)
		if err != nil {
			return nil, err
		}
		problems = append(problems, decode(c, path, text, env)...)
	}
	problems = append(problems, applyEnv(reflect.ValueOf(c).Elem(), "", env)...)
	if override != nil {
		override(c)
	}
	if len(problems) == 0 {
		problems = c.Validate()
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

// maxFile bounds the configuration file: larger ones are a mistake.
const maxFile = 4 << 20

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Problem{File: path, Text: "cannot be read: " + errors.Unwrap(err).Error() + "; check --config"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, Problem{File: path, Text: "cannot be read: " + err.Error()}
	}
	if len(text) > maxFile {
		return nil, Problem{File: path, Text: "is larger than 4 MiB; a configuration is not"}
	}
	return text, nil
}

func decode(c *Config, path string, text []byte, env LookupEnv) []error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return []error{Problem{File: path, Text: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	if len(doc.Content) == 0 {
		return nil
	}
	root := doc.Content[0]
	d := decoder{file: path, env: env}
	d.expand(root, "")
	d.check(root, reflect.TypeFor[Config](), "")
	if len(d.problems) > 0 {
		return d.problems
	}
	if err := root.Decode(c); err != nil {
		return d.typeErrors(err)
	}
	return nil
}

type decoder struct {
	file     string
	env      LookupEnv
	problems []error
}

func (d *decoder) add(line int, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

var envReference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}`)

// expand replaces ${NAME} and ${NAME:-default} in every scalar value; keys stay as they are.
func (d *decoder) expand(node *yaml.Node, path string) {
	switch node.Kind {
	case yaml.ScalarNode:
		if !strings.Contains(node.Value, "${") {
			return
		}
		node.Value = envReference.ReplaceAllStringFunc(node.Value, func(ref string) string {
			m := envReference.FindStringSubmatch(ref)
			value, ok, err := Secret(m[1], d.env)
			switch {
			case err != nil:
				d.add(node.Line, path, "%v", err)
			case ok:
				return value
			case m[2] != "":
				return m[2][2:]
			default:
				d.add(node.Line, path, "environment variable %s is not set; set it (or %s_FILE), or write ${%s:-default}", m[1], m[1], m[1])
			}
			return ""
		})
		if node.Style == 0 { // plain: let the new text decide its type again
			node.Tag = ""
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			d.expand(node.Content[i+1], join(path, node.Content[i].Value))
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			d.expand(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

// Secret reads the variable name, or the file that name_FILE points to.
func Secret(name string, env LookupEnv) (value string, ok bool, err error) {
	if value, ok = env(name); ok {
		return value, true, nil
	}
	file, ok := env(name + "_FILE")
	if !ok {
		return "", false, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", false, fmt.Errorf("%s_FILE: %w", name, err)
	}
	return strings.TrimRight(string(text), "\r\n"), true, nil
}

// check finds unknown and repeated keys, with the nearest known key as a suggestion.
func (d *decoder) check(node *yaml.Node, typ reflect.Type, path string) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if node.Kind == yaml.AliasNode {
		d.add(node.Line, path, "YAML aliases are not supported; write the value out")
		return
	}
	switch typ.Kind() {
	case reflect.Struct:
		if node.Kind != yaml.MappingNode {
			if node.Tag != "!!null" {
				d.add(node.Line, path, "must be a mapping of keys to values")
			}
			return
		}
		fields := yamlFields(typ)
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			at := join(path, key.Value)
			switch field, ok := fields[key.Value]; {
			case seen[key.Value]:
				d.add(key.Line, at, "is given twice; keep one")
			case !ok:
				d.add(key.Line, at, "unknown key%s", suggestion(key.Value, fields))
			default:
				d.check(value, field.Type, at)
			}
			seen[key.Value] = true
		}
	case reflect.Map:
		if node.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(node.Content); i += 2 {
				d.check(node.Content[i+1], typ.Elem(), join(path, node.Content[i].Value))
			}
		}
	case reflect.Slice:
		if node.Kind == yaml.SequenceNode {
			for i, item := range node.Content {
				d.check(item, typ.Elem(), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
}

func yamlFields(typ reflect.Type) map[string]reflect.StructField {
	fields := make(map[string]reflect.StructField, typ.NumField())
	for i := range typ.NumField() {
		f := typ.Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			fields[name] = f
		}
	}
	return fields
}

// suggestion names the nearest known key, or all of them when none is near.
func suggestion(key string, fields map[string]reflect.StructField) string {
	names := slices.Sorted(maps.Keys(fields))
	best, distance := "", len(key)/2+1
	for _, name := range names {
		if n := levenshtein.ComputeDistance(key, name); n < distance {
			best, distance = name, n
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known keys: " + strings.Join(names, ", ")
}

var lineError = regexp.MustCompile(`^line (\d+): (.*)$`)

func (d *decoder) typeErrors(err error) []error {
	var typeError *yaml.TypeError
	if !errors.As(err, &typeError) {
		return []error{Problem{File: d.file, Text: strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	for _, text := range typeError.Errors {
		line := 0
		if m := lineError.FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = m[2]
		}
		text = strings.NewReplacer("!!str ", "text ", "!!int ", "number ", "!!bool ", "", "!!seq", "a list", "!!map", "a mapping",
			"cannot unmarshal", "cannot use", " into ", " as ").Replace(text)
		d.add(line, "", "%s", text)
	}
	return d.problems
}

// applyEnv sets every field that has an env tag from its variable, or from the file that VARIABLE_FILE names. The tag of a
// section is how the names of its variables begin.
func applyEnv(value reflect.Value, prefix string, env LookupEnv) []error {
	var problems []error
	typ := value.Type()
	for i := range typ.NumField() {
		field, f := value.Field(i), typ.Field(i)
		name := prefix + f.Tag.Get("env")
		if f.Type.Kind() == reflect.Struct {
			problems = append(problems, applyEnv(field, name, env)...)
			continue
		}
		if f.Tag.Get("env") == "" {
			continue
		}
		text, ok, err := Secret(name, env)
		if err != nil {
			problems = append(problems, Problem{Text: err.Error()})
			continue
		}
		if !ok {
			continue
		}
		switch f.Type.Kind() {
		case reflect.String:
			field.SetString(text)
		case reflect.Bool:
			b, err := strconv.ParseBool(text)
			if err != nil {
				problems = append(problems, Problem{Text: fmt.Sprintf("environment variable %s: %q is neither true nor false", name, text)})
			}
			field.SetBool(b)
		default:
			panic("config: env tag on unsupported type " + f.Type.String())
		}
	}
	return problems
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
