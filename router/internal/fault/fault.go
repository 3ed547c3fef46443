// Package fault holds deliberate faults of the planner and the executor. They are there to prove the proof: a build with
// `-tags faults` can switch each of them on, and the random campaigns of routertest must notice. In every other build On
// is the constant false, and the compiler leaves the faults out.
package fault

// Fault is one deliberate fault.
type Fault uint8

// The faults, each in another part of the meaning of a plan or an answer.
const (
	None Fault = iota

	// Of the planner.
	ForgetKeyField      // a key of several fields is sent without its last
	IgnoreRequires      // a field with @requires is asked without what it requires
	MissDependency      // a fetch does not wait for what a condition asks below a field
	JoinGuardsAsFirst   // what is asked under two conditions is asked under the first
	DropInclude         // the response shows what @skip and @include leave out
	WrongOverride       // an override label is read the wrong way round
	ForgetTypename      // the runtime type of an object is not asked for
	DropTypeCondition   // entities of every type are described as those of the first
	OmitArguments       // arguments are not sent
	LoseAlias           // the response reads a field by its name instead of its alias
	ReorderMutations    // the fields of a mutation are not made one after the other
	ShareContradictions // what two fields require of one field with different arguments is sent once
	NarrowPlaces        // of several ways to one place the last is forgotten

	// Of the executor.
	WeakDedup       // representations of one length count as equal
	SwapEntities    // entities are merged into the objects of their neighbours
	IgnoreLength    // a list of entities of the wrong length is merged
	MergeFirstOnly  // of lists that are merged only the first item is
	AskNullKeys     // entities with null in their key are asked for
	SkipPropagation // null stays in a non-null place
	WrongErrorPath  // the index in an error's path is off by one
	LoseError       // the last error of an answer is dropped
	OneErrorPlace   // an error is told of the first place only that shows its value
	StaleVariable   // each variable has the value of the first
	IgnoreNegation  // @skip works as @include
	ShowDenied      // what the caller may not see is shown
	FirstContext    // every entity of a request gets the context of the first
	ReformatNumbers // numbers are written anew
	count
)

var names = [count]string{
	"none", "forget-key-field", "ignore-requires", "miss-dependency", "join-guards-as-first", "drop-include", "wrong-override",
	"forget-typename", "drop-type-condition", "omit-arguments", "lose-alias", "reorder-mutations", "share-contradictions",
	"narrow-places", "weak-dedup", "swap-entities", "ignore-length", "merge-first-only", "ask-null-keys", "skip-propagation",
	"wrong-error-path", "lose-error", "one-error-place", "stale-variable", "ignore-negation", "show-denied", "first-context",
	"reformat-numbers",
}

// String is the fault's name.
func (f Fault) String() string { return names[f] }

// OfPlanner are the faults that make wrong plans.
func OfPlanner() []Fault { return between(ForgetKeyField, WeakDedup) }

// OfExecutor are the faults that run right plans wrongly.
func OfExecutor() []Fault { return between(WeakDedup, count) }

func between(first, end Fault) []Fault {
	all := make([]Fault, 0, end-first)
	for f := first; f < end; f++ {
		all = append(all, f)
	}
	return all
}
