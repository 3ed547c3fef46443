package compose

import (
	"fmt"
	"strings"

	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// graphs lists the subgraphs as values of the enum join__Graph. Names that become the same value are numbered.
func graphs(subgraphs []*subgraph.Subgraph) []supergraph.Graph {
	count := map[string]int{}
	for _, s := range subgraphs {
		count[enumValue(s.Name)]++
	}
	used := map[string]int{}
	out := make([]supergraph.Graph, len(subgraphs))
	for i, s := range subgraphs {
		value := enumValue(s.Name)
		used[value]++
		if count[value] > 1 {
			value = fmt.Sprintf("%s_%d", value, used[value])
		}
		out[i] = supergraph.Graph{EnumValue: value, Name: s.Name, URL: s.URL}
	}
	return out
}

// enumValue makes an enum value of a subgraph's name: letters, digits and underscores in upper case, not beginning with a
// digit, and not ending like the numbers that are added to equal values.
func enumValue(name string) string {
	var b strings.Builder
	for i, r := range name {
		isDigit := r >= '0' && r <= '9'
		if i == 0 && isDigit {
			b.WriteByte('_')
		}
		if isDigit || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	value := b.String()
	digits := len(value) - len(strings.TrimRight(value, "0123456789"))
	if digits > 0 && strings.HasSuffix(value[:len(value)-digits], "_") {
		value += "_"
	}
	return strings.ToUpper(value)
}
