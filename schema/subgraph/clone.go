package subgraph

import "maps"

// clone copies the model, so that the copy can be changed. Nodes of the SDL are shared: they never change.
func (s *Subgraph) clone() *Subgraph {
	c := *s
	c.Applied = cloneApplications(s.Applied)
	c.Types = make([]*Type, len(s.Types))
	c.types = make(map[string]*Type, len(s.Types))
	for i, t := range s.Types {
		c.Types[i] = t.clone()
		c.types[t.Name] = c.Types[i]
	}
	c.Directives = make([]*Directive, len(s.Directives))
	c.directives = make(map[string]*Directive, len(s.Directives))
	for i, d := range s.Directives {
		copied := *d
		copied.Applied = cloneApplications(d.Applied)
		copied.Arguments = cloneArguments(d.Arguments)
		c.Directives[i] = &copied
		c.directives[d.Name] = &copied
	}
	c.Links = append([]*Link(nil), s.Links...)
	c.links = append([]*link(nil), s.links...)
	c.names = map[Known]string{}
	c.sets = maps.Clone(s.sets)
	return &c
}

func (t *Type) clone() *Type {
	c := *t
	c.Interfaces = cloneReferences(t.Interfaces)
	c.Members = cloneReferences(t.Members)
	c.interfaces, c.members = maps.Clone(t.interfaces), maps.Clone(t.members)
	c.Applied = cloneApplications(t.Applied)
	c.Keys = nil
	c.Fields = make([]*Field, len(t.Fields))
	c.fields = make(map[string]*Field, len(t.Fields))
	for i, f := range t.Fields {
		copied := *f
		copied.Parent = &c
		copied.Arguments = cloneArguments(f.Arguments)
		copied.Applied = cloneApplications(f.Applied)
		c.Fields[i] = &copied
		c.fields[f.Name] = &copied
	}
	c.Values = make([]*EnumValue, len(t.Values))
	c.values = make(map[string]*EnumValue, len(t.Values))
	for i, v := range t.Values {
		copied := *v
		copied.Parent = &c
		copied.Applied = cloneApplications(v.Applied)
		c.Values[i] = &copied
		c.values[v.Name] = &copied
	}
	return &c
}

func cloneReferences(refs []*Reference) []*Reference {
	out := make([]*Reference, len(refs))
	for i, r := range refs {
		copied := *r
		out[i] = &copied
	}
	return out
}

func cloneArguments(args []*Argument) []*Argument {
	out := make([]*Argument, len(args))
	for i, a := range args {
		copied := *a
		copied.Applied = cloneApplications(a.Applied)
		out[i] = &copied
	}
	return out
}

func cloneApplications(applied []*Application) []*Application {
	out := make([]*Application, len(applied))
	for i, a := range applied {
		copied := *a
		out[i] = &copied
	}
	return out
}
