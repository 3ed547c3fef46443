package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Duration is a time span, written as "250ms", "30s" or "1h30m".
type Duration time.Duration

// Std is the value as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String implements fmt.Stringer.
func (d Duration) String() string { return time.Duration(d).String() }

// UnmarshalText reads "30s".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a duration; write for example 250ms, 30s or 1h30m", text)
	}
	*d = Duration(v)
	return nil
}

// UnmarshalYAML reads "30s", and a bare 0.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	if err := d.UnmarshalText([]byte(node.Value)); err != nil || node.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is not a duration; write for example 250ms, 30s or 1h30m", node.Line, node.Value)}}
	}
	return nil
}

// Size is a number of bytes, written as "2MB", "512KiB" or a bare number.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// UnmarshalText reads "2MB".
func (s *Size) UnmarshalText(text []byte) error {
	digits, factor := strings.ToUpper(strings.TrimSpace(string(text))), int64(1)
	for _, unit := range sizeUnits {
		if rest, ok := strings.CutSuffix(digits, unit.suffix); ok {
			digits, factor = strings.TrimSpace(rest), unit.bytes
			break
		}
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || v < 0 || v > math.MaxInt64/factor {
		return fmt.Errorf("%q is not a size; write for example 512KiB, 2MB or a number of bytes", text)
	}
	*s = Size(v * factor)
	return nil
}

// UnmarshalYAML reads "2MB" and bare numbers.
func (s *Size) UnmarshalYAML(node *yaml.Node) error {
	if err := s.UnmarshalText([]byte(node.Value)); err != nil || node.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is not a size; write for example 512KiB, 2MB or a number of bytes", node.Line, node.Value)}}
	}
	return nil
}
