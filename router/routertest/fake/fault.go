package fake

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// FaultKind is a way in which a subgraph misbehaves.
type FaultKind uint8

// The kinds of faults. Those up to Hang replace the whole answer.
const (
	Status500    FaultKind = iota // status 500 with a GraphQL error body
	StatusPage                    // status 502 with an HTML page
	HTML                          // status 200 with an HTML page
	EmptyBody                     // status 200 with nothing
	NotJSON                       // status 200, content type JSON, a body that is none
	ErrorsOnly                    // {"errors":[…]} without data
	NullData                      // {"data":null,"errors":[…]}
	NoData                        // {} without data and errors
	Hang                          // no answer until the caller gives up
	Truncated                     // the right answer, cut in the middle
	TooFew                        // one entity less than representations; other requests answer rightly
	TooMany                       // one entity more
	EntityNull                    // the entity at Fault.Index is null, without an error
	EntityError                   // the entity at Fault.Index fails with an error
	NullLeaf                      // null for the first non-null leaf
	WrongLeaf                     // an object where the first leaf should be
	ErrorsNoPath                  // the right answer, and an error without a path
	ServerErrors                  // status 500 with the right answer in it
	Huge                          // the right answer, and Fault.Size bytes of extensions
	faultKindCount
)

var faultNames = [faultKindCount]string{
	"status 500", "status 502 with a page", "HTML", "empty body", "not JSON", "errors without data", "null data", "no data",
	"hang", "truncated", "too few entities", "too many entities", "null entity", "failed entity", "null leaf",
	"wrong leaf", "error without path", "status 500 with data", "huge",
}

// String implements fmt.Stringer.
func (k FaultKind) String() string { return faultNames[k] }

// FaultKinds are all of them.
func FaultKinds() []FaultKind {
	kinds := make([]FaultKind, faultKindCount)
	for i := range kinds {
		kinds[i] = FaultKind(i)
	}
	return kinds
}

// Fault is a misbehaviour of a subgraph.
type Fault struct {
	Kind     FaultKind
	Subgraph string // "" for any
	// Skip lets that many requests pass first; Times is how many are hit then, 0 for all.
	Skip  int
	Times int
	Index int // of the entity, for EntityNull and EntityError
	Size  int // for Huge; 0 means 1 MiB
}

// Inject makes a subgraph misbehave.
func (f *Fleet) Inject(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fault)
}

// take finds the fault for a request. The caller holds the lock.
func (f *Fleet) take(request Request) *Fault {
	for i := range f.faults {
		fault := &f.faults[i]
		if fault.Subgraph != "" && fault.Subgraph != request.Subgraph {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		switch fault.Times {
		case 0:
		case 1:
			taken := *fault
			f.faults = append(f.faults[:i:i], f.faults[i+1:]...)
			return &taken
		default:
			fault.Times--
		}
		taken := *fault
		return &taken
	}
	return nil
}

func (f *Fault) replaces() bool { return f.Kind <= Hang }

func (f *Fault) lenient() bool { return f.Kind == NullLeaf }

// response is the answer of a fault that needs no right one.
func (f *Fault) response() Response {
	const page = "<html><body><h1>It is not you, it is us</h1></body></html>"
	json := func(status int, text string) Response {
		return Response{Status: status, ContentType: "application/json", Body: []byte(text)}
	}
	const failure = `"errors":[{"message":"deliberate failure","extensions":{"code":"DELIBERATE"}}]`
	switch f.Kind {
	case Status500:
		return json(http.StatusInternalServerError, "{"+failure+"}")
	case StatusPage:
		return Response{Status: http.StatusBadGateway, ContentType: "text/html", Body: []byte(page)}
	case HTML:
		return Response{Status: http.StatusOK, ContentType: "text/html", Body: []byte(page)}
	case EmptyBody:
		return json(http.StatusOK, "")
	case NotJSON:
		return json(http.StatusOK, "data: everything is fine")
	case ErrorsOnly:
		return json(http.StatusOK, "{"+failure+"}")
	case NullData:
		return json(http.StatusOK, `{"data":null,`+failure+"}")
	case NoData:
		return json(http.StatusOK, "{}")
	case Hang:
		return Response{Hang: true}
	}
	panic(fmt.Sprintf("fake: fault %s replaces nothing", f.Kind))
}

// spoil changes a right answer.
func (f *Fault) spoil(answer Response) Response {
	switch f.Kind {
	case Truncated:
		answer.Body = answer.Body[:len(answer.Body)/2]
	case ErrorsNoPath:
		body := bytes.TrimSuffix(answer.Body, []byte("}"))
		answer.Body = slices.Concat(body, []byte(`,"errors":[{"message":"deliberate failure somewhere"}]}`))
	case Huge:
		size := f.Size
		if size == 0 {
			size = 1 << 20
		}
		body := bytes.TrimSuffix(answer.Body, []byte("}"))
		answer.Body = fmt.Appendf(body[:len(body):len(body)], `,"extensions":{"padding":"%s"}}`, bytes.Repeat([]byte("x"), size))
	case ServerErrors:
		answer.Status = http.StatusInternalServerError
	}
	return answer
}

// spoilEntities changes the list of entities.
func (b *backend) spoilEntities(value world.Value) world.Value {
	if b.fault == nil || len(value.Items) == 0 {
		return value
	}
	index := min(b.fault.Index, len(value.Items)-1)
	switch b.fault.Kind {
	case TooFew:
		value.Items = value.Items[:len(value.Items)-1]
	case TooMany:
		value.Items = append(value.Items, value.Items[0])
	case EntityNull:
		value.Items[index] = world.Value{Kind: world.Null}
	case EntityError:
		value.Items[index] = world.Value{Kind: world.Failed, Message: "deliberate failure of an entity"}
	}
	return value
}

// spoilLeaf changes the first leaf for which the fault is meant. A null that goes into a context would change what other
// fields answer, rightly: such leaves stay.
func (b *backend) spoilLeaf(o *world.Object, field execute.Field, value world.Value) world.Value {
	if b.fault == nil || b.spent || value.Kind != world.Leaf {
		return value
	}
	switch b.fault.Kind {
	case NullLeaf:
		if field.Definition.Type.NonNull && !b.world.InContext(o.Type, field.Name) {
			b.spent = true
			return world.Value{Kind: world.Null}
		}
	case WrongLeaf:
		switch field.Definition.Type.Name() {
		case "Int", "Float", "String", "Boolean", "ID":
			b.spent = true
			return world.Value{Kind: world.Leaf, Raw: `{"wrong":[]}`}
		}
	}
	return value
}
