package search

import "time"

// Kind is the type of entity that a document stands for, as it is called in the graph.
type Kind string

// The kinds of entity that are indexed.
const (
	User         Kind = "User"
	Payment      Kind = "Payment"
	Notification Kind = "Notification"
)

// Kinds lists every kind in the order in which they are shown.
func Kinds() []Kind { return []Kind{User, Payment, Notification} }

// Everyone in an audience makes the document visible to all, signed in or not.
const Everyone = "*"

// Document is the searchable text of one entity, which another service owns.
type Document struct {
	Kind       Kind
	ID         string
	Sequence   int64     // of the event it was made from; a document never replaces one with a higher sequence
	Title      string    // the main text
	Body       string    // further text, which counts less
	Audience   []string  // ids of the users who may find it, or Everyone; admins find every document
	OccurredAt time.Time // newer documents come first among equals
}

// Text is everything that is searched and shown: title and body.
func (d Document) Text() string {
	if d.Body == "" {
		return d.Title
	}
	return d.Title + " · " + d.Body
}

// Viewer is who searches: an authenticated user, or nobody when ID is empty.
type Viewer struct {
	ID    string
	Admin bool
}

// Audience returns what a document's audience must contain one of, and nil when the viewer sees everything.
func (v Viewer) Audience() []string {
	switch {
	case v.Admin:
		return nil
	case v.ID == "" || v.ID == Everyone:
		return []string{Everyone}
	}
	return []string{Everyone, v.ID}
}
