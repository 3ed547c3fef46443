package contract

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// withoutUnreachable hides the types that cannot be met from the root types through what is visible: as the type of a field, an
// argument or an input field, as a union's member, as an interface or as one of its implementations.
func (f *filterer) withoutUnreachable(s *supergraph.Supergraph) *supergraph.Supergraph {
	r := reacher{filterer: f, s: s, met: map[string]bool{}, implementers: map[string][]string{}}
	for _, t := range s.Types {
		for _, i := range t.InterfaceNames() {
			r.implementers[i] = append(r.implementers[i], t.Name)
		}
	}
	for _, root := range []string{s.Query, s.Mutation, s.Subscription} {
		r.meet(root)
	}
	for _, d := range s.Directives {
		for _, a := range d.Arguments {
			r.meet(a.Type.Name())
		}
	}
	for len(r.pending) > 0 {
		t := r.pending[len(r.pending)-1]
		r.pending = r.pending[:len(r.pending)-1]
		r.expand(t)
	}
	out := *s
	out.Types = slices.Clone(s.Types)
	for i, t := range s.Types {
		if !r.met[t.Name] && !f.hides(t.Directives) {
			copied := *t
			copied.Directives = f.hidden(t.Directives)
			out.Types[i] = &copied
		}
	}
	out.Index()
	return &out
}

type reacher struct {
	*filterer
	s            *supergraph.Supergraph
	met          map[string]bool
	pending      []*supergraph.Type
	implementers map[string][]string
}

// meet notes a type as reachable if it is visible.
func (r *reacher) meet(name string) {
	t := r.s.Type(name)
	if t == nil || r.met[name] || r.hides(t.Directives) {
		return
	}
	r.met[name] = true
	r.pending = append(r.pending, t)
}

// expand meets the types that a reachable type leads to.
func (r *reacher) expand(t *supergraph.Type) {
	for _, names := range [][]string{t.InterfaceNames(), t.MemberNames(), r.implementers[t.Name]} {
		for _, name := range names {
			r.meet(name)
		}
	}
	for _, field := range t.Fields {
		if r.hides(field.Directives) {
			continue
		}
		r.meet(field.Type.Name())
		r.meetArguments(field.Args)
	}
}

func (r *reacher) meetArguments(args ast.ArgumentDefinitionList) {
	for _, a := range args {
		if !r.hides(a.Directives) {
			r.meet(a.Type.Name())
		}
	}
}
