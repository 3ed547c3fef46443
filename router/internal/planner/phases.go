package planner

// phase is one step of planning; it reads what the phases before it left in the run.
type phase struct {
	name string
	why  string
	run  func(*run) error
}

// phases are the stages of planning, in order.
var phases = []phase{
	{"shape", "the operation's selection sets become shapes, which conditions can be added to", (*run).shapeOperation},
	{"solve", "every position decides which subgraph answers which field", (*run).solveRoot},
	{"build", "steps become fetches at the exact level at which their inputs arrive", (*run).buildFetches},
	{"merge", "fetches of one subgraph become one where nothing gets later by it", (*run).mergeFetches},
	{"order", "fetches are numbered so that each waits only for earlier ones", (*run).orderFetches},
	{"entities", "places of the response that are asked the same way share one _entities", (*run).placeEntities},
	{"write", "documents are written, with shared selections as fragments", (*run).writeFetches},
	{"respond", "the client's response gets its shape", (*run).writeResponse},
}
