package events

import (
	"strconv"
	"strings"
)

// keys names what belongs to one service's stream in Redis. The braces make a cluster keep all of it on one node.
type keys struct {
	stream  string // the events, one entry each, in the field entryField
	epoch   string // text that the relay chose when it began to fill this Redis
	replays string // how often a consumer asked for everything
}

// The fields of stream entries. An entry is an event, or the mark at which a replay begins.
const (
	entryField = "event"  // the envelope
	markField  = "replay" // how many requests for a replay were counted when it began
)

func keysOf(prefix, service string) keys {
	base := prefix + ":{" + service + "}:"
	return keys{stream: base + "events", epoch: base + "epoch", replays: base + "replays"}
}

// deadLetters is the stream of the events of a service that a consumer gave up on.
func deadLetters(prefix, service, consumer string) string {
	return prefix + ":{" + service + "}:dead:" + consumer
}

// entryID is the id of a stream entry: milliseconds and a counter within them. The zero value comes before every entry.
type entryID struct {
	ms, counter int64
}

// parseEntryID reads an id such as 1767600000000-3; text that is none is the zero id.
func parseEntryID(text string) entryID {
	ms, counter, _ := strings.Cut(text, "-")
	var id entryID
	var err error
	if id.ms, err = strconv.ParseInt(ms, 10, 64); err != nil {
		return entryID{}
	}
	if id.counter, err = strconv.ParseInt(counter, 10, 64); err != nil {
		return entryID{ms: id.ms}
	}
	return id
}

func (id entryID) String() string {
	return strconv.FormatInt(id.ms, 10) + "-" + strconv.FormatInt(id.counter, 10)
}

func (id entryID) before(other entryID) bool {
	return id.ms < other.ms || (id.ms == other.ms && id.counter < other.counter)
}
