package plan

// Demanded tells which of p.Authorizations decide about a field of the response, when variable tells the value of each
// Boolean variable that guards ask for: a field that @skip or @include leaves out, and all that is below it, demands
// nothing. What a field demands counts even where another that is not met would hide it.
//
// It looks once at each object of the response, however often that is shared.
func (p *Plan) Demanded(variable func(name string) bool) []bool {
	w := demandWalk{plan: p, variable: variable, demanded: make([]bool, len(p.Authorizations)), seen: map[*Object]bool{}}
	w.object(p.Response)
	for _, d := range p.Deferred {
		if w.asked(d.Guard) {
			w.object(d.Response)
		}
	}
	return w.demanded
}

type demandWalk struct {
	plan     *Plan
	variable func(name string) bool
	demanded []bool
	seen     map[*Object]bool
}

func (w *demandWalk) object(o *Object) {
	if o == nil || w.seen[o] {
		return
	}
	w.seen[o] = true
	for _, f := range o.Fields {
		if !w.asked(f.Guard) {
			continue
		}
		if f.Denied != Always {
			for _, row := range w.plan.Guards[f.Denied-1].AnyOf {
				for _, term := range row {
					if term.Kind == AuthorizationTerm {
						w.demanded[term.Index] = true
					}
				}
			}
		}
		w.object(f.Object)
	}
}

// asked tells whether a guard holds for a caller who may see everything.
func (w *demandWalk) asked(id GuardID) bool {
	if id == Always {
		return true
	}
	for _, row := range w.plan.Guards[id-1].AnyOf {
		if w.rowAsked(row) {
			return true
		}
	}
	return false
}

func (w *demandWalk) rowAsked(row []Term) bool {
	for _, term := range row {
		if term.Kind == VariableTerm && w.variable(term.Name) == term.Negated {
			return false
		}
	}
	return true
}
