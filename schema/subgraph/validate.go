package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// checkFederation is the third stage: federation's own rules. A federation 1 schema is only checked once it was upgraded, since the
// upgrade mends much of what federation 1 let pass.
func (b *builder) checkFederation() {
	b.renameRoots()
	b.s.computeFacts()
	if b.s.isFederation2() {
		b.checkRules()
	}
}

func (b *builder) checkRules() {
	b.checkKeys()
	b.checkRequires()
	b.checkProvides()
	b.checkContexts()
	b.checkExternals()
	b.checkInterfaceKeys()
	b.checkInterfaceObjects()
	b.checkShareables()
	b.checkAuth()
	b.checkCosts()
	b.checkListSizes()
}

// eachField calls check for the fields of objects and interfaces.
func (b *builder) eachField(check func(*Type, *Field)) {
	for _, t := range b.s.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			check(t, f)
		}
	}
}
